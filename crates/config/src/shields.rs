//! `[shields]`: what the operator asks clients not to do (docs/protocol/http.md section 4).

use std::collections::BTreeSet;

use msnp::payload::Feature;
use serde::Deserialize;

/// What clients are asked not to do. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShieldsConfig {
    /// What single versions of the client switch off.
    #[serde(rename = "client")]
    pub clients: Vec<ShieldsClient>,
    /// Regular expressions: clients of MSNP12 do not send texts that match. All users can read them.
    pub block_texts: Vec<String>,
}

/// What one version of the client switches off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShieldsClient {
    /// The 7 in 7.5.0324.
    pub major: u32,
    /// The 5 in 7.5.0324.
    pub minor: u32,
    /// The first build that the rule is for, as the 324 in 7.5.0324; 0 if not told.
    #[serde(default)]
    pub min_build: u32,
    /// The last build that the rule is for; 9999, which is all, if not told.
    #[serde(default = "every_build")]
    pub max_build: u32,
    /// What it switches off.
    #[serde(default)]
    pub deny: BTreeSet<Denied>,
}

const fn every_build() -> u32 {
    9999
}

/// A feature, by the name that it has in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Denied(Feature);

impl Denied {
    /// The feature of the protocol.
    #[must_use]
    pub const fn feature(self) -> Feature {
        self.0
    }
}

impl TryFrom<String> for Denied {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = || Feature::ALL.map(Feature::name).join(", ");
        let feature = Feature::from_name(&name);
        feature.map(Self).ok_or_else(|| format!("unknown feature {name:?} (known: {})", known()))
    }
}

impl ShieldsConfig {
    /// The largest number of rules for clients, of texts, and of bytes in a text. Every client of MSNP11 and 12 fetches
    /// the document at each sign-in, and a fault in a long one is hard to find: with these limits it stays below 10
    /// KiB.
    pub const MAX_CLIENTS: usize = 16;
    /// See [`Self::MAX_CLIENTS`].
    pub const MAX_TEXTS: usize = 32;
    /// See [`Self::MAX_CLIENTS`].
    pub const MAX_TEXT: usize = 128;

    /// Refuses what would be too much, or would not do what it looks like.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        const MAX_CLIENTS: usize = ShieldsConfig::MAX_CLIENTS;
        const MAX_TEXTS: usize = ShieldsConfig::MAX_TEXTS;
        const MAX_TEXT: usize = ShieldsConfig::MAX_TEXT;
        anyhow::ensure!(
            self.clients.len() <= MAX_CLIENTS,
            "shields.client stands there {} times; {MAX_CLIENTS} are the most",
            self.clients.len()
        );
        for (number, client) in (1..).zip(&self.clients) {
            anyhow::ensure!(
                client.min_build <= client.max_build,
                "shields.client number {number} has min_build = {} above max_build = {}",
                client.min_build,
                client.max_build
            );
        }
        anyhow::ensure!(
            self.block_texts.len() <= MAX_TEXTS,
            "shields.block_texts has {} texts; {MAX_TEXTS} are the most",
            self.block_texts.len()
        );
        for text in &self.block_texts {
            // An empty expression matches every text.
            let good = (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
            anyhow::ensure!(
                good,
                "shields.block_texts has {text:?}; a text must have 1 to {MAX_TEXT} bytes and no control characters"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn parse(text: &str) -> anyhow::Result<ShieldsConfig> {
        Config::parse(text).map(|config| config.shields)
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        let version = "[[shields.client]]\nmajor = 7\nminor = 5\n";
        let many_texts = format!("[shields]\nblock_texts = [{}]", "\"a\",".repeat(ShieldsConfig::MAX_TEXTS + 1));
        let long_text = format!("[shields]\nblock_texts = [\"{}\"]", "a".repeat(ShieldsConfig::MAX_TEXT + 1));
        for (text, says) in [
            (format!("{version}deny = [\"wink\"]"), "voiceim, camera, audio, filexfer, hotlinks, ddp, winks"),
            (format!("{version}deny = \"winks\""), "deny"),
            (format!("{version}min_build = 2\nmax_build = 1"), "shields.client number 1"),
            (version.repeat(ShieldsConfig::MAX_CLIENTS + 1), "16 are the most"),
            ("[[shields.client]]\nmajor = 7".to_owned(), "minor"),
            ("[[shields.client]]\nmajor = -1\nminor = 0".to_owned(), "major"),
            (many_texts, "shields.block_texts has 33 texts"),
            (long_text, "shields.block_texts has"),
            ("[shields]\nblock_texts = [\"\"]".to_owned(), "1 to 128 bytes"),
            ("[shields]\nblock_texts = [\"a\\u0000\"]".to_owned(), "no control characters"),
        ] {
            let error = format!("{:#}", parse(&text).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
