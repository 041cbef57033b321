//! The `use` declarations of a module as a flat list of paths.

use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Ident, Item, ItemMod, ItemUse, UseTree, Visibility};

/// The first word of a path that begins with `::`. No module has this name.
pub(super) const ROOT_OF_ALL_CRATES: &str = "::";

/// One name, or one `*`, of a `use` declaration.
pub(super) struct Import {
    /// The words between `::`.
    pub(super) path: Vec<String>,
    pub(super) binds: Binds,
    /// True for `pub use`, `pub(crate) use` and so on.
    pub(super) is_reexport: bool,
}

/// The name that an import adds to its module.
#[derive(PartialEq, Eq)]
pub(super) enum Binds {
    Name(String),
    /// `use a::*`
    Everything,
    /// `use a::B as _`
    Nothing,
}

/// Returns every import below `items`, also those inside functions. Leaves out the imports in
/// modules that are written inside the same file.
pub(super) fn collect(items: &[Item]) -> Vec<Import> {
    let mut collector = Collector::default();
    for item in items {
        collector.visit_item(item);
    }
    collector.0
}

#[derive(Default)]
struct Collector(Vec<Import>);

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        let start = item.leading_colon.as_ref().map(|_| ROOT_OF_ALL_CRATES.to_owned());
        self.flatten(&item.tree, start.into_iter().collect(), is_reexport);
    }

    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}
}

impl Collector {
    fn flatten(&mut self, tree: &UseTree, mut path: Vec<String>, is_reexport: bool) {
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.unraw().to_string());
                self.flatten(&part.tree, path, is_reexport);
            }
            UseTree::Name(part) => self.add(path, &part.ident, &part.ident, is_reexport),
            UseTree::Rename(part) => self.add(path, &part.ident, &part.rename, is_reexport),
            UseTree::Glob(_) => self.0.push(Import { path, binds: Binds::Everything, is_reexport }),
            UseTree::Group(group) => {
                for part in &group.items {
                    self.flatten(part, path.clone(), is_reexport);
                }
            }
        }
    }

    fn add(&mut self, mut path: Vec<String>, name: &Ident, bound: &Ident, is_reexport: bool) {
        let mut bound = bound.unraw().to_string();
        // `use a::{self}` binds `a`.
        if name != "self" {
            path.push(name.unraw().to_string());
        } else if bound == "self" {
            bound = path.last().cloned().unwrap_or_default();
        }
        let binds = if bound == "_" { Binds::Nothing } else { Binds::Name(bound) };
        self.0.push(Import { path, binds, is_reexport });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_in_a_use_tree_becomes_a_full_path() {
        let cases = [
            ("use a::b;", "a::b as b"),
            ("use a::{self, b::C as D, e::*};", "a as a, a::b::C as D, a::e as *"),
            ("use ::a::B as _;", "::::a::B as _"),
            ("use super::a::{self as b};", "super::a as b"),
            ("pub(crate) use a::B;", "pub a::B as B"),
            ("fn f() { use a::B; }", "a::B as B"),
            ("mod m { use a::B; }", ""),
        ];
        for (text, expected) in cases {
            let imports = collect(&syn::parse_file(text).unwrap().items);
            assert_eq!(imports.iter().map(shown).collect::<Vec<_>>().join(", "), expected, "{text}");
        }
    }

    fn shown(import: &Import) -> String {
        let bound = match &import.binds {
            Binds::Name(name) => name,
            Binds::Everything => "*",
            Binds::Nothing => "_",
        };
        let visible = if import.is_reexport { "pub " } else { "" };
        format!("{visible}{} as {bound}", import.path.join("::"))
    }
}
