//! Compares the headings of ns.md and sb.md with docs/protocol/verbs.txt: every verb needs a heading, and every verb in a
//! heading must be listed.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};

use super::key::{Service, is_verb};
use super::reference::{Reference, VERBS};
use crate::shell::root;

const NOTIFICATION: &str = "docs/protocol/ns.md";
const SWITCHBOARD: &str = "docs/protocol/sb.md";

/// Returns a sentence for each difference between the headings and the list of verbs.
pub(super) fn faults(reference: &Reference) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (path, services) in [
        (NOTIFICATION, [Service::Notification, Service::Dispatch].as_slice()),
        (SWITCHBOARD, [Service::Switchboard].as_slice()),
    ] {
        let text = fs::read_to_string(root().join(path)).with_context(|| format!("{path} cannot be read"))?;
        faults.extend(faults_of(reference, services, path, &text));
    }
    Ok(faults)
}

fn faults_of(reference: &Reference, services: &[Service], path: &str, text: &str) -> Vec<String> {
    let described: BTreeSet<&str> = text.lines().filter(|line| line.starts_with('#')).flat_map(verbs).collect();
    let keys = reference.entries.iter().map(|entry| &entry.key);
    let here: BTreeSet<&str> =
        keys.clone().filter(|key| services.contains(&key.service)).map(|key| key.verb.as_str()).collect();
    let anywhere: BTreeSet<&str> = keys.map(|key| key.verb.as_str()).collect();
    let forgotten = here.difference(&described).map(|verb| format!("{verb}: missing from the headings of {path}"));
    let unknown =
        described.difference(&anywhere).map(|verb| format!("{verb}: has a heading in {path} but no line in {VERBS}"));
    forgotten.chain(unknown).collect()
}

/// Returns the verbs in a heading, without those in parentheses, brackets or backticks.
fn verbs(heading: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut is_code = false;
    let outside = |letter: char| {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '`' => is_code = !is_code,
            _ => {}
        }
        depth > 0 || is_code || !letter.is_ascii_alphanumeric()
    };
    heading.split(outside).filter(|word| is_verb(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_without_a_heading_is_a_fault_and_so_is_a_heading_without_a_verb() {
        let reference =
            Reference::parse("ns > TIM 10- done\nds > VER 2- done\nns < PRP 5- sent\nsb > CAL 2- done\n").unwrap();
        let text = "## 1. VER\n### PRP (C, not ABC) [WLM]: `DEF`\n### CAL, XYZ: old\nTIM in the text\n";
        let services = [Service::Notification, Service::Dispatch];
        assert_eq!(
            faults_of(&reference, &services, "ns.md", text),
            [
                "TIM: missing from the headings of ns.md",
                "XYZ: has a heading in ns.md but no line in docs/protocol/verbs.txt"
            ]
        );
    }
}
