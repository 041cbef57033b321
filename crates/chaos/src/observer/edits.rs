//! Finds out what the edits of MSNP8 to MSNP12 change.

use super::lists::{GUIDS, Lists};
use super::presence::decoded;
use crate::history::{Change, part};

/// Returns the changes that a command makes. `None` means that the command is not an edit, or that
/// it names a GUID that the client has not seen. `owner` is the address of the client's account.
pub(super) fn changes(lists: &Lists, dialect: u32, owner: &str, words: &[&str]) -> Option<Vec<Change>> {
    if dialect < GUIDS {
        return changes_before_guids(lists, owner, words);
    }
    match words {
        ["ADC", _, list, who, rest @ ..] => add(lists, list, who, rest),
        ["REM", _, "FL", guid] => Some(vec![removed(&part::forward(lists.contact(guid)?))]),
        ["REM", _, "FL", guid, group] => Some(vec![removed(&membership(lists, guid, group)?)]),
        ["REM", _, list @ ("AL" | "BL"), who] => Some(vec![removed(&format!("{list} {who}"))]),
        ["ADG", _, name, ..] => Some(vec![set(part::group(&decoded(name)), "")]),
        ["RMG", _, group] => Some(vec![removed(&part::group(lists.group(group)?))]),
        ["REG", _, group, name, ..] => renamed(lists, group, name),
        ["PRP", _, "MFN", name] => Some(vec![set(part::NAME.to_owned(), &decoded(name))]),
        _ => setting(words),
    }
}

/// Does the same as [`changes`] for MSNP8 and MSNP9, which identify contacts by address and groups by number.
fn changes_before_guids(lists: &Lists, owner: &str, words: &[&str]) -> Option<Vec<Change>> {
    match words {
        ["ADD", _, list @ ("FL" | "AL" | "BL"), who, ..] => Some(vec![set(format!("{list} {who}"), "")]),
        ["REM", _, list @ ("FL" | "AL" | "BL"), who] => Some(vec![removed(&format!("{list} {who}"))]),
        ["ADG", _, name, _] => Some(vec![set(part::group(&decoded(name)), "")]),
        ["RMG", _, group] => Some(vec![removed(&part::group(lists.group(group)?))]),
        ["REG", _, group, name, _] => renamed(lists, group, name),
        ["REA", _, who, name] if *who == owner => Some(vec![set(part::NAME.to_owned(), &decoded(name))]),
        _ => setting(words),
    }
}

fn setting(words: &[&str]) -> Option<Vec<Change>> {
    match words {
        ["BLP", _, value] => Some(vec![set(part::PRIVACY.to_owned(), value)]),
        ["GTC", _, value] => Some(vec![set("GTC".to_owned(), value)]),
        ["PRP", _, property, value] => Some(vec![set((*property).to_owned(), &decoded(value))]),
        ["PRP", _, property] => Some(vec![removed(property)]),
        _ => None,
    }
}

fn renamed(lists: &Lists, group: &str, name: &str) -> Option<Vec<Change>> {
    let old = removed(&part::group(lists.group(group)?));
    Some(vec![old, set(part::group(&decoded(name)), "")])
}

fn add(lists: &Lists, list: &str, who: &str, rest: &[&str]) -> Option<Vec<Change>> {
    if let Some(guid) = who.strip_prefix("C=") {
        return Some(vec![set(membership(lists, guid, rest.first()?)?, "")]);
    }
    let who = who.strip_prefix("N=")?;
    matches!(list, "FL" | "AL" | "BL").then(|| vec![set(format!("{list} {who}"), "")])
}

fn membership(lists: &Lists, guid: &str, group: &str) -> Option<String> {
    Some(part::member(lists.group(group)?, lists.contact(guid)?))
}

fn set(part: String, value: &str) -> Change {
    Change { part, value: Some(value.to_owned()) }
}

fn removed(part: &str) -> Change {
    Change { part: part.to_owned(), value: None }
}

#[cfg(test)]
mod tests {
    use msnp_conformance::wire::Unit;

    use super::*;

    fn learn(lists: &mut Lists, dialect: u32, line: &str) {
        let unit = Unit { lines: vec![line.as_bytes().to_vec()], ..Unit::default() };
        // `lists` may be incomplete here. A client with incomplete lists cannot tell whether a line
        // is wrong, so the result is ignored.
        let _ = lists.apply(&unit, dialect, "alice@example.com");
    }

    fn check(lists: &Lists, dialect: u32, table: &[(&str, &str)]) {
        for (command, expected) in table {
            let words: Vec<_> = command.split(' ').collect();
            let show = |change: Change| match change.value {
                Some(value) => format!("{}={value}", change.part),
                None => format!("-{}", change.part),
            };
            let changes = changes(lists, dialect, "alice@example.com", &words);
            let shown = changes.map(|changes| changes.into_iter().map(show).collect::<Vec<_>>().join(","));
            assert_eq!(shown.as_deref().unwrap_or("none"), *expected, "{command}");
        }
    }

    #[test]
    fn each_edit_changes_the_parts_named_by_its_words_or_guids() {
        let mut lists = Lists::default();
        learn(&mut lists, 12, "ADC 1 FL N=bob@example.com F=Bob C=c-1");
        learn(&mut lists, 12, "LSG My%20friends g-1");
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
        check(&lists, 12, &table);
    }

    #[test]
    fn edits_refer_to_contacts_by_address_in_dialects_before_msnp10() {
        let mut lists = Lists::default();
        learn(&mut lists, 9, "LSG 3 My%20friends 0");
        let table = [
            ("ADD 2 FL bob@example.com Bob", "FL bob@example.com="),
            ("ADD 2 FL bob@example.com Bob 3", "FL bob@example.com="),
            ("REM 3 FL bob@example.com", "-FL bob@example.com"),
            ("ADG 4 Others 0", "group Others="),
            ("REG 5 3 New 0", "-group My friends,group New="),
            ("RMG 6 3", "-group My friends"),
            ("REA 8 alice@example.com Alice%20A", "name=Alice A"),
            ("REA 8 bob@example.com Bob", "none"),
            ("PRP 8 PHH", "-PHH"),
        ];
        check(&lists, 9, &table);
    }
}
