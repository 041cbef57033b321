//! G7: secrets in the log.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::client::{MARK, PASSWORD};
use crate::rule::{Broken, Rule};

/// The maximum number of lines that are shown.
const SHOWN: usize = 3;
/// The search uses this number of bytes at the end of each secret. With a table of these ends, it
/// examines each position in the log only once, however many secrets there are. Tickets differ at
/// their ends. Shorter secrets are ignored, because a log can contain them by chance.
const KEY: usize = 8;

/// Checks that a log contains no secret of the run, no password and no message body.
pub(super) fn check(log: &Path, secrets: &HashSet<String>) -> Vec<Broken> {
    let secrets = Secrets::new(secrets.iter().map(String::as_str).chain([PASSWORD, MARK]));
    let file = match File::open(log) {
        Ok(file) => file,
        Err(error) => return vec![Broken::new(Rule::Secrets, format!("could not open the log: {error}"))],
    };
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    let shown = |line: Vec<u8>| Broken::new(Rule::Secrets, String::from_utf8_lossy(&line));
    lines.filter(|line| secrets.are_in(line)).take(SHOWN).map(shown).collect()
}

/// The secrets to search for, grouped by their last [`KEY`] bytes.
struct Secrets<'a>(HashMap<&'a [u8], Vec<&'a [u8]>>);

impl<'a> Secrets<'a> {
    fn new(secrets: impl Iterator<Item = &'a str>) -> Self {
        let mut by_end: HashMap<_, Vec<_>> = HashMap::new();
        for secret in secrets.map(str::as_bytes).filter(|secret| secret.len() >= KEY) {
            by_end.entry(&secret[secret.len() - KEY..]).or_default().push(secret);
        }
        Self(by_end)
    }

    fn are_in(&self, line: &[u8]) -> bool {
        line.windows(KEY).zip(KEY..).any(|(window, end)| {
            self.0.get(window).is_some_and(|secrets| secrets.iter().any(|secret| line[..end].ends_with(secret)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_wherever_it_is_in_a_line() {
        let secrets = Secrets::new(["a-long-ticket-1", "another-long-ticket-1", "cookie-2", "short"].into_iter());
        for line in ["ticket=a-long-ticket-1 x", "a-long-ticket-1", "another-long-ticket-1", "(cookie-2)"] {
            assert!(secrets.are_in(line.as_bytes()), "{line}");
        }
        for line in ["", "a-long-ticket-2", "-long-ticket-1", "short", "cookie-"] {
            assert!(!secrets.are_in(line.as_bytes()), "{line}");
        }
    }
}
