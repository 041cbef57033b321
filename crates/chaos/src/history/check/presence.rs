//! Checks presence: every client sees the changes of each contact in order, and shows the correct state at the end.

use std::collections::{BTreeMap, HashMap};

use super::super::{Action, Attribute, Outcome, Parts, Shown, part};
use super::index::{Connection, Index, may_have_happened};
use super::order;
use super::values::{Values, Visible, shown};
use super::violation::{Found, Promise};

pub(super) fn check(index: &Index<'_>, values: &Values<'_>, found: &mut Found) {
    check_genuine(index, values, found);
    check_order(index, values, found);
    check_end(index, found);
}

/// Checks that no client sees a value that the account did not have.
fn check_genuine(index: &Index<'_>, values: &Values<'_>, found: &mut Found) {
    for (who, connection, contact, seen) in sightings(index) {
        for (visible, value) in shown(seen) {
            let is_initial = visible == Visible::Name
                && index
                    .initial
                    .get(contact)
                    .is_none_or(|parts| parts.get(part::NAME).is_some_and(|name| name == value));
            let given = values.of(contact, visible).and_then(|timeline| timeline.place(value));
            if given.is_none() && !is_initial {
                let number = connection.number;
                let what = format!(
                    "connection {number} of {who} saw {contact} with {visible:?} {value:?}, which was never set"
                );
                found.add(Promise::Genuine, what);
            }
        }
    }
}

/// Checks that all clients see the values of an account in the same order. This order must agree
/// with the order in which each session of the account set the values. Values that were set more
/// than once are not checked.
fn check_order(index: &Index<'_>, values: &Values<'_>, found: &mut Found) {
    let mut firsts = BTreeMap::new();
    let mut names = Vec::new();
    let mut chains = Vec::new();
    for (account, visible, timeline) in values.timelines() {
        let first = names.len();
        firsts.insert((account, visible), first);
        let mut by_session: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, given) in timeline.given.iter().enumerate() {
            names.push(format!("{visible:?} {:?} of {account}", given.value));
            if timeline.place(given.value) == Some(Some(place)) {
                by_session.entry(given.event.connection).or_default().push(first + place);
            }
        }
        chains.extend(by_session.into_values());
    }
    let mut seen_by: HashMap<(u32, &str, Visible), Vec<usize>> = HashMap::new();
    for (_, connection, contact, seen) in sightings(index) {
        for (visible, value) in shown(seen) {
            let place = values.of(contact, visible).and_then(|timeline| timeline.place(value)).flatten();
            let Some((place, first)) = place.zip(firsts.get(&(contact, visible))) else { continue };
            let chain = seen_by.entry((connection.number, contact, visible)).or_default();
            if chain.last() != Some(&(first + place)) {
                chain.push(first + place);
            }
        }
    }
    chains.extend(seen_by.into_values());
    if let Some(cycle) = order::contradiction(names.len(), &chains) {
        let names: Vec<_> = cycle.iter().map(|place| names[*place].as_str()).collect();
        found.add(
            Promise::Presence,
            format!("no order of these values agrees with what all clients saw: {}", names.join(", ")),
        );
    }
}

/// Returns every event in which a client saw a contact online: the account of the client, its connection, the contact,
/// and the presence that it saw.
fn sightings<'i, 'a>(index: &'i Index<'a>) -> impl Iterator<Item = (&'a str, &'i Connection<'a>, &'a str, &'a Shown)> {
    index.sessions().flat_map(|(who, _, connection)| {
        connection.events.iter().filter_map(move |event| match &event.action {
            Action::Saw { contact, shown: Some(shown) } => Some((who, connection, contact.as_str(), shown)),
            _ => None,
        })
    })
}

/// The values that an account sets for a session.
#[derive(Default)]
struct Set<'a> {
    /// True if the server did not answer a command that sets a status or a personal message, so
    /// that the fields `status` and `message` are uncertain.
    uncertain: bool,
    status: Option<&'a str>,
    message: Option<&'a str>,
}

fn set<'a>(connection: &Connection<'a>) -> Set<'a> {
    let mut set = Set::default();
    let mut events: Vec<_> = connection.events.iter().filter(|event| may_have_happened(event.outcome)).collect();
    events.sort_by_key(|event| event.began);
    for event in events {
        let Action::Set { attribute, value } = &event.action else { continue };
        set.uncertain |= event.outcome == Outcome::Unknown;
        match attribute {
            Attribute::Status => set.status = Some(value),
            Attribute::Message => set.message = Some(value).filter(|message| !message.is_empty()).map(String::as_str),
        }
    }
    set
}

/// Checks that every client that is online at the end shows the true presence of its contacts.
fn check_end(index: &Index<'_>, found: &mut Found) {
    let mut online: BTreeMap<&str, Set<'_>> = BTreeMap::new();
    for (account, _, connection) in index.sessions().filter(|(.., connection)| connection.is_open()) {
        online.insert(account, set(connection));
    }
    for (watcher, _, connection) in index.sessions().filter(|(.., connection)| connection.is_open()) {
        let Some(parts) = index.last.get(watcher) else { continue };
        if set(connection).status.is_none() {
            continue;
        }
        let mut view: HashMap<&str, Option<&Shown>> = HashMap::new();
        for event in &connection.events {
            if let Action::Saw { contact, shown } = &event.action {
                view.insert(contact, shown.as_ref());
            }
        }
        for contact in parts.keys().filter_map(|part| part.strip_prefix(&part::forward(""))) {
            let now = online.get(contact);
            if now.is_some_and(|now| now.uncertain) {
                continue;
            }
            let expected = index.last.get(contact).and_then(|parts| expected(now?, parts, watcher, connection.dialect));
            let seen =
                view.get(contact).copied().flatten().cloned().map(|seen| without_empty(seen, connection.dialect));
            if seen != expected {
                let number = connection.number;
                let what = format!("connection {number} of {watcher} shows {contact} as {seen:?}, not as {expected:?}");
                found.add(Promise::Presence, what);
            }
        }
    }
}

/// Returns the presence that a watcher must show for an account.
fn expected(now: &Set<'_>, parts: &Parts, watcher: &str, dialect: u32) -> Option<Shown> {
    let status = now.status.filter(|status| !status.starts_with(Attribute::HIDDEN))?;
    allows(parts, watcher).then(|| Shown {
        status: status.to_owned(),
        name: parts.get(part::NAME).cloned().unwrap_or_default(),
        message: now.message.filter(|_| dialect >= MESSAGES).map(str::to_owned),
    })
}

/// The first dialect with personal messages.
const MESSAGES: u32 = 11;

fn without_empty(seen: Shown, dialect: u32) -> Shown {
    let message = seen.message.filter(|message| !message.is_empty() && dialect >= MESSAGES);
    Shown { message, ..seen }
}

/// Returns whether an account with these parts lets a watcher see it (ns.md section 2).
fn allows(parts: &Parts, watcher: &str) -> bool {
    let is_open = parts.get(part::PRIVACY).is_none_or(|privacy| privacy == "AL");
    !parts.contains_key(&part::block(watcher)) && (is_open || parts.contains_key(&part::allow(watcher)))
}

#[cfg(test)]
mod tests {
    use super::super::super::End;
    use super::super::testing::{Story, message, offline, online, put, status, story};
    use super::*;

    /// Returns the promises that are broken in a short history. At the beginning of the history,
    /// Alice has Bob on FL and is online, and Bob is signed in. `tell` writes all further events.
    fn watching(bob: &[(&str, &str)], tell: impl FnOnce(&mut Story)) -> Vec<Promise> {
        story(|story| {
            story.sign_in("alice", 11);
            story.done("alice", status("NLN 0"));
            story.sign_in("bob", 12);
            tell(story);
            story.truth("alice", &[("FL bob", "")]);
            let reverse = [("name", "Bob"), ("RL alice", "")];
            story.truth("bob", &reverse.iter().chain(bob).copied().collect::<Vec<_>>());
        })
    }

    #[test]
    fn a_client_shows_the_last_status_of_a_contact() {
        let shows = |last: Action| {
            watching(&[], |story| {
                story.done("bob", status("NLN 1"));
                story.note("alice", online("bob", "NLN 1", "Bob"));
                story.done("bob", status("AWY 2"));
                story.note("alice", last);
            })
        };
        assert_eq!(shows(online("bob", "AWY 2", "Bob")), []);
        assert_eq!(shows(online("bob", "NLN 1", "Bob")), [Promise::Presence]);
        assert_eq!(shows(offline("bob")), [Promise::Presence]);
    }

    #[test]
    fn a_client_may_miss_some_states_but_must_see_all_other_states_in_order() {
        let sees = |order: &[&str]| {
            watching(&[], |story| {
                for value in ["NLN 1", "BSY 2", "AWY 3", "NLN 4"] {
                    story.done("bob", status(value));
                }
                order.iter().for_each(|value| story.note("alice", online("bob", value, "Bob")));
            })
        };
        assert_eq!(sees(&["NLN 1", "AWY 3", "NLN 4"]), []);
        assert_eq!(sees(&["NLN 4", "NLN 4"]), []);
        assert_eq!(sees(&["AWY 3", "BSY 2", "NLN 4"]), [Promise::Presence]);
        assert_eq!(sees(&["NLN 4", "NLN 1", "NLN 4"]), [Promise::Presence]);
    }

    #[test]
    fn a_client_never_shows_the_status_of_an_older_session_after_the_status_of_a_newer_session() {
        let sees = |order: &[&str]| {
            watching(&[], |story| {
                story.done("bob", status("NLN 1"));
                story.note("bob", Action::Ended(End::Elsewhere));
                story.sign_in("bob/2", 8);
                story.done("bob/2", status("NLN 2"));
                order.iter().for_each(|value| story.note("alice", online("bob", value, "Bob")));
            })
        };
        assert_eq!(sees(&["NLN 1", "NLN 2"]), []);
        assert_eq!(sees(&["NLN 2", "NLN 1"]), [Promise::Presence]);
    }

    #[test]
    fn an_account_is_shown_offline_if_it_is_hidden_or_signed_out_or_if_it_blocks_the_viewer() {
        type Leave = fn(&mut Story);
        let ends: [(Leave, &[(&str, &str)]); 4] = [
            (|story| story.done("bob", status("HDN 2")), &[]),
            (|story| story.note("bob", Action::Ended(End::Left)), &[]),
            (|story| story.done("bob", put("BL alice", "")), &[("BL alice", "")]),
            (|story| story.done("bob", put("BLP", "BL")), &[("BLP", "BL")]),
        ];
        for (end, bob) in ends {
            for (seen, expected) in [(true, vec![]), (false, vec![Promise::Presence])] {
                let found = watching(bob, |story| {
                    story.done("bob", status("NLN 1"));
                    story.note("alice", online("bob", "NLN 1", "Bob"));
                    end(story);
                    if seen {
                        story.note("alice", offline("bob"));
                    }
                });
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_client_shows_the_personal_message_and_the_name_of_a_contact() {
        let shows = |text: &str, name: &str| {
            watching(&[], |story| {
                story.done("bob", status("NLN 1"));
                story.done("bob", message("hello"));
                let seen = Shown { status: "NLN 1".into(), name: name.into(), message: Some(text.into()) };
                story.note("alice", Action::Saw { contact: "bob".into(), shown: Some(seen) });
            })
        };
        assert_eq!(shows("hello", "Bob"), []);
        assert_eq!(shows("", "Bob"), [Promise::Presence]);
        assert_eq!(shows("hello", "Ben"), [Promise::Presence]);
    }

    #[test]
    fn a_status_that_the_server_refused_is_never_shown_to_others() {
        let sees = |seen: &str| {
            watching(&[], |story| {
                story.done("bob", status("NLN 1"));
                story.ended("bob", status("BSY 2"), Outcome::Refused(201));
                story.note("alice", online("bob", seen, "Bob"));
                story.note("alice", online("bob", "NLN 1", "Bob"));
            })
        };
        assert_eq!(sees("NLN 1"), []);
        assert_eq!(sees("BSY 2"), [Promise::Genuine]);
    }
}
