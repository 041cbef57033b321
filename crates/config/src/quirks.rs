//! `[quirks]`: exceptions for single clients. The code of the notification server defines what each
//! quirk changes.

use std::collections::BTreeMap;

use crate::kind::Choice;
use crate::reader::Section;

/// A client that needs an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quirk {
    /// aMSN of 2006.
    Amsn,
    /// msn-pecan, the plug-in for Pidgin.
    MsnPecan,
    /// msnp11-sdk, the library on which meowsn, PolyMSNP and other programs are built.
    Msnp11Sdk,
}

impl Quirk {
    /// Every quirk.
    pub const ALL: [Self; 3] = [Self::Amsn, Self::MsnPecan, Self::Msnp11Sdk];

    /// Returns the name of the quirk in the settings.
    const fn name(self) -> &'static str {
        match self {
            Self::Amsn => "amsn",
            Self::MsnPecan => "msn-pecan",
            Self::Msnp11Sdk => "msnp11-sdk",
        }
    }

    /// Reads the mode of each quirk. Quirks without an entry are [`QuirkMode::Auto`].
    pub(crate) fn read_all(from: &Section<'_>) -> BTreeMap<Self, QuirkMode> {
        let modes = [("auto", QuirkMode::Auto), ("always", QuirkMode::Always), ("never", QuirkMode::Never)];
        let mode = Choice(modes.to_vec());
        let all = Self::ALL.map(|quirk| (quirk, from.get(quirk.name(), QuirkMode::Auto, &mode)));
        all.into_iter().filter(|(_, mode)| *mode != QuirkMode::Auto).collect()
    }
}

/// The clients that get a quirk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuirkMode {
    /// The client that needs the quirk. The server recognises this client by the versions that it
    /// offers in VER.
    #[default]
    Auto,
    /// Every client.
    Always,
    /// No client.
    Never,
}
