//! One conversation. It opens a switchboard session when there is something to send, and leaves the
//! session after some time without messages.

mod lines;
mod timers;
mod transfers;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use msnp::Handle;
use msnp::switchboard::{AckFlag, ClientCommand, Cookie, Participant};

use super::limits::{ANSWER_TIMEOUT, ENTER_TIMEOUT, MAX_IN_FLIGHT, MAX_QUEUE};
use super::link::Link;
use super::output::{ConversationId, Delivery, Event, MessageId, Output, SendError};
use super::random::Random;
use crate::p2p::Engine;

/// A message that waits for the session.
#[derive(Debug)]
struct Queued {
    id: Option<MessageId>,
    flag: AckFlag,
    payload: Vec<u8>,
}

/// The way into a session.
#[derive(Debug)]
pub(super) enum Entrance {
    /// Opens a new session with the cookie of XFR.
    Open(Cookie),
    /// Joins a session with the cookie of RNG.
    Answer(Cookie, u32),
}

#[derive(Debug)]
enum State {
    /// There is no session.
    Closed,
    /// The client has asked the server for a switchboard, in the request with this transaction id.
    Asked(u32),
    /// The driver opens a connection.
    Connecting(Link, Entrance),
    /// The client has sent USR or ANS.
    Entering(Link),
    /// The account is in the session.
    Inside(Link),
}

/// A conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) id: ConversationId,
    me: Handle,
    /// The source of the random numbers for session ids, message ids and GUIDs of transfers.
    random: Random,
    /// The users to call when a session opens.
    pub(super) invited: Vec<Handle>,
    pub(super) members: BTreeMap<Handle, Participant>,
    state: State,
    queue: VecDeque<Queued>,
    in_flight: BTreeMap<u32, MessageId>,
    calls: HashMap<u32, Handle>,
    /// The deadline of the current step.
    deadline: Option<Instant>,
    /// The deadline for the answer to a message in flight. It is separate from the deadline of a
    /// step. Otherwise, a switchboard at which users join and leave again and again could postpone
    /// the deadline forever.
    answer_by: Option<Instant>,
    /// The time of the last message.
    active: Instant,
    /// The transfers with the members. `None` before the first transfer.
    pub(super) transfers: Option<Engine>,
    /// True if the engine may have something to send.
    may_transmit: bool,
}

impl Conversation {
    pub(super) fn new(id: ConversationId, me: Handle, invited: Vec<Handle>, random: Random, now: Instant) -> Self {
        Self {
            id,
            me,
            random,
            invited,
            members: BTreeMap::new(),
            state: State::Closed,
            queue: VecDeque::new(),
            in_flight: BTreeMap::new(),
            calls: HashMap::new(),
            deadline: None,
            answer_by: None,
            active: now,
            transfers: None,
            may_transmit: false,
        }
    }

    /// Returns whether there is no session, and the client is not opening a session.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Returns whether this is a conversation with exactly this user.
    pub(super) fn is_with(&self, handle: &Handle) -> bool {
        self.invited == [handle.clone()] && self.members.keys().all(|member| member == handle)
    }

    /// Returns the connection, if there is one.
    pub(super) fn link(&self) -> Option<&Link> {
        match &self.state {
            State::Connecting(link, _) | State::Entering(link) | State::Inside(link) => Some(link),
            State::Closed | State::Asked(_) => None,
        }
    }

    /// Like [`Self::link`].
    pub(super) fn link_mut(&mut self) -> Option<&mut Link> {
        match &mut self.state {
            State::Connecting(link, _) | State::Entering(link) | State::Inside(link) => Some(link),
            State::Closed | State::Asked(_) => None,
        }
    }

    /// Sends a message if there are other members in the session. Otherwise queues the message.
    /// Returns whether the caller must open a session.
    pub(super) fn send(
        &mut self,
        id: Option<MessageId>,
        flag: AckFlag,
        payload: Vec<u8>,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> bool {
        self.active = now;
        let is_busy = self.in_flight.len() >= MAX_IN_FLIGHT || self.link().is_some_and(Link::is_busy);
        if self.queue.len() >= MAX_QUEUE || is_busy {
            refuse(id, SendError::QueueFull, outputs);
            return false;
        }
        self.queue.push_back(Queued { id, flag, payload });
        self.flush(now);
        self.is_closed() && !self.queue.is_empty()
    }

    /// Notes that the client has asked the server for a switchboard.
    pub(super) fn asked(&mut self, trid: u32, now: Instant) {
        self.state = State::Asked(trid);
        self.deadline = Some(now + ENTER_TIMEOUT);
    }

    /// Returns whether this conversation waits for the answer to the XFR with this transaction id.
    pub(super) fn has_asked(&self, trid: u32) -> bool {
        matches!(self.state, State::Asked(asked) if asked == trid)
    }

    /// Notes that the driver opens a connection to a switchboard.
    pub(super) fn connecting(&mut self, link: Link, entrance: Entrance, now: Instant) {
        self.state = State::Connecting(link, entrance);
        self.deadline = Some(now + ENTER_TIMEOUT);
    }

    /// Sends USR or ANS over the new connection.
    pub(super) fn connected(&mut self, me: &Handle, now: Instant) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Connecting(mut link, entrance) => {
                link.is_connected = true;
                let trid = link.next_trid();
                let handle = Some(me.clone());
                let command = match entrance {
                    Entrance::Open(cookie) => ClientCommand::Usr { trid, handle, cookie },
                    Entrance::Answer(cookie, session) => {
                        ClientCommand::Ans { trid, handle, cookie, session: Some(session) }
                    }
                };
                command.encode(link.outgoing());
                self.state = State::Entering(link);
                self.deadline = Some(now + ENTER_TIMEOUT);
            }
            other => self.state = other,
        }
    }

    /// Sends the queued messages, if the account is in the session with at least one other member.
    fn flush(&mut self, now: Instant) {
        let State::Inside(link) = &mut self.state else { return };
        if self.members.is_empty() {
            return;
        }
        while let Some(Queued { id, flag, payload }) = self.queue.pop_front() {
            let trid = link.next_trid();
            ClientCommand::Msg { trid, flag, payload: &payload }.encode(link.outgoing());
            if let Some(id) = id {
                self.in_flight.insert(trid.value(), id);
                self.answer_by.get_or_insert(now + ANSWER_TIMEOUT);
            }
        }
    }

    /// Ends the session. Queued messages are refused with `error`, and the results of messages
    /// without an answer are unknown.
    pub(super) fn end(&mut self, error: SendError, outputs: &mut VecDeque<Output>) {
        if let State::Inside(link) | State::Entering(link) = &mut self.state {
            ClientCommand::Out.encode(link.outgoing());
        }
        if let Some(link) = self.link_mut() {
            outputs.push_back(Output::Disconnect { link: link.id, last: link.take() });
        }
        self.lost(error, outputs);
    }

    /// Notes that the connection is gone. Handles messages in the same way as [`Self::end`].
    pub(super) fn lost(&mut self, error: SendError, outputs: &mut VecDeque<Output>) {
        let was_inside = matches!(self.state, State::Inside(_));
        self.state = State::Closed;
        if let Some(engine) = &mut self.transfers {
            engine.connection_lost();
        }
        self.deadline = None;
        self.answer_by = None;
        self.calls.clear();
        for handle in std::mem::take(&mut self.members).into_keys() {
            outputs.push_back(Output::Event(Event::Left { conversation: self.id, handle }));
        }
        for id in std::mem::take(&mut self.in_flight).into_values() {
            outputs.push_back(Output::Sent(id, Delivery::Unknown));
        }
        for queued in std::mem::take(&mut self.queue) {
            refuse(queued.id, error, outputs);
        }
        if was_inside {
            outputs.push_back(Output::Event(Event::Quiet(self.id)));
        }
    }
}

/// Reports that a message was not delivered.
pub(super) fn refuse(id: Option<MessageId>, error: SendError, outputs: &mut VecDeque<Output>) {
    if let Some(id) = id {
        outputs.push_back(Output::Sent(id, Delivery::Refused(error)));
    }
}
