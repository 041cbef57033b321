//! The description of an offered file (docs/protocol/payloads.md section 7.4).

use std::fmt;

use thiserror::Error;

use super::header::{read_u32, read_u64};

/// The length of the header in bytes. This length is also the first number in the header.
const HEADER: u32 = 574;
/// The version of the header that this crate writes.
const VERSION: u32 = 2;
/// The length of the field for the file name in the header, in bytes.
const NAME: usize = 550;
/// The maximum length of a name that this crate writes, in UTF-16 units. Windows allows paths of
/// 260 units, including the final NUL.
const NAME_UNITS: usize = 259;
/// The four bytes after the file name, which end the header.
const END: [u8; 4] = [0xff; 4];

/// The longest preview that fits into an INVITE, in bytes. An INVITE has at most 64 KiB, and base64
/// turns three bytes into four.
pub const MAX_PREVIEW: usize = 40 * 1024;

/// The name, size and preview of an offered file. In base64, this is the Context of the INVITE for
/// the file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileContext {
    /// The name, exactly as the sender wrote it. Before you create a file with this name, pass the
    /// name to [`super::safe_file_name`].
    pub name: String,
    /// The size of the file, in bytes.
    pub size: u64,
    /// A small PNG image of the file. Empty if there is no image.
    pub preview: Vec<u8>,
}

/// The reason why bytes are not a [`FileContext`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadFileContext {
    /// There are fewer bytes than a header has.
    #[error("it is shorter than a header")]
    TooShort,
    /// The first number in the header, which is the length of the header, is less than 574 or
    /// greater than the number of bytes.
    #[error("the length of the header is invalid")]
    HeaderSize,
}

impl FileContext {
    /// Reads a context. Also accepts a longer header, because later versions of the header are
    /// longer.
    ///
    /// # Errors
    /// See [`BadFileContext`]. A name that is not valid UTF-16 is not an error: the invalid units become U+FFFD.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadFileContext> {
        let (header, size, no_preview, rest) = Self::numbers(bytes).ok_or(BadFileContext::TooShort)?;
        let (name, _) = rest.split_at_checked(NAME).ok_or(BadFileContext::TooShort)?;
        let header = usize::try_from(header).map_err(|_| BadFileContext::HeaderSize)?;
        if header < HEADER as usize {
            return Err(BadFileContext::HeaderSize);
        }
        let preview = bytes.get(header..).ok_or(BadFileContext::HeaderSize)?;
        let preview = if no_preview == 0 { preview.to_vec() } else { Vec::new() };
        Ok(Self { name: decode_name(name), size, preview })
    }

    /// Returns the length of the header, the size of the file, the number that says whether the
    /// preview is missing, and the bytes after these numbers.
    fn numbers(bytes: &[u8]) -> Option<(u32, u64, u32, &[u8])> {
        let mut rest = bytes;
        let header = read_u32(&mut rest)?;
        let _version = read_u32(&mut rest)?;
        let size = read_u64(&mut rest)?;
        let no_preview = read_u32(&mut rest)?;
        Some((header, size, no_preview, rest))
    }

    /// Returns the bytes of the context: a header of 574 bytes, and the preview. A name of more
    /// than 259 UTF-16 units is cut.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER as usize + self.preview.len());
        out.extend(HEADER.to_le_bytes());
        out.extend(VERSION.to_le_bytes());
        out.extend(self.size.to_le_bytes());
        out.extend(u32::from(self.preview.is_empty()).to_le_bytes());
        let name_start = out.len();
        for unit in name_units(&self.name) {
            out.extend(unit.to_le_bytes());
        }
        out.resize(name_start + NAME, 0);
        out.extend(END);
        out.extend_from_slice(&self.preview);
        out
    }
}

/// Returns the first UTF-16 units of a name, at most [`NAME_UNITS`]. The last character is always
/// whole, even if it needs two units.
fn name_units(name: &str) -> impl Iterator<Item = u16> {
    let mut room = NAME_UNITS;
    let fits = move |char: &char| {
        let enough = room >= char.len_utf16();
        room = room.saturating_sub(char.len_utf16());
        enough && *char != '\0'
    };
    name.chars().take_while(fits).flat_map(|char| {
        let mut units = [0; 2];
        let count = char.encode_utf16(&mut units).len();
        units.into_iter().take(count)
    })
}

fn decode_name(bytes: &[u8]) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    let units = units.take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

impl fmt::Debug for FileContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileContext({:?}, {} bytes, preview of {} bytes)", self.name, self.size, self.preview.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn context(name: &str, preview: &[u8]) -> FileContext {
        FileContext { name: name.to_owned(), size: 0x0102_0304_0506, preview: preview.to_vec() }
    }

    #[test]
    fn the_fields_are_at_the_offsets_given_in_the_reference() {
        let bytes = context("ab.txt", b"").encode();
        assert_eq!(bytes.len(), 574);
        assert_eq!(bytes[..8], [0x3e, 2, 0, 0, 2, 0, 0, 0]);
        assert_eq!(bytes[8..20], [6, 5, 4, 3, 2, 1, 0, 0, 1, 0, 0, 0]);
        assert_eq!(bytes[20..34], *b"a\0b\0.\0t\0x\0t\0\0\0");
        assert_eq!(bytes[570..], [0xff; 4]);
        let bytes = context("ab.txt", b"png").encode();
        assert_eq!((bytes.len(), bytes[16], bytes.ends_with(b"\xffpng")), (577, 0, true));
    }

    #[test]
    fn a_long_name_is_cut_only_between_characters() {
        let read = |name: &str| FileContext::parse(&context(name, b"").encode()).unwrap().name;
        assert_eq!(read(&"x".repeat(300)), "x".repeat(259));
        assert_eq!(read(&"😀".repeat(300)), "😀".repeat(129));
    }

    #[test]
    fn unknown_bytes_at_the_end_of_a_header_are_skipped_and_an_impossible_header_size_is_refused() {
        let mut bytes = context("a", b"").encode();
        bytes[..4].copy_from_slice(&580u32.to_le_bytes());
        bytes[16] = 0;
        bytes.extend(*b"moreinpng");
        assert_eq!(FileContext::parse(&bytes).unwrap().preview, b"png");
        for header in [0u32, 573, 584, u32::MAX] {
            bytes[..4].copy_from_slice(&header.to_le_bytes());
            assert_eq!(FileContext::parse(&bytes), Err(BadFileContext::HeaderSize), "{header}");
        }
        assert_eq!(FileContext::parse(&bytes[..569]), Err(BadFileContext::TooShort));
        assert_eq!(FileContext::parse(b""), Err(BadFileContext::TooShort));
    }

    proptest! {
        #[test]
        fn a_written_file_context_is_read_back_unchanged(
            name in "[^\\x00]{0,120}",
            size: u64,
            preview in proptest::collection::vec(any::<u8>(), 0..50),
        ) {
            let context = FileContext { name, size, preview };
            prop_assert_eq!(FileContext::parse(&context.encode()), Ok(context));
        }
    }
}
