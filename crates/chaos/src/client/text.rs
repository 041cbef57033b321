//! Bodies of messages.

use std::sync::atomic::{AtomicU64, Ordering};

/// A part of every body that [`text`] makes. It must not appear in a log.
pub const MARK: &str = "chaos-message-body";

/// Returns the payload of a text message. No two payloads of a run are the same, because the history identifies a
/// message by its payload.
pub fn text(words: &str) -> Vec<u8> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!(
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Arial; EF=; CO=0; CS=0; \
         PF=22\r\n\r\n{MARK} {number} {words}"
    )
    .into_bytes()
}
