//! Converts settings to the types that other parts of the server use.

use std::time::Duration;

use msnp::Handle;

use crate::Config;
use crate::limits::{Limits, RosterLimits};
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
}

/// Returns the average time between two actions if `count` actions are allowed in an hour.
fn per_hour(count: u32) -> Duration {
    /// The time that is returned for a `count` of 0. No server runs for that long.
    const NEVER: Duration = Duration::from_secs(10 * 365 * 86_400);
    Duration::from_secs(3600).checked_div(count).unwrap_or(NEVER)
}
