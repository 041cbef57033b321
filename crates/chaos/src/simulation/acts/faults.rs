//! The faults of the network, the store and the clock.

use super::super::link::Link;
use super::super::person::Person;
use super::super::store::Health;
use super::super::wire::Quality;
use super::super::world::World;
use crate::history::End;

/// Ends a connection without OUT, either by a reset, which the server notices immediately, or
/// silently.
pub(super) fn lose_connection(world: &mut World) {
    let is_silent = world.choices.chance(40);
    let Some(link) = link(world) else { return };
    if is_silent {
        link.wire.silence();
    } else {
        link.wire.cut();
    }
    link.end(End::Cut);
    let wire = link.wire.clone();
    world.ghosts.push(wire);
}

/// Makes a client stop reading, or read again.
pub(super) fn stop_or_resume(world: &mut World) {
    let reads = world.choices.chance(40);
    if let Some(link) = link(world) {
        link.wire.set_read(reads);
    }
}

/// Makes the store slow, faulty, full or healthy, or makes the clock jump.
pub(super) fn change_store_or_clock(world: &mut World) {
    let health = match world.choices.below(8) {
        0 => Health::Slow(20),
        1 => Health::Slow(5_000),
        2 => Health::Failing(30),
        3 => Health::Full,
        4 => return world.jump.set(world.choices.below(7200)),
        _ => Health::Good,
    };
    world.host.store.set_health(health);
}

/// Ends all faults.
pub(in super::super) fn heal(world: &mut World) {
    world.host.store.set_health(Health::Good);
    let wires = world.people.iter_mut().flat_map(Person::links).map(|link| &link.wire);
    for wire in wires.chain(world.stranger.wires()) {
        wire.set_read(true);
        wire.set_quality(Quality::PERFECT);
    }
}

/// Returns a connection, chosen at random.
fn link(world: &mut World) -> Option<&mut Link> {
    let World { choices, people, .. } = world;
    choices.pick(people.iter_mut().flat_map(Person::links).filter(|link| !link.has_ended()))
}
