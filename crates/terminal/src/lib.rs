//! A messenger for the terminal: contacts, conversations in tabs, files and pictures.
//!
//! - `app` is the state, without I/O. Keys, clicks and events change the state, and the state asks for effects.
//! - `view` draws the state.
//! - `run` connects `app` and `view` with the terminal and with the client of the [`msnp_client`] crate.
//! - `picture` decodes display pictures.
//! - `text` makes texts of other people safe to draw, and measures and breaks texts.

mod app;
mod picture;
mod run;
mod text;
mod view;

pub use app::Colors;
pub use run::{ChatError, Graphics, Options, explain_edit, run};
