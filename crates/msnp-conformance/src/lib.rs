//! Plays golden MSN Messenger conversations against any MSNP server, as a black-box client.
//!
//! A [`Script`] is a transcript file. `docs/protocol/transcripts/README.md` describes the format.
//! [`transcripts`] lists the files in a folder. A [`Target`] opens servers. [`play`] plays every
//! part of the scripts and returns a [`PlayReport`] for each part. [`RemoteTarget`] is a server
//! that is already running. The tests of a server implement [`Target`] themselves.
//!
//! The crate owns the transcript format, the comparison rules, and a client that follows both. All
//! its knowledge about a server comes over the network. It has its own parser for received bytes,
//! and uses the `msnp` crate only for the challenge and for percent-encoding. So a bug in the codec
//! of this project's server does not stay hidden. [`wire`] offers the parser to other programs that
//! test servers.
//!
//! The comments use the words of that README. A transcript file consists of *records*, and a *part*
//! is a section of a file that can be played on its own. NAME is the name of a connection, and WHO
//! is the short name of an account. *Noise* means challenges and mail notes, which a server may
//! send at any time. A *unit* is a line with its payload, or an HTTP answer. In *masked* bytes,
//! names replace the values that the server chose.

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
pub mod wire;

pub use options::{Options, Pace};
pub use remote::RemoteTarget;
pub use report::{Failure, Outcome, PlayReport};
pub use runner::{play, play_part};
pub use script::{Script, transcripts};
pub use target::{BoxFuture, Endpoints, Needs, NotPlayable, Server, Target};
