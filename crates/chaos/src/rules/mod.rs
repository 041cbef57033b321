//! The rules that are the same for all scenarios. The runner applies these rules, so scenarios do
//! not need to apply them.

mod bystanders;
mod canary;
mod histories;
mod process;
mod secrets;
mod settle;

use anyhow::Result;

use crate::bed::Bed;
use crate::client::Account;
use crate::measured::Measured;
use crate::rule::{Broken, Rule};
use crate::scenario::Scenario;
use crate::server::Figures;
use bystanders::Bystanders;

/// Returns the accounts that the rules need.
#[must_use]
pub fn accounts() -> Vec<Account> {
    [canary::ACCOUNTS, bystanders::ACCOUNTS].concat().into_iter().map(Account::named).collect()
}

/// The rules for one scenario, with the measurements from before the scenario.
#[derive(Debug)]
pub struct Rules {
    scenario: Scenario,
    before: Figures,
    process: Option<u32>,
    bystanders: Option<Bystanders>,
}

impl Rules {
    /// Measures the server before the scenario, and starts the bystanders (two people who chat
    /// during the whole scenario).
    ///
    /// # Errors
    /// Fails if the server does not serve the canary pair or the bystanders.
    pub async fn begin(scenario: &Scenario, bed: &mut Bed) -> Result<Self> {
        // The first sign-in and the first conversation of a process use memory and files that the
        // process keeps. So the canary pair (two people who also sign in and chat after the
        // scenario) signs in and chats before the measurement. The pair uses tickets, because the
        // server keeps the memory for hashing a password for some seconds.
        canary::exchange(&bed.dialer).await?;
        let bystanders = match scenario.applies(Rule::Bystanders) {
            true => Some(Bystanders::start(&bed.dialer).await?),
            false => None,
        };
        let before = bed.server.figures()?;
        Ok(Self { scenario: *scenario, before, process: bed.server.alive(), bystanders })
    }

    /// Applies the rules after the scenario. Adds the figures that the rules measure to `measured`.
    pub async fn end(mut self, bed: &mut Bed, mut measured: Measured) -> (Measured, Vec<Broken>) {
        let mut broken = Vec::new();
        if self.scenario.applies(Rule::Canary) {
            broken.extend(canary::check(&bed.dialer).await);
        }
        if let Some(bystanders) = self.bystanders.take() {
            let (added, found) = bystanders.end(measured).await;
            measured = added;
            broken.extend(found);
        }
        let (measured, found) = settle::check(&self.scenario, bed, &self.before, measured).await;
        broken.extend(found);
        let same = self.process.filter(|_| self.scenario.applies(Rule::Process));
        broken.extend(process::check(&mut bed.server, same));
        if self.scenario.applies(Rule::History) {
            broken.extend(histories::check(bed).await);
        }
        if self.scenario.applies(Rule::Secrets) {
            broken.extend(secrets::check(&bed.server.log_path(), &bed.dialer.secrets()));
        }
        (measured, broken)
    }
}
