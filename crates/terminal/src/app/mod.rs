//! The state of the messenger, and the changes that keys, clicks and events make to the state.
//!
//! This module does no I/O and reads no clock. The caller passes it events and the time, carries out the [`Effect`]s,
//! and draws the state with [`view`](crate::view).

mod clicks;
mod command;
mod complete;
mod contacts;
mod contacts_keys;
mod edits;
mod effect;
mod event;
mod events;
mod execute;
mod files;
mod find;
mod help;
mod ids;
mod input;
mod input_keys;
mod keys;
mod layout;
mod line;
mod line_keys;
mod lines;
mod moments;
mod names;
mod palette;
mod palette_keys;
mod pictures;
mod resolve;
mod roster;
mod rows;
mod scroll;
mod search;
mod state;
mod statuses;
mod tab;
mod tab_bar;
mod talk_events;
mod time;

pub(crate) use contacts::{Row as ContactRow, Section};
pub(crate) use effect::Effect;
pub(crate) use event::{AppEvent, NotDelivered, Talk, TalkEvent};
pub(crate) use help::help_lines;
pub(crate) use ids::{FileId, LineId, TalkId};
pub(crate) use input::Input;
pub(crate) use layout::Areas;
pub(crate) use roster::Roster;
#[cfg(test)]
pub(crate) use roster::{Contact, Request};
pub(crate) use rows::{Piece, Tone, highlight, rows};
pub use state::Colors;
pub(crate) use state::{App, Focus, Link, Settings, Start};
pub(crate) use statuses::{Look, look, status_name};
pub(crate) use tab_bar::labels;
pub(crate) use time::Time;

#[cfg(test)]
mod tests;
