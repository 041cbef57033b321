//! The connection of a NAME, and what the runner has learned from it.

use super::gateway::Gateway;
use crate::wire::{Connection, Service, Unit};

/// The runner also sends commands that are not in the file. On each connection, the TrIDs of these
/// commands start after this number.
const FIRST_TRID: u32 = 7000;

/// The connection of a NAME and its state.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    /// The last gateway session that a record of the file has opened on this connection.
    pub(crate) gateway: Option<Gateway>,
    /// The short name (WHO) of the account that is signed in on this connection.
    pub(crate) who: Option<String>,
    /// The handle of the last `USR n TWN I`.
    pub(crate) handle: String,
    /// The policy string in the answer to `USR n TWN I`.
    pub(crate) policy: String,
    /// The number in the answer to VER.
    pub(crate) dialect: u8,
    /// The words of the last SYN answer.
    pub(crate) syn: Vec<String>,
    /// The last CHL: first the challenge that is written in the file, then the challenge that the
    /// server sent.
    pub(crate) challenge: Option<(Option<String>, String)>,
    /// True if the client has sent OUT.
    pub(crate) sent_out: bool,
    /// True after the connection was closed: by the client or the server as the file says, or by
    /// the runner, because the same account signs in on another connection.
    pub(crate) over: bool,
    /// The bytes that are held back until the next wait (see [`Pace`](crate::Pace)).
    pub(crate) pending: Vec<u8>,
    /// The bytes that matched records, with names in place of the server's values.
    pub(crate) masked: Vec<u8>,
    trid: u32,
}

impl Peer {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            gateway: None,
            who: None,
            handle: String::new(),
            policy: String::new(),
            dialect: 0,
            syn: Vec::new(),
            challenge: None,
            sent_out: false,
            over: false,
            pending: Vec::new(),
            masked: Vec::new(),
            trid: FIRST_TRID,
        }
    }

    /// Returns a TrID that the file does not use.
    pub(crate) fn trid(&mut self) -> u32 {
        self.trid += 1;
        self.trid
    }

    /// Returns the service on the other end, or the service behind the gateway.
    pub(crate) fn service(&self) -> Service {
        self.gateway.as_ref().map_or_else(|| self.connection.service(), |gateway| gateway.service)
    }

    /// Updates the state from the next client message, which is a line and its payload or a request and its body.
    pub(crate) fn observe_sent(&mut self, head: &[u8], body: &[u8]) {
        if self.connection.service() != Service::Http {
            self.observe_line(head);
            return;
        }
        if let Some(opened) = Gateway::opened_by(head) {
            self.gateway = Some(opened);
        }
        if let Some(gateway) = &mut self.gateway {
            gateway.observe_request(head);
            body.split(|&byte| byte == b'\n')
                .for_each(|line| self.observe_line(line.strip_suffix(b"\r").unwrap_or(line)));
        }
    }

    fn observe_line(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["OUT", ..] => self.sent_out = true,
            ["CHG", ..] => match &mut self.gateway {
                Some(gateway) => gateway.noisy = true,
                None => self.connection.noisy = true,
            },
            ["USR", _, "TWN", "I", handle] => (*handle).clone_into(&mut self.handle),
            _ => {}
        }
    }

    /// Updates the state from a unit that matched a record. Returns the switchboard address in it, if there is one.
    pub(crate) fn observe_received(&mut self, unit: &Unit) -> Option<String> {
        if self.service() == Service::Http {
            return None;
        }
        let line = String::from_utf8_lossy(unit.line());
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["VER", _, dialect, ..] => {
                self.dialect = dialect.strip_prefix("MSNP").and_then(|n| n.parse().ok()).unwrap_or_default();
            }
            ["USR", _, "TWN", "S", policy] => (*policy).clone_into(&mut self.policy),
            ["SYN", ..] => self.syn = words.iter().map(|&word| word.to_owned()).collect(),
            ["XFR", _, "SB", address, ..] | ["RNG", _, address, ..] => return Some((*address).to_owned()),
            _ => {}
        }
        None
    }
}
