//! Limits for one peer, and for all peers together.

use std::time::Duration;

use ipnet::IpNet;

use crate::kind::{IpNetwork, List, whole, whole_of};
use crate::networks::PRIVATE;
use crate::rates::RateLimits;
use crate::reader::Section;

/// The largest number of connections or sessions: Linux lets a process open no more than about a million files.
const MAX_CONNECTIONS: usize = 1_000_000;
/// The largest number of entries on a list. A client fetches its lists at each sign-in: 10,000 entries are a megabyte.
const MAX_ENTRIES: usize = 10_000;
/// The largest number of actions within a period. The server stores the time of each action, which takes 16 bytes.
const MAX_ACTS: usize = 10_000;
/// The largest number of actions in an hour that become available one by one. More than two a second would limit
/// nobody.
const MAX_PER_HOUR: u32 = 10_000;
/// The largest number of people in one conversation: the server copies each message to all of them.
const MAX_MEMBERS: usize = 1_000;
/// The largest number of messages in a second. No single connection can send so many.
const MAX_MESSAGES: u32 = 1_000_000;
/// The largest number of bytes in a second, 1 GiB. No single connection can send so many.
const MAX_BYTES: u32 = 1 << 30;
/// The smallest number of bytes in a second: the size of the largest message.
const MIN_BYTES: u32 = 1664;
/// The longest time to sign in, an hour. During that time, anyone can hold a connection.
const MAX_SIGN_IN_SECONDS: u32 = 60 * 60;
/// The longest duration of any setting, a year. With this limit, no sum of times can overflow.
const MAX_SECONDS: u64 = 365 * 24 * 60 * 60;
/// The largest number of networks in a list: the server compares each address with all of them.
pub(crate) const MAX_NETWORKS: usize = 256;

/// Limits for one peer, and for all peers together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Networks, such as `192.168.0.0/16`, that are exempt from limits on rates and numbers of connections. But one
    /// address cannot have more than seven eighths of all connections. The default is loopback and private addresses.
    /// Limits on sizes, times and queues apply to everyone.
    pub exempt: Vec<IpNet>,
    /// Chat connections of one address, at least 1 (security.md section 6). The default is enough for dozens of users
    /// behind one router, with their conversations.
    pub connections_per_address: usize,
    /// Chat connections of one address that have not signed in, at least 1. At this limit, the oldest one makes room for
    /// the newest.
    pub anonymous_per_address: usize,
    /// Contacts of one account (framing.md section 6). Above it: error 210.
    pub contacts: usize,
    /// Addresses on the allow list of one account. The same limit applies to its block list. Above it: error 210.
    pub allowed_or_blocked: usize,
    /// Accounts that may have the same account on their lists. The next one that adds that account receives 210.
    pub reverse: usize,
    /// Groups of one account. Above it: error 223.
    pub groups: usize,
    /// Changes of the display name in ten seconds. Above it: error 800.
    pub name_changes: usize,
    /// Switchboards that one account may request in a minute (sb.md section 2). Above it: error 800.
    pub switchboards_per_minute: usize,
    /// Switchboard connections that one account may have (sb.md section 11). A request for one more: error 800.
    pub switchboard_connections: usize,
    /// Addresses without an account that one account may try to add in one go (ns.md section 8). Above it: error 800
    /// for FL.
    pub unknown_accounts_at_once: usize,
    /// The number of further such addresses that one account may try in each hour.
    pub unknown_accounts_per_hour: u32,
    /// Calls of one account in a minute (sb.md section 5). Above it: error 713.
    pub calls_per_minute: usize,
    /// Calls of one account to another in ten seconds (sb.md section 5). Above it: error 713.
    pub rings: usize,
    /// Invalid tickets from one address in a minute. Each further one is refused after a second (ns.md section 4, USR).
    pub failed_sign_ins: usize,
    /// Wrong passwords for one account in 15 minutes. After them each attempt is delayed (security.md section 3).
    pub wrong_passwords_per_account: usize,
    /// Wrong passwords from one address in 15 minutes. After them it receives 503 (security.md section 3).
    pub wrong_passwords_per_address: usize,
    /// Accounts that may be created from one address in an hour, on the sign-up page.
    pub sign_ups_per_hour: usize,
    /// Sign-up forms from one address in 15 minutes. This prevents guessing of invite codes and accounts.
    pub sign_up_attempts: usize,
    /// HTTP connections of one address, at least 1. Sessions over the gateway count as chat connections too.
    pub http_connections_per_address: usize,
    /// Sessions over the gateway (security.md section 6).
    pub gateway_sessions: usize,
    /// Sessions over the gateway of one address.
    pub gateway_sessions_per_address: usize,
    /// The seconds that a client has to sign in after it connects, either to the notification server (framing.md
    /// section 10) or to the switchboard (sb.md section 3). At least 1.
    pub sign_in_seconds: u32,
    /// Seconds after which a switchboard session in which nothing happens is closed; 0 for never (sb.md section 7).
    pub switchboard_idle: u64,
    /// Messages that one switchboard connection may send in one go, at least 1. The server reads further ones more
    /// slowly (sb.md section 11).
    pub messages_at_once: u32,
    /// Messages that one switchboard connection may send in each second after that, at least 1. Peer-to-peer data are
    /// not counted.
    pub messages_per_second: u32,
    /// Bytes of messages that one switchboard connection may send in a second, at least 1664, the size of one message.
    pub message_bytes_per_second: u32,
    /// Participants of one switchboard session, at least 2 (sb.md section 11).
    pub switchboard_members: usize,
}

/// Limits on the lists and groups of one account (docs/protocol/framing.md section 6).
#[derive(Clone, Copy, Debug)]
pub struct RosterLimits {
    /// Contacts on FL.
    pub contacts: usize,
    /// Addresses on AL. The same limit applies to BL.
    pub allowed_or_blocked: usize,
    /// Addresses on RL and PL together.
    pub reverse: usize,
    /// Groups.
    pub groups: usize,
}

impl Default for RosterLimits {
    fn default() -> Self {
        // 600 and 30 were the last limits of the original service; 1000 is ours.
        Self { contacts: 600, allowed_or_blocked: 1000, reverse: 1000, groups: 30 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let roster = RosterLimits::default();
        let rates = RateLimits::default();
        Self {
            exempt: PRIVATE.clone(),
            connections_per_address: 512,
            anonymous_per_address: 64,
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
            http_connections_per_address: 128,
            gateway_sessions: 10_000,
            gateway_sessions_per_address: 128,
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
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let default = Self::default();
        // With less than this, nobody could use the service.
        let (connections, sessions) = (whole(1..=MAX_CONNECTIONS), whole(0..=MAX_CONNECTIONS));
        let (entries, acts) = (whole(1..=MAX_ENTRIES), whole(1..=MAX_ACTS));
        // These may be switched off.
        let (optional_entries, optional_acts) = (whole(0..=MAX_ENTRIES), whole(0..=MAX_ACTS));
        let messages = whole(1..=MAX_MESSAGES);
        let networks = List { item: IpNetwork, max: MAX_NETWORKS };
        let number = |key, default, kind| from.get(key, default, kind);
        Self {
            exempt: from.get("exempt", default.exempt, &networks),
            connections_per_address: number("connections_per_address", default.connections_per_address, &connections),
            anonymous_per_address: number("anonymous_per_address", default.anonymous_per_address, &connections),
            contacts: number("contacts", default.contacts, &entries),
            allowed_or_blocked: number("allowed_or_blocked", default.allowed_or_blocked, &optional_entries),
            reverse: number("reverse", default.reverse, &entries),
            groups: number("groups", default.groups, &optional_entries),
            name_changes: number("name_changes", default.name_changes, &optional_acts),
            switchboards_per_minute: number("switchboards_per_minute", default.switchboards_per_minute, &acts),
            switchboard_connections: number("switchboard_connections", default.switchboard_connections, &connections),
            unknown_accounts_at_once: number(
                "unknown_accounts_at_once",
                default.unknown_accounts_at_once,
                &optional_acts,
            ),
            unknown_accounts_per_hour: from.get(
                "unknown_accounts_per_hour",
                default.unknown_accounts_per_hour,
                &whole(0..=MAX_PER_HOUR),
            ),
            calls_per_minute: number("calls_per_minute", default.calls_per_minute, &acts),
            rings: number("rings", default.rings, &acts),
            failed_sign_ins: number("failed_sign_ins", default.failed_sign_ins, &optional_acts),
            wrong_passwords_per_account: number(
                "wrong_passwords_per_account",
                default.wrong_passwords_per_account,
                &optional_acts,
            ),
            wrong_passwords_per_address: number(
                "wrong_passwords_per_address",
                default.wrong_passwords_per_address,
                &optional_acts,
            ),
            sign_ups_per_hour: number("sign_ups_per_hour", default.sign_ups_per_hour, &optional_acts),
            sign_up_attempts: number("sign_up_attempts", default.sign_up_attempts, &optional_acts),
            http_connections_per_address: number(
                "http_connections_per_address",
                default.http_connections_per_address,
                &connections,
            ),
            gateway_sessions: number("gateway_sessions", default.gateway_sessions, &sessions),
            gateway_sessions_per_address: number(
                "gateway_sessions_per_address",
                default.gateway_sessions_per_address,
                &sessions,
            ),
            sign_in_seconds: from.get(
                "sign_in_seconds",
                default.sign_in_seconds,
                &whole_of("seconds", 1..=MAX_SIGN_IN_SECONDS).up_to("an hour"),
            ),
            switchboard_idle: from.get(
                "switchboard_idle",
                default.switchboard_idle,
                &whole_of("seconds", 0..=MAX_SECONDS).up_to("a year"),
            ),
            switchboard_members: from.get("switchboard_members", default.switchboard_members, &whole(2..=MAX_MEMBERS)),
            messages_at_once: from.get("messages_at_once", default.messages_at_once, &messages),
            messages_per_second: from.get("messages_per_second", default.messages_per_second, &messages),
            message_bytes_per_second: from.get(
                "message_bytes_per_second",
                default.message_bytes_per_second,
                &whole_of("bytes", MIN_BYTES..=MAX_BYTES).up_to("1 GiB"),
            ),
        }
    }

    /// Returns how long a client may take to sign in after it connects.
    #[must_use]
    pub fn sign_in_timeout(&self) -> Duration {
        Duration::from_secs(self.sign_in_seconds.into())
    }

    /// Returns how long a switchboard session may be idle; `None` for no limit.
    #[must_use]
    pub fn switchboard_idle(&self) -> Option<Duration> {
        (self.switchboard_idle > 0).then(|| Duration::from_secs(self.switchboard_idle))
    }
}
