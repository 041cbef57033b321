//! Finds cycles of files that use each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::edges::Edges;

/// A group of files in which each file uses all others, directly or through further files.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Cycle {
    pub(super) files: Vec<String>,
    pub(super) uses: Vec<Use>,
}

/// The names that one file of a cycle uses from another file of the cycle.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Use {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) names: BTreeSet<String>,
}

/// Returns all cycles, with the largest cycle at the beginning.
pub(super) fn find(edges: &Edges<'_>) -> Vec<Cycle> {
    let reached = reached(edges);
    let leads = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
    let mut groups: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (&file, others) in &reached {
        if others.contains(file) {
            groups.insert(others.iter().copied().filter(|other| leads(other, file)).collect());
        }
    }
    let mut cycles: Vec<_> = groups.into_iter().map(|files| cycle(&files, edges)).collect();
    cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.files.len()));
    cycles
}

/// Returns all files that each file uses, directly or through other files.
fn reached<'a>(edges: &Edges<'a>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut direct: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        direct.entry(from).or_default().push(to);
    }
    let all = direct.keys().map(|&file| {
        let mut found = BTreeSet::new();
        let mut open = vec![file];
        while let Some(file) = open.pop() {
            let unseen = direct.get(file).into_iter().flatten().filter(|&&next| found.insert(next));
            open.extend(unseen);
        }
        (file, found)
    });
    all.collect()
}

fn cycle(files: &[&str], edges: &Edges<'_>) -> Cycle {
    let inside = edges.iter().filter(|((from, to), _)| files.contains(from) && files.contains(to));
    let uses =
        inside.map(|((from, to), names)| Use { from: (*from).to_owned(), to: (*to).to_owned(), names: names.clone() });
    Cycle { files: files.iter().map(|&file| file.to_owned()).collect(), uses: uses.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::edges;
    use crate::structure::modules::Tree;
    use crate::structure::source::given;

    #[test]
    fn a_cycle_is_found_through_a_reexport() {
        let sources = given(&[
            ("lib.rs", "mod board; mod cell; mod room; mod leaf;"),
            ("room.rs", "pub use crate::board::Board;"),
            ("cell.rs", "use crate::room::Board; use crate::leaf::Leaf; pub struct Cell;"),
            ("board.rs", "use crate::cell::Cell; pub struct Board;"),
            ("leaf.rs", "pub struct Leaf;"),
        ]);
        let tree = Tree::new(&sources, "lib.rs").unwrap();
        let uses = |from: &str, to: &str, name: &str| Use {
            from: from.to_owned(),
            to: to.to_owned(),
            names: BTreeSet::from([name.to_owned()]),
        };
        let expected = Cycle {
            files: vec!["board.rs".to_owned(), "cell.rs".to_owned()],
            uses: vec![uses("board.rs", "cell.rs", "Cell"), uses("cell.rs", "board.rs", "Board")],
        };
        assert_eq!(find(&edges::find(&tree)), [expected]);
    }

    #[test]
    fn declaring_a_child_module_does_not_count_as_a_use() {
        let sources = given(&[
            ("lib.rs", "mod child; pub use child::Child; pub struct Root;"),
            ("child.rs", "use super::Root; pub struct Child(Root);"),
        ]);
        assert_eq!(find(&edges::find(&Tree::new(&sources, "lib.rs").unwrap())), []);
    }

    #[test]
    fn separate_cycles_are_reported_separately() {
        let edge = |from, to| ((from, to), BTreeSet::new());
        let edges = Edges::from([
            edge("a", "b"),
            edge("b", "c"),
            edge("c", "a"),
            edge("c", "d"),
            edge("d", "e"),
            edge("e", "d"),
            edge("e", "f"),
        ]);
        let files: Vec<_> = find(&edges).into_iter().map(|cycle| cycle.files).collect();
        assert_eq!(files, [vec!["a", "b", "c"], vec!["d", "e"]]);
    }
}
