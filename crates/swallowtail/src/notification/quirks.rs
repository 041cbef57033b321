//! What single clients need that others must not get, as data (docs/protocol/clients.md).
//!
//! A client is known by what it offers in VER. The operator can force a row for everybody, or forbid it, by its name.

use std::collections::BTreeMap;

use msnp::notification::Ver;
use serde::Deserialize;

/// A row of the table.
struct Row {
    /// The name in the settings.
    name: &'static str,
    /// The words of the offer, exactly and in this order.
    offer: &'static [&'static str],
    /// What the client gets.
    gets: Quirks,
}

/// What a client gets that others do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// VER is answered with `CVR0` after the dialect, if it was offered.
    pub echo_cvr0: bool,
    /// ADG, REG and RMG are answered with a `1` after the transaction id, where older dialects have the list version.
    pub old_group_answers: bool,
    /// Somebody on AL may be put on BL: for a moment both bits stand, and BL decides.
    pub block_before_disallow: bool,
}

const ROWS: &[Row] = &[
    // aMSN of 2006 looks for CVR0 in the answer and gives up without it.
    Row {
        name: "amsn",
        offer: &["MSNP12", "CVR0"],
        gets: Quirks { echo_cvr0: true, old_group_answers: false, block_before_disallow: false },
    },
    // msnp11-sdk, which meowsn, PolyMSNP and others are built on, waits for the group answers of one server, and blocks by ADC BL
    // before REM AL.
    Row {
        name: "msnp11-sdk",
        offer: &["MSNP11", "CVR0"],
        gets: Quirks { echo_cvr0: false, old_group_answers: true, block_before_disallow: true },
    },
];

/// Who gets a quirk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuirkMode {
    /// The client that is known by its offer.
    #[default]
    Auto,
    /// Everybody.
    Always,
    /// Nobody.
    Never,
}

/// The names of all quirks, for the settings.
#[must_use]
pub fn quirk_names() -> Vec<&'static str> {
    ROWS.iter().map(|row| row.name).collect()
}

/// What a client gets that makes this offer.
pub(super) fn quirks_of(ver: &Ver, modes: &BTreeMap<String, QuirkMode>) -> Quirks {
    let applies = |row: &&Row| match modes.get(row.name).copied().unwrap_or_default() {
        QuirkMode::Auto => ver.offers_exactly(row.offer),
        QuirkMode::Always => true,
        QuirkMode::Never => false,
    };
    ROWS.iter().filter(applies).fold(Quirks::default(), |all, row| Quirks {
        echo_cvr0: all.echo_cvr0 || row.gets.echo_cvr0,
        old_group_answers: all.old_group_answers || row.gets.old_group_answers,
        block_before_disallow: all.block_before_disallow || row.gets.block_before_disallow,
    })
}

#[cfg(test)]
mod tests {
    use msnp::TrId;

    use super::*;

    fn quirks(offer: &str, modes: &[(&str, QuirkMode)]) -> Quirks {
        let offer = offer.split(' ').map(str::to_owned).collect();
        let modes = modes.iter().map(|(name, mode)| ((*name).to_owned(), *mode)).collect();
        quirks_of(&Ver { trid: TrId::new(1), offer }, &modes)
    }

    #[test]
    fn a_client_is_known_by_exactly_its_offer() {
        assert!(quirks("MSNP12 CVR0", &[]).echo_cvr0);
        assert!(quirks("msnp11 cvr0", &[]).old_group_answers);
        for offer in ["MSNP12 MSNP11 MSNP10 CVR0", "MSNP11 MSNP10 CVR0", "MSNP12", "CVR0 MSNP12"] {
            assert_eq!(quirks(offer, &[]), Quirks::default(), "{offer}");
        }
    }

    #[test]
    fn the_operator_decides_otherwise() {
        assert!(quirks("MSNP9 CVR0", &[("msnp11-sdk", QuirkMode::Always)]).block_before_disallow);
        assert_eq!(quirks("MSNP12 CVR0", &[("amsn", QuirkMode::Never)]), Quirks::default());
    }
}
