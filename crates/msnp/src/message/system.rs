//! `application/x-msmsgssystemmessage`: the service will stop (docs/protocol/payloads.md section 11).

use super::mime::Mime;
use crate::word::number;

/// The content type that servers send, and a second content type that other sources list.
const TYPES: [&str; 2] = ["application/x-msmsgssystemmessage", "text/x-msmsgssystemmessage"];

/// Returns the minutes in a shutdown warning. `None` for any other message.
pub(super) fn read_shutdown(mime: &Mime<'_>) -> Option<u32> {
    let is_shutdown = TYPES.iter().any(|kind| mime.is(kind)) && mime.fields().get("Type")? == "1";
    is_shutdown.then(|| number(mime.fields().get("Arg1")?.as_bytes())).flatten()
}
