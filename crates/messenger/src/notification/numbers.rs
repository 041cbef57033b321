//! The telephone numbers of an account, as its contacts see them.

use msnp::notification::{Phone, Property};
use swallowtail_store::roster::Settings;

/// Returns the telephone numbers that the account has set, as properties for PRP and BPR.
pub(super) fn present_numbers(settings: &Settings) -> Vec<Property> {
    let number = |phone: Phone| settings.phone(phone).map(|number| Property::Phone(phone, Some(number.to_owned())));
    Phone::ALL.into_iter().filter_map(number).collect()
}
