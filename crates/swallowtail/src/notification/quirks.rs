//! What single clients need that others must not get, as data (docs/protocol/clients.md).

use msnp::notification::Ver;

/// A client that is known by its offer in VER.
struct Quirk {
    /// The words of the offer, exactly and in this order.
    offer: &'static [&'static str],
    /// The words that answer it.
    answer: &'static [&'static str],
}

const QUIRKS: &[Quirk] = &[
    // aMSN of 2006 looks for CVR0 in the answer and gives up without it.
    Quirk { offer: &["MSNP12", "CVR0"], answer: &["MSNP12", "CVR0"] },
];

/// The words that answer an offer, where one client wants others than everybody.
pub(super) fn ver_answer(ver: &Ver) -> Option<Vec<String>> {
    let quirk = QUIRKS.iter().find(|quirk| ver.offers_exactly(quirk.offer))?;
    Some(quirk.answer.iter().map(|word| (*word).to_owned()).collect())
}
