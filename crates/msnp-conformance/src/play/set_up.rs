//! Carries out the set-up directives, which bring a server into the state that a part starts from.

use anyhow::{Context, anyhow};
use tokio::time::{Instant, sleep_until};

use super::peer::Peer;
use super::player::{Player, Stop};
use crate::script::directive::Directive;
use crate::script::{Action, Step};
use crate::setup::dialog;
use crate::template::Template;
use crate::wire::{Connection, Service, show};

impl Player {
    /// Carries out a block of set-up directives, waits until the server is quiet, and discards what
    /// the server has sent.
    pub(crate) async fn set_up(&mut self, block: &[Step]) -> Result<(), Stop> {
        for step in block {
            let Action::Directive(directive) = &step.action else {
                continue;
            };
            if let Err(error) = self.set_up_one(directive).await {
                return Err(self.setup_failure(step, &error));
            }
        }
        self.accounts.sign_out().await;
        self.wait_until_quiet().await;
        for peer in self.peers.values_mut() {
            peer.connection.discard().await;
        }
        Ok(())
    }

    fn setup_failure(&self, step: &Step, error: &anyhow::Error) -> Stop {
        let expected = "the directive sets up the server".to_owned();
        self.failure(step.line, expected, "set-up failed".to_owned(), format!("{error:#}"))
    }

    async fn set_up_one(&mut self, directive: &Directive) -> anyhow::Result<()> {
        match directive {
            Directive::Account(account) => self.accounts.create(account, self.server.as_ref(), &self.log).await,
            Directive::Group { who, name, var } => {
                let guid = self.accounts.add_group(who, name, &self.log).await?;
                self.remember(var.as_deref(), guid);
                Ok(())
            }
            Directive::OnList(entry) => {
                let guid = self.accounts.add_to_lists(entry, &self.log).await?;
                self.remember(entry.var.as_deref(), guid);
                Ok(())
            }
            Directive::SignedIn { name, who, dialect, chg } => {
                self.accounts.sign_out().await;
                self.signed_in(name, who, *dialect, chg.as_deref()).await
            }
            Directive::Uux { name, xml } => self.publish(name, xml).await,
            Directive::ListVersion { name, prefix, count } => self.list_version(name, prefix, *count),
            Directive::Chat { members, sid } => {
                self.accounts.sign_out().await;
                self.chat(members, sid.as_deref()).await
            }
            // `!no-account` needs no set-up. The protocol has no command that deletes an account.
            _ => Ok(()),
        }
    }

    /// Carries out `!signed-in`, from VER to the echo of CHG.
    async fn signed_in(&mut self, name: &str, who: &str, dialect: u8, chg: Option<&str>) -> anyhow::Result<()> {
        self.sign_out_elsewhere(who).await;
        let address = self.server.endpoints().notification.clone();
        let mut peer = Peer::new(Connection::open(name, Service::Ns, &address, &self.log).await?);
        let burst = self.accounts.sign_in(&mut peer.connection, who, dialect, &self.log).await?;
        peer.who = Some(who.to_owned());
        peer.handle = self.accounts.handle(who)?.to_owned();
        peer.dialect = dialect;
        peer.syn = burst.syn;
        if let Some(words) = chg {
            peer.connection.noisy = true;
            let line = format!("CHG 6 {words}").trim_end().to_owned();
            let timeout = self.options.timeout;
            dialog::ask(&mut peer.connection, 6, &line, b"", timeout).await?;
        }
        self.add_peer(name, peer);
        Ok(())
    }

    /// Sends OUT on every notification connection on which the account is already signed in. The
    /// NAMEs of these connections are not used again.
    async fn sign_out_elsewhere(&mut self, who: &str) {
        let timeout = self.options.timeout;
        for peer in self.peers.values_mut().filter(|peer| peer.who.as_deref() == Some(who)) {
            if peer.connection.service() == Service::Ns && !peer.over {
                dialog::sign_out(&mut peer.connection, timeout).await;
                peer.over = true;
            }
            peer.who = None;
        }
    }

    /// Carries out `!uux`.
    async fn publish(&mut self, name: &str, xml: &Template) -> anyhow::Result<()> {
        let payload = xml.render(&self.vars, 0).map_err(|why| anyhow!(why))?;
        let timeout = self.options.timeout;
        let peer = self.named(name)?;
        let trid = peer.trid();
        let line = format!("UUX {trid} {}", payload.len());
        dialog::ask(&mut peer.connection, trid, &line, &payload, timeout).await?;
        Ok(())
    }

    /// Carries out `!list-version`. `{v0}` is the number in the last SYN answer, and `{v1}` is that number plus one.
    fn list_version(&mut self, name: &str, prefix: &str, count: u32) -> anyhow::Result<()> {
        let peer = self.named(name)?;
        let version = peer.syn.get(2).and_then(|word| word.parse::<u64>().ok());
        let version = version.with_context(|| format!("`{name}` has no list version: {:?}", peer.syn))?;
        for step in 0..=count {
            let value = (version + u64::from(step)).to_string();
            self.vars.set(&format!("{prefix}{step}"), value.into_bytes());
        }
        Ok(())
    }

    fn remember(&mut self, var: Option<&str>, value: String) {
        if let Some(var) = var {
            self.log.add(format!("# {{{var}}} is {}", show(value.as_bytes())));
            self.vars.set(var, value.into_bytes());
        }
    }

    async fn wait_until_quiet(&self) {
        if self.peers.is_empty() {
            return;
        }
        let start = Instant::now();
        loop {
            let last = self.peers.values().map(|peer| peer.connection.last_active()).max().unwrap_or(start);
            let quiet = last.max(start) + self.options.quiet;
            if quiet <= Instant::now() {
                return;
            }
            sleep_until(quiet).await;
        }
    }
}
