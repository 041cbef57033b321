//! The command line.
//!
//! - `command` defines every command with its arguments, and calls the module that carries it out.
//! - `source` and `listen_flags` read the settings. `traced` records where each value comes from.
//! - `parse` and `prompt` read input.
//! - `connect` signs in to a server, for `chat`, `send` and `listen`.
//! - `output` and `progress` print. `record` defines what `listen` prints.
//! - `data` opens the database.

pub mod account;
mod chat;
mod client_setup;
mod command;
mod config;
mod connect;
mod data;
mod demo;
mod doctor;
pub mod invite;
mod lan;
mod listen;
mod listen_flags;
mod operate;
mod output;
mod parse;
mod progress;
mod prompt;
mod qr;
mod record;
mod send;
mod serve;
mod source;
mod store;
mod traced;
mod welcome;

pub use command::Cli;
pub use output::complain;
