//! Tests the client with hostile servers. The servers send false data, repeat lines, leave out
//! answers, send floods of lines, or never stop sending.
//!
//! Each test checks the result that the caller receives, and that the client stays usable. Where
//! time matters, the tests use a virtual clock. This clock advances only while every task waits, so
//! the test of a client that never waits does not finish.

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
