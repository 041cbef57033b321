//! The settings in the form that the parts of the server use.

use std::time::Duration;

use msnp::Handle;

use crate::Config;
use crate::limits::{AddressLimits, Limits, RosterLimits};
use crate::rates::{Allowance, Rate, RateLimits};

impl Config {
    /// Returns the address of the helper, if the service has one.
    #[must_use]
    pub fn helper(&self) -> Option<Handle> {
        self.helper.address_among(&self.http.names)
    }

    /// Returns the address of the helper, if new accounts get it on their contact lists.
    #[must_use]
    pub fn first_contact(&self) -> Option<Handle> {
        self.helper().filter(|_| self.helper.on_new_lists)
    }

    /// Returns the limits on lists and groups of one account.
    #[must_use]
    pub fn roster_limits(&self) -> RosterLimits {
        let Limits { contacts, allowed_or_blocked, reverse, groups, .. } = self.limits;
        RosterLimits { contacts, allowed_or_blocked, reverse, groups }
    }

    /// Returns the rate limits of accounts and addresses.
    #[must_use]
    pub fn rate_limits(&self) -> RateLimits {
        let limits = &self.limits;
        let default = RateLimits::default();
        let times = |most, rate: Rate| Rate { most, ..rate };
        RateLimits {
            name_changes: times(limits.name_changes, default.name_changes),
            switchboards: times(limits.switchboards_per_minute, default.switchboards),
            unknown_accounts: Allowance {
                most: limits.unknown_accounts_at_once,
                refill: per_hour(limits.unknown_accounts_per_hour),
            },
            calls: times(limits.calls_per_minute, default.calls),
            rings: times(limits.rings, default.rings),
            failed_sign_ins: times(limits.failed_sign_ins, default.failed_sign_ins),
            sign_ups: times(limits.sign_ups_per_hour, default.sign_ups),
            sign_up_attempts: times(limits.sign_up_attempts, default.sign_up_attempts),
            ..default
        }
    }

    /// Returns the limits on chat connections for a process that may open `files` files.
    #[must_use]
    pub fn address_limits(&self, files: usize) -> AddressLimits {
        AddressLimits {
            exempt: self.limits.exempt.clone(),
            // A tenth is reserved for the database, the listeners and the log.
            connections: files - files / 10 - http_connections(files),
            per_address: self.limits.connections_per_address,
            anonymous_per_address: Some(self.limits.anonymous_per_address),
        }
    }

    /// Returns the limits on HTTP connections for a process that may open `files` files.
    #[must_use]
    pub fn http_limits(&self, files: usize) -> AddressLimits {
        self.limits_without_sign_in(http_connections(files), self.limits.http_connections_per_address)
    }

    /// Returns the limits on gateway sessions. Each of them also counts as a chat connection.
    #[must_use]
    pub fn gateway_limits(&self) -> AddressLimits {
        self.limits_without_sign_in(self.limits.gateway_sessions, self.limits.gateway_sessions_per_address)
    }

    /// Returns limits for connections that never sign in.
    fn limits_without_sign_in(&self, connections: usize, per_address: usize) -> AddressLimits {
        let exempt = self.limits.exempt.clone();
        AddressLimits { exempt, connections, per_address, anonymous_per_address: None }
    }
}

/// Returns the time between two of `count` in an hour.
fn per_hour(count: u32) -> Duration {
    /// Used for 0 in an hour: longer than any server runs.
    const NEVER: Duration = Duration::from_secs(10 * 365 * 86_400);
    Duration::from_secs(3600).checked_div(count).unwrap_or(NEVER)
}

/// Returns the largest number of HTTP connections: a quarter of the files, up to 4096. Each may buffer a head and a body of
/// 80 KiB, so all of them together buffer at most 320 MiB.
fn http_connections(files: usize) -> usize {
    const MOST: usize = 4096;
    (files / 4).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chat_and_http_together_leave_a_tenth_of_the_files() {
        let config = Config::default();
        for files in [100, 1024, 1_000_000] {
            let both = config.address_limits(files).connections + config.http_limits(files).connections;
            assert_eq!(both, files - files / 10);
        }
    }
}
