//! The table of layers: the crates of the workspace, and the crates on which each of them may depend.

use super::crates::Package;

/// A crate, and the crates of the workspace that it may depend on.
type Row = (&'static str, &'static [&'static str]);

const BASE: &str = "swallowtail-base";
const CONFIG: &str = "swallowtail-config";
const STORE: &str = "swallowtail-store";
const MESSENGER: &str = "swallowtail-messenger";
const SETUP: &str = "swallowtail-setup";
const TERMINAL: &str = "swallowtail-terminal";
const CHAOS: &str = "swallowtail-chaos";
const SITE: &str = "swallowtail-site";

/// The layers, lowest first. A row names only crates of the rows above it.
const LAYERS: &[Row] = &[
    ("msnp", &[]),
    (BASE, &["msnp"]),
    (CONFIG, &["msnp"]),
    (STORE, &["msnp", BASE, CONFIG]),
    ("msnp-client", &["msnp"]),
    ("msnp-conformance", &["msnp"]),
    (TERMINAL, &["msnp", "msnp-client"]),
    (MESSENGER, &["msnp", BASE, CONFIG, STORE]),
    (SETUP, &["msnp", BASE, CONFIG, "msnp-client"]),
    (SITE, &["msnp", BASE, CONFIG, STORE, MESSENGER, SETUP]),
    (CHAOS, &["msnp", "msnp-conformance", BASE, CONFIG, STORE, MESSENGER]),
    ("swallowtail-bench", &["msnp", BASE, STORE, CHAOS]),
    ("swallowtail", &["msnp", BASE, CONFIG, STORE, "msnp-client", TERMINAL, MESSENGER, SETUP, SITE]),
    ("xtask", &["msnp"]),
];

/// The name of the table in messages.
const TABLE: &str = "LAYERS in xtask/src/structure/layers.rs";

/// Returns a sentence for each crate or dependency that the table does not allow.
pub(super) fn faults(packages: &[Package]) -> Vec<String> {
    disagreements(LAYERS, packages)
}

fn disagreements(table: &[Row], packages: &[Package]) -> Vec<String> {
    let refused = packages.iter().flat_map(|package| refused(table, package));
    let is_missing = |name: &str| packages.iter().all(|package| package.name != name);
    let missing = table.iter().filter(|(name, _)| is_missing(name));
    let missing =
        missing.map(|(name, _)| format!("{name} is not a crate of the workspace: remove its row from {TABLE}"));
    refused.chain(missing).collect()
}

/// Returns a sentence for each fault of one crate.
fn refused(table: &[Row], package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some((_, allowed)) = table.iter().find(|(row, _)| row == name) else {
        return vec![format!(
            "{name} has no layer: add a row to {TABLE}, below the crates that it depends on and above those \
             that depend on it"
        )];
    };
    let refused = package.own.iter().filter(|other| !allowed.contains(&other.as_str()));
    refused.map(|other| format!("{name} may not depend on {other}: {} (see {TABLE})", permission(allowed))).collect()
}

fn permission(allowed: &[&str]) -> String {
    match allowed {
        [] => "it may not depend on any crate of the workspace".to_owned(),
        allowed => format!("of the workspace, it may depend only on {}", allowed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_may_depend_only_on_layers_above_it_in_the_table() {
        for (index, (name, allowed)) in LAYERS.iter().enumerate() {
            let above: Vec<_> = LAYERS[..index].iter().map(|(name, _)| *name).collect();
            assert!(!above.contains(name), "{name} has two rows");
            for other in *allowed {
                assert!(above.contains(other), "{name} may depend on {other}, which is not above it");
            }
        }
    }

    #[test]
    fn a_dependency_that_the_table_does_not_list_is_refused_and_so_is_a_crate_without_a_layer() {
        let table: &[Row] = &[("low", &[]), ("high", &["low"])];
        let package = |name: &str, own: &[&str]| Package::new(name, own);
        let cases = [
            (package("high", &["low"]), ""),
            (
                package("low", &["high"]),
                "low may not depend on high: it may not depend on any crate of the workspace \
                 (see LAYERS in xtask/src/structure/layers.rs)",
            ),
            (
                package("high", &["low", "other"]),
                "high may not depend on other: of the workspace, it may depend only on low \
                 (see LAYERS in xtask/src/structure/layers.rs)",
            ),
            (
                package("new", &[]),
                "new has no layer: add a row to LAYERS in xtask/src/structure/layers.rs, below the crates that it \
                 depends on and above those that depend on it",
            ),
        ];
        for (package, expected) in cases {
            assert_eq!(refused(table, &package).join("\n"), expected);
        }
    }

    #[test]
    fn a_layer_without_a_crate_is_refused() {
        let table: &[Row] = &[("low", &[]), ("high", &["low"])];
        let packages = [Package::new("high", &[])];
        let expected =
            "low is not a crate of the workspace: remove its row from LAYERS in xtask/src/structure/layers.rs";
        assert_eq!(disagreements(table, &packages), [expected]);
    }
}
