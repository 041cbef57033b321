//! The reactions of a simulated client to the lines that arrive.

use msnp::Dialect;
use msnp::challenge::{DEFAULT_PRODUCT_ID, answer};
use msnp_conformance::wire::{Service, Unit};
use swallowtail_messenger::chat::ChatServer;

use super::link::Link;
use super::person::{Board, Copy, Person, Session};
use super::stranger;
use super::world::World;
use crate::history::Action;
use crate::observer::{GUIDS, Watch};

/// The probability, in percent, that a client answers a call.
const ANSWERS_CALLS: u64 = 75;
/// The probability, in percent, that a client answers a challenge.
const ANSWERS_CHALLENGES: u64 = 90;
/// The probability, in percent, that a client allows or blocks a user who has added its account.
const DECIDES: u64 = 40;
/// The maximum number of steps before a client answers a call.
const HESITATES: u64 = 12;
/// The maximum number of accounts that a client invites into a new conversation.
const CALLEES: u64 = 3;

/// Lets all clients read, and react.
pub(super) fn read(world: &mut World) -> bool {
    let mut has_read = false;
    for number in 0..world.people.len() {
        for index in 0..world.people[number].sessions.len() {
            for unit in world.people[number].sessions[index].link.receive() {
                has_read = true;
                react(world, number, index, &unit);
            }
        }
        for index in 0..world.people[number].boards.len() {
            for unit in world.people[number].boards[index].link.receive() {
                has_read = true;
                if unit.word(0) == "USR" {
                    invite(&mut world.people[number].boards[index]);
                }
            }
        }
    }
    has_read
}

/// Lets all clients continue what they have begun.
pub(super) fn go_on(world: &mut World) {
    for number in 0..world.people.len() {
        let person = &mut world.people[number];
        person.sessions.iter_mut().for_each(|session| session.send_script(1));
        let (step, invitations) = (world.step, std::mem::take(&mut person.invitations));
        let (due, later) = invitations.into_iter().partition(|(at, _)| *at <= step);
        person.invitations = later;
        for (_, words) in due {
            join(world, number, "ANS", &words, Vec::new());
        }
        world.people[number].tidy();
    }
}

/// Makes a notification client react to a line.
fn react(world: &mut World, number: usize, index: usize, unit: &Unit) {
    match unit.word(0).as_str() {
        "USR" if unit.word(2) == "OK" => world.people[number].sessions[index].is_signed_in = true,
        "XFR" => open(world, number, &unit.word(5)),
        "RNG" if unit.word(5) == stranger::HANDLE => {}
        "RNG" if world.choices.chance(ANSWERS_CALLS) => {
            let person = &mut world.people[number];
            let words = format!("{} {} {}", person.handle, unit.word(4), unit.word(1));
            let at = world.step + world.choices.below(HESITATES);
            person.invitations.push((at, words));
        }
        "CHL" if world.choices.chance(ANSWERS_CHALLENGES) => {
            let session = &mut world.people[number].sessions[index];
            challenge(&mut session.link, session.dialect, &unit.word(2));
        }
        "ADC" | "ADD" if unit.word(1) == "0" && world.choices.chance(DECIDES) => decide(world, number, index, unit),
        _ => {}
    }
    keep_copy(&mut world.people[number], index, unit, &world.watch);
}

/// Opens a conversation for the person `number`, with a cookie.
fn open(world: &mut World, number: usize, cookie: &str) {
    let count = world.choices.below(CALLEES + 1);
    let others: Vec<_> =
        world.people.iter().filter(|other| other.number != number).map(|other| &other.handle).collect();
    let callees = (0..count).filter_map(|_| world.choices.pick(others.iter().copied()).cloned()).collect();
    let words = format!("{} {cookie}", world.people[number].handle);
    join(world, number, "USR", &words, callees);
}

fn join(world: &mut World, number: usize, verb: &str, words: &str, callees: Vec<String>) {
    let Some(wire) = world.connect(number, ChatServer::Switchboard) else { return };
    let mut board = Board { link: Link::new(wire, Service::Sb, &world.watch), callees };
    board.link.ask(verb, words);
    // Some clients wait for the answer before they invite others.
    if world.choices.chance(50) {
        invite(&mut board);
    }
    world.people[number].boards.push(board);
}

fn invite(board: &mut Board) {
    for callee in std::mem::take(&mut board.callees) {
        board.link.ask("CAL", &callee);
    }
}

/// Answers a challenge.
fn challenge(link: &mut Link, dialect: u32, challenge: &str) {
    let dialect = if dialect < 11 { Dialect::Msnp10 } else { Dialect::Msnp12 };
    if let Some(answer) = answer(dialect.challenge_algorithm(), challenge, DEFAULT_PRODUCT_ID) {
        link.ask_with("QRY", DEFAULT_PRODUCT_ID, answer.as_bytes(), true);
    }
}

/// Allows or blocks a user who has added this account.
fn decide(world: &mut World, number: usize, index: usize, unit: &Unit) {
    let list = if world.choices.chance(70) { "AL" } else { "BL" };
    let session = &mut world.people[number].sessions[index];
    if session.dialect < GUIDS {
        let who = unit.word(4);
        session.link.ask("ADD", &format!("{list} {who} {who}"));
    } else {
        session.link.ask("ADC", &format!("{list} {}", unit.word(3)));
    }
}

/// If a line belongs to the lists, and the lists are complete, keeps a copy of the lists with the
/// stamps of that copy.
fn keep_copy(person: &mut Person, index: usize, unit: &Unit, watch: &Watch) {
    let session = &mut person.sessions[index];
    let (dialect, is_old) = (session.dialect, session.dialect < GUIDS);
    match unit.word(0).as_str() {
        "SYN" if is_old => session.stamps = Some(unit.word(2)),
        "SYN" => session.stamps = Some(format!("{} {}", unit.word(2), unit.word(3))),
        // From MSNP10 on, the stamps are only valid for the lists that arrived with them. So a line
        // that changes the lists later does not change the copy.
        "LST" | "LSG" => {}
        "ADD" | "REM" | "BPR" | "ADG" | "REG" | "RMG" | "GTC" | "BLP" | "PRP" | "REA" if is_old => {
            follow_version(session, unit, watch);
        }
        _ => return,
    }
    let lists = session.link.lists().filter(|lists| lists.are_complete()).cloned();
    if let (Some(stamps), Some(lists)) = (session.stamps.clone(), lists) {
        person.keep(dialect, Copy { stamps, lists });
    }
}

/// Updates the list version. Before MSNP10, every change of the lists brings a new version.
fn follow_version(session: &mut Session, unit: &Unit, watch: &Watch) {
    let (Some(version), Some(stamps)) = (version(unit), &mut session.stamps) else { return };
    let before = stamps.parse().unwrap_or(0);
    if version < before {
        let what = format!("{} has an older list version than {before}", String::from_utf8_lossy(unit.line()));
        watch.note(Action::Surprise { what });
    }
    *stamps = version.to_string();
}

/// Returns the list version in a line of MSNP8 or MSNP9.
fn version(unit: &Unit) -> Option<u32> {
    let has_trid = unit.word(1).parse::<u32>().is_ok();
    let at = match unit.word(0).as_str() {
        "ADD" | "REM" => 3,
        "BPR" => 1,
        // A line with a TrID is not part of a list download. Its list version follows the TrID.
        _ if has_trid => 2,
        _ => return None,
    };
    unit.word(at).parse().ok()
}
