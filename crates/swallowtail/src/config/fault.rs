//! What is wrong with a configuration file, in a sentence.

use std::fmt;

/// How alike two words must be for one to be taken for the other: 1 is the same.
const ALIKE: f64 = 0.7;

/// Something that TOML or its reader found, with what was probably meant.
#[derive(Debug)]
pub(super) struct Fault {
    line: usize,
    message: String,
    meant: Option<String>,
}

impl Fault {
    /// From what reading `text` failed with.
    pub(super) fn new(error: &toml::de::Error, text: &str) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let message = error.message().to_owned();
        Self { line: before.matches('\n').count() + 1, meant: meant(&message), message }
    }
}

/// The nearest of the keys that are known where an unknown one stands.
fn meant(message: &str) -> Option<String> {
    let (unknown, known) = message.strip_prefix("unknown field `")?.split_once('`')?;
    let names = known.split('`').skip(1).step_by(2);
    let rated = names.map(|name| (strsim::jaro_winkler(unknown, name), name));
    let (rate, name) = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (rate >= ALIKE).then(|| name.to_owned())
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match (&self.meant, self.message.strip_prefix("unknown field ")) {
            (Some(meant), Some(rest)) => {
                let (unknown, _) = rest.split_once(',').unwrap_or((rest, ""));
                write!(f, "there is no key {unknown} here; did you mean `{meant}`?")
            }
            _ => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Fault {}
