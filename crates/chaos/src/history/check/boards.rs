//! Checks messages in switchboard sessions: all members see the messages in the same order, and no
//! message is duplicated, invented or lost.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::super::{Action, Digest, Event, Outcome};
use super::index::{Connection, Index, may_have_happened};
use super::order;
use super::violation::{Found, Promise};

/// A message that was sent.
struct Sent<'i, 'a> {
    sender: &'i Connection<'a>,
    event: &'a Event,
    /// The number of earlier messages of the sender, not counting refused messages.
    rank: usize,
}

/// All messages of a history. Messages are numbered by their places in `sent`.
struct Messages<'i, 'a> {
    /// The messages of one connection are together, in the order in which they were sent.
    sent: Vec<Sent<'i, 'a>>,
    by_sender: HashMap<u32, Range<usize>>,
    by_payload: HashMap<Digest, usize>,
}

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let messages = Messages::new(index);
    let mut chains: Vec<Vec<usize>> = messages.by_sender.values().cloned().map(Iterator::collect).collect();
    let mut received = HashMap::new();
    for connection in index.connections.values() {
        let places = messages.received(connection, found);
        messages.check_gaps(connection, &places, found);
        chains.push(places.clone());
        received.insert(connection.number, places.into_iter().collect());
    }
    if let Some(cycle) = order::contradiction(messages.sent.len(), &chains) {
        let names: Vec<_> = cycle.iter().map(|place| messages.name(*place)).collect();
        found.add(
            Promise::Order,
            format!("no order of these messages agrees with what all members saw: {}", names.join(", ")),
        );
    }
    messages.check_delivery(index, &received, found);
}

impl<'i, 'a> Messages<'i, 'a> {
    fn new(index: &'i Index<'a>) -> Self {
        let mut all = Self { sent: Vec::new(), by_sender: HashMap::new(), by_payload: HashMap::new() };
        for sender in index.connections.values() {
            let begin = all.sent.len();
            let mut sends: Vec<_> = sender.events.iter().filter_map(|event| Some((payload(event)?, *event))).collect();
            sends.sort_unstable_by_key(|(_, event)| event.began);
            let mut rank = 0;
            for (digest, event) in sends {
                all.by_payload.insert(digest, all.sent.len());
                all.sent.push(Sent { sender, event, rank });
                rank += usize::from(may_have_happened(event.outcome));
            }
            all.by_sender.insert(sender.number, begin..all.sent.len());
        }
        all
    }

    fn name(&self, place: usize) -> String {
        let Sent { sender, event, .. } = &self.sent[place];
        let who = sender.account.unwrap_or("nobody");
        format!("message {} of {who} (connection {}, place {})", place, sender.number, event.began)
    }

    /// Returns the messages that a connection received, in the order of their arrival. Leaves out
    /// messages that nobody sent.
    fn received(&self, connection: &Connection<'_>, found: &mut Found) -> Vec<usize> {
        let mut places = Vec::new();
        let mut seen = HashSet::new();
        for event in &connection.events {
            let Action::Receive { from, message } = &event.action else { continue };
            let receiver = connection.number;
            let known = self.by_payload.get(message).copied();
            let genuine = known.filter(|place| {
                let sender = self.sent[*place].sender;
                // A client that joins with ANS knows the name of the session. A client that opens a
                // session learns the name from the answer to its first CAL. If that answer never
                // arrived, only this client can have invited the receiver of its message, so the
                // receiver counts as a member of the same session.
                let is_same = sender.board.is_none() || sender.board == connection.board;
                is_same && sender.account == Some(from) && sender.number != receiver
            });
            let Some(place) = genuine else {
                let sent =
                    known.map_or_else(|| "nobody sent it".to_owned(), |place| format!("it is {}", self.name(place)));
                let what = format!("connection {receiver} received {message:?} from {from}, but {sent}");
                found.add(Promise::Genuine, what);
                continue;
            };
            if seen.insert(place) {
                places.push(place);
            } else {
                found.add(Promise::Once, format!("connection {receiver} received {} twice", self.name(place)));
            }
        }
        places
    }

    /// Checks that a member that receives two messages of one sender also receives all messages
    /// that the sender sent between them, except for refused messages.
    fn check_gaps(&self, receiver: &Connection<'_>, places: &[usize], found: &mut Found) {
        let mut spans: HashMap<u32, (usize, usize, usize)> = HashMap::new();
        for place in places.iter().filter(|place| may_have_happened(self.sent[**place].event.outcome)) {
            let Sent { sender, rank, .. } = &self.sent[*place];
            let (first, last, count) = spans.entry(sender.number).or_insert((*rank, *rank, 0));
            *first = (*first).min(*rank);
            *last = (*last).max(*rank);
            *count += 1;
        }
        for (sender, (first, last, count)) in spans {
            if last - first + 1 != count {
                let (number, missing) = (receiver.number, last - first + 1 - count);
                let what = format!(
                    "connection {number} missed {missing} messages of connection {sender} between two received messages"
                );
                found.add(Promise::Delivery, what);
            }
        }
    }

    /// Checks that each message that was not refused arrived at the members that had to receive it.
    /// These are the members that the sender saw in the session from the sending of the message
    /// until the answer. Members whose connections ended are exceptions.
    fn check_delivery(&self, index: &Index<'_>, received: &HashMap<u32, HashSet<usize>>, found: &mut Found) {
        let mut members: HashMap<(&str, &str), Vec<&Connection<'_>>> = HashMap::new();
        // The accounts with a connection that ended before it learned the name of its session.
        let mut nameless = HashSet::new();
        for connection in index.connections.values() {
            match (connection.board, connection.account) {
                (Some(board), Some(account)) => members.entry((board, account)).or_default().push(connection),
                (None, Some(account)) if !connection.is_open() => _ = nameless.insert(account),
                _ => {}
            }
        }
        for sender in index.connections.values() {
            let Some(board) = sender.board else { continue };
            for (place, present) in self.recipients(sender) {
                for member in present {
                    let connections = members.get(&(board, member)).map_or(&[][..], Vec::as_slice);
                    let has_it = |connection: &&Connection<'_>| {
                        !connection.is_open()
                            || received.get(&connection.number).is_some_and(|all| all.contains(&place))
                    };
                    let sent = self.sent[place].event;
                    let joined_later =
                        |connection: &&Connection<'_>| connection.events.iter().all(|event| event.start > sent.end);
                    let is_nameless = nameless.contains(member) && connections.iter().all(joined_later);
                    if !is_nameless && !connections.iter().any(has_it) {
                        let (name, outcome) = (self.name(place), sent.outcome);
                        let what = format!("{member} did not receive {name}, whose outcome was {outcome:?}");
                        found.add(Promise::Delivery, what);
                    }
                }
            }
        }
    }

    /// Returns those messages of `sender` that must arrive at other members. Each message comes
    /// with the members that the sender saw in the session from the sending of the message until
    /// the answer.
    fn recipients<'c>(&self, sender: &'c Connection<'a>) -> Vec<(usize, Vec<&'c str>)> {
        let mut steps: Vec<(u32, Step<'c>)> = Vec::new();
        for event in &sender.events {
            match &event.action {
                Action::Joined { member } => steps.push((event.ended, Step::Joined(member))),
                Action::Left { member } => steps.push((event.ended, Step::Left(member))),
                _ => {}
            }
        }
        for place in self.by_sender.get(&sender.number).cloned().unwrap_or_default() {
            let event = self.sent[place].event;
            // Without an ACK, it is certain that the server has read the message only if the connection is still open.
            if event.outcome == Outcome::Done || (event.outcome == Outcome::Silent && sender.is_open()) {
                steps.push((event.began, Step::Sends(place)));
                steps.push((event.ended, Step::Answered(place)));
            }
        }
        steps.sort_by_key(|(at, _)| *at);
        let mut present: Vec<&str> = Vec::new();
        let mut waiting: HashMap<usize, Vec<&str>> = HashMap::new();
        let mut certain = Vec::new();
        for (_, step) in steps {
            match step {
                Step::Joined(member) => present.push(member),
                Step::Left(member) => {
                    present.retain(|other| *other != member);
                    waiting.values_mut().for_each(|members| members.retain(|other| *other != member));
                }
                Step::Sends(place) => _ = waiting.insert(place, present.clone()),
                Step::Answered(place) => certain.extend(waiting.remove(&place).map(|members| (place, members))),
            }
        }
        certain
    }
}

/// Something that happens on the connection of a sender: a member joins or leaves, or the sender
/// sends a message or receives the answer to it.
enum Step<'a> {
    Joined(&'a str),
    Left(&'a str),
    Sends(usize),
    Answered(usize),
}

fn payload(event: &Event) -> Option<Digest> {
    match event.action {
        Action::Send { message } => Some(message),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::End;
    use super::super::testing::{Story, story};
    use super::*;

    /// Returns the promises that are broken in a short history. At the beginning of the history,
    /// Alice, Bob and Carol are in a session. `tell` writes all further events.
    fn three(tell: impl FnOnce(&mut Story)) -> Vec<Promise> {
        story(|story| {
            story.join("alice", "7", &[]);
            story.join("bob", "7", &["alice"]);
            story.note("alice", Action::Joined { member: "bob".into() });
            story.join("carol", "7", &["alice", "bob"]);
            for other in ["alice", "bob"] {
                story.note(other, Action::Joined { member: "carol".into() });
            }
            tell(story);
        })
    }

    #[test]
    fn messages_of_two_senders_arrive_in_the_same_order_at_every_member() {
        for (carol, expected) in [(["a", "b"], vec![]), (["b", "a"], vec![Promise::Order])] {
            let found = three(|story| {
                story.send("alice", "a", Outcome::Done);
                story.send("bob", "b", Outcome::Done);
                story.join("dave", "7", &["alice", "bob", "carol"]);
                story.receive("alice", "bob", "b");
                story.receive("bob", "alice", "a");
                for text in carol {
                    story.receive("carol", if text == "a" { "alice" } else { "bob" }, text);
                }
                story.receive("dave", "alice", "a");
                story.receive("dave", "bob", "b");
            });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn messages_of_one_sender_arrive_in_the_order_in_which_they_were_sent() {
        for (order, expected) in [(["1", "2"], vec![]), (["2", "1"], vec![Promise::Order])] {
            let found = three(|story| {
                story.send("alice", "1", Outcome::Silent);
                story.send("alice", "2", Outcome::Silent);
                for who in ["bob", "carol"] {
                    order.iter().for_each(|text| story.receive(who, "alice", text));
                }
            });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_message_arrives_only_once_and_unchanged() {
        type Wrong = fn(&mut Story);
        let cases: [(Wrong, &[Promise]); 5] = [
            (|_| {}, &[]),
            (|story| story.receive("bob", "alice", "1"), &[Promise::Once]),
            (|story| story.receive("bob", "alice", "other"), &[Promise::Genuine]),
            (|story| story.receive("alice", "alice", "1"), &[Promise::Genuine]),
            (
                |story| {
                    story.join("dave", "8", &[]);
                    story.receive("dave", "alice", "1");
                },
                &[Promise::Genuine],
            ),
        ];
        for (wrong, expected) in cases {
            let found = three(|story| {
                story.send("alice", "1", Outcome::Done);
                story.receive("bob", "alice", "1");
                story.receive("carol", "alice", "1");
                wrong(story);
            });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_acknowledged_message_arrives_unless_the_connection_of_the_receiver_has_ended() {
        for (end, outcome, expected) in [
            (None, Outcome::Done, vec![Promise::Delivery]),
            (None, Outcome::Silent, vec![Promise::Delivery]),
            (None, Outcome::Refused(0), vec![]),
            (Some(End::Cut), Outcome::Done, vec![]),
        ] {
            let found = three(|story| {
                story.send("alice", "1", outcome);
                story.receive("bob", "alice", "1");
                if let Some(end) = end {
                    story.note("carol", Action::Ended(end));
                }
            });
            assert_eq!(found, expected, "{end:?} {outcome:?}");
        }
    }

    #[test]
    fn a_member_may_miss_a_message_that_is_acknowledged_after_the_member_has_left() {
        let found = three(|story| {
            let sending = story.begin("alice", Action::Send { message: Digest::of(b"1") });
            story.note("alice", Action::Left { member: "carol".into() });
            story.end("alice", sending, Outcome::Done);
            story.receive("bob", "alice", "1");
        });
        assert_eq!(found, []);
    }

    #[test]
    fn a_member_that_lost_its_connection_before_it_learned_the_session_id_may_join_again_later() {
        for (joins_later, expected) in [(true, vec![]), (false, vec![Promise::Delivery])] {
            let found = story(|story| {
                story.join("alice", "7", &[]);
                story.ended("bob/1", Action::Join { account: "bob".into() }, Outcome::Unknown);
                story.note("bob/1", Action::Ended(End::Left));
                if !joins_later {
                    story.join("bob/2", "7", &["alice"]);
                }
                story.note("alice", Action::Joined { member: "bob".into() });
                story.send("alice", "1", Outcome::Silent);
                if joins_later {
                    story.join("bob/2", "7", &["alice"]);
                }
            });
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_gap_between_two_received_messages_is_reported_even_if_the_connection_ended() {
        for (first, expected) in [("1", vec![Promise::Delivery]), ("2", vec![])] {
            let found = three(|story| {
                for text in ["1", "2", "3"] {
                    story.send("alice", text, Outcome::Silent);
                    story.receive("bob", "alice", text);
                }
                story.receive("carol", "alice", first);
                story.receive("carol", "alice", "3");
                story.note("carol", Action::Ended(End::Cut));
            });
            assert_eq!(found, expected);
        }
    }
}
