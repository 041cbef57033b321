//! Plays one part against one server, step by step.
//!
//! [`player`] owns the state of a part. Every other file adds one ability of the player.

mod chat;
mod expect;
mod gateway;
#[cfg(test)]
mod mirror;
mod peer;
mod player;
mod poll;
mod send;
mod set_up;
mod steps;
mod wait;
mod want;

pub(crate) use steps::part;
