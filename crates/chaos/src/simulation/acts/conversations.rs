//! The actions of a user in conversations.

use super::super::world::World;
use super::choose::{ask, other, session};
use crate::history::End;

/// When a client sends, the probability of a flood of long messages instead of a single message is
/// 1 in this number. Playing a flood takes as long as playing many schedules.
const FLOODS: u64 = 1000;
/// The number of messages in a flood. Each of them has [`LONGEST`] bytes. So a flood overflows the
/// queue of a member that does not read.
const FLOOD: u64 = 200;
/// The length of the longest payload of a message, in bytes.
const LONGEST: usize = 1664;

/// Sends XFR. The answer opens a conversation.
pub(super) fn ask_for_board(world: &mut World) {
    if let Some(place) = session(world) {
        ask(world, place, "XFR", "SB");
    }
}

/// Sends CAL, sometimes for the client's own account.
pub(super) fn call(world: &mut World) {
    let Some((number, index)) = board(world) else { return };
    let own = world.choices.chance(3);
    let callee = if own { Some(world.people[number].handle.clone()) } else { other(world, number) };
    if let Some(callee) = callee {
        world.people[number].boards[index].link.ask("CAL", &callee);
    }
}

/// Sends MSG with any flag, sometimes several times in a row.
pub(super) fn send(world: &mut World) {
    let Some(place) = board(world) else { return };
    if world.choices.below(FLOODS) == 1 {
        for _ in 0..FLOOD {
            send_one(world, place, "U", LONGEST);
        }
        return;
    }
    for _ in 0..=world.choices.below(5).saturating_sub(2) {
        let flag = world.choices.pick(["A", "N", "U", "D", "A"]).unwrap_or("A");
        let length = if world.choices.chance(10) { LONGEST } else { 0 };
        send_one(world, place, flag, length);
    }
}

/// Sends a message with a payload of at least `length` bytes.
fn send_one(world: &mut World, (number, index): (usize, usize), flag: &str, length: usize) {
    let mut payload = format!("Content-Type: text/plain\r\n\r\n{}", world.unique()).into_bytes();
    payload.resize(payload.len().max(length), b'.');
    let is_answered = matches!(flag, "A" | "D");
    world.people[number].boards[index].link.ask_with("MSG", flag, &payload, is_answered);
}

/// Leaves a conversation, with or without OUT.
pub(super) fn leave(world: &mut World) {
    let Some((number, index)) = board(world) else { return };
    let says_out = world.choices.chance(50);
    let link = &mut world.people[number].boards[index].link;
    if says_out {
        link.say("OUT");
    }
    link.wire.close();
    link.end(End::Left);
    world.ghosts.push(link.wire.clone());
}

/// Returns a switchboard connection, chosen at random, with the number of its person.
fn board(world: &mut World) -> Option<(usize, usize)> {
    let people = world.people.iter();
    let all = people.flat_map(|person| (0..person.boards.len()).map(move |index| (person, index)));
    let open = all.filter(|(person, index)| !person.boards[*index].link.has_ended());
    world.choices.pick(open.map(|(person, index)| (person.number, index)))
}
