//! What clients must not do, and what comes of it: the one who does it is answered or closed as docs/protocol/framing.md sections 8
//! and 9 and sb.md section 8 say, the server lives, and two others go on talking.

#![allow(clippy::unwrap_used, reason = "a failure is what a test is for")]

mod commands;
mod generated;
mod http;
mod lengths;
mod limits;
mod rates;
#[path = "../support/mod.rs"]
mod support;
mod text;
mod timers;
