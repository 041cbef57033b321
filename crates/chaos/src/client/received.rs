//! A unit that a client receives.

use std::time::Instant;

use msnp_conformance::wire::{Unit, show};

/// A line with its payload, or an HTTP answer. Contains the time of its arrival.
#[derive(Clone, Debug)]
pub struct Received {
    /// The line and the payload.
    pub unit: Unit,
    /// The time at which the last byte was read.
    pub at: Instant,
}

impl Received {
    /// Returns the first word.
    #[must_use]
    pub fn verb(&self) -> String {
        self.word(0)
    }

    /// Returns a word of the line, or an empty string if there is no such word.
    #[must_use]
    pub fn word(&self, index: usize) -> String {
        self.unit.word(index)
    }

    /// Returns the error code, if this is an error.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        let word = self.word(0);
        let is_code = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| word.parse().ok())?
    }

    /// Returns the payload or body.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.unit.payload
    }

    /// Returns whether the line begins with the words in `start`.
    #[must_use]
    pub fn starts_with(&self, start: &str) -> bool {
        self.unit
            .line()
            .strip_prefix(start.as_bytes())
            .is_some_and(|rest| rest.first().is_none_or(|&byte| byte == b' '))
    }

    /// Returns the line as readable text.
    #[must_use]
    pub fn line(&self) -> String {
        show(self.unit.line())
    }
}

/// The next thing that happens on a connection.
#[derive(Clone, Debug)]
pub enum Next {
    /// A complete line or answer arrived.
    Received(Received),
    /// The connection ended.
    Ended,
    /// No complete line or answer arrived in time.
    Nothing,
}

impl Next {
    /// Returns what arrived, if anything did.
    #[must_use]
    pub fn received(self) -> Option<Received> {
        match self {
            Self::Received(received) => Some(received),
            Self::Ended | Self::Nothing => None,
        }
    }
}
