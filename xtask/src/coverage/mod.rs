//! Generates docs/protocol/coverage.md: the verbs that the server supports, and the transcripts that show them.
//!
//! The command compares four sources:
//!
//! - the verbs of the reference (docs/protocol/verbs.txt, [`mod@reference`])
//! - the [`headings`] of the reference
//! - the tables and decoders of the crate `msnp` ([`tables`])
//! - the golden transcripts ([`scan`]), which the tests play against the server
//!
//! If the sources disagree, or if no transcript shows a verb ([`gaps`]), the command does not write
//! the page.

mod gaps;
mod headings;
mod key;
mod page;
mod reference;
mod scan;
mod tables;

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::shell::root;
use key::{Handling, Service};
use reference::{Reference, VERBS};
use scan::Shown;

const PAGE: &str = "docs/protocol/coverage.md";
const TRANSCRIPTS: &str = "docs/protocol/transcripts";

/// Writes the page. If `check` is true, does not write the page, and fails if the page is out of
/// date.
pub(crate) fn run(check: bool) -> Result<()> {
    let verbs = fs::read_to_string(root().join(VERBS)).with_context(|| format!("{VERBS} cannot be read"))?;
    let reference = Reference::parse(&verbs)?;
    let shown = scan::folder(&root().join(TRANSCRIPTS))?;
    let mut faults = tables::faults(&reference);
    faults.extend(headings::faults(&reference)?);
    faults.extend(contradictions(&reference, &shown));
    faults.extend(gaps::faults(&reference, &shown));
    if !faults.is_empty() {
        bail!("the reference, the code and the transcripts disagree:\n  {}", faults.join("\n  "));
    }
    let page = page::write(&reference, &shown);
    let path = root().join(PAGE);
    if check {
        let old = fs::read_to_string(&path).unwrap_or_default();
        ensure!(old == page, "{PAGE} is out of date: run `cargo xtask coverage`");
        return Ok(());
    }
    fs::write(&path, &page).with_context(|| format!("{PAGE} cannot be written"))
}

/// Returns a sentence for each outcome in a transcript that contradicts the reference.
fn contradictions(reference: &Reference, shown: &Shown) -> Vec<String> {
    let mut faults = Vec::new();
    for ((key, dialect), outcomes) in &shown.outcomes {
        let known = reference.handling(key, *dialect);
        for (outcome, files) in outcomes {
            let fits = match (known, outcome) {
                // The server closes the connection after an unknown command. It may also close the
                // connection after a known command with malformed words.
                (_, Handling::Closes) => true,
                (Some(Handling::Done), _) => true,
                // A dispatch server may refuse a command with 302 ("sign in first"), because no
                // client is signed in to a dispatch server.
                (None, Handling::Refused(302)) => key.service == Service::Dispatch,
                // The server may find another error first, so the error code in a transcript may
                // differ from the code in the reference.
                (Some(Handling::Refused(_)), Handling::Refused(_)) => true,
                _ => false,
            };
            if !fits {
                let files: Vec<_> = files.iter().map(|index| shown.files[*index].as_str()).collect();
                let known = known.map_or_else(|| "does not exist".to_owned(), |handling| format!("{handling:?}"));
                faults.push(format!(
                    "{key} in {dialect}: {VERBS} says {known}, but {outcome:?} is shown by {}",
                    files.join(" and ")
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_that_contradicts_the_reference_is_a_fault() {
        let reference = Reference::parse("ns > FND 2- 502\nns > ADC 10-12 done\nns < NLN 2- sent\n").unwrap();
        let said = |text: &str| {
            let mut shown = Shown::default();
            shown.add("t", &format!("!account a a@b.c p \"A\"\n!signed-in x a MSNP9\n{text}"));
            contradictions(&reference, &shown).len()
        };
        assert_eq!(said("x > FND 1 a\nx < 502 1\n"), 0);
        assert_eq!(said("x > FND 1 a\nx < FND 1 a\n"), 2, "both directions");
        assert_eq!(said("x > ADC 1 a\nx <!\n"), 0);
        assert_eq!(said("x > ADC 1 a\nx < ADC 1 a\n"), 2, "both directions");
        assert_eq!(said("x < ILN 1 a\n"), 1);
        assert_eq!(said("x < NLN a\n"), 0);
    }
}
