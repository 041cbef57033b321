//! The state of a part while it is played: connections, accounts and remembered values.

use std::collections::{BTreeMap, HashSet};

use anyhow::Context;

use super::peer::Peer;
use crate::options::Options;
use crate::rename::Renaming;
use crate::report::{Failure, Outcome, PlayReport};
use crate::setup::Accounts;
use crate::target::Server;
use crate::vars::Vars;
use crate::wire::Log;

/// The reason why a part stops before its end.
pub(crate) enum Stop {
    Failed(Box<Failure>),
    NotPlayed(String),
}

/// A part that is being played. The other files of this folder contain further methods.
pub(crate) struct Player {
    pub(crate) file: String,
    pub(crate) options: Options,
    pub(crate) server: Box<dyn Server>,
    pub(crate) renaming: Renaming,
    pub(crate) log: Log,
    pub(crate) vars: Vars,
    pub(crate) peers: BTreeMap<String, Peer>,
    pub(crate) accounts: Accounts,
    /// The switchboard address in the last XFR or RNG.
    pub(crate) switchboard: String,
    /// The NAMEs whose `@ ns` connects to the dispatch server.
    pub(super) dispatch: HashSet<String>,
    /// True if client records are held back until the next step that does not send a client record.
    pub(super) one_write: bool,
    /// The received bytes of connections whose NAME was opened again.
    received: BTreeMap<String, Vec<u8>>,
    masked: BTreeMap<String, Vec<u8>>,
}

impl Player {
    /// Returns a player that has not carried out any step yet.
    pub(super) fn new(file: &str, server: Box<dyn Server>, options: &Options, renaming: Renaming) -> Self {
        let endpoints = server.endpoints().clone();
        let mut player = Self {
            file: file.to_owned(),
            options: options.clone(),
            server,
            renaming,
            log: Log::default(),
            vars: Vars::default(),
            switchboard: String::new(),
            peers: BTreeMap::new(),
            accounts: Accounts::new(&endpoints, options),
            dispatch: HashSet::new(),
            one_write: false,
            received: BTreeMap::new(),
            masked: BTreeMap::new(),
        };
        player.set_switchboard(&endpoints.switchboard);
        player
    }

    /// Sets `{sb-host}`, and the address to which `@ sb` connects from now on.
    pub(crate) fn set_switchboard(&mut self, address: &str) {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        self.vars.set("sb-host", host.as_bytes().to_vec());
        address.clone_into(&mut self.switchboard);
    }

    /// Gives a connection a NAME. If an older connection has this NAME, the new connection replaces
    /// it, and the report keeps the bytes of the older connection.
    pub(crate) fn add_peer(&mut self, name: &str, peer: Peer) {
        if let Some(old) = self.peers.insert(name.to_owned(), peer) {
            self.keep(name, old);
        }
    }

    /// Returns the connection of a NAME, or an error that contains the NAME.
    pub(super) fn named(&mut self, name: &str) -> anyhow::Result<&mut Peer> {
        self.peers.get_mut(name).with_context(|| format!("`{name}` is not connected"))
    }

    /// Returns `file:line`.
    pub(crate) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.file)
    }

    /// Returns the failure of a record that the server did not match.
    pub(crate) fn failure(&self, line: usize, expected: String, actual: String, reason: String) -> Stop {
        let conversation = self.log.lines();
        Stop::Failed(Box::new(Failure { place: self.place(line), expected, actual, reason, conversation }))
    }

    fn keep(&mut self, name: &str, mut peer: Peer) {
        self.received.entry(name.to_owned()).or_default().extend(peer.connection.received());
        let masked = self.renaming.restore(&peer.masked);
        self.masked.entry(name.to_owned()).or_default().extend(masked);
    }

    /// Closes every connection and returns the report of the part.
    pub(super) fn finish(mut self, title: &str, outcome: Outcome) -> PlayReport {
        for (name, peer) in std::mem::take(&mut self.peers) {
            self.keep(&name, peer);
        }
        PlayReport { file: self.file, part: title.to_owned(), outcome, received: self.received, masked: self.masked }
    }
}
