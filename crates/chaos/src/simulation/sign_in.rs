//! The sign-in of a simulated client.

use std::collections::VecDeque;

use msnp_conformance::wire::Service;
use swallowtail_messenger::chat::ChatServer;

use super::link::Link;
use super::person::{Person, Session};
use super::world::World;
use crate::observer::GUIDS;

/// The maximum number of notification connections of one account. When a second connection signs
/// in, it replaces the first connection.
const SESSIONS: usize = 2;
/// The probability, in percent, that a client sends the whole sign-in in one write.
const AT_ONCE: u64 = 50;
/// The probability, in percent, that a client synchronises its lists (SYN).
const SYNCHRONISES: u64 = 90;
/// The probability, in percent, that a client synchronises with a copy of the lists that it kept.
const HAS_COPY: u64 = 60;
/// The probability, in percent, that a client goes online (CHG).
const GOES_ONLINE: u64 = 90;

/// Makes a person begin to sign in.
pub(super) fn sign_in(world: &mut World) {
    let free = world.people.iter().filter(|person| person.sessions.len() < SESSIONS).map(|person| person.number);
    // Most sign-ins are of accounts that are offline.
    let offline: Vec<_> = free.clone().filter(|number| world.people[*number].sessions.is_empty()).collect();
    let chosen = if world.choices.chance(85) { world.choices.pick(offline) } else { world.choices.pick(free) };
    let Some(number) = chosen else { return };
    let Some(ticket) = world.host.ticket(number) else { return };
    let dialect = u32::try_from(world.choices.between(world.oldest.into(), 12)).unwrap_or(12);
    let Some(wire) = world.connect(number, ChatServer::Notification) else { return };
    let link = Link::new(wire, Service::Ns, &world.watch);
    let mut session = Session { link, dialect, script: VecDeque::new(), is_signed_in: false, stamps: None };
    session.script = script(world, number, &mut session, ticket);
    if world.choices.chance(AT_ONCE) {
        session.send_script(usize::MAX);
    }
    world.people[number].sessions.push(session);
}

/// Returns the commands of a sign-in.
fn script(world: &mut World, number: usize, session: &mut Session, ticket: String) -> VecDeque<(&'static str, String)> {
    let person: &Person = &world.people[number];
    let (handle, dialect) = (&person.handle, session.dialect);
    // The client offers two dialects, because a VER with only one dialect can have a special
    // meaning (ns.md sections 4 and 9).
    let offer = if dialect > 8 { format!("MSNP{dialect} MSNP{} CVR0", dialect - 1) } else { "MSNP8 CVR0".to_owned() };
    let mut script: VecDeque<_> = [
        ("VER", offer),
        ("CVR", format!("0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS {handle}")),
        ("USR", format!("TWN I {handle}")),
        ("USR", format!("TWN S {ticket}")),
    ]
    .into();
    if world.choices.chance(SYNCHRONISES) {
        let copy = if world.choices.chance(HAS_COPY) { person.copy(dialect) } else { None };
        let nothing = if dialect < GUIDS { "0" } else { "0 0" };
        script.push_back(("SYN", copy.map_or(nothing, |copy| &copy.stamps).to_owned()));
        if let Some(copy) = copy {
            session.link.remember(copy.lists.kept());
        }
    }
    if world.choices.chance(GOES_ONLINE) {
        script.push_back(("CHG", world.status(dialect)));
    }
    script
}

impl Session {
    /// Sends the next commands of the sign-in.
    pub(super) fn send_script(&mut self, count: usize) {
        for _ in 0..count {
            let Some((verb, words)) = self.script.pop_front() else { return };
            self.link.ask(verb, &words);
        }
    }
}
