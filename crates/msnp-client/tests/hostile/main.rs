//! Plays hostile servers to the client: servers that lie, repeat, withhold, flood and never stop.
//!
//! Each test checks the result that the caller receives, and that the client stays usable. Time is virtual where it
//! matters: it moves only while every task waits, so that a client that spins never finishes its test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod board;
mod board_steps;
mod cancel;
mod edits;
mod floods;
mod gateway;
mod login;
mod loops;
mod objects;
mod reset;
mod roster;
mod steps;
mod support;

/// Counts the bytes that this program has allocated.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
