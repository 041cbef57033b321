//! Converts the server's data to the terms of a history.

use msnp::List;
use msnp::notification::Phone;
use swallowtail_store::roster::{Entry, Roster};

use crate::history::{Parts, part};

/// Returns the parts of an account, as a client of any dialect shows them.
pub(crate) fn parts_of(roster: &Roster) -> Parts {
    let mut parts = settings(roster);
    let groups = || roster.groups.iter();
    parts.extend(groups().map(|(_, group)| (part::group(&group.name), String::new())));
    for (handle, entry) in &roster.entries {
        let handle = handle.as_str();
        parts.extend(lists(entry).map(|list| (format!("{list} {handle}"), String::new())));
        let nickname = entry.nickname.as_ref().map_or(handle, |name| name.as_str());
        parts.insert(part::nickname(handle), nickname.to_owned());
        let members = groups().filter(|(guid, _)| entry.groups.contains(guid));
        parts.extend(members.map(|(_, group)| (part::member(&group.name, handle), String::new())));
    }
    parts
}

fn lists(entry: &Entry) -> impl Iterator<Item = &'static str> {
    let own = [(List::Forward, "FL"), (List::Allow, "AL"), (List::Block, "BL")];
    let own = own.into_iter().filter(|(list, _)| entry.is_on(*list)).map(|(_, name)| name);
    own.chain(entry.watches().then_some("RL"))
}

fn settings(roster: &Roster) -> Parts {
    let settings = &roster.settings;
    let mut parts = Parts::new();
    let mut put = |part: &str, value: &str| drop(parts.insert(part.to_owned(), value.to_owned()));
    put(part::NAME, roster.name.as_str());
    put(part::PRIVACY, settings.privacy.word());
    put("GTC", settings.add_prompt.word());
    put("MOB", if settings.paging { "Y" } else { "N" });
    for (phone, name) in [(Phone::Home, "PHH"), (Phone::Work, "PHW"), (Phone::Mobile, "PHM")] {
        if let Some(number) = settings.phone(phone) {
            put(name, number);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use msnp::{DisplayName, Handle};
    use swallowtail_store::roster::Stamps;

    use super::*;

    #[test]
    fn the_parts_of_a_stored_roster_have_the_names_that_the_observer_uses() {
        let handle = |name: &str| Handle::parse(&format!("{name}@example.com")).unwrap();
        let mut roster = Roster::new(handle("alice"), DisplayName::new("Alice").unwrap(), Stamps::default());
        let lists = List::Forward | List::Allow | List::Pending;
        roster.entries.insert(&handle("bob"), Entry { lists, ..Entry::default() });
        roster.settings.set_phone(Phone::Home, Some("555 1".into()));
        let names: Vec<_> = parts_of(&roster).into_iter().map(|(part, value)| format!("{part}={value}")).collect();
        let bob = ["AL bob@example.com=", "BLP=AL", "FL bob@example.com=", "GTC=A", "MOB=N", "PHH=555 1"];
        let rest = ["RL bob@example.com=", "name=Alice", "nickname bob@example.com=bob@example.com"];
        assert_eq!(names, [&bob[..], &rest].concat());
    }
}
