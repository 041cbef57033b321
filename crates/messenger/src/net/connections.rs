//! All connections there are: counted by address, and closed together when the server stops.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::Outbox;
use swallowtail_base::lock;
use swallowtail_config::AddressLimits;

/// The connections of a server.
#[derive(Debug)]
pub struct Connections {
    limits: AddressLimits,
    state: Mutex<State>,
    empty: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Nobody is taken in any more.
    closing: bool,
    next: u64,
    open: HashMap<u64, Arc<Outbox>>,
    by_address: HashMap<IpAddr, Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    all: usize,
    /// Those that have not signed in.
    anonymous: usize,
}

/// The right to be connected; given back when it is dropped.
#[derive(Debug)]
pub struct Permit {
    connections: Arc<Connections>,
    id: u64,
    /// What it is counted under, unless the address is exempt.
    address: Option<IpAddr>,
    signed_in: bool,
}

impl Connections {
    /// No connections yet.
    #[must_use]
    pub fn new(limits: AddressLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default(), empty: Notify::new() })
    }

    /// Whether rates and numbers are not bounded for an address.
    #[must_use]
    pub fn is_exempt(&self, peer: IpAddr) -> bool {
        self.limits.is_exempt(peer)
    }

    /// Takes a connection in; `None` when its address, or the server, has as many as it may.
    pub fn admit(self: &Arc<Self>, peer: IpAddr, outbox: &Arc<Outbox>) -> Option<Permit> {
        let address = (!self.limits.is_exempt(peer)).then(|| counted_address(peer));
        let mut state = lock(&self.state);
        if state.closing || state.open.len() >= self.limits.connections {
            return None;
        }
        if let Some(address) = address {
            let counts = state.by_address.entry(address).or_default();
            if counts.all >= self.limits.per_address || counts.anonymous >= self.limits.anonymous_per_address {
                return None;
            }
            counts.all += 1;
            counts.anonymous += 1;
        }
        let id = state.next;
        state.next += 1;
        state.open.insert(id, outbox.clone());
        Some(Permit { connections: self.clone(), id, address, signed_in: false })
    }

    /// Takes something in that nobody has to close, because it ends by itself.
    pub fn count(self: &Arc<Self>, peer: IpAddr) -> Option<Permit> {
        self.admit(peer, &Outbox::new(0))
    }

    /// The number of open connections.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.state).open.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes nobody in any more, closes all of them, after what is queued for each, and waits until they are gone, at most `patience`.
    pub async fn close_all(&self, patience: Duration) {
        let outboxes: Vec<_> = {
            let mut state = lock(&self.state);
            state.closing = true;
            state.open.values().cloned().collect()
        };
        for outbox in outboxes {
            outbox.close();
        }
        let gone = async {
            while !self.is_empty() {
                self.empty.notified().await;
            }
        };
        let _ = timeout(patience, gone).await;
    }
}

impl Permit {
    /// Counts the connection as signed in from now on.
    pub fn mark_signed_in(&mut self) {
        if std::mem::replace(&mut self.signed_in, true) {
            return;
        }
        let mut state = lock(&self.connections.state);
        if let Some(counts) = self.address.and_then(|address| state.by_address.get_mut(&address)) {
            counts.anonymous = counts.anonymous.saturating_sub(1);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = lock(&self.connections.state);
        state.open.remove(&self.id);
        if let Some(address) = self.address
            && let Some(counts) = state.by_address.get_mut(&address)
        {
            counts.all = counts.all.saturating_sub(1);
            if !self.signed_in {
                counts.anonymous = counts.anonymous.saturating_sub(1);
            }
            if counts.all == 0 {
                state.by_address.remove(&address);
            }
        }
        if state.open.is_empty() {
            self.connections.empty.notify_one();
        }
    }
}

/// What an address is counted under. An IPv6 customer has a /64 at the least; counting single addresses of it would count nothing.
#[must_use]
pub fn counted_address(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections() -> Arc<Connections> {
        Connections::new(AddressLimits { exempt: Vec::new(), connections: 5, per_address: 3, anonymous_per_address: 2 })
    }

    #[test]
    fn an_address_has_fewer_connections_before_signing_in_than_after() {
        let connections = connections();
        let peer = IpAddr::from([192, 0, 2, 1]);
        let outbox = Outbox::new(1);
        let mut first = connections.admit(peer, &outbox).unwrap();
        let _second = connections.admit(peer, &outbox).unwrap();
        assert!(connections.admit(peer, &outbox).is_none());
        first.mark_signed_in();
        let _third = connections.admit(peer, &outbox).unwrap();
        assert!(connections.admit(peer, &outbox).is_none());
        drop(first);
        assert_eq!(connections.len(), 2);
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let connections = connections();
        let outbox = Outbox::new(1);
        let admit = |text: &str| connections.admit(text.parse().unwrap(), &outbox);
        let (_a, _b) = (admit("2001:db8::1").unwrap(), admit("2001:db8::2").unwrap());
        assert!(admit("2001:db8::3").is_none());
        assert!(admit("2001:db8:0:1::3").is_some());
    }
}
