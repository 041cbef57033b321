//! The number of connections that a server admits: in total and from one address.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::Config;
use crate::limits::MAX_HTTP;
use crate::networks::contains;

/// The smallest number of open files that are reserved for everything except connections. About 20
/// are in use: the database, the listeners of a few networks, the control socket and its commands,
/// the log, and the files of the runtime.
const MIN_RESERVED: usize = 64;
/// The server reserves the number of open files divided by this number, if that is more than
/// [`MIN_RESERVED`]. An operator of a large service has more networks, and runs more commands at the
/// same time.
const RESERVED_DIVISOR: usize = 64;
/// The smallest number of HTTP connections without the setting `http_connections`, if the process
/// may open enough files. The gateway and the web pages need this many.
const MIN_DEFAULT_HTTP: usize = 512;
/// HTTP connections get at most the free files divided by this number. A connection with a long
/// request needs more memory than a chat connection, and the limit on memory assumes this share.
const MIN_HTTP_DIVISOR: usize = 4;
/// Without the setting `http_connections`, HTTP connections get the free files divided by this
/// number.
const HTTP_DIVISOR: usize = 8;
/// One address gets at most the HTTP connections divided by this number.
const HTTP_ADDRESS_DIVISOR: usize = 4;
/// The smallest and the largest value of [`ConnectionLimits::leaving`]. A connection usually closes
/// within a millisecond after the server tells it to leave. So even a flood needs few of these
/// places.
const LEAVING: (usize, usize) = (16, 512);

/// The maximum number of tunnels to the terminator for old TLS. Each tunnel uses one open file, and
/// usually lasts a second.
pub const MAX_OLD_TLS_TUNNELS: usize = 64;

/// Limits on the connections in one table. The server has a table of chat connections, a table of
/// HTTP connections, and a table of gateway sessions.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Exempt networks. To their addresses, only the limit `per_exempt_address` applies.
    pub exempt: Vec<IpNet>,
    /// The largest number of connections in the table.
    pub connections: usize,
    /// The largest number of connections that are signed in to the notification server. The other
    /// places in the table are for the conversations of these clients, and for clients that have
    /// not signed in yet.
    pub online: usize,
    /// The largest number of connections from one address that is not exempt.
    pub per_address: usize,
    /// The largest number of connections from one address that is not exempt, if only connections
    /// without a sign-in count.
    pub anonymous_per_address: usize,
    /// The largest number of connections from one exempt address, with and without a sign-in.
    pub per_exempt_address: usize,
    /// The largest number of open connections outside of the table. Some of these connections were
    /// in the table until the server told their clients to leave. The others were never in the
    /// table, because the server refuses their clients and is about to send them the reason.
    pub leaving: usize,
}

impl ConnectionLimits {
    /// Creates the limits of a table with `connections` places, all of which may be signed in. One
    /// exempt address, such as that of a reverse proxy, may stand for many users. So an eighth of
    /// the places is reserved for clients with other addresses.
    #[must_use]
    pub fn new(exempt: &[IpNet], connections: usize, per_address: usize, anonymous_per_address: usize) -> Self {
        Self {
            exempt: exempt.to_vec(),
            connections,
            online: connections,
            per_address,
            anonymous_per_address,
            per_exempt_address: connections - connections / 8,
            leaving: leaving(connections),
        }
    }

    /// Reserves a share of the places for conversations, in percent.
    #[must_use]
    pub fn with_conversations(self, percent: usize) -> Self {
        let reserved = self.connections.saturating_mul(percent) / 100;
        Self { online: self.connections.saturating_sub(reserved), ..self }
    }

    /// Returns whether an address is exempt from rate limits and from limits on numbers of
    /// connections.
    #[must_use]
    pub fn is_exempt(&self, peer: IpAddr) -> bool {
        contains(&self.exempt, peer)
    }

    /// Returns how many connections an address may have, and how many of these may be connections without a sign-in.
    #[must_use]
    pub fn of_address(&self, peer: IpAddr) -> (usize, usize) {
        match self.is_exempt(peer) {
            true => (self.per_exempt_address, self.per_exempt_address),
            false => (self.per_address, self.anonymous_per_address),
        }
    }
}

/// The files that a process may open, divided between chat connections and HTTP connections.
#[derive(Clone, Copy, Debug)]
struct Files {
    chat: usize,
    http: usize,
}

impl Files {
    fn divide(files: usize, tunnels: usize, http: Option<usize>) -> Self {
        let reserved = (files / RESERVED_DIVISOR).max(MIN_RESERVED) + tunnels;
        // If `files` is lower than on any real system, connections get half of the files.
        let free = files.saturating_sub(reserved).max(files / 2);
        // At least one place, unless there are no files at all.
        let with_leaving = |places: usize| {
            let kept = places - leaving(places).min(places.div_ceil(2));
            kept.max(places.min(1))
        };
        let http = http.unwrap_or_else(|| (free / HTTP_DIVISOR).max(MIN_DEFAULT_HTTP));
        let http = http.min(free / MIN_HTTP_DIVISOR).min(MAX_HTTP);
        Self { chat: with_leaving(free - http), http: with_leaving(http) }
    }
}

fn leaving(connections: usize) -> usize {
    (connections / 16).clamp(LEAVING.0, LEAVING.1).min(connections)
}

impl Config {
    /// Returns the limits on chat connections for a process that may open `files` files.
    #[must_use]
    pub fn chat_connections(&self, files: usize) -> ConnectionLimits {
        let limits = &self.limits;
        let chat = self.divide(files).chat;
        ConnectionLimits::new(&limits.exempt, chat, limits.connections_per_address, limits.anonymous_per_address)
            .with_conversations(limits.conversation_percent)
    }

    /// Returns the limits on HTTP connections for a process that may open `files` files. HTTP connections never sign
    /// in. One address that is not exempt never gets more than a quarter of the places.
    #[must_use]
    pub fn http_connections(&self, files: usize) -> ConnectionLimits {
        let http = self.divide(files).http;
        let per_address = self.limits.http_connections_per_address.min((http / HTTP_ADDRESS_DIVISOR).max(1));
        ConnectionLimits::new(&self.limits.exempt, http, per_address, per_address)
    }

    /// Returns the limits on sessions over the gateway. Each session also counts as a chat connection.
    #[must_use]
    pub fn gateway_sessions(&self) -> ConnectionLimits {
        let limits = &self.limits;
        let per_address = limits.gateway_sessions_per_address;
        ConnectionLimits::new(&limits.exempt, limits.gateway_sessions, per_address, limits.anonymous_per_address)
            .with_conversations(limits.conversation_percent)
    }

    fn divide(&self, files: usize) -> Files {
        let tunnels = self.proxy.old_tls.map_or(0, |_| MAX_OLD_TLS_TUNNELS);
        Files::divide(files, tunnels, self.limits.http_connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_file_limit_has_room_for_all_connections_even_those_that_are_leaving() {
        let mut config = Config::default();
        let files = [256, 1024, 4096, 20_000, 65_536, 1_000_000];
        let http = [None, Some(16), Some(17), Some(100), Some(MAX_HTTP)];
        for old_tls in [None, Some("127.0.0.1:8444".parse().unwrap())] {
            config.proxy.old_tls = old_tls;
            let tunnels = if old_tls.is_some() { MAX_OLD_TLS_TUNNELS } else { 0 };
            for (files, http) in files.into_iter().flat_map(|files| http.map(|http| (files, http))) {
                config.limits.http_connections = http;
                let tables = [config.chat_connections(files), config.http_connections(files)];
                let [chat_files, http_files] = tables.each_ref().map(|table| table.connections + table.leaving);
                assert!(http.is_none_or(|http| http_files <= http), "{files}, {http:?}: {tables:?}");
                let all = chat_files + http_files;
                let reserved = (files / RESERVED_DIVISOR).max(MIN_RESERVED) + tunnels;
                assert!(all <= files - reserved, "{files}: {tables:?}");
                assert!(all >= (files - reserved) * 4 / 5, "{files}: {tables:?}");
            }
        }
    }

    #[test]
    fn an_operator_can_keep_17_500_sessions_online_with_20_000_open_files() {
        let mut config = Config::default();
        assert!(config.chat_connections(20_000).online > 12_000);
        config.limits.http_connections = Some(512);
        config.limits.conversation_percent = 4;
        assert!(config.chat_connections(20_000).online >= 17_500, "{:?}", config.chat_connections(20_000));
    }

    #[test]
    fn http_connections_have_a_quarter_of_the_files_at_most_and_one_address_a_quarter_of_these() {
        let mut config = Config::default();
        for http in [None, Some(16), Some(100), Some(MAX_HTTP)] {
            config.limits.http_connections = http;
            for files in [10, 256, 1024, 20_000, 1_000_000] {
                let limits = config.http_connections(files);
                let most = http.unwrap_or(MAX_HTTP).min(MAX_HTTP).min(files / MIN_HTTP_DIVISOR);
                assert!(limits.connections <= most, "{http:?}, {files}: {limits:?}");
                let quarter = (limits.connections / HTTP_ADDRESS_DIVISOR).max(1);
                assert!((1..=quarter).contains(&limits.per_address), "{http:?}, {files}: {limits:?}");
            }
        }
    }

    #[test]
    fn a_process_with_a_very_low_open_file_limit_can_still_accept_connections() {
        for files in [0, 1, 10, 50] {
            let chat = Config::default().chat_connections(files).connections;
            assert!(chat <= files && (files < 10 || chat > 0), "{files}: {chat}");
        }
    }

    #[test]
    fn the_limits_of_an_exempt_address_are_larger_than_usual_and_do_not_depend_on_a_sign_in() {
        let limits = ConnectionLimits::new(&["192.0.2.0/24".parse().unwrap()], 800, 50, 10);
        assert_eq!(limits.of_address("192.0.2.1".parse().unwrap()), (700, 700));
        assert_eq!(limits.of_address("198.51.100.1".parse().unwrap()), (50, 10));
    }
}
