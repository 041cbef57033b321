//! The table of quirks: behaviour that one client needs and others must not see (docs/protocol/clients.md).
//!
//! The server recognises a client by its offer in VER. Each row has a name. With that name, the operator can switch the
//! row on for every client, or switch it off entirely.

use std::collections::BTreeMap;
use std::ops::BitOr;

use msnp::notification::Ver;
use swallowtail_config::{Quirk, QuirkMode};

/// A row of the table.
struct Row {
    /// The words of the offer, in exactly this order.
    offer: &'static [&'static str],
    /// The quirks of this client.
    gets: Quirks,
}

/// The quirks of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// The answer to VER has `CVR0` after the dialect, if the client offered it.
    pub echo_cvr0: bool,
    /// ADG, REG and RMG are answered with a `1` after the transaction id, where older dialects have the list version.
    pub old_group_answers: bool,
    /// A contact on AL may be added to BL, and a contact on BL may be added to AL. While a contact is on both lists, BL
    /// has priority.
    pub overlap_allow_and_block: bool,
    /// If a group already has the name in ADG, the answer is that group.
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
        // The aMSN of 2006 looks for CVR0 in the answer. Without CVR0, it gives up.
        Quirk::Amsn => Row { offer: &["MSNP12", "CVR0"], gets: Quirks { echo_cvr0: true, ..Quirks::NONE } },
        // When msn-pecan renames a group, it forgets the group's name and adds that name again. If the server then
        // answers 228, msn-pecan signs out.
        Quirk::MsnPecan => Row { offer: &["MSNP12"], gets: Quirks { repeat_existing_group: true, ..Quirks::NONE } },
        // msnp11-sdk expects the group answers of one particular server. It blocks with ADC BL before REM AL, and
        // unblocks with ADC AL before REM BL.
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
