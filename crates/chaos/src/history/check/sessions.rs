//! Checks that each account has only one session, and that every command gets an answer.

use std::collections::BTreeMap;

use super::super::{Action, Outcome};
use super::index::{Connection, Index};
use super::violation::{Found, Promise};

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    for connection in index.connections.values() {
        check_answers(connection, found);
    }
    let mut lives: BTreeMap<&str, Vec<Life>> = BTreeMap::new();
    let certain = index.sessions().filter(|(_, signed_in, _)| signed_in.outcome == Outcome::Done);
    for (account, signed_in, connection) in certain {
        let last = if connection.is_open() { u64::MAX } else { last_done(connection) };
        lives.entry(account).or_default().push(Life { begin: signed_in.end, last, number: connection.number });
    }
    for (account, mut lives) in lives {
        lives.sort_unstable_by_key(|life| life.begin);
        check_lives(account, &lives, found);
    }
}

/// A period in which a session was certainly alive.
struct Life {
    /// The time at which the sign-in was answered.
    begin: u64,
    /// The time at which the client sent the last command that the server carried out.
    last: u64,
    number: u32,
}

fn last_done(connection: &Connection<'_>) -> u64 {
    let done = connection.events.iter().filter(|event| event.began != event.ended && event.outcome == Outcome::Done);
    done.map(|event| event.start).max().unwrap_or_default()
}

/// Compares the sessions of an account in pairs. When both sign-ins of a pair have been answered,
/// one of the two sessions must have ended. After that time, the server must not carry out any
/// command that begins in the ended session.
fn check_lives(account: &str, lives: &[Life], found: &mut Found) {
    let mut longest: Option<&Life> = None;
    for life in lives {
        if let Some(other) = longest.filter(|other| other.last > life.begin && life.last > life.begin) {
            let (one, two) = (other.number, life.number);
            found.add(
                Promise::OneSession,
                format!("{account} has two sessions at the same time: connections {one} and {two}"),
            );
        }
        if longest.is_none_or(|other| other.last < life.last) {
            longest = Some(life);
        }
    }
}

fn check_answers(connection: &Connection<'_>, found: &mut Found) {
    for event in &connection.events {
        if let Action::Surprise { what } = &event.action {
            found.add(Promise::Protocol, format!("connection {}: {what}", connection.number));
        }
        if event.outcome == Outcome::Unknown && connection.is_open() {
            let what = format!("connection {} has no answer to {:?}", connection.number, event.action);
            found.add(Promise::Answer, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{End, Outcome};
    use super::super::testing::{status, story};
    use super::*;

    #[test]
    fn an_older_session_that_acts_after_a_newer_sign_in_is_reported_as_a_second_session() {
        for (acts, expected) in [(false, vec![]), (true, vec![Promise::OneSession])] {
            let found = story(|story| {
                story.sign_in("alice", 12);
                story.sign_in("alice/2", 12);
                if acts {
                    story.done("alice", status("NLN 1"));
                }
                story.note("alice", Action::Ended(End::Elsewhere));
                story.done("alice/2", status("NLN 2"));
            });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn two_open_sessions_of_one_account_are_reported() {
        let found = story(|story| {
            story.sign_in("alice", 12);
            story.sign_in("alice/2", 8);
        });
        assert_eq!(found, [Promise::OneSession]);
    }

    #[test]
    fn sign_ins_may_take_effect_in_one_order_and_be_answered_in_another() {
        let found = story(|story| {
            let first = story.begin("alice", Action::SignIn { account: "alice".into(), dialect: 12 });
            story.sign_in("alice/2", 12);
            story.end("alice", first, Outcome::Done);
            story.done("alice", status("NLN 1"));
            story.note("alice/2", Action::Ended(End::Elsewhere));
        });
        assert_eq!(found, []);
    }

    #[test]
    fn an_unanswered_command_is_reported_unless_the_connection_ended() {
        let silent = |end: Option<End>| {
            story(|story| {
                story.sign_in("alice", 12);
                let begun = story.begin("alice", status("NLN 1"));
                story.end("alice", begun, Outcome::Unknown);
                if let Some(end) = end {
                    story.note("alice", Action::Ended(end));
                }
            })
        };
        assert_eq!(silent(None), [Promise::Answer]);
        assert_eq!(silent(Some(End::Cut)), []);
    }

    #[test]
    fn an_unexpected_line_is_reported() {
        let found = story(|story| story.note("alice", Action::Surprise { what: "ACK 7 twice".into() }));
        assert_eq!(found, [Promise::Protocol]);
    }
}
