//! Tests the service as a whole: a server in this process or the built program, with clients on real sockets.
//!
//! All tests are in one program, so that the service is linked only once and `support` is compiled
//! only once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bots;
mod browser;
mod chat;
mod client_setup;
mod command_line;
mod crowds;
mod data_directory;
mod doctor;
mod durability;
mod gateway;
mod helper;
mod hostile;
mod log;
mod model;
mod networks;
mod old_tls;
mod operator;
mod pages;
mod presence;
mod proxy;
mod scripts;
mod sdk;
mod sign_up;
mod support;
mod thousand;
mod tls;
mod transfer;
