//! All switchboard sessions of a server, by number, and the switchboard connections of each account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use msnp::switchboard::Participant;
use msnp::{ErrorCode, Handle};
use swallowtail_base::{lock, random, shrink_sparse};
use swallowtail_config::Limits;

use super::{Board, Cookies, call};
use crate::net::Outbox;
use crate::presence::Directory;
use crate::rates::Rates;

/// All switchboard sessions of this server.
#[derive(Debug)]
pub struct Switchboard {
    /// The cookies that open and join sessions.
    pub cookies: Cookies,
    boards: Mutex<HashMap<u32, Arc<Board>>>,
    /// The switchboard connections of each account.
    connections: Mutex<HashMap<Handle, Vec<Arc<Outbox>>>>,
    directory: Arc<Directory>,
    /// Counts the recent acts of each account, for the rate limits. The acts on all connections of
    /// an account count together.
    pub(super) rates: Arc<Rates>,
    /// The longest time that a connection may take to sign in (sb.md section 3).
    pub(super) sign_in_timeout: Duration,
    /// The longest time that a session may be idle, or `None` for no limit (sb.md section 7).
    pub(super) idle: Option<Duration>,
    max_members: usize,
    pub(super) message_rates: MessageRates,
}

/// The maximum message rates of one connection, if rate limits apply to it (sb.md section 11).
#[derive(Clone, Copy, Debug)]
pub(super) struct MessageRates {
    pub(super) at_once: u32,
    pub(super) per_second: u32,
    pub(super) bytes_per_second: u32,
}

impl Switchboard {
    /// Creates a switchboard without conversations.
    #[must_use]
    pub fn new(limits: &Limits, directory: Arc<Directory>, rates: Arc<Rates>) -> Arc<Self> {
        Arc::new(Self {
            cookies: Cookies::default(),
            boards: Mutex::default(),
            connections: Mutex::default(),
            directory,
            rates,
            sign_in_timeout: limits.sign_in_timeout(),
            idle: limits.switchboard_idle(),
            max_members: limits.switchboard_members,
            message_rates: MessageRates {
                at_once: limits.messages_at_once,
                per_second: limits.messages_per_second,
                bytes_per_second: limits.message_bytes_per_second,
            },
        })
    }

    /// Creates a session without members. Its id is random, unique among the open sessions, and
    /// positive as a signed number of 32 bits (sb.md section 3).
    pub(super) fn create(&self) -> Arc<Board> {
        let mut boards = lock(&self.boards);
        let id = loop {
            let id = u32::from_le_bytes(random::bytes()) & 0x7FFF_FFFF;
            if id != 0 && !boards.contains_key(&id) {
                break id;
            }
        };
        let board = Arc::new(Board::new(id, self.max_members));
        boards.insert(id, board.clone());
        board
    }

    /// Returns an open session by its id.
    #[must_use]
    pub fn board(&self, id: u32) -> Option<Arc<Board>> {
        lock(&self.boards).get(&id).cloned()
    }

    /// Rings `callee` for a session of this switchboard.
    ///
    /// # Errors
    /// Returns the answer to CAL: 215, 217 or 713.
    pub(super) fn ring(&self, board: &Board, caller: &Participant, callee: &Handle) -> Result<(), ErrorCode> {
        call::ring(&self.directory, &self.cookies, board, caller, callee)
    }

    /// Returns how many connections an account has in switchboard sessions.
    #[must_use]
    pub fn connections_of(&self, handle: &Handle) -> usize {
        lock(&self.connections).get(handle).map_or(0, Vec::len)
    }

    /// Closes all connections of an account and invalidates its cookies (sb.md section 7).
    pub fn expel(&self, handle: &Handle) {
        self.cookies.forget(handle);
        for outbox in lock(&self.connections).get(handle).into_iter().flatten() {
            outbox.close();
        }
    }

    pub(super) fn count_in(&self, handle: &Handle, outbox: &Arc<Outbox>) {
        lock(&self.connections).entry(handle.clone()).or_default().push(outbox.clone());
    }

    pub(super) fn count_out(&self, handle: &Handle, outbox: &Arc<Outbox>) {
        let mut connections = lock(&self.connections);
        if let Some(own) = connections.get_mut(handle) {
            own.retain(|known| !Arc::ptr_eq(known, outbox));
            if own.is_empty() {
                connections.remove(handle);
                shrink_sparse(&mut connections);
            }
        }
    }

    /// Returns the number of open sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.boards).len()
    }

    /// Returns whether there are no open sessions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes a session that has no members, and invalidates the invitations to this session.
    pub(super) fn forget(&self, board: &Board) {
        let mut boards = lock(&self.boards);
        boards.remove(&board.id);
        shrink_sparse(&mut boards);
        drop(boards);
        self.cookies.forget_session(board.id);
    }
}
