//! Plays golden MSN Messenger conversations against any MSNP server, as a client that knows nothing of its inside.
//!
//! A [`Script`] is a transcript file (`docs/protocol/transcripts/README.md` is its format), [`transcripts`] lists the
//! files of a folder, a [`Target`] opens servers, and [`play`] plays every part of some scripts and returns a
//! [`PlayReport`] for each. [`RemoteTarget`] is a server that runs already; a test of a server implements [`Target`]
//! itself.
//!
//! The crate owns the format of transcripts, the rules of comparing, and a client that follows both. It refuses to know
//! anything of the server that the wire does not tell: it reads the wire by itself, and uses the `msnp` crate for the
//! challenge and the spelling of words only, so that a fault in a codec cannot hide itself.

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
