//! How transcripts are played.

use std::time::Duration;

/// How the client's bytes leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Each record in one write.
    #[default]
    Whole,
    /// What stands between two waits one byte at a time, each in a packet of its own as far as the system lets it.
    OneByte,
    /// What stands between two waits in one write.
    OneSegment,
}

/// How transcripts are played.
#[derive(Clone, Debug)]
pub struct Options {
    /// Parts played side by side. One, if handles are not renamed: the parts share their accounts then.
    pub jobs: usize,
    /// How the client's bytes leave.
    pub pace: Pace,
    /// Give each part handles of its own.
    pub rename: bool,
    /// Play only parts with this title.
    pub part: Option<String>,
    /// How long an expected record may take.
    pub timeout: Duration,
    /// How long nothing must come for `..`, and after setting up.
    pub quiet: Duration,
}

/// The times of docs/protocol/transcripts/README.md sections 1, 3 and 4.
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
