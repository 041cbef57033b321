//! The actions of a user on their own lists.

use super::super::world::World;
use super::choose::{ask, other, session};
use crate::observer::GUIDS;

/// Sends ADC or ADD, sometimes for a contact that is already on the list, or for an account that
/// does not exist.
pub(super) fn add_contact(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    let unknown = world.choices.chance(3);
    let Some(contact) = other(world, number) else { return };
    let contact = if unknown { "nobody@example.com".to_owned() } else { contact };
    let nickname = format!("Nick{}", world.unique());
    if world.people[number].sessions[index].dialect < GUIDS {
        ask(world, (number, index), "ADD", &format!("FL {contact} {nickname}"));
    } else {
        ask(world, (number, index), "ADC", &format!("FL N={contact} F={nickname}"));
    }
}

/// Sends REM for a contact.
pub(super) fn remove_contact(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    let session = &world.people[number].sessions[index];
    let dialect = session.dialect;
    let contacts: Vec<_> = session.link.lists().into_iter().flat_map(|lists| lists.on("FL")).cloned().collect();
    let contact = world.choices.pick(contacts);
    let who = match (dialect < GUIDS, contact) {
        (true, Some(contact)) => Some(contact),
        (true, None) => other(world, number),
        (false, contact) => {
            let lists = world.people[number].sessions[index].link.lists();
            contact.and_then(|contact| lists?.guid(&contact).map(str::to_owned))
        }
    };
    if let Some(who) = who {
        ask(world, (number, index), "REM", &format!("FL {who}"));
    }
}

/// Moves a user between AL and BL, puts a user on one of these lists, or removes a user from one of
/// them.
pub(super) fn block_or_unblock(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    let Some(who) = other(world, number) else { return };
    let is_old = world.people[number].sessions[index].dialect < GUIDS;
    let add = |list: &str| match is_old {
        true => ("ADD", format!("{list} {who} {who}")),
        false => ("ADC", format!("{list} N={who}")),
    };
    let remove = |list: &str| ("REM", format!("{list} {who}"));
    let commands = match world.choices.below(7) {
        0 | 1 => vec![remove("AL"), add("BL")],
        2 | 3 => vec![remove("BL"), add("AL")],
        4 => vec![add("BL")],
        5 => vec![add("AL")],
        _ if is_old => vec![remove("AL")],
        // A client sends these commands after the server has reported that `who` added the client's
        // account.
        _ => vec![("ADC", format!("RL N={who}")), remove("PL")],
    };
    for (verb, words) in commands {
        ask(world, (number, index), verb, &words);
    }
}

/// Sends BLP or GTC.
pub(super) fn change_privacy(world: &mut World) {
    let Some(place) = session(world) else { return };
    let (verb, word) =
        world.choices.pick([("BLP", "AL"), ("BLP", "BL"), ("GTC", "A"), ("GTC", "N")]).unwrap_or_default();
    ask(world, place, verb, word);
}

/// Sends SBP or REA for a contact.
pub(super) fn rename_contact(world: &mut World) {
    let Some((number, index)) = session(world) else { return };
    let session = &world.people[number].sessions[index];
    let contacts: Vec<_> = session.link.lists().into_iter().flat_map(|lists| lists.on("FL")).cloned().collect();
    let Some(contact) = world.choices.pick(contacts) else { return };
    let name = format!("Nick{}", world.unique());
    let session = &world.people[number].sessions[index];
    let guid = session.link.lists().and_then(|lists| lists.guid(&contact)).map(str::to_owned);
    match (session.dialect < GUIDS, guid) {
        (true, _) => ask(world, (number, index), "REA", &format!("{contact} {name}")),
        (false, Some(guid)) => ask(world, (number, index), "SBP", &format!("{guid} MFN {name}")),
        (false, None) => {}
    }
}
