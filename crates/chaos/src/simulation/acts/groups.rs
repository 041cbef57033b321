//! The actions of a user on groups.
//!
//! A client changes groups only if it knows their current names, because the history identifies a
//! group by its name. So the server must have answered all commands of the client. The client must
//! also not use a copy of its lists from an earlier session that the server has not confirmed. The
//! server does not confirm the copy if it refuses SYN.

use super::super::person::Session;
use super::super::world::World;
use super::choose::{ask, quiet_session};
use crate::observer::GUIDS;

/// Sends ADG.
pub(super) fn add_group(world: &mut World) {
    let Some((number, index)) = quiet_session(world) else { return };
    let zero = if is_old(world, (number, index)) { " 0" } else { "" };
    let words = format!("Group%20{}{zero}", world.unique());
    ask(world, (number, index), "ADG", &words);
}

/// Sends REG or RMG.
pub(super) fn change_group(world: &mut World) {
    let Some((number, index)) = quiet_session(world) else { return };
    let Some(group) = group(world, (number, index)) else { return };
    if world.choices.chance(50) {
        return ask(world, (number, index), "RMG", &group);
    }
    let zero = if is_old(world, (number, index)) { " 0" } else { "" };
    let words = format!("{group} Group%20{}{zero}", world.unique());
    ask(world, (number, index), "REG", &words);
}

/// Puts a contact into a group. From MSNP10 on, this action can also remove a contact from a group.
/// In earlier dialects, such a removal could remove the contact itself.
pub(super) fn change_membership(world: &mut World) {
    let Some((number, index)) = quiet_session(world) else { return };
    let Some(group) = group(world, (number, index)) else { return };
    let session = &world.people[number].sessions[index];
    let contacts: Vec<_> = session.link.lists().into_iter().flat_map(|lists| lists.on("FL")).cloned().collect();
    let Some(contact) = world.choices.pick(contacts) else { return };
    let removes = world.choices.chance(30);
    let session = &world.people[number].sessions[index];
    let lists = session.link.lists();
    let guid = lists.and_then(|lists| lists.guid(&contact)).map(str::to_owned);
    let joined = lists.and_then(|lists| lists.groups_of(&contact).next()).cloned();
    match (is_old(world, (number, index)), guid, joined) {
        (true, ..) => ask(world, (number, index), "ADD", &format!("FL {contact} {contact} {group}")),
        (false, Some(guid), Some(joined)) if removes => {
            ask(world, (number, index), "REM", &format!("FL {guid} {joined}"));
        }
        (false, Some(guid), _) => ask(world, (number, index), "ADC", &format!("FL C={guid} {group}")),
        (false, None, _) => {}
    }
}

fn is_old(world: &World, (number, index): (usize, usize)) -> bool {
    world.people[number].sessions[index].dialect < GUIDS
}

/// Returns one of the groups that a client shows.
fn group(world: &mut World, (number, index): (usize, usize)) -> Option<String> {
    let session: &Session = &world.people[number].sessions[index];
    let lists = session.link.lists().filter(|lists| !lists.may_be_outdated())?;
    let groups: Vec<_> = lists.groups().cloned().collect();
    world.choices.pick(groups)
}
