//! Checks that each mistake in `mistakes.md` causes the error that the page shows.

#![allow(clippy::unwrap_used, reason = "a failure is what a test is for")]

use std::path::Path;

use swallowtail_config::{Effective, Faults};

/// The environment variable that makes this test write the page again.
const UPDATE: &str = "UPDATE_MISTAKES";

#[test]
fn each_mistake_is_reported_exactly_as_mistakes_md_shows_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let actual = with_errors(&page);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, actual).unwrap();
    } else {
        for (line, (actual, expected)) in (1..).zip(actual.lines().zip(page.lines())) {
            assert_eq!(actual, expected, "mistakes.md, line {line}; {UPDATE}=1 writes the page again");
        }
        assert_eq!(actual, page);
    }
}

/// Returns the page with the errors that the program prints now.
fn with_errors(page: &str) -> String {
    let mut actual = String::new();
    let mut lines = page.lines();
    let mut settings = String::new();
    while let Some(line) = lines.next() {
        actual += &format!("{line}\n");
        let body = |lines: &mut dyn Iterator<Item = &str>| {
            lines.take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect::<String>()
        };
        match line {
            "```toml" => {
                settings = body(&mut lines);
                actual += &format!("{settings}```\n");
            }
            "```text" => {
                body(&mut lines);
                actual += &format!("{}\n```\n", error(&settings));
            }
            _ => {}
        }
    }
    actual
}

fn error(settings: &str) -> String {
    let file = Some(Path::new("swallowtail.toml"));
    match Effective::parse(settings, &[]) {
        Ok(_) => "no error".to_owned(),
        Err(faults) => Faults::new(file, faults.all().to_vec()).to_string(),
    }
}
