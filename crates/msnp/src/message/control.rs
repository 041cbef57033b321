//! `text/x-msmsgscontrol`: a partner is typing or recording (docs/protocol/payloads.md section 3).

use super::headers::{write_header, write_start};
use super::mime::Mime;
use crate::Handle;

pub(super) const TYPE: &str = "text/x-msmsgscontrol";

/// The activity of a partner.
#[derive(Clone, Copy)]
pub(super) enum Activity {
    Typing,
    Recording,
}

impl Activity {
    const ALL: [Self; 2] = [Self::Typing, Self::Recording];

    /// Returns the name of the header that stands for the activity. The value of this header is the
    /// partner's handle.
    const fn header(self) -> &'static str {
        match self {
            Self::Typing => "TypingUser",
            Self::Recording => "RecordingUser",
        }
    }

    /// Reads an activity, and the handle in the header. The handle is `None` if the value of the
    /// header is not an address.
    pub(super) fn read(mime: &Mime<'_>) -> Option<(Self, Option<Handle>)> {
        let with_value = |activity: Self| Some((activity, mime.header(activity.header())?));
        let (activity, value) = Self::ALL.into_iter().find_map(with_value)?;
        Some((activity, Handle::parse_lax(value).ok()))
    }

    /// Appends the payload. Its body is one empty line.
    pub(super) fn write(self, handle: Option<&Handle>, out: &mut Vec<u8>) {
        write_start(out, TYPE);
        write_header(out, self.header(), handle.map(Handle::as_str).unwrap_or_default());
        out.extend_from_slice(b"\r\n\r\n");
    }
}
