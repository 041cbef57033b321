//! The command line.
//!
//! `command` has every command with its arguments and says which file carries it out; `source` is where each of them
//! reads the settings, `parse` and `prompt` are what they ask, `output` is what they print.

pub mod account;
mod chat;
mod client_setup;
mod command;
mod config;
mod demo;
mod doctor;
pub mod invite;
mod operate;
mod output;
mod parse;
mod prompt;
mod serve;
mod source;

pub use command::Cli;
