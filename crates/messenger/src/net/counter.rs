//! Counts open connections, by address and in total.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swallowtail_base::lock;
use swallowtail_config::AddressLimits;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Counts open connections and refuses connections above its limits. It does not close connections:
/// [`Connections`](super::Connections) does.
#[derive(Debug)]
pub struct Counter {
    limits: AddressLimits,
    counts: Mutex<Counts>,
    empty: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    /// Whether new connections are refused.
    closed: bool,
    total: usize,
    by_address: HashMap<IpAddr, AddressCount>,
}

#[derive(Clone, Copy, Debug, Default)]
struct AddressCount {
    all: usize,
    /// The connections that have not signed in.
    anonymous: usize,
}

/// The place of one connection in the count. Dropping this value frees the place.
#[derive(Debug)]
pub struct Permit {
    counter: Arc<Counter>,
    /// The address under which the connection is counted, or `None` if the address is exempt.
    address: Option<IpAddr>,
    signed_in: bool,
}

impl Counter {
    /// Creates a counter at zero.
    #[must_use]
    pub fn new(limits: AddressLimits) -> Arc<Self> {
        Arc::new(Self { limits, counts: Mutex::default(), empty: Notify::new() })
    }

    /// Returns whether an address is exempt from rate and connection limits.
    #[must_use]
    pub fn is_exempt(&self, peer: IpAddr) -> bool {
        self.limits.is_exempt(peer)
    }

    /// Counts one more connection from an address. Returns `None` if the address or the whole server has reached the
    /// connection limit. Also returns `None` after [`Self::close`].
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Permit> {
        self.admit_as((!self.is_exempt(peer)).then(|| counted_address(peer)))
    }

    /// Counts one more connection from inside this process. It counts for the whole server, but not for any address.
    pub fn admit_own(self: &Arc<Self>) -> Option<Permit> {
        self.admit_as(None)
    }

    fn admit_as(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Permit> {
        let mut counts = lock(&self.counts);
        if counts.closed || counts.total >= self.limits.connections {
            return None;
        }
        if let Some(address) = address {
            let count = counts.by_address.get(&address).copied().unwrap_or_default();
            if !self.has_room(count) {
                return None;
            }
            let more = AddressCount { all: count.all + 1, anonymous: count.anonymous + 1 };
            counts.by_address.insert(address, more);
        }
        counts.total += 1;
        Some(Permit { counter: self.clone(), address, signed_in: false })
    }

    fn has_room(&self, count: AddressCount) -> bool {
        let max_anonymous = self.limits.anonymous_per_address.unwrap_or(usize::MAX);
        count.all < self.limits.per_address && count.anonymous < max_anonymous
    }

    /// Returns the number of permits in use.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.counts).total
    }

    /// Returns whether no permit is in use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses every connection from now on.
    pub fn close(&self) {
        lock(&self.counts).closed = true;
    }

    /// Waits until every permit is dropped, but at most for `patience`.
    pub async fn drained(&self, patience: Duration) {
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
        let mut counts = lock(&self.counter.counts);
        if let Some(count) = self.address.and_then(|address| counts.by_address.get_mut(&address)) {
            count.anonymous = count.anonymous.saturating_sub(1);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counter.counts);
        counts.total = counts.total.saturating_sub(1);
        if let Some(address) = self.address
            && let Some(count) = counts.by_address.get_mut(&address)
        {
            count.all = count.all.saturating_sub(1);
            if !self.signed_in {
                count.anonymous = count.anonymous.saturating_sub(1);
            }
            if count.all == 0 {
                counts.by_address.remove(&address);
            }
        }
        if counts.total == 0 {
            self.counter.empty.notify_one();
        }
    }
}

/// Returns the address under which a peer is counted. For IPv6 this is the /64 network. Every customer of a provider
/// has at least a whole /64 network, so a limit per address would have no effect.
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

    fn counter(anonymous_per_address: Option<usize>) -> Arc<Counter> {
        Counter::new(AddressLimits { exempt: Vec::new(), connections: 5, per_address: 3, anonymous_per_address })
    }

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn an_address_has_fewer_connections_before_signing_in_than_after() {
        let counter = counter(Some(2));
        let mut first = counter.admit(PEER).unwrap();
        let _second = counter.admit(PEER).unwrap();
        assert!(counter.admit(PEER).is_none());
        first.mark_signed_in();
        let _third = counter.admit(PEER).unwrap();
        assert!(counter.admit(PEER).is_none());
        drop(first);
        assert_eq!(counter.len(), 2);
    }

    #[test]
    fn connections_from_inside_the_process_count_for_no_address() {
        let counter = counter(Some(0));
        assert!(counter.admit(PEER).is_none());
        let own: Vec<_> = std::iter::from_fn(|| counter.admit_own()).take(10).collect();
        assert_eq!((own.len(), counter.len()), (5, 5), "only the limit of the whole server applies");
    }

    #[test]
    fn an_address_has_one_limit_if_there_is_no_anonymous_limit() {
        let counter = counter(None);
        let permits: Vec<_> = std::iter::from_fn(|| counter.admit(PEER)).take(10).collect();
        assert_eq!(permits.len(), 3);
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let counter = counter(Some(2));
        let admit = |text: &str| counter.admit(text.parse().unwrap());
        let (_a, _b) = (admit("2001:db8::1").unwrap(), admit("2001:db8::2").unwrap());
        assert!(admit("2001:db8::3").is_none());
        assert!(admit("2001:db8:0:1::3").is_some());
    }

    #[test]
    fn refused_addresses_are_not_stored() {
        let limits = AddressLimits { exempt: Vec::new(), connections: 5, per_address: 0, anonymous_per_address: None };
        let counter = Counter::new(limits);
        assert!(counter.admit(PEER).is_none());
        assert!(lock(&counter.counts).by_address.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_counter_admits_nothing_and_waits_for_its_permits() {
        let counter = counter(None);
        let permit = counter.admit(PEER).unwrap();
        counter.close();
        assert!(counter.admit(PEER).is_none());
        let start = tokio::time::Instant::now();
        counter.drained(Duration::from_secs(5)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(5), "one permit is left");
        tokio::join!(counter.drained(Duration::from_secs(5)), async { drop(permit) });
        assert_eq!(start.elapsed(), Duration::from_secs(5), "no permit is left");
    }
}
