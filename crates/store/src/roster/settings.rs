//! The settings that an account keeps on the server.

use std::sync::Arc;

use msnp::notification::{AddPrompt, Phone, Privacy};

/// The settings of an account: GTC, BLP, PHH, PHW, PHM, MOB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// GTC.
    pub add_prompt: AddPrompt,
    /// BLP.
    pub privacy: Privacy,
    /// PHH, as decoded text.
    pub home_phone: Option<Arc<str>>,
    /// PHW, as decoded text.
    pub work_phone: Option<Arc<str>>,
    /// PHM, as decoded text.
    pub mobile_phone: Option<Arc<str>>,
    /// MOB.
    pub paging: bool,
}

impl Settings {
    /// Returns a telephone number, if it is set.
    #[must_use]
    pub fn phone(&self, phone: Phone) -> Option<&str> {
        match phone {
            Phone::Home => self.home_phone.as_deref(),
            Phone::Work => self.work_phone.as_deref(),
            Phone::Mobile => self.mobile_phone.as_deref(),
        }
    }

    /// Sets a telephone number; `None` removes it.
    pub fn set_phone(&mut self, phone: Phone, number: Option<Arc<str>>) {
        match phone {
            Phone::Home => self.home_phone = number,
            Phone::Work => self.work_phone = number,
            Phone::Mobile => self.mobile_phone = number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_set_leaves_the_others_alone() {
        for set in Phone::ALL {
            let mut settings = Settings::default();
            settings.set_phone(set, Some(Arc::from("555 0001")));
            for phone in Phone::ALL {
                assert_eq!(settings.phone(phone), (phone == set).then_some("555 0001"), "{set} {phone}");
            }
            settings.set_phone(set, None);
            assert_eq!(settings, Settings::default());
        }
    }
}
