//! The settings of an account.

use std::sync::Arc;

use msnp::notification::{AddPrompt, Phone, Privacy};

/// The settings of an account: GTC, BLP, PHH, PHW, PHM, MOB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Decides whether the client asks the owner when another account adds the owner, or allows
    /// that account without asking (GTC).
    pub add_prompt: AddPrompt,
    /// Decides whether accounts that are on neither AL nor BL may see and call the owner (BLP).
    pub privacy: Privacy,
    /// The home telephone number (PHH), as decoded text.
    pub home_phone: Option<Arc<str>>,
    /// The work telephone number (PHW), as decoded text.
    pub work_phone: Option<Arc<str>>,
    /// The mobile telephone number (PHM), as decoded text.
    pub mobile_phone: Option<Arc<str>>,
    /// True if contacts may send messages to the mobile phone (MOB).
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

    /// Sets a telephone number, or removes it if `number` is `None`.
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
    fn a_change_to_one_phone_number_does_not_change_the_other_numbers() {
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
