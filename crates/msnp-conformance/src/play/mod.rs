//! Playing one part: its steps in order, against one server.

mod expect;
mod gateway;
#[cfg(test)]
mod mirror;
mod peer;
mod send;
mod want;

use std::collections::{BTreeMap, HashSet};

use crate::options::Options;
use crate::rename::Renaming;
use crate::report::{Failure, Outcome, PlayReport};
use crate::script::directive::Directive;
use crate::script::{Action, Part, Service, Step};
use crate::setup::Accounts;
use crate::target::Server;
use crate::vars::Vars;
use crate::wire::{Connection, Log};

pub(crate) use peer::Peer;

/// Why a part stops before its end.
pub(crate) enum Stop {
    Failed(Box<Failure>),
    NotPlayed(String),
}

/// A part under way.
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
    dispatch: HashSet<String>,
    /// Whether client records are held back until the next record of another kind.
    one_write: bool,
    /// Streams of connections whose NAME was opened again.
    received: BTreeMap<String, Vec<u8>>,
    masked: BTreeMap<String, Vec<u8>>,
}

/// Plays a part of `file` against a server that has been opened for it.
pub(crate) async fn part(file: &str, part: &Part, server: Box<dyn Server>, options: &Options) -> PlayReport {
    let renaming = if options.rename { Renaming::fresh(part) } else { Renaming::default() };
    let steps = renaming.part(part).steps;
    let mut player = Player::new(file, server, options, renaming);
    let outcome = player.play(&steps).await;
    player.finish(&part.title, outcome)
}

impl Player {
    fn new(file: &str, server: Box<dyn Server>, options: &Options, renaming: Renaming) -> Self {
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

    async fn play(&mut self, steps: &[Step]) -> Outcome {
        match self.steps(steps).await {
            Ok(()) => Outcome::Passed,
            Err(Stop::Failed(failure)) => Outcome::Failed(failure),
            Err(Stop::NotPlayed(why)) => Outcome::NotPlayed(why),
        }
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<(), Stop> {
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            at = match &step.action {
                Action::Directive(directive) if directive.is_setup() => {
                    self.flush().await;
                    let block = steps[at..].iter().take_while(|step| is_setup(step)).count();
                    self.set_up(&steps[at..at + block]).await?;
                    at + block
                }
                Action::Expect { .. } | Action::ExpectClose { .. } | Action::ExpectNothing { .. } => {
                    self.flush().await;
                    self.expect(steps, at).await?
                }
                Action::Directive(Directive::Maybe | Directive::Within(_)) => {
                    self.flush().await;
                    self.expect(steps, at).await?
                }
                Action::Directive(directive) => {
                    self.flush().await;
                    self.directive(step, directive).await?;
                    at + 1
                }
                Action::Open { name, service } => {
                    self.flush().await;
                    self.open(step, name, *service).await?;
                    at + 1
                }
                Action::Send { name, message } => {
                    self.send(step, name, message).await?;
                    at + 1
                }
                Action::Leave { name } => {
                    self.flush().await;
                    if let Some(peer) = self.peers.get_mut(name) {
                        peer.connection.close();
                        peer.over = true;
                    }
                    at + 1
                }
            };
        }
        self.flush().await;
        Ok(())
    }

    async fn directive(&mut self, step: &Step, directive: &Directive) -> Result<(), Stop> {
        match directive {
            Directive::OneWrite => self.one_write = true,
            Directive::Dispatch { name } => {
                self.dispatch.insert(name.clone());
            }
            Directive::Stop { minutes } => {
                self.log.add(format!("!stop {minutes}"));
                let stopped = self.server.stop(*minutes).await;
                stopped.map_err(|why| Stop::NotPlayed(format!("{}: !stop: {why}", self.place(step.line))))?;
            }
            Directive::ByHand { text } => {
                return Err(Stop::NotPlayed(format!("{}: by hand: {text}", self.place(step.line))));
            }
            // A setting was given to the target before; the rest are handled where blocks and batches are.
            _ => {}
        }
        Ok(())
    }

    async fn open(&mut self, step: &Step, name: &str, service: Service) -> Result<(), Stop> {
        let endpoints = self.server.endpoints();
        let address = match service {
            Service::Http => endpoints.http.clone(),
            Service::Sb => self.switchboard.clone(),
            Service::Ns if self.dispatch.contains(name) => endpoints.dispatch.clone().unwrap_or_default(),
            Service::Ns => endpoints.notification.clone(),
        };
        let opened = Connection::open(name, service, &address, &self.log).await;
        let connection = opened.map_err(|error| {
            let expected = format!("{name} can connect");
            self.failure(step.line, expected, "no connection".to_owned(), format!("{error:#}"))
        })?;
        self.add_peer(name, Peer::new(connection));
        Ok(())
    }

    /// Puts a connection under a NAME; one that had the NAME is kept in the report only.
    pub(crate) fn add_peer(&mut self, name: &str, peer: Peer) {
        if let Some(old) = self.peers.insert(name.to_owned(), peer) {
            self.keep(name, old);
        }
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

    fn finish(mut self, title: &str, outcome: Outcome) -> PlayReport {
        for (name, peer) in std::mem::take(&mut self.peers) {
            self.keep(&name, peer);
        }
        PlayReport { file: self.file, part: title.to_owned(), outcome, received: self.received, masked: self.masked }
    }
}

fn is_setup(step: &Step) -> bool {
    matches!(&step.action, Action::Directive(directive) if directive.is_setup())
}
