//! `[shields]`: what the operator asks clients not to do (docs/protocol/http.md section 4).

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use msnp::Dialect;
use msnp::payload::{Feature, ShieldedClients, Shields};
use serde::Deserialize;

/// The most rules for clients, the most texts, and the most bytes of a text. Every client of MSNP11 and 12 fetches the document
/// at each sign-in, and what goes wrong in a long one nobody could tell by looking: with these it stays below 10 KiB.
const MOST_CLIENTS: usize = 16;
const MOST_TEXTS: usize = 32;
const MOST_TEXT: usize = 128;

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
    pub least_build: u32,
    /// The last build that the rule is for; 9999, which is all, if not told.
    #[serde(default = "every_build")]
    pub most_build: u32,
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

impl TryFrom<String> for Denied {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = || Feature::ALL.map(Feature::name).join(", ");
        let feature = Feature::from_name(&name);
        feature.map(Self).ok_or_else(|| format!("{name:?} is no feature of clients; there are: {}", known()))
    }
}

impl ShieldsConfig {
    /// Refuses what would be too much, or would not do what it looks like.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.clients.len() <= MOST_CLIENTS,
            "shields.client stands there {} times; {MOST_CLIENTS} are the most",
            self.clients.len()
        );
        for (number, client) in (1..).zip(&self.clients) {
            anyhow::ensure!(
                client.least_build <= client.most_build,
                "shields.client number {number} has least_build = {} above most_build = {}",
                client.least_build,
                client.most_build
            );
        }
        anyhow::ensure!(
            self.block_texts.len() <= MOST_TEXTS,
            "shields.block_texts has {} texts; {MOST_TEXTS} are the most",
            self.block_texts.len()
        );
        for text in &self.block_texts {
            // An empty expression matches every text.
            let good = (1..=MOST_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
            anyhow::ensure!(
                good,
                "shields.block_texts has {text:?}; a text must have 1 to {MOST_TEXT} bytes and no control characters"
            );
        }
        Ok(())
    }

    /// The document for a reader of this dialect.
    pub(super) fn document(&self, dialect: Dialect) -> String {
        let mut shields = Shields::default();
        if !self.clients.is_empty() {
            shields.clients = self.clients.iter().map(ShieldsClient::to_rule).collect();
        }
        shields.block_texts = self.block_texts.iter().map(|text| STANDARD.encode(text)).collect();
        shields.document(dialect)
    }
}

impl ShieldsClient {
    fn to_rule(&self) -> ShieldedClients {
        ShieldedClients {
            major: self.major,
            minor: self.minor,
            builds: self.least_build..=self.most_build,
            deny: self.deny.iter().map(|denied| denied.0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parse(text: &str) -> anyhow::Result<ShieldsConfig> {
        Config::parse(text).map(|config| config.shields)
    }

    fn document(text: &str, dialect: Dialect) -> String {
        parse(text).unwrap().document(dialect)
    }

    #[test]
    fn nothing_set_is_the_document_of_the_seed() {
        for text in ["", "[shields]"] {
            assert_eq!(document(text, Dialect::Msnp12), Shields::default().document(Dialect::Msnp12));
        }
    }

    #[test]
    fn the_example_of_the_reference_comes_out_byte_for_byte() {
        let text = "[shields]\nblock_texts = ['example\\.invalid']\n[[shields.client]]\nmajor = 7\nminor = 5\nmost_build = 310\n\
                    deny = [\"winks\", \"voiceim\", \"winks\"]";
        let expected = concat!(
            r#"<?xml version="1.0" encoding="utf-8" ?><config><shield>"#,
            r#"<cli maj="7" min="5" minbld="0" maxbld="310" deny="voiceim winks" /></shield>"#,
            r#"<block><regexp><imtext value="ZXhhbXBsZVwuaW52YWxpZA==" /></regexp></block></config>"#,
        );
        assert_eq!(document(text, Dialect::Msnp12), expected);
        assert!(document(text, Dialect::Msnp11).ends_with("<block></block></config>"));
    }

    #[test]
    fn texts_alone_leave_clients_as_they_are() {
        let blocked = document("[shields]\nblock_texts = [\"a\", \"b\"]", Dialect::Msnp12);
        let expected = Shields::default()
            .document(Dialect::Msnp12)
            .replace("<block>", "<block><regexp><imtext value=\"YQ==\" /><imtext value=\"Yg==\" /></regexp>");
        assert_eq!(blocked, expected);
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        let version = "[[shields.client]]\nmajor = 7\nminor = 5\n";
        let many_texts = format!("[shields]\nblock_texts = [{}]", "\"a\",".repeat(MOST_TEXTS + 1));
        let long_text = format!("[shields]\nblock_texts = [\"{}\"]", "a".repeat(MOST_TEXT + 1));
        for (text, says) in [
            (format!("{version}deny = [\"wink\"]"), "voiceim, camera, audio, filexfer, hotlinks, ddp, winks"),
            (format!("{version}deny = \"winks\""), "deny"),
            (format!("{version}least_build = 2\nmost_build = 1"), "shields.client number 1"),
            (version.repeat(MOST_CLIENTS + 1), "16 are the most"),
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

    #[test]
    fn the_longest_document_is_below_10_kib() {
        let names = Feature::ALL.map(|feature| format!("{:?}", feature.name())).join(", ");
        let most = u32::MAX;
        let client = format!(
            "[[shields.client]]\nmajor = {most}\nminor = {most}\nleast_build = {most}\nmost_build = {most}\ndeny = [{names}]\n"
        );
        let texts = format!("\"{}\",", "x".repeat(MOST_TEXT)).repeat(MOST_TEXTS);
        let text = format!("[shields]\nblock_texts = [{texts}]\n{}", client.repeat(MOST_CLIENTS));
        let length = document(&text, Dialect::Msnp12).len();
        assert!(length < 10 * 1024, "{length}");
    }
}
