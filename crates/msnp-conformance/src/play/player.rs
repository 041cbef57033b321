//! The state of a part under way: its connections, its accounts, and the values it has remembered.

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

/// Why a part stops before its end.
pub(crate) enum Stop {
    Failed(Box<Failure>),
    NotPlayed(String),
}

/// A part under way. What it can do is in the files beside this one, one idea each.
pub(crate) struct Player {
    pub(crate) file: String,
    pub(crate) options: Options,
    pub(crate) server: Box<dyn Server>,
    pub(crate) renaming: Renaming,
    pub(crate) log: Log,
    pub(crate) vars: Vars,
    pub(crate) peers: BTreeMap<String, Peer>,
    pub(crate) accounts: Accounts,
    /// The switchboard that the last XFR or RNG told.
    pub(crate) switchboard: String,
    /// NAMEs whose `@ ns` goes to the dispatch server.
    pub(super) dispatch: HashSet<String>,
    /// Whether client records are held back until the next record of another kind.
    pub(super) one_write: bool,
    /// Streams of connections whose NAME was opened again.
    received: BTreeMap<String, Vec<u8>>,
    masked: BTreeMap<String, Vec<u8>>,
}

impl Player {
    /// Returns a player that has not taken a step yet.
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

    /// What `@ sb` dials from here on, and `{sb-host}`.
    pub(crate) fn set_switchboard(&mut self, address: &str) {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        self.vars.set("sb-host", host.as_bytes().to_vec());
        address.clone_into(&mut self.switchboard);
    }

    /// Puts a connection under a NAME; one that had the NAME is kept in the report only.
    pub(crate) fn add_peer(&mut self, name: &str, peer: Peer) {
        if let Some(old) = self.peers.insert(name.to_owned(), peer) {
            self.keep(name, old);
        }
    }

    /// Returns the connection of a NAME, or an error that names it.
    pub(super) fn named(&mut self, name: &str) -> anyhow::Result<&mut Peer> {
        self.peers.get_mut(name).with_context(|| format!("`{name}` is not connected"))
    }

    /// `file:line`.
    pub(crate) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.file)
    }

    /// A record that was not met.
    pub(crate) fn failure(&self, line: usize, expected: String, came: String, why: String) -> Stop {
        let conversation = self.log.lines();
        Stop::Failed(Box::new(Failure { place: self.place(line), expected, came, why, conversation }))
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
