//! What is wrong with a configuration file, in a sentence.

use std::fmt;

/// How alike two words must be for one to be taken for the other: 1 is the same.
const ALIKE: f64 = 0.7;

/// Something that TOML or its reader found, with what was probably meant.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Counted from 1.
    line: usize,
    /// What stands there.
    source: String,
    message: String,
    meant: Option<String>,
}

impl Fault {
    /// From what reading `text` failed with.
    pub(crate) fn new(error: &toml::de::Error, text: &str) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let number = before.matches('\n').count();
        let source = text.lines().nth(number).unwrap_or_default().trim().to_owned();
        let message = error.message().replace(
            "invalid socket address syntax",
            "this must be an IP address and a port; 0.0.0.0:8080 is port 8080 of every address",
        );
        Self { line: number + 1, source, meant: meant(&message), message }
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
            _ if self.source.is_empty() => f.write_str(&self.message),
            _ => write!(f, "{} (`{}`)", self.message, self.source),
        }
    }
}

impl std::error::Error for Fault {}
