//! The time, as the app receives it.

use std::time::Duration;

/// The time of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    /// The time since the program started.
    pub(crate) since_start: Duration,
    /// The time of day, such as `12:03`.
    pub(crate) clock: String,
}
