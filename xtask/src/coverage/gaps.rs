//! Finds verbs that no transcript shows. Each needs an `unshown` line with a reason in docs/protocol/verbs.txt.

use msnp::Dialect;

use super::key::{Handling, Key, Sender, Service, number};
use super::reference::{Reference, VERBS};
use super::scan::Shown;

/// Each service and sender, in the order of the tables in docs/protocol/coverage.md.
const TABLES: [(Service, Sender); 6] = [
    (Service::Notification, Sender::Client),
    (Service::Notification, Sender::Server),
    (Service::Dispatch, Sender::Client),
    (Service::Dispatch, Sender::Server),
    (Service::Switchboard, Sender::Client),
    (Service::Switchboard, Sender::Server),
];

/// A verb that no transcript shows in some dialects.
pub(super) struct Gap<'r> {
    pub(super) key: &'r Key,
    dialects: Vec<u8>,
    /// The reason from verbs.txt, if the file gives a reason.
    pub(super) reason: Option<&'r str>,
}

impl Gap<'_> {
    /// Returns the dialects as a list, such as `MSNP10, 11`.
    pub(super) fn dialects(&self) -> String {
        format!("MSNP{}", self.dialects.iter().map(u8::to_string).collect::<Vec<_>>().join(", "))
    }
}

/// Returns whether a transcript shows how the reference handles a verb in a dialect. Also returns
/// true if there is nothing to show, because the server never sends this verb in this dialect.
fn is_shown(reference: &Reference, shown: &Shown, key: &Key, dialect: Dialect) -> bool {
    match reference.expected(key, dialect) {
        None | Some(Handling::Never) => true,
        Some(handling) => {
            let outcomes = shown.outcomes.get(&(key.clone(), dialect));
            outcomes.is_some_and(|outcomes| outcomes.contains_key(&handling))
        }
    }
}

/// Returns the verbs that no transcript shows in some of the supported dialects.
pub(super) fn gaps<'r>(reference: &'r Reference, shown: &Shown) -> Vec<Gap<'r>> {
    let verbs = TABLES.into_iter().flat_map(|(service, sender)| reference.verbs(service, sender));
    let gaps = verbs.filter(|(key, _)| reference.is_here(key)).map(|(key, _)| {
        let dialects = Dialect::ALL.into_iter().filter(|dialect| !is_shown(reference, shown, key, *dialect));
        Gap { key, dialects: dialects.map(number).collect(), reason: reference.unshown(key) }
    });
    gaps.filter(|gap| !gap.dialects.is_empty()).collect()
}

/// Returns a sentence for each gap without a reason, and for each reason without a gap.
pub(super) fn faults(reference: &Reference, shown: &Shown) -> Vec<String> {
    let gaps = gaps(reference, shown);
    let unexplained = gaps.iter().filter(|gap| gap.reason.is_none()).map(|gap| {
        let (key, dialects) = (gap.key, gap.dialects());
        format!("{key}: no transcript shows it in {dialects}, and {VERBS} has no `unshown` line for it")
    });
    let needless = reference.unshown.iter().filter(|(key, _)| gaps.iter().all(|gap| gap.key != key));
    let needless = needless.map(|(key, _)| format!("{key}: listed as unshown in {VERBS}, but the transcripts show it"));
    unexplained.chain(needless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_needs_a_reason_and_every_reason_needs_a_gap() {
        let faults = |verbs: &str| {
            let mut shown = Shown::default();
            shown.add("t", "!account a a@b.c p \"A\"\n!signed-in x a MSNP12\nx < TIM 1\n");
            faults(&Reference::parse(verbs).unwrap(), &shown)
        };
        assert_eq!(faults("ns < TIM 12- sent\nns < IPG 6- never\n"), [""; 0]);
        assert_eq!(faults("ns < TIM 11- sent\nunshown ns < TIM : a reason\n"), [""; 0]);
        let unexplained = faults("ns < TIM 10- sent\n");
        assert!(unexplained[0].starts_with("ns < TIM: no transcript shows it in MSNP10, 11"), "{unexplained:?}");
        let needless = faults("ns < TIM 12- sent\nunshown ns < TIM : a reason\n");
        assert!(needless[0].contains("listed as unshown"), "{needless:?}");
    }
}
