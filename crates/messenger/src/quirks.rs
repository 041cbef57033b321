//! The table of quirks: behaviour that one client needs and others must not see (docs/protocol/clients.md).
//!
//! The server recognises a client by its offer in VER. Each row has a name. With that name, the operator can switch the
//! row on for every client, or switch it off entirely.

use std::collections::BTreeMap;
use std::ops::BitOr;

use msnp::notification::Ver;
use swallowtail_config::{Quirk, QuirkMode};

/// A row of the table of quirks.
struct Row {
    /// The words of the client's offer in VER, in exactly this order.
    offer: &'static [&'static str],
    /// The quirks that a client with this offer gets.
    gets: Quirks,
}

/// The quirks of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// If true, the answer to VER has `CVR0` after the dialect, provided that the client offered
    /// `CVR0`.
    pub echo_cvr0: bool,
    /// If true, the answers to ADG, REG and RMG have a `1` after the transaction id, at the place
    /// where older dialects have the list version.
    pub old_group_answers: bool,
    /// If true, the client may add a contact on AL to BL, and a contact on BL to AL. While a
    /// contact is on both lists, BL has priority.
    pub overlap_allow_and_block: bool,
    /// If true, and if ADG names a group that already exists, the server answers with the existing
    /// group.
    pub repeat_existing_group: bool,
}

impl Quirks {
    /// No quirks, as for most clients.
    pub(crate) const NONE: Self = Self {
        echo_cvr0: false,
        old_group_answers: false,
        overlap_allow_and_block: false,
        repeat_existing_group: false,
    };
}

impl BitOr for Quirks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            echo_cvr0: self.echo_cvr0 | other.echo_cvr0,
            old_group_answers: self.old_group_answers | other.old_group_answers,
            overlap_allow_and_block: self.overlap_allow_and_block | other.overlap_allow_and_block,
            repeat_existing_group: self.repeat_existing_group | other.repeat_existing_group,
        }
    }
}

const fn row(quirk: Quirk) -> Row {
    match quirk {
        // The aMSN of 2006 looks for CVR0 in the answer. If the answer has no CVR0, aMSN gives up.
        Quirk::Amsn => Row { offer: &["MSNP12", "CVR0"], gets: Quirks { echo_cvr0: true, ..Quirks::NONE } },
        // After msn-pecan has renamed a group, msn-pecan forgets the name of the group, and then
        // sends ADG with the name that the group now has. If the server answers this ADG with 228,
        // msn-pecan signs out.
        Quirk::MsnPecan => Row { offer: &["MSNP12"], gets: Quirks { repeat_existing_group: true, ..Quirks::NONE } },
        // msnp11-sdk expects the answers to group commands in the form that one particular server
        // uses. To block a contact, msnp11-sdk sends ADC BL before REM AL. To unblock a contact,
        // msnp11-sdk sends ADC AL before REM BL.
        Quirk::Msnp11Sdk => Row {
            offer: &["MSNP11", "CVR0"],
            gets: Quirks { old_group_answers: true, overlap_allow_and_block: true, ..Quirks::NONE },
        },
    }
}

/// Returns the quirks of a client that sends this offer in VER.
pub(crate) fn quirks_of(ver: &Ver, modes: &BTreeMap<Quirk, QuirkMode>) -> Quirks {
    Quirk::ALL.into_iter().fold(Quirks::NONE, |all, quirk| {
        let Row { offer, gets } = row(quirk);
        let applies = match modes.get(&quirk).copied().unwrap_or_default() {
            QuirkMode::Auto => ver.offers_exactly(offer),
            QuirkMode::Always => true,
            QuirkMode::Never => false,
        };
        if applies { all | gets } else { all }
    })
}

#[cfg(test)]
mod tests {
    use msnp::TrId;

    use super::*;

    fn quirks(offer: &str, modes: &[(Quirk, QuirkMode)]) -> Quirks {
        let offer = offer.split(' ').map(str::to_owned).collect();
        let modes = modes.iter().copied().collect();
        quirks_of(&Ver { trid: TrId::new(1), offer }, &modes)
    }

    #[test]
    fn a_client_is_recognised_only_if_it_offers_exactly_the_expected_dialects() {
        assert!(quirks("MSNP12 CVR0", &[]).echo_cvr0);
        assert!(quirks("msnp11 cvr0", &[]).old_group_answers);
        assert!(quirks("MSNP12", &[]).repeat_existing_group);
        for offer in ["MSNP12 MSNP11 MSNP10 CVR0", "MSNP11 MSNP10 CVR0", "MSNP11", "CVR0 MSNP12"] {
            assert_eq!(quirks(offer, &[]), Quirks::NONE, "{offer}");
        }
    }

    #[test]
    fn quirk_settings_take_precedence_over_the_offered_dialects() {
        assert!(quirks("MSNP9 CVR0", &[(Quirk::Msnp11Sdk, QuirkMode::Always)]).overlap_allow_and_block);
        assert_eq!(quirks("MSNP12 CVR0", &[(Quirk::Amsn, QuirkMode::Never)]), Quirks::NONE);
    }
}
