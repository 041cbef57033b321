//! `[log]`: the format of the log.

use crate::kind::Choice;
use crate::reader::Section;

/// The log, which the server writes to standard error. The environment variable `SWALLOWTAIL_LOG` sets its level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogConfig {
    /// The format of the log's lines.
    pub format: LogFormat,
}

/// The format of the lines of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A line of text for people.
    #[default]
    Text,
    /// A JSON object in each line, for programs.
    Json,
}

impl LogConfig {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let formats = Choice(vec![("text", LogFormat::Text), ("json", LogFormat::Json)]);
        Self { format: from.get("format", LogFormat::default(), &formats) }
    }
}
