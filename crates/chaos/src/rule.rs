//! The names of the rules that apply to all scenarios. [`crate::rules`] checks the rules.

use std::fmt;

use serde::Serialize;

/// A rule that applies to every scenario, unless the row of the scenario excludes the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// G1: the server is still the same process as before the scenario, and has not panicked.
    Process,
    /// G2: after the scenario, two people sign in and exchange ten messages within 5 s.
    Canary,
    /// G3: the memory returns to about its size before the scenario.
    Memory,
    /// G4: the number of open files returns to about the number before the scenario.
    Files,
    /// G5: two people who chat during the whole scenario stay connected, and their messages are fast.
    Bystanders,
    /// G6: no promise is broken in the history of all clients.
    History,
    /// G7: the log contains no password, ticket, cookie or body of a message.
    Secrets,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Process => "G1 process",
            Self::Canary => "G2 canary",
            Self::Memory => "G3 memory",
            Self::Files => "G4 files",
            Self::Bystanders => "G5 bystanders",
            Self::History => "G6 history",
            Self::Secrets => "G7 secrets",
        })
    }
}

/// A rule that was broken in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The name of the rule, or `scenario` if a check in the scenario itself failed.
    pub rule: String,
    /// A description of how the rule was broken.
    pub what: String,
}

impl Broken {
    /// Creates the report of a broken rule.
    pub fn new(rule: Rule, what: impl Into<String>) -> Self {
        Self { rule: rule.to_string(), what: what.into() }
    }
}
