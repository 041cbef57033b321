//! All chat connections of a server. They are counted by address, and closed together when the server stops.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swallowtail_base::lock;
use swallowtail_config::AddressLimits;

use super::{Counter, Outbox, Permit};

/// The chat connections of a server.
#[derive(Debug)]
pub struct Connections {
    counter: Arc<Counter>,
    /// If a function needs both this lock and the counter's, it acquires this one first.
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    next: u64,
    outboxes: HashMap<u64, Arc<Outbox>>,
}

/// The entry of one connection in the list. Dropping this value removes the entry.
#[derive(Debug)]
pub struct Registration {
    connections: Arc<Connections>,
    id: u64,
    permit: Permit,
}

impl Connections {
    /// Creates an empty list.
    #[must_use]
    pub fn new(limits: AddressLimits) -> Arc<Self> {
        Arc::new(Self { counter: Counter::new(limits), open: Mutex::default() })
    }

    /// Returns whether an address is exempt from rate and connection limits.
    #[must_use]
    pub fn is_exempt(&self, peer: IpAddr) -> bool {
        self.counter.is_exempt(peer)
    }

    /// Registers a connection. Returns `None` if the address of the peer or the whole server has reached the connection
    /// limit. Also returns `None` after [`Self::close_all`].
    pub fn admit(self: &Arc<Self>, peer: IpAddr, outbox: &Arc<Outbox>) -> Option<Registration> {
        self.register(outbox, || self.counter.admit(peer))
    }

    /// Registers a connection from inside this process, which counts for no address.
    pub fn admit_own(self: &Arc<Self>, outbox: &Arc<Outbox>) -> Option<Registration> {
        self.register(outbox, || self.counter.admit_own())
    }

    fn register(
        self: &Arc<Self>,
        outbox: &Arc<Outbox>,
        admit: impl FnOnce() -> Option<Permit>,
    ) -> Option<Registration> {
        let mut open = lock(&self.open);
        let permit = admit()?;
        let id = open.next;
        open.next += 1;
        open.outboxes.insert(id, outbox.clone());
        Some(Registration { connections: self.clone(), id, permit })
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counter.len()
    }

    /// Returns whether there are no connections.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stops admitting connections, and closes each open connection once its queued bytes are written. Waits until all
    /// connections have ended, but at most for `patience`.
    pub async fn close_all(&self, patience: Duration) {
        let outboxes: Vec<_> = {
            let open = lock(&self.open);
            // Uses the same lock as `admit`, so that every connection is either refused or closed.
            self.counter.close();
            open.outboxes.values().cloned().collect()
        };
        for outbox in outboxes {
            outbox.close();
        }
        self.counter.drained(patience).await;
    }
}

impl Registration {
    /// Counts the connection as signed in from now on.
    pub fn mark_signed_in(&mut self) {
        self.permit.mark_signed_in();
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // The permit is dropped after this, so that no outbox is left when `drained` returns.
        lock(&self.connections.open).outboxes.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn close_all_closes_every_connection_and_admits_no_more() {
        let limits = AddressLimits { exempt: Vec::new(), connections: 5, per_address: 5, anonymous_per_address: None };
        let connections = Connections::new(limits);
        let peer = IpAddr::from([192, 0, 2, 1]);
        let (kept, left) = (Outbox::new(1), Outbox::new(1));
        let registration = connections.admit(peer, &kept).unwrap();
        drop(connections.admit(peer, &left).unwrap());
        connections.close_all(Duration::from_secs(1)).await;
        assert_eq!([kept.own_unsent(), left.own_unsent()], [None, Some(0)], "only open connections are closed");
        assert!(connections.admit(peer, &left).is_none());
        drop(registration);
        assert!(connections.is_empty());
    }
}
