//! Tests a property of the queue with random events. The contacts change at random, and the owner
//! (the task of the connection) takes the queue at random times. A client that reads the queue must
//! in the end show the same contacts as a client that receives every line.

use std::collections::BTreeMap;
use std::task::{Context, Waker};

use msnp::Handle;
use proptest::prelude::*;

use super::super::Outbox;
use super::*;

/// The largest number of lines about one contact between two changes of the lists: three lines
/// before the contact called, and three after the call.
const MAX_LINES: usize = 6;

/// An event. The number in an event is the number of a contact.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The contact comes online, with or without a personal message.
    Arrive(usize, bool),
    Leave(usize),
    ChangeStatus(usize),
    ChangeMessage(usize),
    ChangeBoth(usize),
    Call(usize),
    /// The client receives ILN for the contact, in answer to a command of the client. The client
    /// may already show the contact as online.
    Introduce(usize),
    /// The client adds the contact to FL, and sees the contact if the contact is online.
    Add(usize),
    Remove(usize),
    /// The client receives its whole lists.
    Lists,
    /// The client receives an answer that is not about a contact.
    Answer,
    /// A line from another connection that is not about presence.
    Other,
    /// The owner takes everything that is queued.
    Take,
}

fn event() -> impl Strategy<Value = Event> {
    let contact = || 0_usize..3;
    prop_oneof![
        2 => (contact(), any::<bool>()).prop_map(|(contact, message)| Event::Arrive(contact, message)),
        2 => contact().prop_map(Event::Leave),
        4 => contact().prop_map(Event::ChangeStatus),
        4 => contact().prop_map(Event::ChangeMessage),
        2 => contact().prop_map(Event::ChangeBoth),
        3 => contact().prop_map(Event::Call),
        1 => contact().prop_map(Event::Introduce),
        1 => contact().prop_map(Event::Add),
        1 => contact().prop_map(Event::Remove),
        1 => Just(Event::Lists),
        1 => Just(Event::Answer),
        1 => Just(Event::Other),
        1 => Just(Event::Take),
    ]
}

/// The status and the personal message that a client shows for a contact. Offline contacts have neither.
type Shown = Option<(u32, Option<u32>)>;

/// A client that applies lines in their order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reader {
    contacts: BTreeMap<String, Shown>,
}

impl Reader {
    /// Applies a line. Panics if the line makes no sense to the client.
    fn apply(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        let number = || words[2].parse().unwrap();
        match words[0] {
            "ADD" => assert_eq!(self.contacts.insert(words[1].to_owned(), None), None, "{line}"),
            "REM" => drop(self.contacts.remove(words[1]).expect(line)),
            "LST" => self.contacts.values_mut().for_each(|shown| *shown = None),
            "FLN" => *self.contacts.get_mut(words[1]).expect(line) = None,
            "NLN" | "ILN" => {
                let shown = self.contacts.get_mut(words[1]).expect(line);
                *shown = Some((number(), shown.and_then(|(_, message)| message)));
            }
            "UBX" => self.contacts.get_mut(words[1]).expect(line).as_mut().expect(line).1 = Some(number()),
            "RNG" => assert!(self.contacts[words[1]].is_some(), "called by an offline contact: {line}"),
            _ => {}
        }
    }
}

/// The state of each contact, the queue under test, and, for comparison, every line that was
/// queued.
struct World {
    outbox: Arc<Outbox>,
    online: [Option<(u32, Option<u32>)>; 3],
    /// True if the contact is on FL.
    listed: [bool; 3],
    /// The number of the last event, which is also the value of each status and message that the
    /// event sets.
    event: u32,
    /// All lines that were queued after the owner last took the queue, without replacements.
    all: Vec<String>,
}

fn name(contact: usize) -> String {
    format!("c{contact}@x.y")
}

fn line(words: &str) -> Arc<[u8]> {
    format!("{words}\n").into_bytes().into()
}

impl World {
    fn new() -> Self {
        let outbox = Outbox::new(usize::MAX);
        Self { outbox, online: [None; 3], listed: [true; 3], event: 0, all: Vec::new() }
    }

    /// Carries out an event, if it is possible now. Returns `true` if the event means that the
    /// owner takes the queue.
    fn happen(&mut self, event: Event) -> bool {
        self.event += 1;
        let now = self.event;
        match event {
            Event::Arrive(contact, talks) if self.online[contact].is_none() => {
                self.online[contact] = Some((now, talks.then_some(now)));
                self.introduce(contact, "NLN");
            }
            Event::Leave(contact) if self.online[contact].take().is_some() => self.present(contact, false, &["FLN"]),
            Event::ChangeStatus(contact) => self.change(contact, true, false),
            Event::ChangeMessage(contact) => self.change(contact, false, true),
            Event::ChangeBoth(contact) => self.change(contact, true, true),
            Event::Call(contact) if self.online[contact].is_some() && self.listed[contact] => {
                let words = format!("RNG {} {now}", name(contact));
                assert!(self.outbox.send_call(&handle(contact), write(&words)));
                self.all.push(words);
            }
            Event::Introduce(contact) if self.online[contact].is_some() => self.introduce(contact, "ILN"),
            Event::Add(contact) if !self.listed[contact] => {
                self.listed[contact] = true;
                self.edit(contact, "ADD");
                if self.online[contact].is_some() {
                    self.introduce(contact, "ILN");
                }
            }
            Event::Remove(contact) if self.listed[contact] => {
                self.edit(contact, "REM");
                self.listed[contact] = false;
            }
            Event::Lists => {
                self.outbox.reply_with_lists(write("LST"));
                self.all.push("LST".to_owned());
                // A client that receives its lists shows all contacts as offline. It does not show
                // a contact as online until the contact's next change.
                self.online = [None; 3];
            }
            Event::Answer => self.other(&format!("QNG {now}"), true),
            Event::Other => self.other(&format!("NOT {now}"), false),
            Event::Take => return true,
            _ => {}
        }
        false
    }

    fn change(&mut self, contact: usize, status: bool, message: bool) {
        let now = self.event;
        let Some(shown) = &mut self.online[contact] else { return };
        *shown = (if status { now } else { shown.0 }, if message { Some(now) } else { shown.1 });
        let verbs: &[&str] = match (status, message) {
            (true, true) => &["NLN", "UBX"],
            (true, false) => &["NLN"],
            _ => &["UBX"],
        };
        self.present(contact, false, verbs);
    }

    fn introduce(&mut self, contact: usize, verb: &'static str) {
        let talks = self.online[contact].is_some_and(|(_, message)| message.is_some());
        let verbs = [verb, "UBX"];
        self.present(contact, verb == "NLN", if talks { &verbs } else { &verbs[..1] });
    }

    fn present(&mut self, contact: usize, arrives: bool, verbs: &[&str]) {
        if !self.listed[contact] {
            return;
        }
        let mut lines = PresenceLines { arrives, ..PresenceLines::default() };
        for verb in verbs {
            let shown = self.online[contact];
            let words = match *verb {
                "FLN" => format!("FLN {}", name(contact)),
                "UBX" => format!("UBX {} {}", name(contact), shown.unwrap().1.unwrap()),
                verb => format!("{verb} {} {}", name(contact), shown.unwrap().0),
            };
            let place = match *verb {
                "FLN" => &mut lines.left,
                "UBX" => &mut lines.message,
                _ => &mut lines.status,
            };
            *place = Some(line(&words));
            self.all.push(words);
        }
        self.outbox.present(&handle(contact), &lines);
    }

    fn edit(&mut self, contact: usize, verb: &str) {
        let words = format!("{verb} {}", name(contact));
        self.outbox.reply_to_list_change(&handle(contact), write(&words));
        self.all.push(words);
    }

    fn other(&mut self, words: &str, is_answer: bool) {
        if is_answer {
            self.outbox.reply(write(words));
        } else {
            assert!(self.outbox.send(write(words)).is_some());
        }
        self.all.push(words.to_owned());
    }

    /// Takes the queue. Returns its lines.
    fn take(&self) -> Vec<String> {
        let mut bytes = Vec::new();
        let _ = self.outbox.poll_take(&mut Context::from_waker(Waker::noop()), &mut bytes);
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

fn handle(contact: usize) -> Handle {
    Handle::parse(&name(contact)).unwrap()
}

fn write(words: &str) -> impl FnOnce(&mut Vec<u8>) {
    let words = line(words);
    move |out| out.extend_from_slice(&words)
}

fn is_presence(line: &str) -> bool {
    ["NLN", "ILN", "FLN", "UBX"].contains(&&line[..3])
}

/// Compares the lines that the owner took with all lines that were queued.
fn check(taken: &[String], all: &[String]) -> Result<(), TestCaseError> {
    // The owner took all lines that are not about presence, in the order in which they were queued.
    let others = |lines: &[String]| lines.iter().filter(|line| !is_presence(line)).cloned().collect::<Vec<_>>();
    prop_assert_eq!(others(taken), others(all));
    for contact in 0..3 {
        let name = name(contact);
        let about = |verbs: &[&str], lines: &[String]| {
            let is_about = |line: &&String| verbs.contains(&&line[..3]) && line.contains(&name);
            lines.iter().filter(is_about).cloned().collect::<Vec<_>>()
        };
        // A line never shows an older value than an earlier line of the same kind. Changes of FL keep their places
        // among the other lines.
        for kind in [&["NLN", "ILN", "ADD", "REM"][..], &["UBX", "ADD", "REM"]] {
            let mut rest = all.iter();
            let (some, all) = (about(kind, taken), about(kind, all));
            prop_assert!(some.iter().all(|line| rest.any(|other| other == line)), "{some:?} of {all:?}");
        }
        // The number of taken lines about a contact is limited, however many lines were queued.
        let is_change = |line: &String| line == "LST" || about(&["ADD", "REM"], std::slice::from_ref(line)).len() == 1;
        for part in taken.split(is_change) {
            prop_assert!(about(&["NLN", "ILN", "FLN", "UBX"], part).len() <= MAX_LINES, "{taken:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_slow_reader_finally_sees_the_same_state_as_a_fast_reader(
        events in prop::collection::vec(event(), 0..200),
    ) {
        let mut world = World::new();
        let mut slow = Reader { contacts: (0..3).map(|contact| (name(contact), None)).collect() };
        let mut fast = slow.clone();
        for event in events.into_iter().chain([Event::Take]) {
            if world.happen(event) {
                let (taken, all) = (world.take(), std::mem::take(&mut world.all));
                check(&taken, &all)?;
                taken.iter().for_each(|line| slow.apply(line));
                all.iter().for_each(|line| fast.apply(line));
                prop_assert_eq!(&slow, &fast, "{:?} instead of {:?}", taken, all);
            }
        }
    }
}
