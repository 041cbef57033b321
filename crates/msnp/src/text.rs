//! Percent-encoded text in words (docs/protocol/framing.md section 5), and the Windows-1252 text
//! that old clients send when a user signs in.

use std::borrow::Cow;

/// Decodes every `%XX` to one byte. Any other `%` stays as it is, and `+` does not become a blank.
///
/// Returns `None` if the result is not valid UTF-8 or contains NUL, CR or LF, which could end the line of another
/// client.
#[must_use]
pub fn decode(word: &[u8]) -> Option<Cow<'_, str>> {
    if !word.contains(&b'%') {
        let plain = std::str::from_utf8(word).ok()?;
        return is_safe(plain).then_some(Cow::Borrowed(plain));
    }
    let decoded = String::from_utf8(decode_bytes(word)).ok()?;
    is_safe(&decoded).then_some(Cow::Owned(decoded))
}

/// Decodes like [`decode`], without checking the resulting bytes.
#[must_use]
pub fn decode_bytes(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&first, tail)) = rest.split_first() {
        let pair = (first == b'%').then(|| tail.split_first_chunk::<2>()).flatten();
        match pair.and_then(|(digits, after)| Some((hex_byte(*digits)?, after))) {
            Some((byte, after)) => {
                out.push(byte);
                rest = after;
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

/// Reads a password or name from a client. The text is UTF-8 or, if it is not valid UTF-8,
/// Windows-1252 (http.md section 1.2).
#[must_use]
pub fn decode_ansi(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|&byte| windows_1252(byte)).collect(),
    }
}

/// Appends `text` as one word. Bytes up to 0x20, 0x7F and `%` become `%XX`. All other bytes are unchanged.
pub fn encode_into(out: &mut Vec<u8>, text: &str) {
    for &byte in text.as_bytes() {
        if is_plain(byte) {
            out.push(byte);
        } else {
            out.extend(escape(byte));
        }
    }
}

/// Appends `text`, and escapes every byte except ASCII letters, digits and `-._`.
pub(crate) fn encode_strictly_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(escape(byte).map(char::from));
        }
    }
}

/// Returns the number of bytes that [`encode_strictly_into`] writes for `text`.
pub(crate) fn strictly_encoded_len(text: &str) -> usize {
    text.bytes().map(|byte| if is_unreserved(byte) { 1 } else { 3 }).sum()
}

/// Returns the number of bytes that [`encode_into`] writes for `text`.
#[must_use]
pub fn encoded_len(text: &str) -> usize {
    text.bytes().map(|byte| if is_plain(byte) { 1 } else { 3 }).sum()
}

fn is_plain(byte: u8) -> bool {
    byte > 0x20 && byte != 0x7F && byte != b'%'
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// Returns `%XX` for a byte.
fn escape(byte: u8) -> [u8; 3] {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    [b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]
}

/// Returns whether a text contains nothing that could end a line.
pub(crate) fn is_safe(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
}

/// Returns whether a character is unsafe to show to people. Control characters (C0, DEL and C1) can
/// command a terminal. The other unsafe characters change the order of the text around them, or
/// break the line (docs/protocol/security.md section 5).
#[must_use]
pub fn is_unsafe_to_show(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let (high, low) = (value(digits[0])?, value(digits[1])?);
    u8::try_from(high * 16 + low).ok()
}

/// Returns the character of a byte of Windows-1252, which differs from Latin-1 only in 0x80 to
/// 0x9F. Each of the five undefined bytes in that range becomes the character with the same number.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode_into(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_decoded_in_every_spelling_that_clients_use() {
        let table = [
            ("Alice%20A", Some("Alice A")),
            ("%C3%89lise", Some("Élise")),
            ("%c3%89lise", Some("Élise")),
            ("100%", Some("100%")),
            ("100%zz", Some("100%zz")),
            ("a+b", Some("a+b")),
            ("%41%2541", Some("A%41")),
            ("%FF", None),
            ("a%0D%0AOUT", None),
            ("a%00b", None),
            ("tab%09bell%07", Some("tab\tbell\u{7}")),
        ];
        for (word, expected) in table {
            assert_eq!(decode(word.as_bytes()).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn only_bytes_that_are_not_allowed_in_a_word_are_escaped() {
        assert_eq!(encoded("123 (4567)"), "123%20(4567)");
        assert_eq!(encoded("Élise 100%"), "Élise%20100%25");
        assert_eq!(encoded("a\tb\u{7f}"), "a%09b%7F");
    }

    #[test]
    fn control_and_bidi_characters_are_unsafe_to_show_but_letters_are_safe() {
        for character in
            ['\0', '\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{061C}', '\u{200F}', '\u{2028}', '\u{202E}', '\u{2069}']
        {
            assert!(is_unsafe_to_show(character), "{character:?}");
        }
        for character in ['a', ' ', 'é', 'ا', 'א', '漢', '🐌', '\u{200D}'] {
            assert!(!is_unsafe_to_show(character), "{character:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_read_as_windows_1252() {
        assert_eq!(decode_ansi("é€".as_bytes()), "é€");
        assert_eq!(decode_ansi(b"\xE9\x80 \x99"), "é€ ™");
        assert_eq!(decode_ansi(b"\xFF\x81"), "ÿ\u{81}");
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_unchanged_after_encoding_and_decoding(text in "[^\0\r\n]*") {
            let word = encoded(&text);
            proptest::prop_assert_eq!(word.len(), encoded_len(&text));
            proptest::prop_assert!(word.bytes().all(|byte| byte > 0x20));
            let decoded = decode(word.as_bytes());
            proptest::prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }
    }
}
