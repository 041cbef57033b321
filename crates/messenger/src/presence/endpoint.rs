//! The notification connection of a signed-in account, as others see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use msnp::notification::ServerCommand;
use msnp::{Dialect, Reader};

use crate::net::Outbox;
use crate::quirks::Quirks;

/// What a connection knows of its client by the time that the account signs in.
#[derive(Clone, Debug)]
pub struct Client {
    /// The dialect that it speaks.
    pub dialect: Dialect,
    /// The queue of lines for it. A leaf: nothing is locked under it.
    pub outbox: Arc<Outbox>,
    /// The address of this notification server that it can dial.
    pub notification: String,
    /// The switchboard address that it can dial.
    pub switchboard: String,
    /// What it gets that others do not.
    pub quirks: Quirks,
    /// Whether its rates are limited.
    pub limited: bool,
}

/// The notification connection of a signed-in account. Everything that others send to the account goes through it.
#[derive(Debug)]
pub struct Endpoint {
    /// The number of this sign-in: a later one of the same account has a higher number.
    pub epoch: u64,
    /// Who is at the other end.
    pub client: Client,
    /// Whether SYN was answered: list changes by others are told from then on.
    pub synced: AtomicBool,
    /// Whether the first CHG was answered: presence is told from then on.
    pub present: AtomicBool,
    /// Whether calls are taken (IMS).
    pub takes_calls: AtomicBool,
}

impl Endpoint {
    /// The connection of a client that just signed in.
    #[must_use]
    pub fn new(epoch: u64, client: Client) -> Self {
        Self {
            epoch,
            client,
            synced: AtomicBool::new(false),
            present: AtomicBool::new(false),
            takes_calls: AtomicBool::new(true),
        }
    }

    /// Whether the client is told of the presence of others.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.present.load(Ordering::Acquire)
    }

    /// Sends a line about something that somebody else did. `false` when the connection cannot take it.
    pub fn send(&self, line: &ServerCommand) -> bool {
        self.client.outbox.send(|out| line.encode(self.client.dialect, out)).is_some()
    }

    /// Sends a line that the client itself asked for.
    pub fn reply(&self, line: &ServerCommand) {
        self.client.outbox.reply(|out| line.encode(self.client.dialect, out));
    }

    /// As [`Self::send`], for a line that tells a change of the client's own lists, which have this version now.
    pub fn send_change(&self, line: &ServerCommand, list_version: u32) -> bool {
        let reader = self.reader(list_version);
        self.client.outbox.send(|out| line.encode(reader, out)).is_some()
    }

    /// As [`Self::reply`], for a line that tells a change of the client's own lists, which have this version now.
    pub fn reply_change(&self, line: &ServerCommand, list_version: u32) {
        let reader = self.reader(list_version);
        self.client.outbox.reply(|out| line.encode(reader, out));
    }

    /// Sends a last line and closes the connection.
    pub(super) fn close_with(&self, line: &ServerCommand) {
        self.client.outbox.close_with(|out| line.encode(self.client.dialect, out));
    }

    fn reader(&self, list_version: u32) -> Reader {
        Reader { dialect: self.client.dialect, list_version, old_group_answers: self.client.quirks.old_group_answers }
    }
}
