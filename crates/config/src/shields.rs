//! `[shields]`: features that the operator asks clients not to use (docs/protocol/http.md section 4).

use std::collections::BTreeSet;

use msnp::payload::Feature;
use regex_syntax::ast::ErrorKind;
use regex_syntax::ast::parse::Parser;

use toml::de::DeValue;

use crate::kind::{Advice, Choice, List, Scalar, whole};
use crate::reader::Section;

/// The highest possible build number of a version. Build numbers have four digits.
const LAST_BUILD: u32 = 9999;
/// The largest number for `major` or `minor`.
const MAX_VERSION: u32 = 99;

/// Features that the server asks clients not to use. There are none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShieldsConfig {
    /// The features to turn off, for each version of the client.
    pub clients: Vec<ShieldsClient>,
    /// Regular expressions. MSNP12 clients do not send texts that match one of them. All users can
    /// read the expressions.
    pub block_texts: Vec<String>,
}

/// A rule that turns off features in one version of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShieldsClient {
    /// The major version that the rule applies to, such as the 7 in 7.5.0324.
    pub major: u32,
    /// The minor version that the rule applies to, such as the 5 in 7.5.0324.
    pub minor: u32,
    /// The first build that the rule applies to, such as the 324 in 7.5.0324. The default is 0.
    pub min_build: u32,
    /// The last build that the rule applies to. The default is 9999, the highest possible build
    /// number.
    pub max_build: u32,
    /// The features that the client turns off.
    pub deny: BTreeSet<Feature>,
}

impl ShieldsConfig {
    /// The largest number of `[[shields.client]]` tables. Every MSNP11 and MSNP12 client fetches
    /// the document with these rules at each sign-in, and a mistake in a long document is hard to
    /// find. Together, this limit, [`Self::MAX_TEXTS`] and [`Self::MAX_TEXT`] keep the document
    /// below 10 KiB.
    pub const MAX_CLIENTS: usize = 16;
    /// The largest number of regular expressions; see [`Self::MAX_CLIENTS`].
    pub const MAX_TEXTS: usize = 32;
    /// The longest regular expression in bytes; see [`Self::MAX_CLIENTS`].
    pub const MAX_TEXT: usize = 128;

    pub(crate) fn read(from: &Section<'_>) -> Self {
        let texts = List { item: Expression, max: Self::MAX_TEXTS };
        Self {
            clients: from.tables("client", Self::MAX_CLIENTS, ShieldsClient::read),
            block_texts: from.get("block_texts", Vec::new(), &texts),
        }
    }
}

impl ShieldsClient {
    fn read(from: &Section<'_>) -> Self {
        let (version, build) = (whole(0..=MAX_VERSION), whole(0..=LAST_BUILD));
        let features = Choice(Feature::ALL.map(|feature| (feature.name(), feature)).to_vec());
        let features = List { item: features, max: Feature::ALL.len() };
        Self {
            major: from.required("major", 0, &version),
            minor: from.required("minor", 0, &version),
            min_build: from.get("min_build", 0, &build),
            max_build: from.get("max_build", LAST_BUILD, &build),
            deny: from.get("deny", Vec::new(), &features).into_iter().collect(),
        }
    }
}

/// A regular expression. Clients have their own regex dialect, so the server can only refuse an
/// expression that is invalid in every dialect. The server also refuses an empty expression, which
/// would match every text.
struct Expression;

impl Scalar for Expression {
    type Value = String;

    fn expected(&self) -> String {
        format!("a regular expression of 1 to {} bytes", ShieldsConfig::MAX_TEXT)
    }

    fn read(&self, value: &DeValue<'_>) -> Result<String, Advice> {
        let DeValue::String(text) = value else { return Err(None) };
        if !(1..=ShieldsConfig::MAX_TEXT).contains(&text.len()) {
            return Err(None);
        }
        if text.chars().any(char::is_control) {
            return Err(Some("remove the control characters".to_owned()));
        }
        match Parser::new().parse(text) {
            Err(error) if is_wrong_everywhere(error.kind()) => Err(Some(format!("it has a mistake: {}", error.kind()))),
            _ => Ok(text.to_string()),
        }
    }

    fn write(&self, value: &String) -> toml::Value {
        value.as_str().into()
    }
}

const fn is_wrong_everywhere(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ClassRangeInvalid
            | ErrorKind::ClassUnclosed
            | ErrorKind::EscapeUnexpectedEof
            | ErrorKind::GroupUnclosed
            | ErrorKind::GroupUnopened
            | ErrorKind::RepetitionCountInvalid
            | ErrorKind::RepetitionMissing
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_is_invalid_in_every_regex_dialect_is_refused() {
        let is_valid = |text: &str| Expression.read(&DeValue::String(text.into())).is_ok();
        for text in ["example\\.invalid", "(?=ahead)a", "(a)\\1", "[a-z]+@", "a{2,3}", "gr\u{FC}n"] {
            assert!(is_valid(text), "{text}");
        }
        let long = "a".repeat(ShieldsConfig::MAX_TEXT + 1);
        for text in ["", "*a", "(a", "a)", "[a", "[z-a]", "a\\", "a{3,2}", "a\u{7}", &long] {
            assert!(!is_valid(text), "{text}");
        }
    }
}
