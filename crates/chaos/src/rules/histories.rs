//! G6: the history of all clients.

use std::collections::BTreeSet;

use crate::bed::Bed;
use crate::history::{Action, History, check as violations};
use crate::rule::{Broken, Rule};

/// The maximum number of violations that are shown.
const SHOWN: usize = 10;

/// The file with the history of a scenario that failed.
const FILE: &str = "history.jsonl";

/// Checks the history. If a promise is broken, writes the history into the directory of the log.
pub(super) async fn check(bed: &Bed) -> Vec<Broken> {
    let recorder = bed.dialer.watch().recorder();
    let mut history = recorder.take();
    if let Err(error) = bed.note_accounts(signed_in(&history)).await {
        return vec![Broken::new(Rule::History, format!("{error:#}"))];
    }
    history.events.append(&mut recorder.take().events);
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

/// Returns the accounts that tried to sign in.
fn signed_in(history: &History) -> BTreeSet<String> {
    let account = |action: &Action| match action {
        Action::SignIn { account, .. } => Some(account.clone()),
        _ => None,
    };
    history.events.iter().filter_map(|event| account(&event.action)).collect()
}
