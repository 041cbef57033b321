//! Tests that the parser reads the transcripts of the protocol reference.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows this in test functions, but not in their helpers")]

use std::path::{Path, PathBuf};

use msnp_conformance::{Script, transcripts};

fn files() -> Vec<PathBuf> {
    transcripts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts")).unwrap()
}

fn read(file: &Path) -> Script {
    Script::read(file).unwrap_or_else(|error| panic!("{error:#}"))
}

#[test]
fn every_transcript_of_the_reference_can_be_parsed() {
    let files = files();
    files.iter().for_each(|file| drop(read(file)));
    assert!(files.len() >= 33, "the folder does not contain the reference");
}

#[test]
fn a_parsed_script_has_the_same_parts_as_its_file() {
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let records = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let titles = text.lines().filter_map(|line| line.strip_prefix("!part "));
        // `!part` begins a part of a transcript and gives its title. The text before the first
        // `!part` is a part itself only if it contains a record that is not a directive. Otherwise
        // its directives apply to all parts.
        let has_title = titles.clone().next().is_some();
        let before = records.take_while(|line| !line.starts_with("!part ")).any(|line| !line.starts_with('!'));
        let untitled = (before || !has_title).then_some("");
        let expected: Vec<&str> = untitled.into_iter().chain(titles).collect();
        assert_eq!(read(&file).titles().collect::<Vec<_>>(), expected, "{}", file.display());
    }
}

#[test]
fn every_transcript_that_cannot_be_played_gives_a_reason() {
    for script in files().iter().map(|file| read(file)) {
        if let Some(reason) = script.unplayable() {
            let words = reason.strip_prefix("static: ").unwrap_or_else(|| panic!("{reason}"));
            assert!(!words.trim().is_empty(), "{}: `!static` without a reason", script.file());
        }
    }
}
