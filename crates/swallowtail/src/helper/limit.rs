//! The limit on answers to one user.

use std::collections::HashMap;
use std::time::Duration;

use msnp::Handle;
use swallowtail_messenger::rates::{Sweep, Window};
use tokio::time::Instant;

/// The period to which the limits [`ANSWERS`] and [`REFLEXES`] apply.
const PERIOD: Duration = Duration::from_secs(60);
/// The maximum number of answers to one user in [`PERIOD`]. People who try the helper out send
/// fewer messages. A program that sends more messages gets only this number of answers, so nobody
/// can use the helper to flood a conversation.
const ANSWERS: usize = 20;
/// The maximum number of reflexes ([`Cause::Reflex`]) among the answers to one user in [`PERIOD`].
/// Without this limit, the helper and a program that answers every message would answer each other
/// forever at the highest rate. People who send texts that are not commands get the same hint four
/// times, which is enough.
const REFLEXES: usize = 4;

/// The reason for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The user sent a command.
    Command,
    /// The user sent something that is not a command. If the user is a program, it might send such
    /// a message in reply to every answer.
    Reflex,
}

/// Counts the recent answers to each user.
#[derive(Debug, Default)]
pub(super) struct Limit {
    users: HashMap<Handle, Recent>,
    sweep: Sweep,
}

#[derive(Debug, Default)]
struct Recent {
    answers: Window,
    reflexes: Window,
}

impl Limit {
    /// Counts an answer to a user. Returns `false` and does not count the answer if the user must
    /// not get one now.
    pub(super) fn admit(&mut self, user: &Handle, cause: Cause, now: Instant) -> bool {
        if self.sweep.is_due(self.users.len()) {
            self.users.retain(|_, recent| !recent.answers.is_over(now));
            self.sweep.done(self.users.len());
        }
        let recent = self.users.entry(user.clone()).or_default();
        let is_reflex = cause == Cause::Reflex;
        if recent.answers.count(now) >= ANSWERS || is_reflex && recent.reflexes.count(now) >= REFLEXES {
            return false;
        }
        recent.answers.note(now, PERIOD);
        if is_reflex {
            recent.reflexes.note(now, PERIOD);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: usize) -> Handle {
        Handle::parse(&format!("u{number}@example.com")).unwrap()
    }

    #[test]
    fn a_user_gets_at_most_twenty_answers_a_minute_and_only_four_of_them_to_texts_without_a_command() {
        let (mut limit, start) = (Limit::default(), Instant::now());
        let mut count = |user: &Handle, cause, now| (0..100).filter(|_| limit.admit(user, cause, now)).count();
        assert_eq!(count(&user(1), Cause::Reflex, start), 4);
        assert_eq!(count(&user(1), Cause::Command, start), 16);
        assert_eq!(count(&user(2), Cause::Command, start), 20, "another user");
        assert_eq!(count(&user(2), Cause::Reflex, start), 0);
        assert_eq!(count(&user(1), Cause::Reflex, start + PERIOD), 4, "a minute later");
    }

    #[test]
    fn users_who_stay_quiet_are_forgotten() {
        let (mut limit, start) = (Limit::default(), Instant::now());
        for number in 0..Sweep::MIN_LEN {
            limit.admit(&user(number), Cause::Command, start);
        }
        limit.admit(&user(0), Cause::Command, start + PERIOD);
        assert_eq!(limit.users.len(), 1);
    }
}
