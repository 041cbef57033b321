//! The lengths of files and functions, without tests.

use serde::Serialize;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, ItemImpl, Signature, TraitItemFn, Type};

use super::source::Sources;

/// The maximum number of lines of a file. Longer files contain more than one idea, and are hard to read from top to
/// bottom.
const MAX_FILE: usize = 600;
/// The maximum number of lines of a function. Longer functions do not fit on a screen.
const MAX_FUNCTION: usize = 80;

/// The length of one file or function.
pub(super) struct Measured {
    pub(super) lines: usize,
    /// The name of the file or function. The name of a function is followed by its file and line.
    pub(super) place: String,
}

/// The sizes of all files, or all functions, of a crate.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    pub(super) count: usize,
    pub(super) lines: usize,
    pub(super) median: usize,
    /// The length that nine of ten files or functions do not exceed, in lines.
    pub(super) ninety_percent: usize,
    pub(super) longest: usize,
    pub(super) longest_place: String,
}

impl Summary {
    pub(super) fn new(mut measured: Vec<Measured>) -> Self {
        measured.sort_by(|a, b| a.lines.cmp(&b.lines).then_with(|| b.place.cmp(&a.place)));
        // `rank` returns a percentile by the nearest-rank method, so each figure is the length of a
        // real file or function.
        let rank = |percent: usize| measured.get((measured.len() * percent).div_ceil(100).saturating_sub(1));
        let lines = |percent| rank(percent).map_or(0, |measured| measured.lines);
        Self {
            count: measured.len(),
            lines: measured.iter().map(|measured| measured.lines).sum(),
            median: lines(50),
            ninety_percent: lines(90),
            longest: lines(100),
            longest_place: rank(100).map_or_else(String::new, |measured| measured.place.clone()),
        }
    }
}

/// Measures every file.
pub(super) fn files(sources: &Sources) -> Vec<Measured> {
    sources.iter().map(|(file, source)| Measured { lines: source.lines, place: file.clone() }).collect()
}

/// Measures every function that has a body, from its signature to its last brace.
pub(super) fn functions(sources: &Sources) -> Vec<Measured> {
    let mut functions = Vec::new();
    for (file, source) in sources {
        let mut finder = Finder { file, owner: String::new(), functions: Vec::new() };
        finder.visit_file(&source.ast);
        functions.extend(finder.functions);
    }
    functions
}

/// Returns a sentence for each file and function above its limit.
pub(super) fn faults(files: &[Measured], functions: &[Measured]) -> Vec<String> {
    let too_long = |measured: &Measured, max: usize| {
        let Measured { lines, place } = measured;
        (*lines > max).then(|| format!("{place} has {lines} lines, the limit is {max}: split it"))
    };
    let files = files.iter().filter_map(|file| too_long(file, MAX_FILE));
    files.chain(functions.iter().filter_map(|function| too_long(function, MAX_FUNCTION))).collect()
}

struct Finder<'a> {
    file: &'a str,
    /// The type whose methods are being read, followed by `::`.
    owner: String,
    functions: Vec<Measured>,
}

impl Finder<'_> {
    fn add(&mut self, signature: &Signature, body: &Block) {
        let start = signature.span().start().line;
        let lines = body.span().end().line + 1 - start;
        let place = format!("{}{} ({}:{start})", self.owner, signature.ident, self.file);
        self.functions.push(Measured { lines, place });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        let name = match &*block.self_ty {
            Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
            _ => None,
        };
        let outer = std::mem::replace(&mut self.owner, name.map_or_else(String::new, |name| format!("{name}::")));
        visit::visit_item_impl(self, block);
        self.owner = outer;
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::source::given;

    #[test]
    fn the_measured_length_of_a_function_does_not_include_its_documentation() {
        let text = "/// Doc.\n#[inline]\nfn a() {\n}\nimpl<T> B<T> {\n    pub fn c() {}\n}\ntrait D {\n    fn e();\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn f() {}\n}\n";
        let sources = given(&[("lib.rs", text)]);
        let found = functions(&sources).into_iter().map(|Measured { lines, place }| format!("{lines} {place}"));
        assert_eq!(found.collect::<Vec<_>>(), ["2 a (lib.rs:3)", "1 B::c (lib.rs:6)"]);
        assert_eq!(files(&sources)[0].lines, 10);
    }

    #[test]
    fn the_median_and_the_ninety_percent_figure_are_two_of_the_measured_lengths() {
        let measured = |lines| Measured { lines, place: format!("f{lines}") };
        let summary = Summary::new([7, 1, 9, 3, 5, 2, 8, 4, 6, 30].map(measured).into());
        let expected = Summary {
            count: 10,
            lines: 75,
            median: 5,
            ninety_percent: 9,
            longest: 30,
            longest_place: "f30".to_owned(),
        };
        assert_eq!(summary, expected);
        assert_eq!(Summary::new(Vec::new()), Summary::default());
    }

    #[test]
    fn only_lengths_above_the_limit_are_faults() {
        let measured = |lines| vec![Measured { lines, place: "a".to_owned() }];
        assert!(faults(&measured(MAX_FILE), &measured(MAX_FUNCTION)).is_empty());
        let faults = faults(&measured(MAX_FILE + 1), &measured(MAX_FUNCTION + 1));
        assert_eq!(
            faults,
            ["a has 601 lines, the limit is 600: split it", "a has 81 lines, the limit is 80: split it"]
        );
    }
}
