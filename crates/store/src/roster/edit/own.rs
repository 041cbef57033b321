//! Changes of the display name and the settings of the account itself.

use msnp::{DisplayName, Timestamp};

use super::super::{Change, Roster, Settings};

impl Roster {
    /// Changes the display name (`PRP MFN`). Returns no changes if the account already has this name.
    #[must_use]
    pub fn set_name(&self, name: DisplayName, now: Timestamp) -> Vec<Change> {
        if name == self.name {
            return Vec::new();
        }
        vec![Change::Name(name), Change::SettingsChanged(now)]
    }

    /// Changes the settings (GTC, BLP, PRP). Returns no changes if the account already has these settings.
    #[must_use]
    pub fn set_settings(&self, settings: Settings, now: Timestamp) -> Vec<Change> {
        if settings == self.settings {
            return Vec::new();
        }
        vec![Change::Settings(settings), Change::SettingsChanged(now)]
    }
}
