//! G6: the history of all clients.

use crate::bed::Bed;
use crate::history::check as violations;
use crate::rule::{Broken, Rule};

/// How many violations are shown.
const SHOWN: usize = 10;

/// The file with the history of a scenario that failed.
const FILE: &str = "history.jsonl";

/// Checks the history. Keeps it beside the log if a promise is broken.
pub(super) fn check(bed: &Bed) -> Vec<Broken> {
    let history = bed.dialer.watch().recorder().take();
    let found = violations(&history);
    let mut broken: Vec<_> =
        found.iter().take(SHOWN).map(|violation| Broken::new(Rule::History, violation.to_string())).collect();
    if found.len() > SHOWN {
        broken.push(Broken::new(Rule::History, format!("and {} more", found.len() - SHOWN)));
    }
    if !found.is_empty() {
        let written = std::fs::File::create(bed.server.directory().join(FILE))
            .and_then(|file| crate::history::write(&history, std::io::BufWriter::new(file)));
        if let Err(error) = written {
            broken.push(Broken::new(Rule::History, format!("could not write {FILE}: {error}")));
        }
    }
    broken
}
