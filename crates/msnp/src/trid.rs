//! Transaction ids (docs/protocol/framing.md section 2).

use std::fmt;

use crate::Malformed;
use crate::word::Words;

/// The number that connects an answer to its request: 0 to 4294967295.
///
/// Leading zeros are kept, because an answer repeats the digits of the request. Lines that answer no request carry
/// [`TrId::UNASKED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrId {
    value: u32,
    leading_zeros: u16,
}

impl TrId {
    /// The id of lines that the server sends without a request.
    pub const UNASKED: Self = Self::new(0);

    /// Creates an id without leading zeros.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self { value, leading_zeros: 0 }
    }

    /// Reads a word. Returns `None` if it is not a 32-bit decimal number.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let value = crate::word::number(word)?;
        let significant = if value == 0 { 1 } else { value.ilog10() as usize + 1 };
        let leading_zeros = u16::try_from(word.len() - significant).ok()?;
        Some(Self { value, leading_zeros })
    }

    /// Returns the number.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.value
    }
}

impl Words<'_> {
    /// Returns the next word as a transaction id.
    pub(crate) fn need_trid(&mut self) -> Result<TrId, Malformed> {
        self.need_with(TrId::parse)
    }
}

impl fmt::Display for TrId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..self.leading_zeros {
            f.write_str("0")?;
        }
        write!(f, "{}", self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_id_keeps_its_leading_zeros() {
        for word in ["0", "00", "7", "007", "4294967295", "0004294967295"] {
            assert_eq!(TrId::parse(word.as_bytes()).map(|id| id.to_string()).as_deref(), Some(word));
        }
    }

    #[test]
    fn a_word_that_is_not_a_32_bit_decimal_number_is_not_a_transaction_id() {
        for word in ["", "x", "-1", "+5", "1.0", "4294967296", "99999999999999999999", "0x10", "１"] {
            assert_eq!(TrId::parse(word.as_bytes()), None, "{word}");
        }
    }
}
