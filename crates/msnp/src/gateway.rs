//! MSNP over HTTP: what a request to the gateway asks for, and how its sessions are named (docs/protocol/http.md
//! section 5).

use std::fmt;

use thiserror::Error;

/// The `Content-Type` of requests and answers.
pub const CONTENT_TYPE: &str = "application/x-msn-messenger";

/// A request to the gateway. Its body is commands in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayRequest {
    /// A new session. Its `IP` is ignored: a server that followed it would be an open relay.
    Open(GatewayServer),
    /// A session that exists: commands for it, or a look at what waits.
    Session(SessionId),
}

/// Which server a session is with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayServer {
    /// `NS`.
    Notification,
    /// `SB`.
    Switchboard,
}

/// The name of a session. msn-pecan keys its sessions by what is before the dot, and needs exactly one dot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionId {
    /// The secret that names the session.
    pub key: u64,
    /// Differs in each answer; clients send the latest one back.
    pub counter: u32,
}

/// Why a request is answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadGatewayRequest {
    /// Neither `open` nor `poll`.
    #[error("the action is unknown")]
    Action,
    /// `open` without `Server=NS` or `Server=SB`.
    #[error("the server is missing or unknown")]
    Server,
    /// No session, or a malformed name of one.
    #[error("the session is missing or malformed")]
    Session,
}

impl GatewayRequest {
    /// Reads a query, which is everything after the `?`. Names and values of keywords are taken in any case, other
    /// names are ignored.
    pub fn parse(query: &str) -> Result<Self, BadGatewayRequest> {
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        match value("Action").map(str::to_ascii_lowercase).as_deref() {
            Some("open") => {
                let server = value("Server").ok_or(BadGatewayRequest::Server)?;
                match server.to_ascii_uppercase().as_str() {
                    "NS" => Ok(Self::Open(GatewayServer::Notification)),
                    "SB" => Ok(Self::Open(GatewayServer::Switchboard)),
                    _ => Err(BadGatewayRequest::Server),
                }
            }
            None | Some("poll") => {
                let id = value("SessionID").and_then(SessionId::parse);
                id.map(Self::Session).ok_or(BadGatewayRequest::Session)
            }
            Some(_) => Err(BadGatewayRequest::Action),
        }
    }
}

impl SessionId {
    /// Reads `<key>.<counter>`, both decimal and written as we write them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (key, counter) = text.split_once('.')?;
        let id = Self { key: key.parse().ok()?, counter: counter.parse().ok()? };
        // No sign, no leading zero: one session has one name.
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key, self.counter)
    }
}

/// The key opens the session, so it is not shown.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId(counter {})", self.counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_is_read() {
        let session = |key, counter| Ok(GatewayRequest::Session(SessionId { key, counter }));
        let table = [
            ("Action=open&Server=NS&IP=messenger.hotmail.com", Ok(GatewayRequest::Open(GatewayServer::Notification))),
            ("Action=open&Server=SB&IP=192.0.2.10", Ok(GatewayRequest::Open(GatewayServer::Switchboard))),
            ("action=OPEN&server=sb", Ok(GatewayRequest::Open(GatewayServer::Switchboard))),
            ("SessionID=1132637400.29018", session(1_132_637_400, 29_018)),
            ("Action=poll&SessionID=18446744073709551615.0", session(u64::MAX, 0)),
            ("Action=poll&Lifespan=60&SessionID=1.2", session(1, 2)),
            ("Action=open", Err(BadGatewayRequest::Server)),
            ("Action=open&Server=XX", Err(BadGatewayRequest::Server)),
            ("Action=close&SessionID=1.2", Err(BadGatewayRequest::Action)),
            ("Action=poll", Err(BadGatewayRequest::Session)),
            ("", Err(BadGatewayRequest::Session)),
        ];
        for (query, request) in table {
            assert_eq!(GatewayRequest::parse(query), request, "{query}");
        }
        for id in ["", ".", "1", "1.", ".1", "1.2.3", "+1.2", "01.2", "1.-2", "1.2 ", "18446744073709551616.1", "a.b"] {
            assert_eq!(SessionId::parse(id), None, "{id}");
        }
    }

    #[test]
    fn no_debug_output_shows_the_key() {
        assert_eq!(format!("{:?}", SessionId { key: 77, counter: 3 }), "SessionId(counter 3)");
    }
}
