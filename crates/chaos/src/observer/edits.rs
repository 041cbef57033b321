//! What the edits of MSNP10 to MSNP12 change.

use std::collections::HashMap;

use msnp_conformance::wire::Unit;

use super::presence::decoded;
use crate::history::{Change, part};

/// The names behind the GUIDs that a client has seen.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// The address of each contact, by GUID.
    contacts: HashMap<String, String>,
    /// The name of each group, by GUID.
    groups: HashMap<String, String>,
}

impl Edits {
    /// Returns what a command changes. `None` means that it is not an edit, or that it names a GUID that the client has
    /// not seen.
    pub(super) fn changes(&self, words: &[&str]) -> Option<Vec<Change>> {
        match words {
            ["ADC", _, list, who, rest @ ..] => self.add(list, who, rest),
            ["REM", _, "FL", guid] => Some(vec![removed(&part::forward(self.contacts.get(*guid)?))]),
            ["REM", _, "FL", guid, group] => Some(vec![removed(&self.membership(guid, group)?)]),
            ["REM", _, list @ ("AL" | "BL"), who] => Some(vec![removed(&format!("{list} {who}"))]),
            ["ADG", _, name, ..] => Some(vec![set(format!("group {}", decoded(name)), "")]),
            ["RMG", _, group] => Some(vec![removed(&format!("group {}", self.groups.get(*group)?))]),
            ["REG", _, group, name, ..] => {
                let old = removed(&format!("group {}", self.groups.get(*group)?));
                Some(vec![old, set(format!("group {}", decoded(name)), "")])
            }
            ["BLP", _, value] => Some(vec![set(part::PRIVACY.to_owned(), value)]),
            ["GTC", _, value] => Some(vec![set("GTC".to_owned(), value)]),
            ["PRP", _, "MFN", name] => Some(vec![set(part::NAME.to_owned(), &decoded(name))]),
            ["PRP", _, property, value] => Some(vec![set((*property).to_owned(), &decoded(value))]),
            ["PRP", _, property] => Some(vec![removed(property)]),
            _ => None,
        }
    }

    fn add(&self, list: &str, who: &str, rest: &[&str]) -> Option<Vec<Change>> {
        if let Some(guid) = who.strip_prefix("C=") {
            return Some(vec![set(self.membership(guid, rest.first()?)?, "")]);
        }
        let who = who.strip_prefix("N=")?;
        matches!(list, "FL" | "AL" | "BL").then(|| vec![set(format!("{list} {who}"), "")])
    }

    fn membership(&self, guid: &str, group: &str) -> Option<String> {
        Some(format!("member {} {}", self.groups.get(group)?, self.contacts.get(guid)?))
    }

    /// Learns GUIDs from a line of the server.
    pub(super) fn received(&mut self, unit: &Unit) {
        let words: Vec<_> = (0..unit.words().len()).map(|index| unit.word(index)).collect();
        match words[0].as_str() {
            "ADC" | "LST" => {
                let find = |prefix: &str| words.iter().find_map(|word| word.strip_prefix(prefix));
                if let (Some(who), Some(guid)) = (find("N="), find("C=")) {
                    self.contacts.insert(guid.to_owned(), who.to_owned());
                }
            }
            "ADG" if words.len() == 4 => drop(self.groups.insert(words[3].clone(), decoded(&words[2]))),
            "REG" if words.len() == 4 => drop(self.groups.insert(words[2].clone(), decoded(&words[3]))),
            "LSG" if words.len() == 3 => drop(self.groups.insert(words[2].clone(), decoded(&words[1]))),
            _ => {}
        }
    }
}

fn set(part: String, value: &str) -> Change {
    Change { part, value: Some(value.to_owned()) }
}

fn removed(part: &str) -> Change {
    Change { part: part.to_owned(), value: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Unit {
        Unit { lines: vec![text.as_bytes().to_vec()], ..Unit::default() }
    }

    #[test]
    fn edits_change_the_parts_that_their_words_and_guids_name() {
        let mut edits = Edits::default();
        edits.received(&line("ADC 1 FL N=bob@example.com F=Bob C=c-1"));
        edits.received(&line("LSG My%20friends g-1"));
        let table = [
            ("ADC 2 FL N=bob@example.com F=Bob%20B", "FL bob@example.com="),
            ("ADC 2 FL N=bob@example.com", "FL bob@example.com="),
            ("ADC 2 AL N=bob@example.com", "AL bob@example.com="),
            ("ADC 2 FL C=c-1 g-1", "member My friends bob@example.com="),
            ("REM 3 FL c-1 g-1", "-member My friends bob@example.com"),
            ("REM 3 FL c-1", "-FL bob@example.com"),
            ("REM 3 BL bob@example.com", "-BL bob@example.com"),
            ("ADG 4 Others", "group Others="),
            ("REG 5 g-1 New", "-group My friends,group New="),
            ("RMG 6 g-1", "-group My friends"),
            ("BLP 7 BL", "BLP=BL"),
            ("PRP 8 MFN Alice%20A", "name=Alice A"),
            ("PRP 8 PHH 555%201", "PHH=555 1"),
            ("PRP 8 PHH", "-PHH"),
            ("REM 9 FL unknown", "none"),
            ("XFR 9 SB", "none"),
        ];
        for (command, expected) in table {
            let words: Vec<_> = command.split(' ').collect();
            let show = |change: Change| match change.value {
                Some(value) => format!("{}={value}", change.part),
                None => format!("-{}", change.part),
            };
            let changes = edits.changes(&words);
            let shown = changes.map(|changes| changes.into_iter().map(show).collect::<Vec<_>>().join(","));
            assert_eq!(shown.as_deref().unwrap_or("none"), expected, "{command}");
        }
    }
}
