//! Chooses who acts, and in which session.

use super::super::person::Session;
use super::super::world::World;

/// Returns a session that is signed in, chosen at random, with the number of its person.
pub(super) fn session(world: &mut World) -> Option<(usize, usize)> {
    session_where(world, |_| true)
}

/// Does the same as [`session`], but chooses among the sessions for which `fits` returns true.
pub(super) fn session_where(world: &mut World, fits: impl Fn(&Session) -> bool) -> Option<(usize, usize)> {
    let fits = |session: &Session| session.is_signed_in && !session.link.has_ended() && fits(session);
    let people = world.people.iter();
    let all = people.flat_map(|person| (0..person.sessions.len()).map(move |index| (person, index)));
    let chosen = all.filter(|(person, index)| fits(&person.sessions[*index]));
    world.choices.pick(chosen.map(|(person, index)| (person.number, index)))
}

/// Returns a session whose commands are all answered. The client of such a session shows the
/// current lists, so its next command can refer to them.
pub(super) fn quiet_session(world: &mut World) -> Option<(usize, usize)> {
    session_where(world, |session| session.link.is_quiet() && session.script.is_empty())
}

/// Returns the address of another person.
pub(super) fn other(world: &mut World, number: usize) -> Option<String> {
    let others = world.people.iter().filter(|person| person.number != number);
    world.choices.pick(others.map(|person| person.handle.clone()))
}

/// Sends a command in a session.
pub(super) fn ask(world: &mut World, (number, index): (usize, usize), verb: &str, words: &str) {
    if let Some(session) = world.people[number].sessions.get_mut(index) {
        session.link.ask(verb, words);
    }
}
