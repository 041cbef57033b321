//! Checks edits of accounts: acknowledged edits are kept, refused edits have no effect, and clients
//! show the data that the server has.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Action, Outcome, Parts, part};
use super::index::{Index, may_have_happened};
use super::violation::{Found, Promise};

/// A change of one part of an account.
struct Write<'a> {
    value: Option<&'a str>,
    start: u64,
    /// The time of the answer. At this time, the server had certainly carried out the change.
    /// `None` if the server did not answer.
    done: Option<u64>,
}

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let mut writes: BTreeMap<(&str, &str), Vec<Write<'_>>> = BTreeMap::new();
    for (account, _, connection) in index.sessions() {
        for event in connection.events.iter().filter(|event| may_have_happened(event.outcome)) {
            let Action::Edit { changes } = &event.action else { continue };
            for change in changes {
                let done = (event.outcome == Outcome::Done).then_some(event.end);
                let write = Write { value: change.value.as_deref(), start: event.start, done };
                writes.entry((account, &change.part)).or_default().push(write);
            }
        }
    }
    for ((account, part), writes) in writes.iter().filter(|((_, part), _)| !part::is_derived(part)) {
        if let Some(last) = index.last.get(account) {
            check_part(account, part, writes, index.initial.get(account).copied(), last, found);
        }
    }
    check_genuine(index, &writes, found);
    check_reverse(index, found);
    check_views(index, found);
}

/// Checks that the final value was set by a change that no acknowledged change followed.
fn check_part(
    account: &str,
    part: &str,
    writes: &[Write<'_>],
    initial: Option<&Parts>,
    last: &Parts,
    found: &mut Found,
) {
    // The time at which the last acknowledged change began.
    let newest = writes.iter().filter(|write| write.done.is_some()).map(|write| write.start).max();
    let may_be_last = |write: &&Write<'_>| newest.is_none_or(|newest| last_moment(write) >= newest);
    let mut possible: BTreeSet<Option<&str>> = writes.iter().filter(may_be_last).map(|write| write.value).collect();
    if newest.is_none() {
        possible.insert(initial.and_then(|parts| parts.get(part)).map(String::as_str));
    }
    let value = last.get(part).map(String::as_str);
    if !possible.contains(&value) {
        let what = format!("{part:?} of {account} is {value:?} at the end, which is not one of {possible:?}");
        found.add(Promise::Durable, what);
    }
}

/// Returns a time. The server carried out `write` before it carried out any answered change that
/// began after this time. If the server answered `write`, the result is the time of that answer. If
/// not, the result is the time at which `write` began. In the latter case, a later change in the
/// same session is carried out after `write`. A later change in a newer session can only begin
/// after that session has replaced the session of `write`, and the server drops the edits of a
/// replaced session.
fn last_moment(write: &Write<'_>) -> u64 {
    write.done.unwrap_or(write.start)
}

/// Checks that every part of an account exists because somebody set it.
fn check_genuine(index: &Index<'_>, writes: &BTreeMap<(&str, &str), Vec<Write<'_>>>, found: &mut Found) {
    for (account, last) in &index.last {
        let Some(initial) = index.initial.get(account) else { continue };
        for (part, value) in *last {
            let is_written = writes.contains_key(&(*account, part.as_str()));
            if !is_written && !part::is_derived(part) && initial.get(part) != Some(value) {
                found.add(Promise::Genuine, format!("{part:?} of {account} is {value:?}, but nobody set it"));
            }
        }
        for part in initial.keys().filter(|part| !last.contains_key(*part)) {
            if !writes.contains_key(&(*account, part.as_str())) && !part::is_derived(part) {
                found.add(Promise::Durable, format!("{part:?} of {account} is gone, but nobody removed it"));
            }
        }
    }
}

/// Checks that FL, RL and PL agree. If an account has another account on FL, the other account must
/// have it on RL or PL. If an account has another account on RL or PL, the other account must have
/// it on FL.
fn check_reverse(index: &Index<'_>, found: &mut Found) {
    let mirrors: [fn(&str) -> String; 2] = [part::forward, part::reverse];
    for (one, two) in [(mirrors[0], mirrors[1]), (mirrors[1], mirrors[0])] {
        for (account, parts) in &index.last {
            for other in parts.keys().filter_map(|part| part.strip_prefix(&one(""))) {
                let mirror = two(account);
                if index.last.get(other).is_some_and(|others| !others.contains_key(&mirror)) {
                    let what = format!("{account} has {:?}, but {other} does not have {mirror:?}", one(other));
                    found.add(Promise::Durable, what);
                }
            }
        }
    }
}

/// Checks that at the end of the run, clients show the data that the server has.
fn check_views(index: &Index<'_>, found: &mut Found) {
    for (account, _, connection) in index.sessions().filter(|(.., connection)| connection.is_open()) {
        let Some(last) = index.last.get(account) else { continue };
        for event in &connection.events {
            let Action::Holds { parts } = &event.action else { continue };
            let keys: BTreeSet<_> = parts.keys().chain(last.keys()).collect();
            for part in keys.into_iter().filter(|part| parts.get(*part) != last.get(*part)) {
                let (shown, kept) = (parts.get(part), last.get(part));
                let number = connection.number;
                let what = format!(
                    "connection {number} of {account} shows {shown:?} for {part:?}, but the server has {kept:?}"
                );
                found.add(Promise::Presence, what);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::End;
    use super::super::testing::{Story, parts_of, put, remove, story};
    use super::*;

    /// Returns the promises that are broken if Alice makes edits, and the server then has the parts
    /// in `truth`.
    fn after(edits: impl FnOnce(&mut Story), truth: &[(&str, &str)]) -> Vec<Promise> {
        story(|story| {
            story.note("server", Action::Initial { account: "alice".into(), parts: parts_of(&[("GTC", "A")]) });
            story.sign_in("alice", 12);
            edits(story);
            story.note("alice", Action::Ended(End::Left));
            let truth: Vec<_> = [("GTC", "A")].iter().chain(truth).copied().collect();
            story.truth("alice", &truth);
        })
    }

    #[test]
    fn an_acknowledged_edit_is_kept() {
        let edit = |story: &mut Story| story.done("alice", put("AL bob", ""));
        assert_eq!(after(edit, &[("AL bob", "")]), []);
        assert_eq!(after(edit, &[]), [Promise::Durable]);
        let undo = |story: &mut Story| {
            story.done("alice", put("AL bob", ""));
            story.done("alice", remove("AL bob"));
        };
        assert_eq!(after(undo, &[]), []);
        assert_eq!(after(undo, &[("AL bob", "")]), [Promise::Durable]);
    }

    #[test]
    fn a_refused_edit_is_not_carried_out() {
        let edit = |story: &mut Story| story.ended("alice", put("AL bob", ""), Outcome::Refused(215));
        assert_eq!(after(edit, &[]), []);
        assert_eq!(after(edit, &[("AL bob", "")]), [Promise::Genuine]);
    }

    #[test]
    fn an_unanswered_edit_may_or_may_not_be_kept() {
        let edit = |story: &mut Story| {
            story.done("alice", put("nick bob", "old"));
            story.ended("alice", put("nick bob", "new"), Outcome::Unknown);
        };
        assert_eq!(after(edit, &[("nick bob", "old")]), []);
        assert_eq!(after(edit, &[("nick bob", "new")]), []);
        assert_eq!(after(edit, &[("nick bob", "other")]), [Promise::Durable]);
    }

    #[test]
    fn an_unanswered_edit_does_not_undo_a_later_edit() {
        let edit = |story: &mut Story| {
            story.ended("alice", put("nick bob", "old"), Outcome::Unknown);
            story.note("alice", Action::Ended(End::Cut));
            story.sign_in("alice/2", 12);
            story.done("alice/2", put("nick bob", "new"));
            story.note("alice/2", Action::Ended(End::Left));
        };
        assert_eq!(after(edit, &[("nick bob", "new")]), []);
        assert_eq!(after(edit, &[("nick bob", "old")]), [Promise::Durable]);
    }

    #[test]
    fn simultaneous_edits_may_take_effect_in_any_order() {
        let edit = |story: &mut Story| {
            let first = story.begin("alice", put("nick bob", "1"));
            let second = story.begin("alice", put("nick bob", "2"));
            story.end("alice", first, Outcome::Done);
            story.end("alice", second, Outcome::Done);
        };
        assert_eq!(after(edit, &[("nick bob", "1")]), []);
        assert_eq!(after(edit, &[("nick bob", "2")]), []);
        assert_eq!(after(edit, &[]), [Promise::Durable]);
    }

    #[test]
    fn an_unedited_part_of_an_account_stays_unchanged() {
        assert_eq!(after(|_| {}, &[("FL mallory", "")]), [Promise::Genuine]);
        let found = story(|story| {
            story.note("server", Action::Initial { account: "alice".into(), parts: parts_of(&[("AL bob", "")]) });
            story.truth("alice", &[]);
        });
        assert_eq!(found, [Promise::Durable]);
    }

    #[test]
    fn forward_and_reverse_lists_agree() {
        for (reverse, expected) in [(true, vec![]), (false, vec![Promise::Durable])] {
            let found = story(|story| {
                story.truth("alice", &[("FL bob", "")]);
                story.truth("bob", if reverse { &[("RL alice", "")] } else { &[] });
            });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_client_shows_the_same_lists_as_the_server_stores() {
        for (shown, expected) in [("", vec![]), ("x", vec![Promise::Presence])] {
            let found = story(|story| {
                story.sign_in("alice", 12);
                story.note("alice", Action::Holds { parts: parts_of(&[("AL bob", shown)]) });
                story.truth("alice", &[("AL bob", "")]);
            });
            assert_eq!(found, expected);
        }
    }
}
