//! The state of a machine, and its interface to the driver.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use msnp::msn_object::Sha1;
use msnp::notification::Ticket;
use msnp::{Capabilities, Dialect, ErrorCode, Handle, Status, TrId};

use super::backoff::Backoff;
use super::conversation::Conversation;
use super::edit::{Waiting, Wanted};
use super::limits::MAX_OUTPUTS;
use super::link::Link;
use super::output::{ConversationId, EditId, Event, LinkId, Output, SignedOut};
use super::phase::Phase;
use super::random::Random;
use super::roster::Roster;
use super::steadiness::Steadiness;

/// The settings of a machine.
#[derive(Clone, Debug)]
pub struct Options {
    /// The handle of the account.
    pub handle: Handle,
    /// The status after each sign-in, until the account changes it.
    pub status: Status,
    /// The capabilities of the client.
    pub capabilities: Capabilities,
    /// The dialects to offer, the newest first.
    pub dialects: Vec<Dialect>,
    /// True if the client signs in again after the connection was lost.
    pub reconnect: bool,
    /// The time without messages after which the client leaves the session of a conversation.
    /// `None` means that the client never leaves.
    pub quiet: Option<Duration>,
    /// A random number, from which the machine derives all its other random numbers: the jitter of
    /// its retries, and the ids of transfers.
    pub seed: u64,
}

impl Options {
    /// Returns the default settings for an account.
    ///
    /// - The status is online.
    /// - The client offers the dialects MSNP12 and MSNP11.
    /// - The client signs in again after the connection was lost.
    /// - The client leaves the session of a conversation after five minutes without messages.
    #[must_use]
    pub fn new(handle: Handle, seed: u64) -> Self {
        Self {
            handle,
            status: Status::Online,
            capabilities: Capabilities::default(),
            dialects: vec![Dialect::Msnp12, Dialect::Msnp11],
            reconnect: true,
            quiet: Some(Duration::from_secs(300)),
            seed,
        }
    }
}

/// One account as a state machine.
#[derive(Debug)]
pub struct Machine {
    pub(super) options: Options,
    pub(super) phase: Phase,
    /// The connection to the notification server.
    pub(super) notification: Option<Link>,
    pub(super) dialect: Dialect,
    pub(super) ticket: Option<Ticket>,
    pub(super) roster: Roster,
    pub(super) wanted: Wanted,
    /// The requests that wait for an answer, by transaction id.
    pub(super) requests: HashMap<u32, Request>,
    pub(super) edits: HashMap<EditId, Waiting>,
    pub(super) conversations: BTreeMap<ConversationId, Conversation>,
    pub(super) outputs: VecDeque<Output>,
    pub(super) timers: Timers,
    pub(super) backoff: Backoff,
    pub(super) steadiness: Steadiness,
    /// The transaction id of the current step of the sign-in. Answers with another id are ignored.
    /// Otherwise, a server that repeats its answers could make the client repeat the steps.
    pub(super) awaited: Option<TrId>,
    /// The last address in the burst. The following lines about phone numbers belong to this
    /// address.
    pub(super) last_listed: Option<Handle>,
    /// The last number that was used for a connection, conversation, message or edit.
    pub(super) last_number: u64,
    /// The objects that the account offers to members of conversations.
    pub(super) objects: BTreeMap<Sha1, Arc<[u8]>>,
    pub(super) random: Random,
    /// The time of the last received bytes or of the last timer. The machine uses it as the current
    /// time when it answers requests for objects.
    pub(super) clock: Instant,
}

/// A request that waits for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Request {
    Edit {
        id: EditId,
        /// The error code which says that the server already has the state that the edit requests.
        already_done: Option<ErrorCode>,
    },
    Switchboard(ConversationId),
}

/// The timers of the notification connection.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// The time to send PNG.
    pub(super) ping: Option<Instant>,
    /// The time by which QNG must have arrived.
    pub(super) pong: Option<Instant>,
    /// The end of the current step of the sign-in, or the end of the pause before the next attempt.
    pub(super) step: Option<Instant>,
}

impl Machine {
    /// Creates a machine. The machine does nothing before [`Machine::sign_in`] is called.
    #[must_use]
    pub fn new(options: Options, now: Instant) -> Self {
        let wanted =
            Wanted { status: options.status, capabilities: options.capabilities, picture: None, message: None };
        Self {
            phase: Phase::Idle,
            notification: None,
            dialect: options.dialects.first().copied().unwrap_or(Dialect::Msnp12),
            ticket: None,
            roster: Roster::default(),
            wanted,
            requests: HashMap::new(),
            edits: HashMap::new(),
            conversations: BTreeMap::new(),
            outputs: VecDeque::new(),
            timers: Timers::default(),
            backoff: Backoff::new(options.seed),
            steadiness: Steadiness::default(),
            awaited: None,
            last_listed: None,
            last_number: 0,
            objects: BTreeMap::new(),
            random: Random::new(options.seed),
            clock: now,
            options,
        }
    }

    /// Returns the account.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.options.handle
    }

    /// Returns the roster, as the server last reported it.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Returns the dialect that the server and this client have agreed on.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns whether the account is signed in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        matches!(self.phase, Phase::Online)
    }

    /// Returns the next output, or `None` if there is none at the moment.
    pub fn poll(&mut self) -> Option<Output> {
        if self.outputs.is_empty() {
            self.collect_transfers();
        }
        self.outputs.pop_front()
    }

    /// Returns whether so many outputs wait that the driver must stop reporting received bytes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.outputs.len() >= MAX_OUTPUTS
    }

    /// Returns and removes the bytes that the driver must write to a connection. Call this function
    /// again after these bytes were written. Pieces of transfers follow as fast as the connection
    /// accepts them.
    pub fn take_bytes(&mut self, link: LinkId, now: Instant) -> Vec<u8> {
        self.clock = now;
        if let Some(notification) = self.notification.as_mut().filter(|notification| notification.id == link) {
            return notification.take();
        }
        let mut talks = self.conversations.values_mut();
        let talk = talks.find(|conversation| conversation.link().is_some_and(|there| there.id == link));
        talk.map(|conversation| conversation.take_bytes(now)).unwrap_or_default()
    }

    /// Returns the connections for which [`Machine::take_bytes`] may have bytes.
    pub fn writable(&self) -> impl Iterator<Item = LinkId> {
        let talks = self.conversations.values().filter(|conversation| conversation.is_writable());
        let talks = talks.filter_map(Conversation::link);
        self.notification.iter().filter(|link| link.is_writable()).chain(talks).map(|link| link.id)
    }

    /// Reports that the driver has opened the connection that [`Output::Connect`] asked for.
    pub fn connected(&mut self, link: LinkId, now: Instant) {
        if self.is_notification(link) {
            self.notification_connected(now);
        } else {
            self.talk_connected(link, now);
        }
    }

    /// Reports bytes from a connection.
    pub fn received(&mut self, link: LinkId, bytes: &[u8], now: Instant) {
        self.clock = now;
        if self.is_notification(link) {
            self.notification_received(bytes, now);
        } else {
            self.talk_received(link, bytes, now);
            // The machine collects the events of transfers immediately, for two reasons. An engine
            // with too many unread events ignores messages, and `is_full` counts only outputs.
            self.collect_transfers();
        }
    }

    /// Reports that a connection could not be opened, or has ended. Ignores reports about
    /// connections that the machine has given up.
    pub fn disconnected(&mut self, link: LinkId, reason: &str, now: Instant) {
        if self.is_notification(link) {
            self.sign_out(SignedOut::Lost(reason.to_owned()), now);
        } else {
            self.talk_disconnected(link);
        }
    }

    /// Returns the time at which [`Machine::handle_timeout`] must be called, if there is one.
    #[must_use]
    pub fn timeout(&self) -> Option<Instant> {
        let Timers { ping, pong, step } = self.timers;
        let quiet = self.options.quiet;
        let talks = self.conversations.values().filter_map(|conversation| conversation.timeout(quiet));
        let edits = self.edits.values().map(|waiting| waiting.until);
        [ping, pong, step].into_iter().flatten().chain(talks).chain(edits).min()
    }

    /// Handles the timers that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.clock = now;
        self.handle_session_timeout(now);
        let quiet = self.options.quiet;
        for conversation in self.conversations.values_mut() {
            conversation.handle_timeout(quiet, now, &mut self.outputs);
        }
        self.give_up_requests(now);
    }

    pub(super) fn is_notification(&self, link: LinkId) -> bool {
        self.notification.as_ref().is_some_and(|notification| notification.id == link)
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
