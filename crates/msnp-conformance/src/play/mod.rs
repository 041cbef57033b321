//! Playing one part: its steps in order, against one server.
//!
//! [`player`] holds the state of a part; every other file adds one thing that a player does.

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
