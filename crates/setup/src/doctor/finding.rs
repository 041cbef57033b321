//! The result of one check: a colour and a sentence. A red result also has the codes that clients show, and a remedy.

use std::time::Duration;

use tokio::time::timeout;

/// The timeout of one check, in seconds. A client would wait longer, but a person who looks for a
/// fault should not have to.
pub(super) const HOP_SECONDS: u64 = 5;
/// The timeout for one answer. It is shorter than the timeout of a check, so that the check can still say what is
/// missing.
pub(super) const PATIENCE: Duration = Duration::from_secs(HOP_SECONDS - 1);

/// The state of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The check passed.
    Green,
    /// The check failed.
    Red,
    /// The check was not made. The sentence says why.
    Skipped,
}

impl State {
    /// Returns the word for this state in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Red => "red",
            Self::Skipped => "skipped",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The state of the check.
    pub state: State,
    /// The result, in plain words. In a red finding, this is the cause.
    pub text: String,
    /// The remedy. `None` unless the finding is red.
    pub remedy: Option<String>,
    /// The error codes that a client may show (`codes.rs`). Empty unless the finding is red.
    pub codes: &'static [&'static str],
}

impl Finding {
    pub(super) fn green(text: impl Into<String>) -> Self {
        Self { state: State::Green, text: text.into(), remedy: None, codes: &[] }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { state: State::Skipped, text: why.into(), remedy: None, codes: &[] }
    }

    pub(super) fn red(cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Red, text: cause.into(), remedy: Some(remedy.into()), codes: &[] }
    }

    /// Adds the error codes that a client may show, if the finding is red and has none yet.
    pub(super) fn shows(mut self, codes: &'static [&'static str]) -> Self {
        if self.state == State::Red && self.codes.is_empty() {
            self.codes = codes;
        }
        self
    }

    pub(super) fn is_green(&self) -> bool {
        self.state == State::Green
    }
}

/// A finding with the name of its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The name of the check, in a word or two.
    pub name: &'static str,
    /// The result of the check.
    pub finding: Finding,
}

/// A finding, and the data that the check found for later checks. A finding without data converts
/// into this type with default data.
#[derive(Debug)]
pub(super) struct Learnt<T> {
    pub(super) finding: Finding,
    pub(super) value: T,
}

impl<T: Default> From<Finding> for Learnt<T> {
    fn from(finding: Finding) -> Self {
        Self { finding, value: T::default() }
    }
}

/// Runs a check with a timeout. `codes` are the error codes that a client shows if there is no answer.
pub(super) async fn bounded<T: From<Finding>>(codes: &'static [&'static str], hop: impl Future<Output = T>) -> T {
    let late = |_| {
        Finding::red(
            format!("no answer within {HOP_SECONDS} seconds"),
            "check the load of the server, and the network between the server and this computer",
        )
        .shows(codes)
        .into()
    };
    timeout(Duration::from_secs(HOP_SECONDS), hop).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use super::super::codes;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_is_red_after_the_timeout() {
        let finding: Finding = bounded(codes::NO_TLS, std::future::pending()).await;
        assert_eq!(finding.state, State::Red);
        assert!(finding.text.contains("5 seconds"), "{finding:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_returns_no_data() {
        let learnt: Learnt<Option<u8>> = bounded(codes::NO_TLS, std::future::pending()).await;
        assert_eq!((learnt.finding.codes, learnt.value), (codes::NO_TLS, None));
    }
}
