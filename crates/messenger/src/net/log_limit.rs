//! Limits the log lines about one address, so that a flood of attempts does not fill the disk.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use swallowtail_base::lock;
use tokio::time::Instant;

use super::peer::counted_address;

/// The time between two log lines about one address.
const INTERVAL: Duration = Duration::from_secs(60);
/// The maximum number of addresses that have an entry of their own. These entries take about 200
/// KiB. All further addresses share one more entry.
const MAX_ADDRESSES: usize = 4096;
/// The minimum time between two searches of a full table for entries that can be removed. Without a
/// minimum, every event would search the full table.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The last log line about each address.
#[derive(Debug, Default)]
pub struct LogLimit(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// The entry `None` is for all addresses that have no entry of their own.
    addresses: HashMap<Option<IpAddr>, Address>,
    /// The time of the last search for entries to remove.
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Address {
    logged: Instant,
    /// The number of events that were not logged since the last log line.
    suppressed: u64,
}

impl LogLimit {
    /// Records an event from an address. If the caller must log this event, returns the number of
    /// events that were not logged since the last log line about this address.
    pub fn note(&self, address: IpAddr) -> Option<u64> {
        let now = Instant::now();
        let address = Some(counted_address(address));
        let table = &mut *lock(&self.0);
        table.sweep(now);
        let addresses = &mut table.addresses;
        let is_full = addresses.len() >= MAX_ADDRESSES && !addresses.contains_key(&address);
        let key = if is_full { None } else { address };
        let Some(address) = addresses.get_mut(&key) else {
            addresses.insert(key, Address { logged: now, suppressed: 0 });
            return Some(0);
        };
        if now.duration_since(address.logged) < INTERVAL {
            address.suppressed += 1;
            return None;
        }
        address.logged = now;
        Some(std::mem::take(&mut address.suppressed))
    }
}

impl Table {
    /// Removes the entries that no longer suppress a line, if the table is full.
    fn sweep(&mut self, now: Instant) {
        let is_due = self.swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP_INTERVAL);
        if self.addresses.len() > MAX_ADDRESSES && is_due {
            self.addresses.retain(|_, address| now.duration_since(address.logged) < INTERVAL);
            self.swept = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: usize) -> IpAddr {
        Ipv4Addr::from_bits(0x0A00_0000 + u32::try_from(number).unwrap()).into()
    }

    #[tokio::test(start_paused = true)]
    async fn one_log_line_a_minute_counts_the_suppressed_events_of_each_address() {
        let limit = LogLimit::default();
        assert_eq!(limit.note(address(1)), Some(0));
        for _ in 0..1000 {
            assert_eq!(limit.note(address(1)), None);
        }
        assert_eq!(limit.note(address(2)), Some(0), "another address has lines of its own");
        tokio::time::advance(INTERVAL).await;
        assert_eq!(limit.note(address(1)), Some(1000));
        assert_eq!(limit.note(address(1)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_botnet_causes_only_a_limited_number_of_log_lines_and_remembered_addresses() {
        let limit = LogLimit::default();
        let lines = (0..3 * MAX_ADDRESSES).filter(|number| limit.note(address(*number)).is_some()).count();
        assert_eq!(lines, MAX_ADDRESSES + 1);
        assert_eq!(lock(&limit.0).addresses.len(), MAX_ADDRESSES + 1);
        tokio::time::advance(INTERVAL).await;
        assert_eq!(limit.note(address(0)), Some(0));
        assert_eq!(lock(&limit.0).addresses.len(), 1, "old entries are removed");
    }
}
