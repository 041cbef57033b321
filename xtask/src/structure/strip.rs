//! Removes code that is built for tests only: items, methods and statements under `#[cfg(test)]`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, File, ItemImpl, ItemMod, ItemTrait, Meta, Token};

/// Removes the tests from a file. Returns how many lines they had.
pub(super) fn strip(file: &mut File) -> usize {
    let mut stripper = Stripper::default();
    stripper.visit_file_mut(file);
    stripper.lines
}

#[derive(Default)]
struct Stripper {
    lines: usize,
}

impl Stripper {
    fn remove_tests<T: ToTokens>(&mut self, nodes: &mut Vec<T>) {
        nodes.retain(|node| {
            let tokens = node.to_token_stream();
            let is_test = is_for_tests(tokens.clone());
            if is_test {
                self.lines += lines(tokens);
            }
            !is_test
        });
    }
}

impl VisitMut for Stripper {
    fn visit_file_mut(&mut self, file: &mut File) {
        self.remove_tests(&mut file.items);
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if let Some((_, items)) = &mut module.content {
            self.remove_tests(items);
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut ItemImpl) {
        self.remove_tests(&mut block.items);
        visit_mut::visit_item_impl_mut(self, block);
    }

    fn visit_item_trait_mut(&mut self, item: &mut ItemTrait) {
        self.remove_tests(&mut item.items);
        visit_mut::visit_item_trait_mut(self, item);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.remove_tests(&mut block.stmts);
        visit_mut::visit_block_mut(self, block);
    }
}

/// Returns whether a node begins with an attribute that restricts the node to builds for tests.
fn is_for_tests(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter();
    while let (Some(TokenTree::Punct(sign)), Some(TokenTree::Group(group))) = (tokens.next(), tokens.next()) {
        if sign.as_char() != '#' || group.delimiter() != Delimiter::Bracket {
            return false;
        }
        if syn::parse2(group.stream()).is_ok_and(|attribute| restricts(&attribute)) {
            return true;
        }
    }
    false
}

/// Returns whether an attribute is `#[cfg(..)]` with a condition that is only true in tests.
fn restricts(attribute: &Meta) -> bool {
    let Meta::List(list) = attribute else { return false };
    list.path.is_ident("cfg") && list.parse_args().is_ok_and(|condition| needs_test(&condition))
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test") || path.is_ident("doctest"),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
            list.path.is_ident("all") && parts.iter().any(needs_test)
                || list.path.is_ident("any") && parts.iter().all(needs_test)
        }
        Meta::NameValue(_) => false,
    }
}

/// Returns the number of lines from the first token to the last.
fn lines(tokens: TokenStream) -> usize {
    let spans: Vec<_> = tokens.into_iter().map(|token| token.span()).collect();
    match spans.as_slice() {
        [first, .., last] => last.end().line + 1 - first.start().line,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_is_only_for_tests_is_removed() {
        let cases = [
            ("fn a() {}", 1, 0),
            ("#[cfg(test)]\nfn a() {}", 0, 2),
            ("/// Doc.\n#[cfg(test)]\nmod a {\n    fn b() {}\n}", 0, 5),
            ("#[cfg(all(unix, test))]\nmod tests;", 0, 2),
            ("#[cfg(any(unix, test))]\nmod a;", 1, 0),
            ("#[cfg(not(test))]\nmod a;", 1, 0),
            ("#[inline]\nfn a() {}", 1, 0),
            ("impl A {\n    #[cfg(test)]\n    fn b() {\n    }\n}", 1, 3),
            ("fn a() {\n    #[cfg(test)]\n    b();\n}", 1, 2),
        ];
        for (text, items, removed) in cases {
            let mut file = syn::parse_file(text).unwrap();
            assert_eq!(strip(&mut file), removed, "{text}");
            assert_eq!(file.items.len(), items, "{text}");
        }
    }
}
