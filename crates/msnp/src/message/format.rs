//! `X-MMS-IM-Format`: the font of a text (docs/protocol/payloads.md section 2).

use std::fmt::Write as _;

use crate::text;

/// The maximum length of a font name, in characters. Windows allows 31, and old clients crash on
/// longer names.
pub const MAX_FONT: usize = 31;

/// The font and style of a text. The default has no font name and the colour black. If there is no
/// font name, the reader uses its default font.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextFormat {
    /// The name of the font, such as `Segoe UI`. Writing leaves out control characters, and then
    /// cuts the name after [`MAX_FONT`] characters.
    pub font: String,
    /// The style.
    pub effects: Effects,
    /// The colour.
    pub color: Color,
    /// The Windows character set, such as 0 for Western European and 0x86 for simplified Chinese.
    /// If the reader does not have this font, the character set helps the reader to choose another
    /// font. The text itself is UTF-8.
    pub charset: u8,
    /// The pitch and family of the font, as Windows numbers them: 0x22 is a proportional sans serif.
    pub pitch_family: u8,
    /// True for text from right to left.
    pub right_to_left: bool,
}

/// The style of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Effects {
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Struck through.
    pub strike: bool,
    /// Underlined.
    pub underline: bool,
}

/// A colour. The default is black.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

impl TextFormat {
    /// Reads the value of the header `X-MMS-IM-Format`. A part that is missing or malformed gets
    /// its default value. Ignores unknown parts.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let mut format = Self::default();
        for (name, value) in value.split(';').filter_map(|part| part.split_once('=')) {
            let value = value.trim();
            match name.trim().to_ascii_uppercase().as_str() {
                "FN" => format.font = decode_font(value),
                "EF" => format.effects = Effects::parse(value),
                "CO" => format.color = Color::parse(value),
                "CS" => format.charset = hex_byte(value),
                "PF" => format.pitch_family = hex_byte(value),
                "RL" => format.right_to_left = value == "1",
                _ => {}
            }
        }
        format
    }

    /// Returns the value of the header `X-MMS-IM-Format`. The font is the first part, because the
    /// servers of 2003 required the font at this position.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::from("FN=");
        encode_font(&mut out, &self.font);
        let (effects, color) = (self.effects.encode(), self.color.encode());
        let (charset, pitch) = (self.charset, self.pitch_family);
        // Writing to a String cannot fail.
        let _ = write!(out, "; EF={effects}; CO={color}; CS={charset:x}; PF={pitch:x}");
        if self.right_to_left {
            out.push_str("; RL=1");
        }
        out
    }
}

impl Effects {
    /// Reads the letters `B`, `I`, `S` and `U`, in any order and in upper or lower case. Ignores
    /// all other letters.
    fn parse(value: &str) -> Self {
        let has = |letter: char| value.chars().any(|other| other.eq_ignore_ascii_case(&letter));
        Self { bold: has('B'), italic: has('I'), strike: has('S'), underline: has('U') }
    }

    fn encode(self) -> String {
        let letters = [(self.bold, 'B'), (self.italic, 'I'), (self.strike, 'S'), (self.underline, 'U')];
        letters.into_iter().filter_map(|(is_set, letter)| is_set.then_some(letter)).collect()
    }
}

impl Color {
    /// Reads up to eight hexadecimal digits: blue, green, red. For any other value, returns black.
    fn parse(value: &str) -> Self {
        let [red, green, blue, _] = hex(value).unwrap_or_default().to_le_bytes();
        Self { red, green, blue }
    }

    /// Returns blue, green and red without leading zeros, as official clients write them.
    fn encode(self) -> String {
        format!("{:x}", u32::from_le_bytes([self.red, self.green, self.blue, 0]))
    }
}

/// Reads a hexadecimal number of 32 bits: digits only, no sign.
fn hex(value: &str) -> Option<u32> {
    let is_plain = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(value, 16).ok().filter(|_| is_plain)
}

/// Reads a hexadecimal number of 8 bits. For any other value, returns 0.
fn hex_byte(value: &str) -> u8 {
    hex(value).and_then(|number| u8::try_from(number).ok()).unwrap_or_default()
}

fn decode_font(value: &str) -> String {
    plain_font(&text::decode_ansi(&text::decode_bytes(value.as_bytes())))
}

/// Appends the name of a font. Escapes `;`, which would end the part `FN=` of the header, `%`,
/// blanks and all characters that are not ASCII. Does not escape ASCII letters and digits, because
/// official clients do not understand such escapes.
fn encode_font(out: &mut String, font: &str) {
    for char in plain_font(font).chars() {
        match char {
            '!'..='~' if !matches!(char, ';' | '%') => out.push(char),
            _ => text::encode_strictly_into(out, char.encode_utf8(&mut [0; 4])),
        }
    }
}

fn plain_font(font: &str) -> String {
    font.chars().filter(|char| !char.is_control()).take(MAX_FONT).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_format_in_the_reference_is_read_and_written() {
        let format = TextFormat {
            font: "Segoe UI".to_owned(),
            effects: Effects { bold: true, italic: true, ..Effects::default() },
            color: Color { red: 0, green: 0x80, blue: 0xFF },
            charset: 0,
            pitch_family: 0x22,
            right_to_left: false,
        };
        let value = "FN=Segoe%20UI; EF=BI; CO=ff8000; CS=0; PF=22";
        assert_eq!(TextFormat::parse(value), format);
        assert_eq!(format.encode(), value);
    }

    #[test]
    fn colours_are_in_the_order_blue_green_red_and_leading_zeros_may_be_missing() {
        let color = |red, green, blue| Color { red, green, blue };
        let table = [
            ("ff", color(255, 0, 0)),
            ("0", color(0, 0, 0)),
            ("0000FF", color(255, 0, 0)),
            ("00ff0000", color(0, 0, 255)),
            ("800", color(0, 8, 0)),
            ("+f", color(0, 0, 0)),
            ("123456789", color(0, 0, 0)),
            ("red", color(0, 0, 0)),
        ];
        for (value, expected) in table {
            assert_eq!(TextFormat::parse(&format!("CO={value}")).color, expected, "{value}");
        }
        assert_eq!(color(255, 0, 0).encode(), "ff");
    }

    #[test]
    fn parts_of_a_format_may_be_missing_or_repeated_and_may_be_in_upper_or_lower_case() {
        let read = TextFormat::parse("rl=1;ef=ubx ;CS=86;PF=zz;;XX=1;FN=%E5%AE%8B%E4%BD%93;CO");
        let expected = TextFormat {
            font: "宋体".to_owned(),
            effects: Effects { bold: true, underline: true, ..Effects::default() },
            charset: 0x86,
            right_to_left: true,
            ..TextFormat::default()
        };
        assert_eq!(read, expected);
        assert_eq!(read.encode(), "FN=%E5%AE%8B%E4%BD%93; EF=BU; CO=0; CS=86; PF=0; RL=1");
        assert_eq!(TextFormat::parse(""), TextFormat::default());
    }

    #[test]
    fn a_font_name_cannot_add_a_header_or_a_part_and_its_length_is_limited() {
        let format = TextFormat { font: format!("a\r\nb;c%{}", "x".repeat(99)), ..TextFormat::default() };
        let value = format.encode();
        assert!(value.starts_with("FN=ab%3Bc%25xx"), "{value}");
        assert_eq!(TextFormat::parse(&value).font.chars().count(), MAX_FONT);
        assert_eq!(TextFormat::parse("FN=a%0D%0Ab").font, "ab");
    }

    proptest! {
        #[test]
        fn any_header_value_is_read_as_a_format_that_can_be_written_and_read_back(
            value in "(FN=|EF=|CO=|CS=|PF=|RL=1|; |%[0-9A-F]{2}|\\PC){0,20}",
        ) {
            let format = TextFormat::parse(&value);
            prop_assert_eq!(TextFormat::parse(&format.encode()), format);
        }
    }
}
