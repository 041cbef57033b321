//! Options for playing transcripts.

use std::time::Duration;

/// The way in which the client's bytes are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Sends each record in one write.
    #[default]
    Whole,
    /// Sends one byte at a time, each in its own packet if the system allows it.
    OneByte,
    /// Sends everything between two waits for the server in one write.
    OneSegment,
}

/// Options for playing transcripts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The maximum number of parts that are played in parallel. Without `rename`, the parts share
    /// accounts, so this number is always 1.
    pub jobs: usize,
    /// The way in which the client's bytes are sent.
    pub pace: Pace,
    /// Gives each part its own handles.
    pub rename: bool,
    /// Plays only parts with this title.
    pub part: Option<String>,
    /// The time within which the server must send an expected record.
    pub timeout: Duration,
    /// The time during which the server must send nothing. A `..` record requires this silence, and
    /// the runner waits for it after set-up.
    pub quiet: Duration,
}

/// Uses the times in docs/protocol/transcripts/README.md sections 1, 3 and 4.
impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 8,
            pace: Pace::Whole,
            rename: true,
            part: None,
            timeout: Duration::from_secs(5),
            quiet: Duration::from_millis(300),
        }
    }
}
