//! The rules that are the same for all scenarios. The runner applies them, so scenarios need not.

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

/// The rules during one scenario, with their observations before it.
#[derive(Debug)]
pub struct Rules {
    scenario: Scenario,
    before: Figures,
    process: Option<u32>,
    bystanders: Option<Bystanders>,
}

impl Rules {
    /// Looks at the server before the scenario, and starts the bystanders.
    ///
    /// # Errors
    /// Fails if the server does not serve the canary pair or the bystanders.
    pub async fn begin(scenario: &Scenario, bed: &mut Bed) -> Result<Self> {
        // The first sign-in and the first conversation of a process use memory and files that the process keeps. Nobody
        // signs in with a password yet, because the memory that this takes would stay for some seconds.
        canary::exchange(&bed.dialer).await?;
        let bystanders = match scenario.applies(Rule::Bystanders) {
            true => Some(Bystanders::start(&bed.dialer).await?),
            false => None,
        };
        let before = bed.server.figures()?;
        Ok(Self { scenario: *scenario, before, process: bed.server.alive(), bystanders })
    }

    /// Applies the rules after the scenario. Adds the measurements of the rules.
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
