//! What the clients of a run did and saw.
//!
//! Each connection of a client writes a [`Log`]. The [`Recorder`] collects the events of all logs into one [`History`],
//! which can be kept as a file. Times are nanoseconds of any monotonic clock, so that virtual time fits as well as real
//! time.

mod event;
mod file;
mod recorder;

pub use event::{Action, Attribute, Change, Digest, End, Event, History, Outcome, Shown};
pub use file::{read, write};
pub use recorder::{Begun, Log, Recorder};
