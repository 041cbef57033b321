//! Raw connections: what a server sent, cut into lines with their payloads or into HTTP answers. Nothing here is shared
//! with the server's own codec, on purpose.

mod connection;
pub(crate) mod read;

pub(crate) use connection::{Connection, Event, Log};

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

/// Bytes as text for people: what is not plain text is escaped as in a transcript.
pub(crate) fn show(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => out.push_str("\\r"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\\' => out.push_str("\\\\"),
                c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}
