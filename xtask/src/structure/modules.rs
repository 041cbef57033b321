//! The tree of modules of a crate, with the names in each module.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};
use syn::Item;
use syn::ext::IdentExt;

use super::imports::{self, Binds, Import};
use super::source::Sources;

/// The index of a module in [`Tree::modules`].
pub(super) type ModuleId = usize;

/// All modules of a library or a program. The root module is the first one.
pub(super) struct Tree<'a> {
    pub(super) modules: Vec<Module<'a>>,
}

/// One module. It is a file, or the part of a file between the braces of a `mod`.
pub(super) struct Module<'a> {
    pub(super) file: &'a str,
    pub(super) parent: Option<ModuleId>,
    pub(super) items: &'a [Item],
    pub(super) names: HashMap<String, Vec<Binding>>,
    pub(super) imports: Vec<Import>,
}

/// The meaning of a name in a module.
pub(super) enum Binding {
    /// Something defined in the module itself.
    Item,
    /// A child module.
    Module(ModuleId),
    /// The import with this index.
    Import(usize),
}

impl<'a> Tree<'a> {
    /// Follows the `mod` declarations from the file `root`.
    pub(super) fn new(sources: &'a Sources, root: &str) -> Result<Self> {
        let (file, source) = sources.get_key_value(root).with_context(|| format!("{root} does not exist"))?;
        let mut tree = Self { modules: Vec::new() };
        tree.add(sources, None, file, &source.ast.items, parent(file))?;
        Ok(tree)
    }

    /// Returns the files that belong to the tree.
    pub(super) fn files(&self) -> BTreeSet<&'a str> {
        self.modules.iter().map(|module| module.file).collect()
    }

    /// Adds a module and all modules below it. The files of its children are in `folder`.
    fn add(
        &mut self,
        sources: &'a Sources,
        above: Option<ModuleId>,
        file: &'a str,
        items: &'a [Item],
        folder: &str,
    ) -> Result<ModuleId> {
        let id = self.modules.len();
        self.modules.push(Module::new(file, above, items));
        for item in items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.unraw().to_string();
            let below = join(folder, &name);
            let child = if let Some((_, items)) = &module.content {
                self.add(sources, Some(id), file, items, &below)?
            } else {
                let candidates = [format!("{below}.rs"), format!("{below}/mod.rs")];
                let found = candidates.iter().find_map(|candidate| sources.get_key_value(candidate));
                let (file, source) = found.with_context(|| format!("{file} declares {name}, which has no file"))?;
                self.add(sources, Some(id), file, &source.ast.items, &below)?
            };
            self.modules[id].bind(name, Binding::Module(child));
        }
        Ok(id)
    }
}

impl<'a> Module<'a> {
    fn new(file: &'a str, parent: Option<ModuleId>, items: &'a [Item]) -> Self {
        let mut module = Self { file, parent, items, names: HashMap::new(), imports: imports::collect(items) };
        for name in items.iter().filter_map(name) {
            module.bind(name, Binding::Item);
        }
        for index in 0..module.imports.len() {
            if let Binds::Name(name) = &module.imports[index].binds {
                module.bind(name.clone(), Binding::Import(index));
            }
        }
        module
    }

    fn bind(&mut self, name: String, binding: Binding) {
        self.names.entry(name).or_default().push(binding);
    }
}

/// Returns the name of an item that defines something.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.unraw().to_string())
}

fn parent(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::source::given;

    #[test]
    fn module_declarations_lead_to_their_files() {
        let sources = given(&[
            ("lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
            ("a.rs", "mod c; mod inline { mod d; }"),
            ("a/c.rs", ""),
            ("a/inline/d.rs", ""),
            ("b/mod.rs", "mod e;"),
            ("b/e.rs", ""),
            ("tests.rs", ""),
        ]);
        let tree = Tree::new(&sources, "lib.rs").unwrap();
        let expected = ["a.rs", "a/c.rs", "a/inline/d.rs", "b/e.rs", "b/mod.rs", "lib.rs"];
        assert_eq!(tree.files().into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_module_declaration_without_a_file_is_an_error() {
        let sources = given(&[("lib.rs", "mod a;")]);
        let error = Tree::new(&sources, "lib.rs").err().unwrap();
        assert_eq!(error.to_string(), "lib.rs declares a, which has no file");
    }
}
