//! Connects the app with the terminal and with the server.

mod effects;
mod events;
mod explain;
mod files;
mod graphics;
mod messenger;
mod options;
mod pictures;
mod signals;
mod start;
mod terminal;

pub use explain::explain_edit;
pub use graphics::Graphics;
pub use options::{ChatError, Options};
pub use start::run;
