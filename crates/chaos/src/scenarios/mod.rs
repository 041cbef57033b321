//! The table of all scenarios: one folder for each family, and one file for each scenario.

mod accounts;
mod cluster;
mod framing;
mod network;
mod operations;
mod presence;
mod resources;
mod security;
mod storage;
mod switchboards;
mod time;

use crate::scenario::Scenario;

const FAMILIES: [&[Scenario]; 11] = [
    framing::TABLE,
    accounts::TABLE,
    presence::TABLE,
    switchboards::TABLE,
    resources::TABLE,
    storage::TABLE,
    operations::TABLE,
    time::TABLE,
    network::TABLE,
    cluster::TABLE,
    security::TABLE,
];

/// Returns all scenarios, in the order of the table.
pub fn all() -> impl Iterator<Item = Scenario> {
    FAMILIES.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_of_the_eighty_scenarios_has_a_different_id() {
        let ids: HashSet<_> = all().map(|scenario| scenario.id).collect();
        assert_eq!((ids.len(), all().count()), (80, 80));
    }

    #[test]
    fn the_ids_in_a_family_begin_with_the_same_letter_and_are_in_order() {
        for family in FAMILIES {
            let ids: Vec<_> = family.iter().map(|scenario| scenario.id).collect();
            let expected: Vec<_> = (1..=family.len()).map(|number| format!("{}{number:02}", &ids[0][..1])).collect();
            assert_eq!(ids, expected);
        }
    }
}
