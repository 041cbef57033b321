//! What a client says of itself: status, capabilities, picture, network (docs/protocol/identity.md).

use std::fmt;
use std::sync::Arc;

/// A status that CHG may set. "Offline" is none: FLN is a command of its own.
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
    /// HDN: appear offline. Never told to others.
    Hidden,
}

impl Status {
    /// All of them.
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

    /// The word on the wire.
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

    /// The status that a word names, by exact case.
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

/// What a client can do: 32 bits that a server passes on and never looks into. 0 when it said nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// Reads a decimal number of 32 bits.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        crate::word::number(word).map(Self)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The networks that a contact is on, a bit each; one word of LST from MSNP12 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetworkIds(pub u32);

impl NetworkIds {
    /// Messenger itself.
    pub const MESSENGER: Self = Self(1);
    /// A telephone.
    pub const TELEPHONE: Self = Self(4);

    /// The network of a contact.
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

/// An MSNObject: the word of CHG that describes the display picture. Opaque, passed on byte for byte. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MsnObject(Arc<str>);

impl MsnObject {
    /// The longest one, in bytes. ILN and NLN pass it on with up to 550 bytes of address, name and numbers around
    /// it, and must stay within a line of 8192 (framing.md section 6).
    pub const MAX: usize = 7168;

    /// Takes a word as it came. `None` for `0`, which means "no object", for one over [`MsnObject::MAX`], for a word
    /// with a control character, and for one that is not UTF-8: switchboards and clients read lines as UTF-8, so it
    /// could break somebody else's.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let word = std::str::from_utf8(word).ok()?;
        let odd = word.is_empty()
            || word.len() > Self::MAX
            || word == "0"
            || word.bytes().any(|byte| byte <= 0x20 || byte == 0x7F);
        (!odd).then(|| Self(word.into()))
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
    fn a_picture_leaves_room_for_the_rest_of_the_lines_that_tell_others() {
        assert!(MsnObject::parse(&[b'x'; MsnObject::MAX]).is_some());
        assert!(MsnObject::parse(&[b'x'; MsnObject::MAX + 1]).is_none());
    }
}
