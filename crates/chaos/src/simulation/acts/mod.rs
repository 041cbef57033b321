//! Everything that can happen in a step of a schedule (one simulated run).

mod anything;
mod choose;
mod conversations;
mod faults;
mod groups;
mod lists;
mod presence;

use super::sign_in::sign_in;
use super::world::World;

pub(super) use anything::{act as send_anything, read as read_anything};
pub(super) use faults::heal;

/// The frequency of an action, compared with the frequencies of all other actions, and the function
/// that performs the action.
type Act = (u64, fn(&mut World));

/// The actions that can happen.
const ACTS: [Act; 24] = [
    (14, sign_in),
    (4, presence::sign_out),
    (16, presence::change_status),
    (8, presence::change_message),
    (6, presence::change_name),
    (2, presence::change_phone),
    (2, presence::ping),
    (2, presence::synchronise_again),
    (12, lists::add_contact),
    (8, lists::remove_contact),
    (10, lists::block_or_unblock),
    (4, lists::change_privacy),
    (3, lists::rename_contact),
    (3, groups::add_group),
    (3, groups::change_group),
    (4, groups::change_membership),
    (12, conversations::ask_for_board),
    (24, conversations::send),
    (6, conversations::call),
    (6, conversations::leave),
    (5, faults::lose_connection),
    (5, faults::stop_or_resume),
    (4, faults::change_store_or_clock),
    (5, anything::act),
];

/// Chooses an action and performs it.
pub(super) fn act(world: &mut World) {
    let total = ACTS.iter().map(|(weight, _)| weight).sum();
    let mut left = world.choices.below(total);
    for (weight, act) in ACTS {
        if left < weight {
            return act(world);
        }
        left -= weight;
    }
}
