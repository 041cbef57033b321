//! Finds the file that defines the item of a path, through all re-exports.

use std::collections::BTreeSet;

use super::imports::Binds;
use super::modules::{Binding, Module, ModuleId, Tree};

/// The maximum number of re-exports in a row. A longer chain counts as a cycle. Real code has
/// chains of two or three.
const MAX_HOPS: usize = 16;

/// The definition or module at the end of a path. A path that leads out of the crate has no target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target<'a> {
    Item { file: &'a str, name: String },
    Module(ModuleId),
}

impl<'a> Tree<'a> {
    /// Returns all meanings of a path that is written in the module `from`. There can be several,
    /// because a module and a function can share a name.
    ///
    /// Words after the name of a type, such as a variant or a method, are ignored.
    pub(super) fn resolve(&self, from: ModuleId, path: &[String]) -> BTreeSet<Target<'a>> {
        self.follow(from, path, MAX_HOPS)
    }

    fn follow(&self, from: ModuleId, path: &[String], hops: usize) -> BTreeSet<Target<'a>> {
        let Some((first, rest)) = path.split_first() else { return BTreeSet::new() };
        let mut targets = self.word(from, first, hops);
        for word in rest {
            let module = targets.iter().find_map(|target| match target {
                Target::Module(id) => Some(*id),
                Target::Item { .. } => None,
            });
            let Some(module) = module else { break };
            targets = self.word(module, word, hops);
            let Module { file, names, .. } = &self.modules[module];
            if targets.is_empty() && !names.contains_key(word) {
                // A macro in this file may have defined the name.
                targets.insert(Target::Item { file, name: word.clone() });
            }
        }
        targets
    }

    /// Looks up one word of a path in the module `from`. Returns all meanings of this word.
    fn word(&self, from: ModuleId, word: &str, hops: usize) -> BTreeSet<Target<'a>> {
        match word {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(from)]),
            "super" => self.modules[from].parent.map(Target::Module).into_iter().collect(),
            name => self.name(from, name, hops),
        }
    }

    /// Looks up a name in a module. First searches the module's own names, and then the names that
    /// the module imports with `*`.
    fn name(&self, module: ModuleId, name: &str, hops: usize) -> BTreeSet<Target<'a>> {
        let Some(hops) = hops.checked_sub(1) else { return BTreeSet::new() };
        match self.modules[module].names.get(name) {
            Some(bindings) => bindings.iter().flat_map(|binding| self.binding(module, name, binding, hops)).collect(),
            None => self.through_globs(module, name, hops),
        }
    }

    fn binding(&self, module: ModuleId, name: &str, binding: &Binding, hops: usize) -> BTreeSet<Target<'a>> {
        let module_data = &self.modules[module];
        match binding {
            Binding::Item => BTreeSet::from([Target::Item { file: module_data.file, name: name.to_owned() }]),
            Binding::Module(id) => BTreeSet::from([Target::Module(*id)]),
            Binding::Import(index) => self.follow(module, &module_data.imports[*index].path, hops),
        }
    }

    fn through_globs(&self, module: ModuleId, name: &str, hops: usize) -> BTreeSet<Target<'a>> {
        let globs = self.modules[module].imports.iter().filter(|import| import.binds == Binds::Everything);
        let opened = globs.flat_map(|glob| self.follow(module, &glob.path, hops));
        opened
            .flat_map(|target| match target {
                Target::Module(id) => self.name(id, name, hops),
                Target::Item { .. } => BTreeSet::new(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::imports::ROOT_OF_ALL_CRATES;
    use crate::structure::source::given;

    #[test]
    fn a_path_leads_to_the_file_that_defines_it() {
        let sources = given(&[
            ("lib.rs", "mod net; mod room; mod verbs; use std::fmt; pub use room::board as table;"),
            ("net.rs", "use crate::room::{self, Board as B}; use crate::verbs::*; pub struct Net; pub fn net() {}"),
            ("room/mod.rs", "mod board; pub use board::*; pub(crate) use self::board::lost; made! { enum Made }"),
            ("room/board.rs", "pub struct Board; use super::Made; pub mod deep { pub fn dig() {} }"),
            ("verbs.rs", "pub enum Verb { A } pub use Verb::*;"),
        ]);
        let tree = Tree::new(&sources, "lib.rs").unwrap();
        let net = tree.modules.iter().position(|module| module.file == "net.rs").unwrap();
        let cases = [
            ("crate::net::Net", "net.rs Net"),
            ("self::net", "net.rs net"),
            ("Net", "net.rs Net"),
            ("B", "room/board.rs Board"),
            ("B::method", "room/board.rs Board"),
            ("room::Board::new", "room/board.rs Board"),
            ("super::table::deep::dig", "room/board.rs dig"),
            ("room::deep::dig", "room/board.rs dig"),
            ("room::Made", "room/mod.rs Made"),
            ("room::lost", "room/board.rs lost"),
            ("Verb::A", "verbs.rs Verb"),
            ("Unknown", ""),
            ("super::fmt::Display", ""),
            ("std::fmt::Display", ""),
        ];
        for (path, expected) in cases {
            let words: Vec<_> = path.split("::").map(str::to_owned).collect();
            assert_eq!(shown(tree.resolve(net, &words)), expected, "{path}");
        }
    }

    #[test]
    fn a_path_that_begins_with_two_colons_is_not_resolved_inside_the_crate() {
        let sources = given(&[("lib.rs", "mod net;"), ("net.rs", "pub struct Net;")]);
        let tree = Tree::new(&sources, "lib.rs").unwrap();
        let path = [ROOT_OF_ALL_CRATES, "net", "Net"].map(str::to_owned);
        assert_eq!(shown(tree.resolve(0, &path[1..])), "net.rs Net");
        assert_eq!(shown(tree.resolve(0, &path)), "");
    }

    #[test]
    fn resolving_a_cycle_of_reexports_does_not_loop_forever() {
        let sources = given(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub use crate::b::X; pub use crate::b::*;"),
            ("b.rs", "pub use crate::a::X; pub use crate::a::*;"),
        ]);
        let tree = Tree::new(&sources, "lib.rs").unwrap();
        for path in [["a", "X"], ["a", "Y"]] {
            tree.resolve(0, &path.map(str::to_owned));
        }
    }

    fn shown(targets: BTreeSet<Target<'_>>) -> String {
        let shown = targets.into_iter().map(|target| match target {
            Target::Item { file, name } => format!("{file} {name}"),
            Target::Module(id) => format!("module {id}"),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}
