//! `text/x-clientcaps`: the name of a third-party client (docs/protocol/payloads.md section 6).

use super::headers::{Headers, plain, write_header, write_start};

pub(super) const TYPE: &str = "text/x-clientcaps";

/// The program that a partner uses. Official clients neither send nor read this message. Sending it is optional,
/// because it reveals the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCaps {
    /// The name and version of the program. Empty if the partner did not state it. Control characters are left out,
    /// both when the message is read and when it is written.
    pub name: String,
    /// True if the program stores conversations. `None` if the partner did not state it.
    pub logging: Option<bool>,
}

impl ClientCaps {
    /// Reads the body. Any value of `Chat-Logging` except `N` counts as yes. Returns `None` if the body states nothing.
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
