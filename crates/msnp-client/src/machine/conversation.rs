//! One conversation: it opens a switchboard session when there is something to send, and leaves it when it is quiet.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use msnp::message::{Message, Mime, PeerToPeer};
use msnp::switchboard::{AckFlag, ClientCommand, Cookie, Participant, ServerCommand};
use msnp::{ErrorCode, Handle, Malformed};

use super::limits::{
    ANSWER_TIMEOUT, CHUNKS_AT_ONCE, ENTER_TIMEOUT, MAX_IN_FLIGHT, MAX_MEMBERS, MAX_QUEUE, RING_TIMEOUT,
};
use super::link::Link;
use super::output::{ConversationId, Delivery, Event, MessageId, Output, SendError};
use super::random::Random;
use crate::p2p::{Engine, Transmit};

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
    /// The server was asked for a switchboard, in the request with this transaction id.
    Asked(u32),
    /// A connection is being made.
    Connecting(Link, Entrance),
    /// USR or ANS was sent.
    Entering(Link),
    /// In the session.
    Inside(Link),
}

/// A conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) id: ConversationId,
    me: Handle,
    /// The source of the numbers of transfers.
    random: Random,
    /// The users to call when a session opens.
    pub(super) invited: Vec<Handle>,
    pub(super) members: BTreeMap<Handle, Participant>,
    state: State,
    queue: VecDeque<Queued>,
    in_flight: BTreeMap<u32, MessageId>,
    calls: HashMap<u32, Handle>,
    /// The end of the current step.
    deadline: Option<Instant>,
    /// The time by which a message in flight must be answered. It is not the deadline of a step, because a switchboard
    /// that lets users join and leave would postpone it for ever.
    answer_by: Option<Instant>,
    /// The time of the last message.
    active: Instant,
    /// The transfers with the members, after the first one.
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

    /// Returns whether there is no session, and none is being opened.
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

    /// Queues a message, or sends it if somebody is there. Returns whether a session has to be opened.
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

    /// Notes that the server was asked for a switchboard.
    pub(super) fn asked(&mut self, trid: u32, now: Instant) {
        self.state = State::Asked(trid);
        self.deadline = Some(now + ENTER_TIMEOUT);
    }

    /// Returns whether this conversation waits for the answer to this request for a switchboard.
    pub(super) fn has_asked(&self, trid: u32) -> bool {
        matches!(self.state, State::Asked(asked) if asked == trid)
    }

    /// Notes that a connection to a switchboard is being made.
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

    /// Handles bytes from the switchboard.
    ///
    /// # Errors
    /// The bytes are not valid.
    pub(super) fn receive(
        &mut self,
        bytes: &[u8],
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Result<(), Malformed> {
        let Some(link) = self.link_mut() else { return Ok(()) };
        let id = link.id;
        let (frames, end) = link.receive(bytes);
        for frame in frames {
            // A line may have ended the session. The lines after it must not touch the next one.
            if self.link().is_none_or(|link| link.id != id) {
                return Ok(());
            }
            // Unknown lines are skipped, as a newer server may send them. The notification session does the same.
            if let Ok(line) = ServerCommand::decode(frame.as_frame()) {
                self.line(line, now, outputs);
            }
        }
        end
    }

    fn line(&mut self, line: ServerCommand<'_>, now: Instant, outputs: &mut VecDeque<Output>) {
        match line {
            // Only once, or a switchboard could make the client call its users again and again.
            ServerCommand::Opened { .. } if matches!(self.state, State::Entering(_)) => {
                self.enter(now);
                for handle in self.invited.clone() {
                    self.call(handle);
                }
            }
            ServerCommand::Roster { who, .. } | ServerCommand::Join(who) => self.join(who, now, outputs),
            ServerCommand::Joined(_) => self.enter(now),
            ServerCommand::Opened { .. } | ServerCommand::Ringing(..) => {}
            ServerCommand::Message { handle, payload, .. } if is_piece(payload) => self.piece(&handle, payload, now),
            ServerCommand::Message { handle, name, payload } => {
                self.active = now;
                let payload = payload.to_vec();
                outputs.push_back(Output::Event(Event::Message { conversation: self.id, from: handle, name, payload }));
            }
            ServerCommand::Ack(trid) => self.answered(trid.value(), Delivery::Delivered, now, outputs),
            ServerCommand::Nak(trid) => {
                self.answered(trid.value(), Delivery::Refused(SendError::NobodyThere), now, outputs);
            }
            ServerCommand::Bye(handle, _) => self.leave(&handle, now, outputs),
            ServerCommand::Error(trid, code) => self.error(trid.value(), code, now, outputs),
        }
    }

    /// Notes that USR or ANS was accepted.
    fn enter(&mut self, now: Instant) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Entering(link) => {
                self.state = State::Inside(link);
                self.deadline = self.members.is_empty().then(|| now + RING_TIMEOUT);
                self.flush(now);
            }
            other => self.state = other,
        }
    }

    /// Calls a user, if the account is in the session. Otherwise the user is called when the session opens.
    pub(super) fn call(&mut self, callee: Handle) {
        let State::Inside(link) = &mut self.state else { return };
        if self.members.contains_key(&callee) || self.calls.values().any(|called| *called == callee) {
            return;
        }
        let trid = link.next_trid();
        ClientCommand::Cal { trid, callee: callee.clone() }.encode(link.outgoing());
        self.calls.insert(trid.value(), callee);
    }

    fn join(&mut self, member: Participant, now: Instant, outputs: &mut VecDeque<Output>) {
        self.calls.retain(|_, called| *called != member.handle);
        let is_known = self.members.contains_key(&member.handle) || self.invited.contains(&member.handle);
        if !is_known && self.invited.len() >= MAX_MEMBERS {
            return self.end(SendError::NoSwitchboard, outputs);
        }
        // A member is called again when the next session opens.
        if !self.invited.contains(&member.handle) {
            self.invited.push(member.handle.clone());
        }
        let before = self.members.insert(member.handle.clone(), member.clone());
        if before.is_none() {
            outputs.push_back(Output::Event(Event::Joined { conversation: self.id, member }));
        }
        if matches!(self.state, State::Inside(_)) {
            self.deadline = None;
        }
        self.active = now;
        self.flush(now);
    }

    fn leave(&mut self, handle: &Handle, now: Instant, outputs: &mut VecDeque<Output>) {
        if self.members.remove(handle).is_none() {
            return;
        }
        if let Some(engine) = &mut self.transfers {
            engine.peer_left(handle);
        }
        outputs.push_back(Output::Event(Event::Left { conversation: self.id, handle: handle.clone() }));
        // In a conversation of several people, a user who left is not called again.
        if !self.members.is_empty() {
            self.invited.retain(|invited| invited != handle);
        } else if self.calls.is_empty() {
            self.end(SendError::NobodyThere, outputs);
        } else {
            self.deadline = Some(now + RING_TIMEOUT);
        }
    }

    fn answered(&mut self, trid: u32, delivery: Delivery, now: Instant, outputs: &mut VecDeque<Output>) {
        let Some(id) = self.in_flight.remove(&trid) else { return };
        outputs.push_back(Output::Sent(id, delivery));
        self.answer_by = (!self.in_flight.is_empty()).then(|| now + ANSWER_TIMEOUT);
    }

    fn error(&mut self, trid: u32, code: ErrorCode, now: Instant, outputs: &mut VecDeque<Output>) {
        if let Some(callee) = self.calls.remove(&trid) {
            // 215: the user is in the session, or was called a moment ago.
            if code == ErrorCode::AlreadyThere && !self.members.contains_key(&callee) {
                self.calls.insert(trid, callee);
                return;
            }
            if self.members.is_empty() && self.calls.is_empty() {
                self.end(reason(code), outputs);
            }
        } else if self.in_flight.contains_key(&trid) {
            self.answered(trid, Delivery::Refused(SendError::Refused(code)), now, outputs);
        } else if matches!(self.state, State::Entering(_)) {
            self.end(SendError::Refused(code), outputs);
        }
    }

    /// Sends the queue, if the account is in the session and not alone.
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

    /// Ends the session: queued messages are refused for this reason, and the results of sent ones are unknown.
    pub(super) fn end(&mut self, error: SendError, outputs: &mut VecDeque<Output>) {
        if let State::Inside(link) | State::Entering(link) = &mut self.state {
            ClientCommand::Out.encode(link.outgoing());
        }
        if let Some(link) = self.link_mut() {
            outputs.push_back(Output::Disconnect { link: link.id, last: link.take() });
        }
        self.lost(error, outputs);
    }

    /// Notes that the connection is gone, like [`Self::end`].
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

    /// Returns the time by which a transfer must go on. A session with transfers is not left.
    fn next_step(&self) -> Option<Instant> {
        self.transfers.as_ref().and_then(Engine::poll_timeout)
    }

    /// Handles a piece of a transfer.
    fn piece(&mut self, from: &Handle, payload: &[u8], now: Instant) {
        self.active = now;
        // Every member receives it; only the destination reads it.
        if let Message::PeerToPeer(piece) = Message::parse(payload)
            && piece.destination == self.me
        {
            self.engine().receive(from, &piece.data, now);
        }
    }

    /// Returns the engine of the transfers, to be called. It may have something to send afterwards.
    pub(super) fn engine(&mut self) -> &mut Engine {
        self.may_transmit = true;
        let (me, mut random) = (self.me.clone(), self.random.clone());
        self.transfers.get_or_insert_with(|| Engine::new(me, move || random.next_u32()))
    }

    /// Returns whether there are bytes to write, or a transfer may go on.
    pub(super) fn is_writable(&self) -> bool {
        let may_transmit = self.may_transmit && matches!(self.state, State::Inside(_)) && !self.members.is_empty();
        self.link().is_some_and(Link::is_writable) || (self.link().is_some() && may_transmit)
    }

    /// Returns and removes the bytes to write. If there are none, transfers go on with their next pieces.
    pub(super) fn take_bytes(&mut self, now: Instant) -> Vec<u8> {
        let has_members = !self.members.is_empty();
        let (State::Connecting(link, _) | State::Entering(link) | State::Inside(link)) = &mut self.state else {
            return Vec::new();
        };
        let bytes = link.take();
        let (Some(engine), true) = (&mut self.transfers, bytes.is_empty() && has_members && self.may_transmit) else {
            return bytes;
        };
        for _ in 0..CHUNKS_AT_ONCE {
            let Some(Transmit { to, bytes }) = engine.poll_transmit(now) else {
                self.may_transmit = false;
                break;
            };
            let payload = Message::PeerToPeer(PeerToPeer { destination: to, data: bytes }).encode();
            let trid = link.next_trid();
            ClientCommand::Msg { trid, flag: AckFlag::Data, payload: &payload }.encode(link.outgoing());
            self.active = now;
        }
        link.take()
    }

    /// Returns the time of the next timer. `quiet` is the time without messages after which the account leaves.
    pub(super) fn timeout(&self, quiet: Option<Duration>) -> Option<Instant> {
        let leave = match (&self.state, quiet) {
            (State::Inside(_), Some(quiet)) if self.next_step().is_none() => Some(self.active + quiet),
            _ => None,
        };
        [self.deadline, self.answer_by, leave, self.next_step()].into_iter().flatten().min()
    }

    /// Handles the timers that are due.
    pub(super) fn handle_timeout(&mut self, quiet: Option<Duration>, now: Instant, outputs: &mut VecDeque<Output>) {
        if let Some(engine) =
            self.transfers.as_mut().filter(|engine| engine.poll_timeout().is_some_and(|due| due <= now))
        {
            engine.handle_timeout(now);
            self.may_transmit = true;
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            let error = match self.state {
                State::Inside(_) if self.members.is_empty() => SendError::NoAnswer,
                _ => SendError::NoSwitchboard,
            };
            return self.end(error, outputs);
        }
        if self.answer_by.is_some_and(|answer_by| answer_by <= now) {
            return self.end(SendError::NoSwitchboard, outputs);
        }
        let is_quiet = self.next_step().is_none() && quiet.is_some_and(|quiet| self.active + quiet <= now);
        if is_quiet && matches!(self.state, State::Inside(_)) {
            self.end(SendError::NobodyThere, outputs);
        }
    }
}

/// Returns whether a payload is a piece of a transfer.
fn is_piece(payload: &[u8]) -> bool {
    Mime::parse(payload).is_some_and(|mime| mime.is("application/x-msnmsgrp2p"))
}

/// Reports that a message was not delivered.
pub(super) fn refuse(id: Option<MessageId>, error: SendError, outputs: &mut VecDeque<Output>) {
    if let Some(id) = id {
        outputs.push_back(Output::Sent(id, Delivery::Refused(error)));
    }
}

/// Returns the meaning of an error in answer to CAL.
fn reason(code: ErrorCode) -> SendError {
    match code {
        ErrorCode::NotOnline | ErrorCode::InvalidUsername => SendError::NotReachable,
        other => SendError::Refused(other),
    }
}
