//! Plays golden MSN Messenger conversations against any MSNP server, as a client that knows nothing of its inside.
//!
//! A [`Script`] is a transcript file (`docs/protocol/transcripts/README.md` is its format), a [`Target`] is where servers
//! come from, and [`play`] plays every part of some scripts and answers with a [`PlayReport`] for each. [`RemoteTarget`]
//! is a server that runs already; a test of a server implements [`Target`] itself.
//!
//! The reading of the wire is this crate's own. Of the `msnp` crate it uses the challenge and the spelling of words only,
//! so that a fault in a codec cannot hide itself.

mod compare;
mod options;
mod play;
mod remote;
mod rename;
mod report;
mod runner;
mod script;
mod setup;
mod target;
mod template;
mod vars;
mod wire;

pub use options::{Options, Pace};
pub use remote::RemoteTarget;
pub use report::{Failure, Outcome, PlayReport};
pub use runner::{play, play_part};
pub use script::{Script, transcripts};
pub use target::{BoxFuture, Endpoints, Needs, NotPlayable, Server, Target};
