//! A simulated user: the connections of its client, and the data that the client keeps between
//! connections.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::link::Link;
use crate::observer::{GUIDS, Lists};

/// A simulated user.
pub(super) struct Person {
    pub(super) number: usize,
    pub(super) handle: String,
    /// The address from which the client connects. The address decides whether rates are limited.
    pub(super) from: SocketAddr,
    pub(super) sessions: Vec<Session>,
    pub(super) boards: Vec<Board>,
    /// Invitations that the client will answer at a later step, with the words of ANS.
    pub(super) invitations: Vec<(u64, String)>,
    /// The copies of the lists that the client keeps: one for dialects before MSNP10, and one for later dialects.
    copies: [Option<Copy>; 2],
}

/// A copy of the lists, with the words that a client sends in SYN to find out whether this copy is
/// current.
#[derive(Clone)]
pub(super) struct Copy {
    pub(super) stamps: String,
    pub(super) lists: Lists,
}

/// A notification connection.
pub(super) struct Session {
    pub(super) link: Link,
    pub(super) dialect: u32,
    /// The commands of the sign-in that are not sent yet, each with its words.
    pub(super) script: VecDeque<(&'static str, String)>,
    /// True if the server has answered the ticket.
    pub(super) is_signed_in: bool,
    /// The words with which SYN names the version of the lists. Before MSNP10, every change of the
    /// lists brings a new list version.
    pub(super) stamps: Option<String>,
}

/// A switchboard connection.
pub(super) struct Board {
    pub(super) link: Link,
    /// The accounts to invite when the session is open.
    pub(super) callees: Vec<String>,
}

impl Person {
    pub(super) fn new(number: usize, handle: String, from: SocketAddr) -> Self {
        Self {
            number,
            handle,
            from,
            sessions: Vec::new(),
            boards: Vec::new(),
            invitations: Vec::new(),
            copies: [None, None],
        }
    }

    /// Returns the copy of the lists that the client keeps for a dialect.
    pub(super) fn copy(&self, dialect: u32) -> Option<&Copy> {
        self.copies[usize::from(dialect >= GUIDS)].as_ref()
    }

    pub(super) fn keep(&mut self, dialect: u32, copy: Copy) {
        self.copies[usize::from(dialect >= GUIDS)] = Some(copy);
    }

    /// Returns the connections.
    pub(super) fn links(&mut self) -> impl Iterator<Item = &mut Link> {
        let sessions = self.sessions.iter_mut().map(|session| &mut session.link);
        sessions.chain(self.boards.iter_mut().map(|board| &mut board.link))
    }

    /// Forgets the connections that have ended.
    pub(super) fn tidy(&mut self) {
        self.sessions.retain(|session| !session.link.has_ended());
        self.boards.retain(|board| !board.link.has_ended());
    }
}
