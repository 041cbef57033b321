//! A client's description of itself: status, picture, network (docs/protocol/identity.md).

use std::fmt;
use std::sync::Arc;

/// A status that CHG can set. "Offline" is not such a status, because it has its own command, FLN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// NLN.
    Online,
    /// BSY.
    Busy,
    /// IDL.
    Idle,
    /// BRB.
    BeRightBack,
    /// AWY.
    Away,
    /// PHN.
    OnThePhone,
    /// LUN.
    OutToLunch,
    /// HDN: the user appears offline. The server never sends this status to other clients.
    Hidden,
}

impl Status {
    /// All statuses.
    pub const ALL: [Self; 8] = [
        Self::Online,
        Self::Busy,
        Self::Idle,
        Self::BeRightBack,
        Self::Away,
        Self::OnThePhone,
        Self::OutToLunch,
        Self::Hidden,
    ];

    /// Returns the word on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Online => "NLN",
            Self::Busy => "BSY",
            Self::Idle => "IDL",
            Self::BeRightBack => "BRB",
            Self::Away => "AWY",
            Self::OnThePhone => "PHN",
            Self::OutToLunch => "LUN",
            Self::Hidden => "HDN",
        }
    }

    /// Returns the status that a word names. Case matters.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code().as_bytes() == word)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The networks that a contact is on, with one bit for each network. LST contains this word from
/// MSNP12 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetworkIds(pub u32);

impl NetworkIds {
    /// The Messenger network.
    pub const MESSENGER: Self = Self(1);
    /// The telephone network.
    pub const TELEPHONE: Self = Self(4);

    /// Returns the network of a contact.
    #[must_use]
    pub fn of(handle: &crate::Handle) -> Self {
        if handle.is_telephone() { Self::TELEPHONE } else { Self::MESSENGER }
    }
}

impl fmt::Display for NetworkIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An MSNObject: the word in CHG that describes the display picture. The server passes it on unchanged and does not
/// read it. A client reads it with [`MsnObjectFields`](crate::MsnObjectFields). Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MsnObject(Arc<str>);

impl MsnObject {
    /// The longest object, in bytes. In ILN and NLN, the address, the name and the numbers need at
    /// most 550 more bytes, and the whole line must not exceed 8192 bytes (framing.md section 6).
    pub const MAX: usize = 7168;

    /// Reads a word. Returns `None` for `0`, which means "no object". Also returns `None` if the
    /// word is longer than [`MsnObject::MAX`], contains a control character or is not UTF-8.
    /// Switchboards and clients read lines as UTF-8, so other bytes could break the line of another
    /// client.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let word = std::str::from_utf8(word).ok()?;
        let odd = word.is_empty()
            || word.len() > Self::MAX
            || word == "0"
            || word.bytes().any(|byte| byte <= 0x20 || byte == 0x7F);
        (!odd).then(|| Self(word.into()))
    }

    /// Encodes the text of an object. The text must not be empty, and the encoded word must not be longer than
    /// [`MsnObject::MAX`].
    pub(crate) fn of_text(text: &str) -> Self {
        let mut word = String::new();
        crate::text::encode_strictly_into(&mut word, text);
        Self(word.into())
    }

    /// Returns the word as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MsnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MsnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_picture_fits_into_a_presence_line() {
        assert!(MsnObject::parse(&[b'x'; MsnObject::MAX]).is_some());
        assert!(MsnObject::parse(&[b'x'; MsnObject::MAX + 1]).is_none());
    }
}
