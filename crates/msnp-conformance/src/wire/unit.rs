//! One thing that a server sent: a line with its payload, or an HTTP answer.

/// One thing that a server sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The line; for HTTP the status line and the header lines. Without line ends.
    pub(crate) lines: Vec<Vec<u8>>,
    /// A line ended with LF alone.
    pub(crate) bare_lf: bool,
    /// The payload or body.
    pub(crate) payload: Vec<u8>,
    /// What makes an HTTP answer unreadable for old clients, if anything (http.md section 0).
    pub(crate) fault: Option<String>,
}

impl Unit {
    /// The first line.
    pub(crate) fn line(&self) -> &[u8] {
        self.lines.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// The words of the first line.
    pub(crate) fn words(&self) -> Vec<&[u8]> {
        self.line().split(|&byte| byte == b' ').collect()
    }

    /// A word of the first line as text, empty if it is missing.
    pub(crate) fn word(&self, index: usize) -> String {
        self.words().get(index).map(|word| String::from_utf8_lossy(word).into_owned()).unwrap_or_default()
    }

    /// `CHL 0 ...` or a mail note: what a notification server may send at any time after the first CHG (README
    /// section 3).
    pub(crate) fn is_noise(&self) -> bool {
        self.line().starts_with(b"CHL 0 ") || (self.line().starts_with(b"MSG Hotmail ") && is_mail_note(&self.payload))
    }
}

/// A payload that tells of the inbox at sign-in.
pub(crate) fn is_mail_note(payload: &[u8]) -> bool {
    let contains = |text: &[u8]| payload.windows(text.len()).any(|window| window == text);
    contains(b"text/x-msmsgsinitialemail") || contains(b"text/x-msmsgsinitialmdata")
}
