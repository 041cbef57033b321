//! Accounts and clients for tests. A test reads the queue of a client instead of a socket.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

use msnp::payload::PersonalMessage;
use msnp::{Dialect, DisplayName, Handle, ListBits, Status};
use swallowtail_store::roster::{Entry, Roster, Stamps};

use super::{Cell, Client, Endpoint, Presence};
use crate::net::Outbox;
use crate::quirks::Quirks;

/// The size of a queue in bytes: more than any test needs.
const ROOM: usize = 64 * 1024;

pub(super) fn handle(name: &str) -> Handle {
    Handle::parse(&format!("{name}@example.com")).unwrap()
}

pub(super) fn entry(lists: impl Into<ListBits>) -> Entry {
    Entry { lists: lists.into(), ..Entry::default() }
}

/// Returns the roster of an account with these entries.
pub(super) fn roster(name: &str, entries: impl IntoIterator<Item = (&'static str, ListBits)>) -> Roster {
    let mut roster = Roster::new(handle(name), DisplayName::new(name).unwrap(), Stamps::default());
    roster.entries = entries.into_iter().map(|(other, lists)| (handle(other), entry(lists))).collect();
    roster
}

/// Returns a client of MSNP12 whose SYN and CHG have not been answered yet.
pub(super) fn newcomer(epoch: u64) -> Arc<Endpoint> {
    client(epoch, Dialect::Msnp12)
}

/// Returns a client that receives list changes and presence.
pub(super) fn online(epoch: u64, dialect: Dialect) -> Arc<Endpoint> {
    let endpoint = client(epoch, dialect);
    endpoint.synced.store(true, Ordering::Release);
    endpoint.present.store(true, Ordering::Release);
    endpoint
}

fn client(epoch: u64, dialect: Dialect) -> Arc<Endpoint> {
    let client = Client {
        dialect,
        outbox: Outbox::new(ROOM),
        notification: "127.0.0.1:1863".to_owned(),
        switchboard: "127.0.0.1:1864".to_owned(),
        quirks: Quirks::NONE,
        limited: false,
    };
    Arc::new(Endpoint::new(epoch, client))
}

/// Removes and returns the queued lines of a client.
pub(super) fn read(endpoint: &Endpoint) -> String {
    let mut buffer = Vec::new();
    let _ = endpoint.client.outbox.poll_take(&mut Context::from_waker(Waker::noop()), &mut buffer);
    String::from_utf8(buffer).unwrap()
}

/// Returns whether the connection of a client is closed or closing.
pub(super) fn is_closed(endpoint: &Endpoint) -> bool {
    endpoint.client.outbox.own_unsent().is_none()
}

/// Sets the status of the session, as CHG does.
pub(super) fn set_status(cell: &Cell, epoch: u64, status: Status) {
    cell.set_presence(epoch, || {}, |presence| presence.status = Some(status));
}

/// Publishes a personal message, as UUX does.
pub(super) fn publish(cell: &Cell, epoch: u64, message: &str) {
    let message = PersonalMessage::parse(message.as_bytes()).unwrap();
    cell.set_presence(epoch, || {}, |presence: &mut Presence| presence.message = Some(message));
}
