//! The transcripts of the protocol reference, as the parser sees them.

#![allow(clippy::unwrap_used, reason = "what clippy.toml allows in tests does not reach functions beside them")]

use std::path::PathBuf;

use msnp_conformance::Script;

fn scripts() -> Vec<Script> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().map(|file| Script::read(file).unwrap_or_else(|error| panic!("{error:#}"))).collect()
}

#[test]
fn every_transcript_of_the_reference_parses() {
    assert!(scripts().len() >= 33, "the folder is not the reference's");
}

#[test]
fn parts_are_found_where_the_files_have_them() {
    let scripts = scripts();
    for (file, parts) in [
        ("msnp12-signin.txt", 1),
        ("gateway-http.txt", 7),
        ("ns-errors-msnp12.txt", 40),
        ("passport14-http.txt", 3),
        ("quirks.txt", 3),
        ("rst-soap-http.txt", 3),
    ] {
        let script = scripts.iter().find(|script| script.file() == file).unwrap();
        assert_eq!(script.titles().count(), parts, "{file}");
    }
}

#[test]
fn only_the_literal_sign_in_is_not_for_playing() {
    let scripts = scripts();
    let unplayable: Vec<_> = scripts.iter().filter(|script| script.unplayable().is_some()).map(Script::file).collect();
    assert_eq!(unplayable, ["msnp12-signin-literal.txt"]);
}
