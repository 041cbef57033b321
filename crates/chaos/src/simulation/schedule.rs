//! Plays one schedule (one simulated run): a sequence of actions, and then a wait until nothing
//! happens any more.

use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::sleep;

use super::acts::{act, heal, read_anything, send_anything};
use super::choices::Choices;
use super::panics;
use super::person::Person;
use super::reactions::{go_on, read};
use super::stranger::Stranger;
use super::wire::Wire;
use super::world::World;
use crate::history::{Action, End, History};

/// The maximum number of actions that happen before the server can react to any of them.
const AT_ONCE: u64 = 4;
/// The maximum number of times that the tasks of the server run before the clients continue.
const TURNS: u64 = 8;
/// At the end of a schedule, the clients wait again and again, until nothing happens any more. The
/// first value is the maximum number of these waits, and the second value is the length of each
/// wait. One wait can be too short: the server takes 20 s to read a flood of messages.
const PATIENCE: (u32, Duration) = (100, Duration::from_secs(5));
/// The number of waits of `PATIENCE` after which the server has noticed every connection that ended
/// silently. If the server has nothing to send on a connection, it needs 80 s to notice the end.
const SILENCE: u32 = 17;
/// The time from the moment at which the last client leaves until every timer of the server has
/// expired.
const FORGETTING: Duration = Duration::from_secs(600);
/// The maximum number of reads until the clients have everything that the server has for them at the moment.
const READS: u32 = 10_000;

/// Plays a schedule. Returns its history, or `None` if it could not begin.
pub(super) fn play(choices: Choices, stranger: Stranger, steps: u64) -> Option<History> {
    let panics = panics::count();
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().ok()?;
    runtime.block_on(async {
        let mut world = World::begin(choices, stranger)?;
        for _ in 0..steps {
            if world.choices.are_used_up() && !world.stranger.has_more() {
                break;
            }
            step(&mut world).await;
        }
        settle(&mut world).await;
        conclude(&mut world);
        abandon(&mut world).await;
        if panics::count() > panics {
            world.watch.note(Action::Surprise { what: "the server panicked".to_owned() });
        }
        Some(world.watch.recorder().take())
    })
}

/// Plays one step, in which actions happen, time passes, and the clients read.
async fn step(world: &mut World) {
    for _ in 0..world.choices.between(1, AT_ONCE) {
        act(world);
    }
    if world.stranger.has_more() {
        send_anything(world);
    }
    world.advance();
    pass_time(world).await;
    read(world);
    read_anything(world);
    go_on(world);
}

/// Lets time pass: usually none, sometimes minutes.
async fn pass_time(world: &mut World) {
    let choices = &mut world.choices;
    let time = match choices.below(200) {
        0..130 => {
            for _ in 0..choices.below(TURNS) {
                tokio::task::yield_now().await;
            }
            return;
        }
        130..180 => Duration::from_millis(choices.between(1, 40)),
        180..196 => Duration::from_millis(choices.between(100, 3_000)),
        196..199 => Duration::from_secs(choices.between(5, 40)),
        _ => Duration::from_secs(choices.between(100, 400)),
    };
    sleep(time).await;
}

/// Ends all faults, and waits until nothing happens any more.
async fn settle(world: &mut World) {
    for round in 0..PATIENCE.0 {
        world.advance();
        sleep(PATIENCE.1).await;
        let has_read = read_all(world).await;
        let is_quiet = world
            .people
            .iter_mut()
            .all(|person| person.invitations.is_empty() && person.links().all(|link| link.is_quiet()));
        if is_quiet && !has_read && round >= SILENCE {
            return;
        }
    }
}

/// Lets all clients read until the server has nothing more for them at the moment. Returns whether they read anything.
async fn read_all(world: &mut World) -> bool {
    for reads in 0..READS {
        // A client may have opened a new connection since the last pass. The network of a new
        // connection can have faults, so every pass ends all faults again.
        heal(world);
        world.advance();
        sleep(Duration::from_millis(1)).await;
        let has_read = read(world);
        read_anything(world);
        go_on(world);
        if !has_read {
            return reads > 0;
        }
    }
    true
}

/// Records the final state of the clients and the server.
fn conclude(world: &mut World) {
    let differences = world.host.differences(!world.has_phones);
    for difference in differences {
        world.watch.note(difference);
    }
    for link in world.people.iter_mut().flat_map(Person::links).filter(|link| !link.has_ended()) {
        link.settle();
    }
    for (account, parts) in world.host.truth() {
        world.watch.note(Action::Final { account, parts });
    }
}

/// Makes everybody leave, and checks that the server then forgets everything.
async fn abandon(world: &mut World) {
    for link in world.people.iter_mut().flat_map(Person::links) {
        link.wire.close();
        link.end(End::Left);
    }
    world.stranger.wires().for_each(Wire::close);
    world.advance();
    sleep(FORGETTING).await;
    world.advance();
    sleep(FORGETTING).await;
    if let Some(what) = world.host.leftovers() {
        world.watch.note(Action::Surprise { what });
    }
}
