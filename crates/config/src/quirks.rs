//! `[quirks]`: what single clients need that others must not get. What each quirk does is up to the notification
//! server.

use serde::Deserialize;

/// A client with needs of its own, by its name in the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Quirk {
    /// aMSN of 2006.
    #[serde(rename = "amsn")]
    Amsn,
    /// msn-pecan, the plug-in for Pidgin.
    #[serde(rename = "msn-pecan")]
    MsnPecan,
    /// msnp11-sdk, which meowsn, PolyMSNP and others are built on.
    #[serde(rename = "msnp11-sdk")]
    Msnp11Sdk,
}

impl Quirk {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Amsn, Self::MsnPecan, Self::Msnp11Sdk];
}

/// Who gets a quirk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuirkMode {
    /// The client that is recognised by its offer in VER.
    #[default]
    Auto,
    /// Every client.
    Always,
    /// No client.
    Never,
}
