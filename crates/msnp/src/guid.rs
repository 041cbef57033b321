//! GUIDs of contacts and groups (docs/protocol/framing.md section 7).

use std::fmt;

/// A GUID of 128 bits, written 8-4-4-4-12 in lower-case hex without braces. The parser accepts
/// upper and lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid([u8; 16]);

impl Guid {
    /// Creates a GUID from its bytes, in the order in which they are written.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, in the order in which they are written.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads a word. Returns `None` if it is not a GUID.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let word: &[u8; 36] = word.try_into().ok()?;
        let mut bytes = [0; 16];
        let mut digits = 0;
        for (place, &byte) in word.iter().enumerate() {
            if matches!(place, 8 | 13 | 18 | 23) {
                if byte != b'-' {
                    return None;
                }
                continue;
            }
            let digit = char::from(byte).to_digit(16)?;
            bytes[digits / 2] = bytes[digits / 2] << 4 | u8::try_from(digit).ok()?;
            digits += 1;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_read_in_upper_and_lower_case_and_written_in_lower_case() {
        let guid = Guid::parse(b"C1F9A363-4ee9-4a33-a434-b056a4c55b98").unwrap();
        assert_eq!(guid.to_string(), "c1f9a363-4ee9-4a33-a434-b056a4c55b98");
    }

    #[test]
    fn malformed_guids_are_refused() {
        for word in [
            "no-guid",
            "",
            "{c1f9a363-4ee9-4a33-a434-b056a4c55b98}",
            "c1f9a363-4ee9-4a33-a434-b056a4c55b9g",
            "c1f9a3634ee9-4a33-a434-b056a4c55b98-",
        ] {
            assert_eq!(Guid::parse(word.as_bytes()), None, "{word}");
        }
    }
}
