//! `text/x-clientcaps`: the name of a third-party client (docs/protocol/payloads.md section 6).

use super::headers::{Headers, plain, write_header, write_start};

pub(super) const TYPE: &str = "text/x-clientcaps";

/// The program that a partner uses. Official clients neither send nor read this message. Sending
/// the message is optional, because it reveals which program the user runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCaps {
    /// The name and version of the program. Empty if the partner did not state a name. Reading and
    /// writing leave out control characters.
    pub name: String,
    /// True if the program stores conversations. `None` if the partner did not state this.
    pub logging: Option<bool>,
}

impl ClientCaps {
    /// Reads the fields of the body. Every value of `Chat-Logging` except `N` means that the
    /// program stores conversations. Returns `None` if the body has neither `Client-Name` nor
    /// `Chat-Logging`.
    pub(super) fn read(fields: Headers<'_>) -> Option<Self> {
        let name = fields.get("Client-Name");
        let logging = fields.get("Chat-Logging").map(|value| !value.eq_ignore_ascii_case("N"));
        let is_stated = name.is_some() || logging.is_some();
        is_stated.then(|| Self { name: plain(name.unwrap_or_default()), logging })
    }

    /// Appends the payload.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_start(out, TYPE);
        out.extend_from_slice(b"\r\n");
        write_header(out, "Client-Name", &self.name);
        if let Some(logging) = self.logging {
            write_header(out, "Chat-Logging", if logging { "Y" } else { "N" });
        }
        out.extend_from_slice(b"\r\n");
    }
}
