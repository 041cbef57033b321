//! The account's own name and settings.

use msnp::{DisplayName, Timestamp};

use super::super::{Change, Roster, Settings};

impl Roster {
    /// PRP MFN: changes the own name.
    #[must_use]
    pub fn set_name(&self, name: DisplayName, now: Timestamp) -> Vec<Change> {
        if name == self.name {
            return Vec::new();
        }
        vec![Change::Name(name), Change::SettingsChanged(now)]
    }

    /// GTC, BLP and the other settings: no change if they already have these values.
    #[must_use]
    pub fn set_settings(&self, settings: Settings, now: Timestamp) -> Vec<Change> {
        if settings == self.settings {
            return Vec::new();
        }
        vec![Change::Settings(settings), Change::SettingsChanged(now)]
    }
}
