//! The actions of a user on their own presence and settings.

use super::super::world::World;
use super::choose::{ask, session, session_where};
use crate::history::End;
use crate::observer::GUIDS;

/// The first dialect with personal messages.
const MESSAGES: u32 = 11;

/// Signs out, with or without OUT.
pub(super) fn sign_out(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    let says_out = world.choices.chance(60);
    let link = &mut world.people[number].sessions[index].link;
    if says_out {
        link.say("OUT");
    }
    link.wire.close();
    link.end(End::Left);
    world.ghosts.push(link.wire.clone());
}

/// Sends CHG, sometimes several times in a row.
pub(super) fn change_status(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    let dialect = world.people[number].sessions[index].dialect;
    for _ in 0..=world.choices.below(6).saturating_sub(2) {
        let words = world.status(dialect);
        ask(world, (number, index), "CHG", &words);
    }
}

/// Sends UUX, sometimes without a message, sometimes with a long one.
pub(super) fn change_message(world: &mut World) {
    let Some((number, index)) = session_where(world, |session| session.dialect >= MESSAGES) else { return };
    let unique = world.unique();
    let long = if world.choices.chance(10) { "x".repeat(3000) } else { String::new() };
    let payload = format!("<Data><PSM>{unique}{long}</PSM><CurrentMedia></CurrentMedia></Data>");
    let payload = if world.choices.chance(15) { "" } else { &payload };
    world.people[number].sessions[index].link.ask_with("UUX", "", payload.as_bytes(), true);
}

/// Sets the display name.
pub(super) fn change_name(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    let name = format!("Name%20{}", world.unique());
    let handle = world.people[number].handle.clone();
    if world.people[number].sessions[index].dialect < GUIDS {
        ask(world, (number, index), "REA", &format!("{handle} {name}"));
    } else {
        ask(world, (number, index), "PRP", &format!("MFN {name}"));
    }
}

/// Sets or removes a telephone number, or allows paging.
pub(super) fn change_phone(world: &mut World) {
    let Some(place) = session(world) else { return };
    world.has_phones = true;
    let words = match world.choices.below(4) {
        0 => "PHH".to_owned(),
        1 => format!("PHH {}", world.unique()),
        2 => format!("PHM {}", world.unique()),
        _ => format!("MOB {}", if world.choices.chance(50) { "Y" } else { "N" }),
    };
    ask(world, place, "PRP", &words);
}

/// Sends PNG, which has no TrID.
pub(super) fn ping(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    world.people[number].sessions[index].link.say("PNG");
}

/// Sends a second SYN.
pub(super) fn synchronise_again(world: &mut World) {
    let Some((number, index)) = session_where(world, |session| session.script.is_empty()) else { return };
    let dialect = world.people[number].sessions[index].dialect;
    ask(world, (number, index), "SYN", if dialect < GUIDS { "0" } else { "0 0" });
}
