//! The definition of a scenario: a row of the table, with a function that breaks something.

use std::pin::Pin;

use anyhow::Result;

use crate::bed::Bed;
use crate::measured::Measured;
use crate::rule::Rule;
use crate::server::Setup;

/// The result of a scenario's function: its figures, or the first fault that it found.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Measured>> + Send + 'a>>;

/// The function of a scenario.
pub type Run = for<'a> fn(&'a mut Bed) -> Running<'a>;

/// A scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// A letter for the family, and two digits.
    pub id: &'static str,
    /// The description of what happens, in one sentence.
    pub sentence: &'static str,
    /// The state: the scenario runs, or it does not run yet.
    pub state: State,
    /// The number of accounts of the server, at a scale of 100 % or less. A larger scale creates more.
    pub accounts: usize,
    /// The number of connections that the scenario opens at the same time, at a scale of 100 %. Rule G3 allows some
    /// memory for each of them.
    pub connections: usize,
    /// The way in which the server is started.
    pub setup: fn() -> Setup,
    /// The common rules that do not apply to this scenario, each with the reason.
    pub exceptions: &'static [(Rule, &'static str)],
    /// True if the scenario is in the smoke set, which `cargo xtask test` runs.
    pub is_smoke: bool,
}

/// The state of a scenario.
#[derive(Clone, Copy, Debug)]
pub enum State {
    /// The scenario runs.
    Runs(Run),
    /// The scenario does not run yet, for this reason.
    NotYet(&'static str),
}

impl Scenario {
    /// Creates a scenario that can run. Its server has only the accounts that the common rules
    /// need.
    #[must_use]
    pub const fn runs(id: &'static str, sentence: &'static str, run: Run) -> Self {
        Self::new(id, sentence, State::Runs(run))
    }

    /// Creates a scenario that cannot run yet.
    #[must_use]
    pub const fn not_yet(id: &'static str, sentence: &'static str, reason: &'static str) -> Self {
        Self::new(id, sentence, State::NotYet(reason))
    }

    const fn new(id: &'static str, sentence: &'static str, state: State) -> Self {
        Self {
            id,
            sentence,
            state,
            accounts: 0,
            connections: 0,
            setup: Setup::default,
            exceptions: &[],
            is_smoke: false,
        }
    }

    /// Gives the server this many accounts.
    #[must_use]
    pub const fn accounts(mut self, accounts: usize) -> Self {
        self.accounts = accounts;
        self
    }

    /// Sets the number of connections that are open at the same time. Only needed for more than a
    /// hundred connections.
    #[must_use]
    pub const fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets how the server is started.
    #[must_use]
    pub const fn setup(mut self, setup: fn() -> Setup) -> Self {
        self.setup = setup;
        self
    }

    /// Skips some of the common rules, each for a reason.
    #[must_use]
    pub const fn except(mut self, exceptions: &'static [(Rule, &'static str)]) -> Self {
        self.exceptions = exceptions;
        self
    }

    /// Adds the scenario to the smoke set.
    #[must_use]
    pub const fn smoke(mut self) -> Self {
        self.is_smoke = true;
        self
    }

    /// Returns whether a common rule applies to this scenario.
    #[must_use]
    pub fn applies(&self, rule: Rule) -> bool {
        self.exceptions.iter().all(|(other, _)| *other != rule)
    }
}
