//! The capabilities of a client (docs/protocol/identity.md, "Client capabilities").

use std::fmt;

/// The capabilities of a client: 28 flags and a version. A server passes them on without reading
/// them. If the client did not send capabilities, the value is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(pub u32);

/// The position of the version. Its four bits are a number, not flags.
const VERSION_SHIFT: u32 = 28;
const VERSION_BITS: u32 = 0xF << VERSION_SHIFT;

impl Capabilities {
    /// The client runs on a mobile device.
    pub const MOBILE: Self = Self(0x1);
    /// The client is MSN Explorer 8.
    pub const MSN_EXPLORER: Self = Self(0x2);
    /// The client shows handwriting (ink) that arrives as a GIF image.
    pub const INK_GIF: Self = Self(0x4);
    /// The client shows and sends handwriting in the format ISF (Ink Serialized Format).
    pub const INK_ISF: Self = Self(0x8);
    /// The client can share a webcam.
    pub const WEBCAM: Self = Self(0x10);
    /// The client can read messages that are split into several packets.
    pub const MULTI_PACKET: Self = Self(0x20);
    /// The user can be paged on a mobile phone.
    pub const MOBILE_PAGING: Self = Self(0x40);
    /// The user can be paged on an MSN Direct watch.
    pub const DIRECT_PAGING: Self = Self(0x80);
    /// The client supports activities.
    pub const ACTIVITIES: Self = Self(0x100);
    /// The client is a web page.
    pub const WEB_CLIENT: Self = Self(0x200);
    /// The client runs on a mobile device. Only later clients use this flag. [`Self::MOBILE`] is
    /// the older flag for mobile devices.
    pub const MOBILE_DEVICE: Self = Self(0x400);
    /// The user uses Office Communicator and is connected through a gateway.
    pub const FEDERATED: Self = Self(0x800);
    /// The user has a Space, which is a blog.
    pub const SPACE: Self = Self(0x1000);
    /// The client is Media Center.
    pub const MEDIA_CENTER: Self = Self(0x2000);
    /// The client supports direct connections for messages.
    pub const DIRECT_MESSAGES: Self = Self(0x4000);
    /// The client can play winks.
    pub const WINKS: Self = Self(0x8000);
    /// The client supports shared searches.
    pub const SHARED_SEARCH: Self = Self(0x1_0000);
    /// The user is a robot.
    pub const ROBOT: Self = Self(0x2_0000);
    /// The client can play voice clips.
    pub const VOICE_CLIPS: Self = Self(0x4_0000);
    /// The client supports encrypted conversations.
    pub const ENCRYPTION: Self = Self(0x8_0000);
    /// The client supports SIP invitations.
    pub const SIP: Self = Self(0x10_0000);
    /// The client supports media with more than two participants.
    pub const MULTI_PARTY_MEDIA: Self = Self(0x20_0000);
    /// The client supports shared folders.
    pub const SHARED_FOLDERS: Self = Self(0x40_0000);

    /// The capabilities that client 7.5 announces: 1342554172.
    pub const MESSENGER_7_5: Self = Self(0x5005_C03C);

    /// Reads a decimal number of 32 bits.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        crate::word::number(word).map(Self)
    }

    /// Returns whether all flags of `flags` are set in `self`. Ignores the version in `flags` and
    /// the version in `self`.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        let wanted = flags.0 & !VERSION_BITS;
        self.0 & wanted == wanted
    }

    /// Returns these capabilities with the flags of `flags` added. Keeps the version of `self`.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0 & !VERSION_BITS)
    }

    /// Returns these capabilities with another version, or without a version.
    #[must_use]
    pub const fn with_version(self, version: Option<ClientVersion>) -> Self {
        let number = match version {
            Some(version) => version as u32,
            None => 0,
        };
        Self(self.0 & !VERSION_BITS | number << VERSION_SHIFT)
    }

    /// Returns the version of the client. `None` if the client states no version or a version that
    /// does not exist.
    #[must_use]
    pub fn version(self) -> Option<ClientVersion> {
        ClientVersion::ALL.into_iter().find(|version| *version as u32 == self.0 >> VERSION_SHIFT)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A version of the official client, which is a part of the capabilities. The other participants of
/// a conversation use the version to decide what to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientVersion {
    /// 6.0.
    V6_0 = 1,
    /// 6.1.
    V6_1 = 2,
    /// 6.2.
    V6_2 = 3,
    /// 7.0.
    V7_0 = 4,
    /// 7.5.
    V7_5 = 5,
    /// 8.0.
    V8_0 = 6,
    /// 8.1.
    V8_1 = 7,
    /// 8.5.
    V8_5 = 8,
    /// 9.0.
    V9_0 = 9,
    /// 2009.
    V2009 = 10,
    /// 2011.
    V2011 = 11,
    /// 2012.
    V2012 = 12,
}

impl ClientVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 12] = [
        Self::V6_0,
        Self::V6_1,
        Self::V6_2,
        Self::V7_0,
        Self::V7_5,
        Self::V8_0,
        Self::V8_1,
        Self::V8_5,
        Self::V9_0,
        Self::V2009,
        Self::V2011,
        Self::V2012,
    ];
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_sample_capabilities_in_the_reference_have_the_expected_flags_and_versions() {
        let ink = Capabilities::INK_GIF.with(Capabilities::INK_ISF).with(Capabilities::MULTI_PACKET);
        let newer = ink.with(Capabilities::DIRECT_MESSAGES).with(Capabilities::WINKS);
        let newest = newer.with(Capabilities::WEBCAM).with(Capabilities::SHARED_SEARCH).with(Capabilities::VOICE_CLIPS);
        let table = [
            (268_435_500, ClientVersion::V6_0, ink),
            (1_073_791_084, ClientVersion::V7_0, newer.with(Capabilities::MOBILE_PAGING)),
            (1_342_554_172, ClientVersion::V7_5, newest),
        ];
        for (number, version, flags) in table {
            assert_eq!(flags.with_version(Some(version)), Capabilities(number));
            assert_eq!(Capabilities(number).version(), Some(version));
        }
        assert_eq!(Capabilities::MESSENGER_7_5, Capabilities(1_342_554_172));
        assert!(!Capabilities(1_073_791_084).contains(Capabilities::VOICE_CLIPS));
    }

    #[test]
    fn the_version_numbers_0_and_13_to_15_are_unknown() {
        for nibble in [0u32, 13, 14, 15] {
            assert_eq!(Capabilities(nibble << 28 | 0xFFF).version(), None, "{nibble}");
        }
    }

    proptest! {
        #[test]
        fn setting_flags_does_not_change_the_version_and_setting_the_version_does_not_change_flags(a: u32, b: u32) {
            let (a, b) = (Capabilities(a), Capabilities(b));
            prop_assert!(a.with(b).contains(a) && a.with(b).contains(b));
            prop_assert_eq!(a.with(b).version(), a.version());
            for version in ClientVersion::ALL.map(Some).into_iter().chain([None]) {
                let changed = a.with_version(version);
                prop_assert_eq!(changed.version(), version);
                prop_assert!(changed.contains(a) && a.contains(changed));
            }
        }
    }
}
