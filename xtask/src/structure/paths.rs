//! The paths in the code of a module: types, calls, patterns, and anything in macros and attributes
//! that looks like a path.

use std::collections::BTreeSet;

use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprCall, ExprPath, ImplItemFn, Item, ItemFn, ItemMod, ItemUse, Macro, Meta, PatIdent, Path,
    TraitItemFn, Visibility,
};

use super::imports::ROOT_OF_ALL_CRATES;
use super::tokens;

/// The words of a path.
pub(super) type Words = Vec<String>;

/// Returns every path below `items`, except the paths in `use` declarations and the paths in
/// modules that are written inside the same file.
pub(super) fn collect(items: &[Item]) -> BTreeSet<Words> {
    let mut collector = Collector::default();
    for item in items {
        collector.visit_item(item);
    }
    collector.paths
}

#[derive(Default)]
struct Collector {
    paths: BTreeSet<Words>,
    /// The variables of the function that is being read. They hide functions and constants of the same name.
    variables: BTreeSet<String>,
}

impl Collector {
    /// Reads a function with `read`. While `read` runs, `variables` and the variables of the outer
    /// function count as variables.
    fn function(&mut self, variables: Variables, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.variables, variables.0);
        self.variables.extend(outer.iter().cloned());
        read(self);
        self.variables = outer;
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_use(&mut self, _: &'ast ItemUse) {}

    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    /// `pub(in a::b)` does not use `a::b`.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let mut variables = Variables::default();
        variables.visit_item_fn(function);
        self.function(variables, |collector| visit::visit_item_fn(collector, function));
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        let mut variables = Variables::default();
        variables.visit_impl_item_fn(function);
        self.function(variables, |collector| visit::visit_impl_item_fn(collector, function));
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        let mut variables = Variables::default();
        variables.visit_trait_item_fn(function);
        self.function(variables, |collector| visit::visit_trait_item_fn(collector, function));
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let start = path.leading_colon.as_ref().map(|_| ROOT_OF_ALL_CRATES.to_owned());
        let words = path.segments.iter().map(|segment| segment.ident.unraw().to_string());
        self.paths.insert(start.into_iter().chain(words).collect());
        visit::visit_path(self, path);
    }

    fn visit_expr_path(&mut self, expression: &'ast ExprPath) {
        let is_variable = expression.path.get_ident().is_some_and(|ident| self.variables.contains(&ident.to_string()));
        if !is_variable {
            visit::visit_expr_path(self, expression);
        }
    }

    /// A call uses the name of a function, even if a variable has the same name, as in
    /// `let now = now();`.
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        match &*call.func {
            Expr::Path(function) => visit::visit_expr_path(self, function),
            other => self.visit_expr(other),
        }
        for argument in &call.args {
            self.visit_expr(argument);
        }
    }

    /// A constant in a pattern looks like a variable.
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = pattern.ident.unraw().to_string();
        if name.starts_with(char::is_uppercase) {
            self.paths.insert(vec![name]);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        // A single word is the name of a macro. Macros are not resolved.
        if call.path.segments.len() > 1 {
            self.visit_path(&call.path);
        }
        tokens::paths(call.tokens.clone(), &mut self.paths);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta
            && !list.path.is_ident("derive")
        {
            tokens::paths(list.tokens.clone(), &mut self.paths);
        }
    }
}

/// The names that patterns bind.
#[derive(Default)]
struct Variables(BTreeSet<String>);

impl<'ast> Visit<'ast> for Variables {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.0.insert(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_every_kind_of_code() {
        let cases = [
            ("use a::B;", ""),
            ("mod m { type A = b::C; }", ""),
            ("type A = b::C<D>;", "D b::C"),
            ("fn f() { g(a::b); }", "a::b g"),
            ("fn f(a: u8) { let now = now(); g(a, now) }", "g now u8"),
            ("fn f() { match 1 { MAX => {}, x => x } }", "MAX"),
            ("pub(in a::b) struct C;", ""),
            ("#[arg(default = fuzz::MINUTE)] struct C;", "fuzz::MINUTE"),
            ("#[derive(Debug)] struct C;", ""),
            ("const C: A = ::a::B;", "::::a::B A"),
        ];
        for (text, expected) in cases {
            let paths = collect(&syn::parse_file(text).unwrap().items);
            let paths: Vec<_> = paths.iter().map(|words| words.join("::")).collect();
            assert_eq!(paths.join(" "), expected, "{text}");
        }
    }
}
