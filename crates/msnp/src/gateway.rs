//! MSNP over HTTP: requests to the gateway and the names of its sessions (docs/protocol/http.md section 5).

use std::fmt;

use thiserror::Error;

/// The `Content-Type` of requests and answers.
pub const CONTENT_TYPE: &str = "application/x-msn-messenger";

/// A request to the gateway. In both variants, the body of the request contains commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayRequest {
    /// Opens a session. The server ignores the parameter `IP`, because connecting to that address
    /// would make the server an open relay.
    Open(GatewayServer),
    /// Continues a session: sends commands to it, or asks for pending output.
    Session(SessionId),
}

/// The kind of server that a session connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayServer {
    /// `NS`.
    Notification,
    /// `SB`.
    Switchboard,
}

/// The name of a session, written `key.counter`. The client msn-pecan identifies a session by the
/// part before the dot, and needs exactly one dot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionId {
    /// The secret that identifies the session.
    pub key: u64,
    /// A number that differs in each answer. Clients send the latest number back.
    pub counter: u32,
}

/// The reason why the server answers a request with status 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadGatewayRequest {
    /// The action is neither `open` nor `poll`.
    #[error("the action is unknown")]
    Action,
    /// The action is `open`, but the query contains neither `Server=NS` nor `Server=SB`.
    #[error("the server is missing or unknown")]
    Server,
    /// The name of the session is missing or malformed.
    #[error("the session is missing or malformed")]
    Session,
}

impl GatewayRequest {
    /// Reads a query, which is everything after the `?`. Ignores unknown names, and the case of
    /// names and keywords.
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
    /// Reads `<key>.<counter>`, which are two decimal numbers. Accepts only the exact form in which
    /// the server writes them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (key, counter) = text.split_once('.')?;
        let id = Self { key: key.parse().ok()?, counter: counter.parse().ok()? };
        // A sign or a leading zero is not allowed, so that a session has only one name.
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key, self.counter)
    }
}

/// Hides the key, because the key opens the session.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId(counter {})", self.counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queries_of_real_clients_are_read() {
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
    fn debug_output_does_not_show_the_key() {
        assert_eq!(format!("{:?}", SessionId { key: 77, counter: 3 }), "SessionId(counter 3)");
    }
}
