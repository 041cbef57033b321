//! The options and errors of the messenger.

use std::io;
use std::path::PathBuf;

use msnp::Handle;
use msnp_client::machine::SignedOut;
use msnp_client::{Account, Server};
use thiserror::Error;

use super::graphics::Graphics;
use crate::app::Colors;

/// The options that the messenger starts with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server to which the messenger connects.
    pub server: Server,
    /// The account with which the messenger signs in.
    pub account: Account,
    /// A user to talk to immediately. The user becomes a contact.
    pub open: Option<Handle>,
    /// The directory for received files.
    pub downloads: PathBuf,
    /// True if the messenger rings the bell of the terminal for messages.
    pub bell: bool,
    /// True if the messenger reacts to the mouse. If true, the user must hold Shift to select text
    /// in the terminal.
    pub mouse: bool,
    /// True if the messenger draws emoticons as emoji.
    pub emoji: bool,
    /// The colours that the terminal has.
    pub colors: Colors,
    /// The way in which the terminal can draw pictures. Pictures need colours.
    pub graphics: Graphics,
}

/// The reason why the messenger could not start, or had to stop.
#[derive(Debug, Error)]
pub enum ChatError {
    /// The account could not sign in.
    #[error("could not sign in as {0}: {1}")]
    SignIn(Handle, SignedOut),
    /// The user to talk to could not become a contact.
    #[error("could not add {0}: {1}")]
    Contact(Handle, String),
    /// The terminal could not be used.
    #[error("could not use the terminal: {0}")]
    Terminal(#[from] io::Error),
}
