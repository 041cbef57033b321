//! `text/plain`: the text that a user writes (docs/protocol/payloads.md section 2).

use std::fmt;

use super::format::TextFormat;
use super::headers::{write_header, write_start};
use super::mime::Mime;
use crate::text::decode_ansi;

pub(super) const TYPE: &str = "text/plain";

/// A text from a user to the other participants.
///
/// The header `P4-Context` asks the reader to show another name for the sender. This crate ignores
/// the header (security.md section 5). A program that trusts the sender can read the header with
/// [`Mime::header`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TextMessage {
    /// The text. In a text that was read, all line ends are LF. In a text to write, line ends may
    /// be LF, CR LF or CR.
    pub text: String,
    /// The font, style and colour. `None` means the reader's default.
    pub format: Option<TextFormat>,
}

impl TextMessage {
    /// Reads a message of the type `text/plain`. Never fails: if the body is not UTF-8, reads it as
    /// Windows-1252.
    pub(super) fn read(mime: &Mime<'_>) -> Self {
        let text = with_lf(&decode_ansi(mime.body()));
        Self { text, format: mime.header("X-MMS-IM-Format").map(TextFormat::parse) }
    }

    /// Appends the payload.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_head(out, self.format.as_ref());
        out.extend_from_slice(with_lf(&self.text).replace('\n', "\r\n").as_bytes());
    }
}

impl fmt::Debug for TextMessage {
    /// Shows the format and, in place of the text, only the length of the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextMessage").field("len", &self.text.len()).field("format", &self.format).finish()
    }
}

/// Splits a text into messages whose payloads have at most `max` bytes, which is usually
/// [`MAX_MESSAGE`](crate::switchboard::MAX_MESSAGE).
///
/// A piece ends after white space if there is white space in its second half. Otherwise it ends
/// between two characters. The pieces, joined in order, are the whole text, with LF as its line
/// ends. An empty text gives no messages.
///
/// Each piece has at least one character. If `max` is too small for the headers and one character,
/// the payloads are longer than `max`. The headers have up to 500 bytes.
#[must_use]
pub fn split_text(text: &str, format: Option<&TextFormat>, max: usize) -> Vec<TextMessage> {
    let mut head = Vec::new();
    write_head(&mut head, format);
    let room = max.saturating_sub(head.len());
    let text = with_lf(text);
    let mut rest = text.as_str();
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(piece_len(rest, room));
        messages.push(TextMessage { text: piece.to_owned(), format: format.cloned() });
        rest = after;
    }
    messages
}

/// Returns the length of the first piece of `text`, which must not be empty. Reads at most one character beyond `room`.
fn piece_len(text: &str, room: usize) -> usize {
    let (mut written, mut after_space) = (0, 0);
    for (at, char) in text.char_indices() {
        // A line end is written as CR LF.
        written += char.len_utf8() + usize::from(char == '\n');
        if written > room && at > 0 {
            return if after_space > at / 2 { after_space } else { at };
        }
        if char.is_whitespace() {
            after_space = at + char.len_utf8();
        }
    }
    text.len()
}

fn write_head(out: &mut Vec<u8>, format: Option<&TextFormat>) {
    write_start(out, "text/plain; charset=UTF-8");
    if let Some(format) = format {
        write_header(out, "X-MMS-IM-Format", &format.encode());
    }
    out.extend_from_slice(b"\r\n");
}

/// Returns a text in which LF replaces CR LF and CR.
fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::format::MAX_FONT;
    use crate::switchboard::MAX_MESSAGE;

    fn payload(message: &TextMessage) -> Vec<u8> {
        let mut out = Vec::new();
        message.write(&mut out);
        out
    }

    fn texts(messages: &[TextMessage]) -> Vec<&str> {
        messages.iter().map(|message| message.text.as_str()).collect()
    }

    /// The headers without a format, and their empty line.
    const HEAD: usize = 62;

    #[test]
    fn the_example_text_in_the_reference_has_137_bytes() {
        let format = TextFormat::parse("FN=Segoe%20UI; EF=BI; CO=ff8000; CS=0; PF=22");
        let message = TextMessage { text: "Grüße 🐌".to_owned(), format: Some(format) };
        let payload = payload(&message);
        assert_eq!(payload.len(), 137);
        assert!(payload.ends_with("PF=22\r\n\r\nGrüße 🐌".as_bytes()));
        assert_eq!(TextMessage::read(&Mime::parse(&payload).unwrap()), message);
    }

    #[test]
    fn lines_end_with_cr_lf_on_the_wire_and_with_lf_in_memory() {
        let message = TextMessage { text: "a\nb\r\nc\rd\n\r".to_owned(), format: None };
        let payload = payload(&message);
        assert!(payload.ends_with(b"\r\n\r\na\r\nb\r\nc\r\nd\r\n\r\n"), "{}", payload.escape_ascii());
        assert_eq!(TextMessage::read(&Mime::parse(&payload).unwrap()).text, "a\nb\nc\nd\n\n");
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_read_as_windows_1252() {
        let mime = Mime::parse(b"Content-Type: text/plain\r\n\r\nGr\xFC\xDFe").unwrap();
        assert_eq!(TextMessage::read(&mime).text, "Grüße");
    }

    #[test]
    fn a_long_text_is_split_after_white_space_if_there_is_white_space_in_the_second_half_of_a_piece() {
        let table: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("0123456789", &["0123456789"]),
            ("one two three four", &["one two ", "three four"]),
            ("one two\nthree four", &["one two\n", "three four"]),
            ("a bcdefghijklmnop", &["a bcdefghi", "jklmnop"]),
            ("ééééééé", &["ééééé", "éé"]),
        ];
        for (text, expected) in table {
            assert_eq!(texts(&split_text(text, None, HEAD + 10)), expected, "{text}");
        }
    }

    #[test]
    fn each_message_contains_one_character_if_the_limit_is_too_small() {
        assert_eq!(texts(&split_text("a\r\n🐌", None, 0)), ["a", "\n", "🐌"]);
    }

    #[test]
    fn the_longest_headers_are_shorter_than_500_bytes() {
        let format = TextFormat { font: "🐌".repeat(MAX_FONT), right_to_left: true, ..TextFormat::default() };
        let message = TextMessage { text: String::new(), format: Some(format) };
        assert!(payload(&message).len() < 500);
    }

    #[test]
    fn debug_output_does_not_show_the_text() {
        let message = TextMessage { text: "secret".to_owned(), format: None };
        assert_eq!(format!("{message:?}"), "TextMessage { len: 6, format: None }");
    }

    proptest! {
        #[test]
        fn every_piece_fits_and_all_pieces_together_are_the_whole_text(
            text in "([a-z]{1,9}|[ \\r\\n\\t]|\\PC|🐌){0,400}",
            font in proptest::option::of("\\PC{0,40}"),
            room in 4..300usize,
        ) {
            let format = font.map(|font| TextFormat { font, ..TextFormat::default() });
            let mut head = Vec::new();
            write_head(&mut head, format.as_ref());
            let max = (head.len() + room).min(MAX_MESSAGE);
            let messages = split_text(&text, format.as_ref(), max);
            prop_assert_eq!(texts(&messages).concat(), with_lf(&text));
            for message in &messages {
                prop_assert!(!message.text.is_empty() && payload(message).len() <= max);
                prop_assert_eq!(&message.format, &format);
            }
        }
    }
}
