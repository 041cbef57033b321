//! The notification connection of a signed-in account, as other connections use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use msnp::notification::ServerCommand;
use msnp::{Dialect, Handle, Reader};

use crate::net::{Outbox, PresenceLines};
use crate::quirks::Quirks;

/// The facts about a client that are known when its account signs in.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client's dialect.
    pub dialect: Dialect,
    /// The client's outgoing queue. While the queue is locked, no other lock is acquired.
    pub outbox: Arc<Outbox>,
    /// The address of this notification server that the client can connect to.
    pub notification: String,
    /// The switchboard address that the client can connect to.
    pub switchboard: String,
    /// The client's quirks: behaviour that only this client gets.
    pub quirks: Quirks,
    /// True if rate limits apply to the client.
    pub limited: bool,
}

/// The notification connection of a signed-in account. Everything that others send to the account goes through it.
#[derive(Debug)]
pub struct Endpoint {
    /// The number of this sign-in. A later sign-in of the same account has a higher number.
    pub epoch: u64,
    /// The client at the other end.
    pub client: Client,
    /// True if SYN was answered. From then on the client receives list changes that others cause.
    pub synced: AtomicBool,
    /// True if the first CHG was answered. From then on the client receives the presence of other users.
    pub present: AtomicBool,
    /// True if the client accepts calls (IMS).
    pub takes_calls: AtomicBool,
}

impl Endpoint {
    /// Creates the endpoint of a client that has just signed in.
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

    /// Returns whether the client receives the presence of other users.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.present.load(Ordering::Acquire)
    }

    /// Sends a line about something that another account did. Returns `false` if the line cannot be
    /// queued.
    pub fn send(&self, line: &ServerCommand) -> bool {
        self.client.outbox.send(|out| line.encode(self.client.dialect, out)).is_some()
    }

    /// Sends lines about the presence of a contact. Older lines that are still queued may be dropped.
    pub(super) fn present(&self, contact: &Handle, lines: &PresenceLines) {
        self.client.outbox.present(contact, lines);
    }

    /// Sends a call from another account. Returns `false` if the call cannot be queued.
    pub fn ring(&self, caller: &Handle, line: &ServerCommand) -> bool {
        self.client.outbox.send_call(caller, |out| line.encode(self.client.dialect, out))
    }

    /// Sends an answer to the client's own command.
    pub fn reply(&self, line: &ServerCommand) {
        self.client.outbox.reply(|out| line.encode(self.client.dialect, out));
    }

    /// Sends a line about a change of the client's own lists that another account caused.
    /// `list_version` is the new version of the lists.
    pub fn send_change(&self, line: &ServerCommand, list_version: u32) -> bool {
        let reader = self.reader(list_version);
        self.client.outbox.send(|out| line.encode(reader, out)).is_some()
    }

    /// Answers a command that changed the client's own lists. `list_version` is the new version of
    /// the lists.
    pub fn reply_change(&self, line: &ServerCommand, list_version: u32) {
        let reader = self.reader(list_version);
        self.client.outbox.reply(|out| line.encode(reader, out));
    }

    /// Answers a command that put `contact` on FL or removed `contact` from FL. `list_version` is
    /// the new version of the lists.
    pub fn reply_about(&self, contact: &Handle, line: &ServerCommand, list_version: u32) {
        let reader = self.reader(list_version);
        self.client.outbox.reply_to_list_change(contact, |out| line.encode(reader, out));
    }

    /// Sends a last line and closes the connection.
    pub(super) fn close_with(&self, line: &ServerCommand) {
        self.client.outbox.close_with(|out| line.encode(self.client.dialect, out));
    }

    fn reader(&self, list_version: u32) -> Reader {
        Reader { dialect: self.client.dialect, list_version, old_group_answers: self.client.quirks.old_group_answers }
    }
}
