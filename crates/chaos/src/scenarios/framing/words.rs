//! Reads the text in a word, and sends words that contain any bytes (framing.md section 5).

use anyhow::{Context, Result};

use crate::client::{Connection, Received};

/// Returns the text in a word, or `None` if the reference forbids the text. It forbids invalid
/// UTF-8, NUL, CR and LF.
pub(in crate::scenarios) fn meaning(word: &[u8]) -> Option<String> {
    let mut bytes = Vec::new();
    let mut place = 0;
    while let Some(&byte) = word.get(place) {
        let digits = word.get(place + 1..place + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| byte == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                place += 3;
            }
            None => {
                bytes.push(byte);
                place += 1;
            }
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(['\0', '\r', '\n']))
}

/// Sends a command whose last word need not be UTF-8. Returns the answer.
pub(super) async fn ask_bytes(connection: &mut Connection, verb: &str, words: &str, last: &[u8]) -> Result<Received> {
    let sender = connection.sender();
    let trid = sender.next_trid();
    let head = if words.is_empty() { format!("{verb} {trid}") } else { format!("{verb} {trid} {words}") };
    sender.note_sent(&format!("{head} {}", String::from_utf8_lossy(last)), b"");
    connection.send_bytes(&[head.as_bytes(), b" ", last, b"\r\n"].concat()).await?;
    connection.answer(trid).await.with_context(|| format!("no answer to {head}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_becomes_a_byte_and_a_malformed_escape_stays_unchanged() {
        assert_eq!(meaning(b"a%41%c3%A9%zz%4%").as_deref(), Some("aAé%zz%4%"));
        for word in ["%00", "%0D", "%0a", "%FF", "a%C3"] {
            assert_eq!(meaning(word.as_bytes()), None, "{word}");
        }
    }
}
