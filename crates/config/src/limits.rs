//! Limits for one peer, and for all peers together.

use std::time::Duration;

use ipnet::IpNet;

use crate::kind::{IpNetwork, List, whole, whole_of};
use crate::networks::PRIVATE;
use crate::rates::RateLimits;
use crate::reader::Section;

/// The largest number of connections or sessions. A process in Linux can open about a million files
/// at most.
const MAX_CONNECTIONS: usize = 1_000_000;
/// The smallest value of `http_connections`. With fewer, the users of a home could not sign in at the
/// same time.
const MIN_HTTP: usize = 16;
/// The largest number of HTTP connections. Each connection may buffer a head and a body, which
/// together have at most 80 KiB. So all HTTP connections together buffer at most 320 MiB.
pub(crate) const MAX_HTTP: usize = 4096;
/// The largest share of the chat connections that can be reserved for conversations, in percent.
/// With more, fewer than half of the connections could be signed in.
const MAX_CONVERSATION_PERCENT: usize = 50;
/// The largest number of entries on a list. A client fetches its lists at each sign-in, and 10,000
/// entries are a megabyte.
const MAX_ENTRIES: usize = 10_000;
/// The largest number of actions within a period. The server stores the time of each action, which takes 16 bytes.
const MAX_ACTS: usize = 10_000;
/// The largest value of `unknown_accounts_per_hour`. This number of actions per hour is two or
/// three per second. A higher limit would limit nobody.
const MAX_PER_HOUR: u32 = 10_000;
/// The largest number of people in one conversation. The server copies each message to all of them.
const MAX_MEMBERS: usize = 1_000;
/// The largest number of messages per second. No single connection can send as many.
const MAX_MESSAGES: u32 = 1_000_000;
/// The largest number of bytes per second, 1 GiB. No single connection can send as many.
const MAX_BYTES: u32 = 1 << 30;
/// The smallest number of bytes per second. It is the size of the largest message.
const MIN_BYTES: u32 = 1664;
/// The longest time that a client may take to sign in, one hour. Within that time, anyone can hold
/// a connection without signing in.
const MAX_SIGN_IN_SECONDS: u32 = 60 * 60;
/// The longest duration in any setting, one year. With this limit, no sum of durations can
/// overflow.
const MAX_SECONDS: u64 = 365 * 24 * 60 * 60;
/// The largest number of networks in a list. The server compares the address of each peer with all
/// of them.
pub(crate) const MAX_NETWORKS: usize = 256;

/// Limits for one peer, and for all peers together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Networks, such as `192.168.0.0/16`, that are exempt from rate limits and from limits on
    /// numbers of connections. The default is loopback and private networks. One exempt address can
    /// have at most seven eighths of all connections. Limits on sizes, times and queues apply to
    /// every peer.
    pub exempt: Vec<IpNet>,
    /// The largest number of chat connections from one address (security.md section 6). It must be
    /// at least 1. The default is enough for dozens of users behind one router, and for their
    /// conversations.
    pub connections_per_address: usize,
    /// The largest number of chat connections without a sign-in from one address. It must be at
    /// least 1. At this limit, the server closes the oldest of these connections to admit a new
    /// one.
    pub anonymous_per_address: usize,
    /// The share of all chat connections that is reserved for conversations, in percent: 0 to 50. The
    /// same share of the gateway sessions is reserved. The others can all be signed in. With a
    /// quarter, the default, every third user can have a conversation open.
    pub conversation_percent: usize,
    /// The largest number of contacts of one account (framing.md section 6). At this limit, a
    /// client that adds another contact receives error 210.
    pub contacts: usize,
    /// The largest number of addresses on the allow list of one account. The block list of the
    /// account has the same limit. If a list has reached the limit, a client that adds another
    /// address to it receives error 210.
    pub allowed_or_blocked: usize,
    /// For each account, the largest number of other accounts that may have it on their lists. At
    /// this limit, another user who adds the account receives error 210.
    pub reverse: usize,
    /// The largest number of groups of one account. At this limit, a client that adds another group
    /// receives error 223.
    pub groups: usize,
    /// The largest number of times that one account may change its display name in ten seconds. For
    /// each further change, the client receives error 800.
    pub name_changes: usize,
    /// The largest number of switchboards that one account may request in a minute (sb.md section
    /// 2). For each further request, the client receives error 800.
    pub switchboards_per_minute: usize,
    /// The largest number of switchboard connections that one account may have (sb.md section 11).
    /// A client that requests another switchboard receives error 800.
    pub switchboard_connections: usize,
    /// The number of addresses without an account that one account may try to add at first (ns.md
    /// section 8). Above this limit and `unknown_accounts_per_hour`, a client that adds such an
    /// address to FL receives error 800.
    pub unknown_accounts_at_once: usize,
    /// The number of addresses without an account that one account may try to add in each hour,
    /// after it has used up `unknown_accounts_at_once`.
    pub unknown_accounts_per_hour: u32,
    /// The largest number of calls (CAL) that one account may send in a minute (sb.md section 5).
    /// For each further call, the caller receives error 713.
    pub calls_per_minute: usize,
    /// The largest number of calls that one account may send to the same account in ten seconds
    /// (sb.md section 5). For each further call, the caller receives error 713.
    pub rings: usize,
    /// The number of invalid tickets that one address may send in a minute without a delay. The
    /// server refuses each further invalid ticket from that address after a delay of one second
    /// (ns.md section 4, USR).
    pub failed_sign_ins: usize,
    /// The number of wrong passwords for one account in 15 minutes after which the server delays
    /// each further attempt to sign in to that account (security.md section 3).
    pub wrong_passwords_per_account: usize,
    /// The number of wrong passwords from one address in 15 minutes after which clients at that
    /// address receive status 503 (security.md section 3).
    pub wrong_passwords_per_address: usize,
    /// The largest number of accounts that may be created on the sign-up page from one address in
    /// an hour.
    pub sign_ups_per_hour: usize,
    /// The largest number of times that one address may submit the sign-up form in 15 minutes. This
    /// limit prevents visitors from guessing invite codes and account names.
    pub sign_up_attempts: usize,
    /// The largest number of HTTP connections, 16 to 4096, including those that are closing because
    /// there are too many. Without this setting, it is an eighth of all connections, but at least
    /// 512. In any case, it is at most a quarter of all connections, and at most 4096.
    pub http_connections: Option<usize>,
    /// The largest number of HTTP connections from one address. It must be at least 1. One address
    /// never gets more than a quarter of all HTTP connections.
    pub http_connections_per_address: usize,
    /// The largest number of sessions over the HTTP gateway (security.md section 6). Each of these
    /// sessions also counts as a chat connection.
    pub gateway_sessions: usize,
    /// The largest number of sessions that one address may have over the HTTP gateway.
    pub gateway_sessions_per_address: usize,
    /// The number of seconds within which a client must sign in after it has connected to the
    /// notification server (framing.md section 10) or to the switchboard (sb.md section 3). It must
    /// be at least 1.
    pub sign_in_seconds: u32,
    /// The number of seconds after which the server closes a switchboard session in which nothing
    /// happens (sb.md section 7). With 0, the server never closes such a session.
    pub switchboard_idle: u64,
    /// The largest number of messages that one switchboard connection may send in a burst. It must
    /// be at least 1. The server reads further messages more slowly (sb.md section 11).
    pub messages_at_once: u32,
    /// The number of messages that one switchboard connection may send in each second after a burst
    /// of `messages_at_once`. It must be at least 1. Messages with peer-to-peer data do not count.
    pub messages_per_second: u32,
    /// The number of bytes of messages that one switchboard connection may send in a second. It
    /// must be at least 1664, the size of the largest message.
    pub message_bytes_per_second: u32,
    /// The largest number of participants in one switchboard session (sb.md section 11). It must be
    /// at least 2.
    pub switchboard_members: usize,
}

/// Limits on the lists and groups of one account (docs/protocol/framing.md section 6).
#[derive(Clone, Copy, Debug)]
pub struct RosterLimits {
    /// The largest number of contacts on FL.
    pub contacts: usize,
    /// The largest number of addresses on AL. BL has the same limit.
    pub allowed_or_blocked: usize,
    /// The largest number of addresses on RL and PL together.
    pub reverse: usize,
    /// The largest number of groups.
    pub groups: usize,
}

impl Default for RosterLimits {
    fn default() -> Self {
        // At its end, the original service allowed 600 contacts and 30 groups. This project chose
        // the limit of 1000 for AL, for BL, and for RL and PL together.
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
            conversation_percent: 25,
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
            http_connections: None,
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
        // With 0 connections, nobody could use the service. Sessions over the gateway may be
        // switched off with 0.
        let (connections, sessions) = (whole(1..=MAX_CONNECTIONS), whole(0..=MAX_CONNECTIONS));
        let http = whole(MIN_HTTP..=MAX_HTTP);
        let (entries, acts) = (whole(1..=MAX_ENTRIES), whole(1..=MAX_ACTS));
        // An operator may set these limits to 0, so that no entry or no action is allowed.
        let (optional_entries, optional_acts) = (whole(0..=MAX_ENTRIES), whole(0..=MAX_ACTS));
        let (messages, per_hour) = (whole(1..=MAX_MESSAGES), whole(0..=MAX_PER_HOUR));
        let bytes = whole_of("bytes", MIN_BYTES..=MAX_BYTES).up_to("1 GiB");
        let percent = whole_of("percent", 0..=MAX_CONVERSATION_PERCENT);
        let networks = List { item: IpNetwork, max: MAX_NETWORKS };
        let number = |key, default, kind| from.get(key, default, kind);
        Self {
            exempt: from.get("exempt", default.exempt, &networks),
            connections_per_address: number("connections_per_address", default.connections_per_address, &connections),
            anonymous_per_address: number("anonymous_per_address", default.anonymous_per_address, &connections),
            conversation_percent: number("conversation_percent", default.conversation_percent, &percent),
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
                &per_hour,
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
            http_connections: from.optional("http_connections", default.http_connections, &http),
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
            message_bytes_per_second: from.get("message_bytes_per_second", default.message_bytes_per_second, &bytes),
        }
    }

    /// Returns how long a client may take to sign in after it connects.
    #[must_use]
    pub fn sign_in_timeout(&self) -> Duration {
        Duration::from_secs(self.sign_in_seconds.into())
    }

    /// Returns how long a switchboard session may be idle. `None` means that there is no limit.
    #[must_use]
    pub fn switchboard_idle(&self) -> Option<Duration> {
        (self.switchboard_idle > 0).then(|| Duration::from_secs(self.switchboard_idle))
    }
}
