//! The report on all crates. It has the form of tables for people, or of JSON for scripts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::cycles::{Cycle, Use};
use super::sizes::Summary;

/// The whole workspace.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) crates: Vec<Crate>,
    /// A sentence for each fault that makes `--check` fail.
    pub(super) faults: Vec<String>,
}

/// One crate.
#[derive(Serialize)]
pub(super) struct Crate {
    pub(super) name: String,
    /// The crates of the workspace that this crate depends on.
    pub(super) own: BTreeSet<String>,
    /// The number of direct dependencies that are not crates of the workspace.
    pub(super) external: usize,
    pub(super) cycles: Vec<Cycle>,
    pub(super) files: Summary,
    pub(super) functions: Summary,
}

impl Report {
    /// Returns the report as text.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("Dependencies\n");
        text += &table(&["crate", "others", "crates of the workspace"], 2, self.crates.iter().map(dependencies));
        text += "\nFiles, without tests\n";
        let header = ["crate", "files", "lines", "median", "90%", "longest", "which"];
        text += &table(&header, 6, self.crates.iter().map(|one| sizes(&one.name, &one.files)));
        text += "\nFunctions, without tests\n";
        let header = ["crate", "count", "lines", "median", "90%", "longest", "which"];
        text += &table(&header, 6, self.crates.iter().map(|one| sizes(&one.name, &one.functions)));
        text += "\nCycles of files\n";
        text += &self.cycles();
        text += "\nFaults\n";
        text += &list(&self.faults);
        text
    }

    fn cycles(&self) -> String {
        let mut text = String::new();
        for one in &self.crates {
            for cycle in &one.cycles {
                let _ = writeln!(text, "  {}: {} files", one.name, cycle.files.len());
                for used in &cycle.uses {
                    let Use { from, to, names } = used;
                    let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                    let _ = writeln!(text, "    {from} -> {to}: {names}");
                }
            }
        }
        if text.is_empty() { "  none\n".to_owned() } else { text }
    }
}

fn dependencies(one: &Crate) -> Vec<String> {
    let own = one.own.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    vec![one.name.clone(), one.external.to_string(), own]
}

fn sizes(name: &str, summary: &Summary) -> Vec<String> {
    let Summary { count, lines, median, ninety_percent, longest, longest_place } = summary;
    let numbers = [count, lines, median, ninety_percent, longest].map(ToString::to_string);
    [name.to_owned()].into_iter().chain(numbers).chain([longest_place.clone()]).collect()
}

fn list(lines: &[String]) -> String {
    match lines {
        [] => "  none\n".to_owned(),
        lines => lines.iter().map(|line| format!("  {line}\n")).collect(),
    }
}

/// Writes rows below a header in aligned columns: a name, numbers up to the column `text_from`, then text.
fn table(header: &[&str], text_from: usize, rows: impl Iterator<Item = Vec<String>>) -> String {
    let header = header.iter().map(|&word| word.to_owned()).collect();
    let rows: Vec<Vec<String>> = [header].into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            let _ = match column {
                0 => write!(line, "  {cell:<width$}"),
                column if column < text_from => write!(line, "  {cell:>width$}"),
                _ => write!(line, "  {cell}"),
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_columns_and_shows_the_names_that_form_a_cycle() {
        let used = |from: &str, to: &str, name: &str| Use {
            from: from.to_owned(),
            to: to.to_owned(),
            names: BTreeSet::from([name.to_owned(), "Z".to_owned()]),
        };
        let cycle = Cycle {
            files: vec!["a.rs".to_owned(), "b.rs".to_owned()],
            uses: vec![used("a.rs", "b.rs", "B"), used("b.rs", "a.rs", "A")],
        };
        let summary = |longest_place: &str| Summary {
            count: 2,
            lines: 100,
            median: 40,
            ninety_percent: 60,
            longest: 60,
            longest_place: longest_place.to_owned(),
        };
        let one = Crate {
            name: "store".to_owned(),
            own: BTreeSet::from(["base".to_owned(), "msnp".to_owned()]),
            external: 12,
            cycles: vec![cycle],
            files: summary("a.rs"),
            functions: summary("f (a.rs:1)"),
        };
        let report = Report { crates: vec![one], faults: vec!["a fault".to_owned()] };
        let expected = "\
Dependencies
  crate  others  crates of the workspace
  store      12  base, msnp

Files, without tests
  crate  files  lines  median  90%  longest  which
  store      2    100      40   60       60  a.rs

Functions, without tests
  crate  count  lines  median  90%  longest  which
  store      2    100      40   60       60  f (a.rs:1)

Cycles of files
  store: 2 files
    a.rs -> b.rs: B, Z
    b.rs -> a.rs: A, Z

Faults
  a fault
";
        assert_eq!(report.text(), expected);
    }
}
