//! The uses of one file of a crate by another.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Binds, Import};
use super::modules::{ModuleId, Tree};
use super::paths;
use super::resolve::Target;

/// The names that one file uses from another file. The key is the file that uses the names, and the
/// file that defines them.
pub(super) type Edges<'a> = BTreeMap<(&'a str, &'a str), BTreeSet<String>>;

/// Finds every use of a definition in another file. `mod` and re-exports do not count as uses.
pub(super) fn find<'a>(tree: &Tree<'a>) -> Edges<'a> {
    let mut edges = Edges::new();
    for (id, module) in tree.modules.iter().enumerate() {
        let mut targets = BTreeSet::new();
        for import in module.imports.iter().filter(|import| !import.is_reexport) {
            targets.extend(imported(tree, id, import));
        }
        for path in paths::collect(module.items) {
            targets.extend(tree.resolve(id, &path).into_iter().filter_map(item));
        }
        for (file, name) in targets {
            if file != module.file {
                edges.entry((module.file, file)).or_default().insert(name);
            }
        }
    }
    edges
}

/// Returns the files and names that an import uses. An import of a module, such as `use crate::a`,
/// does not count as a use of the module's file. But each path that begins with the imported name
/// counts as a use of the file that defines the item of the path.
fn imported<'a>(tree: &Tree<'a>, module: ModuleId, import: &Import) -> Vec<(&'a str, String)> {
    let targets = tree.resolve(module, &import.path).into_iter();
    if import.binds != Binds::Everything {
        return targets.filter_map(item).collect();
    }
    let opened = targets.map(|target| match target {
        Target::Item { file, name } => (file, format!("{name}::*")),
        Target::Module(id) => (tree.modules[id].file, "*".to_owned()),
    });
    opened.collect()
}

fn item(target: Target<'_>) -> Option<(&str, String)> {
    match target {
        Target::Item { file, name } => Some((file, name)),
        Target::Module(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::source::given;

    #[test]
    fn a_use_of_a_name_leads_to_the_file_that_defines_it() {
        let cases = [
            // The name is defined behind a re-export.
            ("pub use b::B;", "use crate::a::B;", "", "c.rs -> a/b.rs: B"),
            ("pub use b::*;", "fn f(b: super::a::B) {}", "", "c.rs -> a/b.rs: B"),
            // Declarations and re-exports are not uses.
            ("pub use b::B;", "pub(crate) use crate::a::B;", "", ""),
            ("", "use crate::a;", "", ""),
            // A name is used in the file that re-exports it.
            ("pub use b::B; fn f(_: B) {}", "", "", "a/mod.rs -> a/b.rs: B"),
            ("pub use b::now; fn f(now: u8) { g(now) } fn g(_: u8) {}", "", "", ""),
            // A module is imported, and a child module is used.
            ("", "use crate::a::{self}; fn f() { a::b::g() }", "", "c.rs -> a/b.rs: g"),
            ("fn f() { b::g() }", "", "", "a/mod.rs -> a/b.rs: g"),
            ("pub struct A;", "", "use super::A;", "a/b.rs -> a/mod.rs: A"),
            ("pub struct A;", "", "use super::*; fn f(_: A) {}", "a/b.rs -> a/mod.rs: *, A"),
            // Uses inside macros, attributes, functions, and modules within a file also count.
            ("", "fn f() { println!(\"{}\", crate::a::b::X) }", "", "c.rs -> a/b.rs: X"),
            ("", "#[arg(default = crate::a::b::X)] struct A;", "", "c.rs -> a/b.rs: X"),
            ("", "fn f() { use crate::a::b::{X as Y, Z as _}; }", "", "c.rs -> a/b.rs: X, Z"),
            ("", "mod m { use crate::a::b::X; }", "", "c.rs -> a/b.rs: X"),
            // Uses in tests do not count.
            ("", "#[cfg(test)] mod tests { use crate::a::b::X; }", "", ""),
        ];
        for (a, c, b, expected) in cases {
            let a = format!("pub mod b; {a}");
            let b = format!("pub struct B; pub struct X; pub trait Z {{}} pub fn g() {{}} pub fn now() {{}} {b}");
            let sources = given(&[("lib.rs", "mod a; mod c;"), ("a/mod.rs", &a), ("c.rs", c), ("a/b.rs", &b)]);
            let tree = Tree::new(&sources, "lib.rs").unwrap();
            let edges = find(&tree).into_iter().map(|((from, to), names)| {
                format!("{from} -> {to}: {}", names.into_iter().collect::<Vec<_>>().join(", "))
            });
            assert_eq!(edges.collect::<Vec<_>>().join("; "), expected, "{a} | {c}");
        }
    }
}
