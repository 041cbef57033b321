//! A NAME: its connection, and what the runner has learnt on it.

use super::gateway::Gateway;
use crate::script::Service;
use crate::wire::{Connection, Unit};

/// Where the TrIDs start that the runner itself uses on a connection of the file.
const FIRST_TRID: u32 = 7000;

/// A NAME under way.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    /// The gateway session that the file has opened on it last.
    pub(crate) gateway: Option<Gateway>,
    /// The short name of the account that is signed in on it.
    pub(crate) who: Option<String>,
    /// The handle of the last `USR n TWN I`.
    pub(crate) handle: String,
    /// What the server answered to it.
    pub(crate) policy: String,
    /// The number in the answer to VER.
    pub(crate) dialect: u8,
    /// The words of the last SYN answer.
    pub(crate) syn: Vec<String>,
    /// The last challenge: as the file has it, and as the server chose it.
    pub(crate) challenge: Option<(Option<String>, String)>,
    /// The client has sent OUT.
    pub(crate) sent_out: bool,
    /// One of the two has closed, and the file knows.
    pub(crate) over: bool,
    /// Bytes that are held back (see the paces).
    pub(crate) pending: Vec<u8>,
    /// What met records, with names in place of the server's values.
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

    /// A TrID that the file does not use.
    pub(crate) fn trid(&mut self) -> u32 {
        self.trid += 1;
        self.trid
    }

    /// Who is on the other end, behind the gateway if there is one.
    pub(crate) fn service(&self) -> Service {
        self.gateway.as_ref().map_or_else(|| self.connection.service(), |gateway| gateway.service)
    }

    /// Learns from what the client is about to send: a line and its payload, or a request and its body.
    pub(crate) fn sends(&mut self, head: &[u8], body: &[u8]) {
        if self.connection.service() != Service::Http {
            self.says(head);
            return;
        }
        if let Some(opened) = Gateway::opened_by(head) {
            self.gateway = Some(opened);
        }
        if let Some(gateway) = &mut self.gateway {
            gateway.asked(head);
            body.split(|&byte| byte == b'\n').for_each(|line| self.says(line.strip_suffix(b"\r").unwrap_or(line)));
        }
    }

    fn says(&mut self, line: &[u8]) {
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

    /// Learns from what met a record. The answer is the switchboard address in it, if there is one.
    pub(crate) fn receives(&mut self, unit: &Unit) -> Option<String> {
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
