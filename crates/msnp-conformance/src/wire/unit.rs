//! A line with its payload, or an HTTP answer.

/// A line with its payload, or an HTTP answer, as sent by a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The line, or the status line and header lines of an HTTP answer, without line ends.
    pub lines: Vec<Vec<u8>>,
    /// True if a line ended with an LF without a CR.
    pub bare_lf: bool,
    /// The payload of the line, or the body of the HTTP answer.
    pub payload: Vec<u8>,
    /// The reason why old clients cannot read this HTTP answer (http.md section 0). `None` for a
    /// line, and for an HTTP answer that old clients can read.
    pub fault: Option<String>,
}

impl Unit {
    /// Returns the first line.
    pub fn line(&self) -> &[u8] {
        self.lines.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the words of the first line.
    pub fn words(&self) -> Vec<&[u8]> {
        self.line().split(|&byte| byte == b' ').collect()
    }

    /// Returns a word of the first line as text, or an empty string if there is no such word.
    pub fn word(&self, index: usize) -> String {
        self.words().get(index).map(|word| String::from_utf8_lossy(word).into_owned()).unwrap_or_default()
    }

    /// Returns whether this unit is noise: `CHL 0 ...` or a mail note. A notification server may
    /// send noise at any time after the client's first CHG (docs/protocol/transcripts/README.md
    /// section 3).
    pub(crate) fn is_noise(&self) -> bool {
        self.line().starts_with(b"CHL 0 ") || (self.line().starts_with(b"MSG Hotmail ") && is_mail_note(&self.payload))
    }
}

/// Returns whether a payload is a mail note, which describes the inbox when a user signs in.
pub(crate) fn is_mail_note(payload: &[u8]) -> bool {
    let contains = |text: &[u8]| payload.windows(text.len()).any(|window| window == text);
    contains(b"text/x-msmsgsinitialemail") || contains(b"text/x-msmsgsinitialmdata")
}
