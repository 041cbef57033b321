//! The history of a run: the actions of its clients, and everything that the clients saw.
//!
//! Each connection of a client writes a [`Log`]. The [`Recorder`] collects the events of all logs
//! into one [`History`], which can be written to a file. [`check()`] finds the promises that the
//! server broke. Times are nanoseconds of any monotonic clock, so virtual time works as well as
//! real time.

mod check;
mod event;
mod file;
mod recorder;

pub use check::{Promise, Violation, check};
pub use event::{Action, Attribute, Change, Digest, End, Event, History, Outcome, Parts, Shown, part};
pub use file::{read, write};
pub use recorder::{Begun, Log, Recorder};
