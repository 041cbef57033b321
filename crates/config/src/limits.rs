//! Bounds on what one peer, and all of them, may do.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use crate::networks::{PRIVATE, contains};
use crate::rates::RateLimits;

/// Bounds on what one peer, and all of them, may do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Networks, such as `192.168.0.0/16`, whose rate and number of connections are not bounded: loopback and private
    /// addresses by default. Sizes, timers and queues are bounded for everybody.
    pub exempt: Vec<IpNet>,
    /// Connections of one address, at least 1 (security.md section 6).
    pub connections_per_address: usize,
    /// Connections of one address that have not signed in, at least 1.
    pub anonymous_per_address: usize,
    /// Contacts of one account (framing.md section 6): over it 210.
    pub contacts: usize,
    /// Addresses on the allow list of one account, and as many on the block list: over it 210.
    pub allowed_or_blocked: usize,
    /// Accounts that may have one account on their list; the next one that adds it hears 210.
    pub reverse: usize,
    /// Groups of one account: over it 223.
    pub groups: usize,
    /// Changes of the display name in ten seconds: over it 800.
    pub name_changes: usize,
    /// Switchboards that one account may ask for in a minute: over it 800 (sb.md section 2).
    pub switchboards_per_minute: usize,
    /// Switchboard connections that an account may have and ask for one more: over it 800 (sb.md section 11).
    pub switchboard_connections: usize,
    /// Addresses without an account that one account may try to add at the same time: over it 800 for FL (ns.md section
    /// 8).
    pub unknown_accounts_at_once: usize,
    /// How many more of those it may try in each hour.
    pub unknown_accounts_per_hour: u32,
    /// Calls of one account in a minute: over it 713 (sb.md section 5).
    pub calls_per_minute: usize,
    /// Calls of one account to another in ten seconds: over it 713 (sb.md section 5).
    pub rings: usize,
    /// Bad tickets from one address in a minute: each further one is refused a second later (ns.md section 4, USR).
    pub failed_sign_ins: usize,
    /// Wrong passwords of one account in 15 minutes, after which each attempt waits (security.md section 3).
    pub wrong_passwords_per_account: usize,
    /// Wrong passwords from one address in 15 minutes, after which it hears 503 (security.md section 3).
    pub wrong_passwords_per_address: usize,
    /// Accounts that may be made from one address in an hour, on the page for it.
    pub sign_ups_per_hour: usize,
    /// Forms with which one address may try to make an account in 15 minutes: it keeps invite codes and accounts from
    /// being guessed.
    pub sign_up_attempts: usize,
    /// HTTP connections of one address, at least 1. Sessions over the gateway count as chat connections too.
    pub http_connections_per_address: usize,
    /// Sessions over the gateway (security.md section 6).
    pub gateway_sessions: usize,
    /// Sessions over the gateway of one address.
    pub gateway_sessions_per_address: usize,
    /// Seconds within which a client must have signed in after connecting, at least 1: to the notification server
    /// (framing.md section 10) or to the switchboard (sb.md section 3).
    pub sign_in_seconds: u32,
    /// Seconds after which a switchboard session in which nothing happens is closed; 0 for never (sb.md section 7).
    pub switchboard_idle: u64,
    /// Messages of one switchboard connection at once, at least 1; more are read more slowly (sb.md section 11).
    pub messages_at_once: u32,
    /// Messages of one switchboard connection in a second, once those are spent, at least 1. Peer-to-peer data are not
    /// counted.
    pub messages_per_second: u32,
    /// Bytes of the messages of one switchboard connection in a second, at least those of one message, 1664.
    pub message_bytes_per_second: u32,
    /// Participants of one switchboard session, at least 2 (sb.md section 11).
    pub switchboard_members: usize,
}

/// How much an account may keep (docs/protocol/framing.md section 6).
#[derive(Clone, Copy, Debug)]
pub struct RosterLimits {
    /// Contacts on FL.
    pub contacts: usize,
    /// Addresses on AL, and as many on BL.
    pub allowed_or_blocked: usize,
    /// Addresses on RL and PL together.
    pub reverse: usize,
    /// Groups.
    pub groups: usize,
}

impl Default for RosterLimits {
    fn default() -> Self {
        // 600 and 30 are the service's last numbers, 1000 ours.
        Self { contacts: 600, allowed_or_blocked: 1000, reverse: 1000, groups: 30 }
    }
}

/// How many connections there may be.
#[derive(Clone, Debug)]
pub struct AddressLimits {
    /// Networks that are not counted.
    pub exempt: Vec<IpNet>,
    /// Of the whole server.
    pub connections: usize,
    /// Of one address.
    pub per_address: usize,
    /// Of one address, not signed in; `None` where nobody signs in.
    pub anonymous_per_address: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        let roster = RosterLimits::default();
        let rates = RateLimits::default();
        Self {
            exempt: PRIVATE.clone(),
            connections_per_address: 64,
            anonymous_per_address: 20,
            contacts: roster.contacts,
            allowed_or_blocked: roster.allowed_or_blocked,
            reverse: roster.reverse,
            groups: roster.groups,
            name_changes: rates.name_changes.most,
            switchboards_per_minute: rates.switchboards.most,
            switchboard_connections: 50,
            unknown_accounts_at_once: rates.unknown_accounts.most,
            unknown_accounts_per_hour: 30,
            calls_per_minute: rates.calls.most,
            rings: rates.rings.most,
            failed_sign_ins: rates.failed_sign_ins.most,
            wrong_passwords_per_account: 5,
            wrong_passwords_per_address: 20,
            sign_ups_per_hour: rates.sign_ups.most,
            sign_up_attempts: rates.sign_up_attempts.most,
            http_connections_per_address: 64,
            gateway_sessions: 10_000,
            gateway_sessions_per_address: 20,
            messages_at_once: 20,
            messages_per_second: 10,
            message_bytes_per_second: 128 * 1024,
            sign_in_seconds: 60,
            switchboard_idle: 300,
            switchboard_members: 50,
        }
    }
}

impl Limits {
    /// A service with less than this would serve nobody.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for (key, value, least) in [
            ("connections_per_address", self.connections_per_address, 1),
            ("anonymous_per_address", self.anonymous_per_address, 1),
            ("contacts", self.contacts, 1),
            ("reverse", self.reverse, 1),
            ("switchboards_per_minute", self.switchboards_per_minute, 1),
            ("switchboard_connections", self.switchboard_connections, 1),
            ("calls_per_minute", self.calls_per_minute, 1),
            ("rings", self.rings, 1),
            ("http_connections_per_address", self.http_connections_per_address, 1),
            ("switchboard_members", self.switchboard_members, 2),
        ] {
            anyhow::ensure!(value >= least, "limits.{key} is {value}; it must be at least {least}");
        }
        for (key, value, least) in [
            ("sign_in_seconds", self.sign_in_seconds, 1),
            ("messages_at_once", self.messages_at_once, 1),
            ("messages_per_second", self.messages_per_second, 1),
            ("message_bytes_per_second", self.message_bytes_per_second, 1664),
        ] {
            anyhow::ensure!(value >= least, "limits.{key} is {value}; it must be at least {least}");
        }
        Ok(())
    }

    /// Returns how long a client may take to sign in, from connecting.
    #[must_use]
    pub fn sign_in_timeout(&self) -> Duration {
        Duration::from_secs(self.sign_in_seconds.into())
    }

    /// How long a switchboard session may be idle.
    #[must_use]
    pub fn switchboard_idle(&self) -> Option<Duration> {
        (self.switchboard_idle > 0).then(|| Duration::from_secs(self.switchboard_idle))
    }
}

impl AddressLimits {
    /// Whether rates and numbers are not bounded for an address.
    #[must_use]
    pub fn is_exempt(&self, peer: IpAddr) -> bool {
        contains(&self.exempt, peer)
    }
}
