//! Tests the parser on small texts. `tests/transcripts.rs` tests that it parses every file of the protocol reference.

use super::*;
use crate::script::{Script, transcripts};

fn parse(text: &str) -> Script {
    Script::parse("t.txt", text).unwrap()
}

fn error(text: &str) -> String {
    format!("{:#}", Script::parse("t.txt", text).unwrap_err())
}

fn message(step: &Step) -> &Message {
    match &step.action {
        Action::Send { message, .. } | Action::Expect { message, .. } => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_text_of_a_record_begins_after_one_space_and_keeps_all_further_spaces() {
    let script = parse("a @ ns\na >  VER 1 \na <|x\n".replace("a <|x\n", "").as_str());
    assert_eq!(message(&script.parts[0].steps[1]).line().masked(), b" VER 1 ");
}

#[test]
fn consecutive_payload_records_are_one_payload() {
    let script = parse("a @ ns\na > UUX 1 3\na >| ab\n# between\na >| c\na < UUX 1 0\n");
    let payload = message(&script.parts[0].steps[1]).payload_text();
    assert_eq!(payload.masked(), b"abc");
    assert_eq!(script.parts[0].steps.len(), 3);
}

#[test]
fn correct_lengths_become_variables_and_wrong_lengths_are_kept() {
    let script = parse("a @ sb\na > MSG 1 U 3\na >| abc\na > MSG 2 U 4\na >| abc\na > MSG 2 U -1\na > MSG 3 A 1665\n");
    let lines: Vec<_> = script.parts[0].steps[1..].iter().map(|step| message(step).line().masked()).collect();
    assert_eq!(lines, [&b"MSG 1 U {len}"[..], b"MSG 2 U 4", b"MSG 2 U -1", b"MSG 3 A 1665"]);
}

#[test]
fn an_http_head_and_its_body_are_one_message() {
    let script =
        parse("h @ http\nh > POST / HTTP/1.1\nh > Content-Length: 2\nh >\nh >| hi\nh < HTTP/1.1 200 OK\nh <\n");
    let steps = &script.parts[0].steps;
    assert_eq!(steps.len(), 3);
    assert_eq!(message(&steps[1]).lines[1].masked(), b"Content-Length: {len}");
    assert_eq!(message(&steps[2]).lines.len(), 1);
}

#[test]
fn a_part_has_only_the_shared_directives_and_its_own_steps() {
    let script =
        parse("!account w w@x.y p \"W\"\na @ ns\n!part two\n!signed-in b w MSNP9\nb ..\n!part three\n!by-hand x y\n");
    let titles: Vec<_> = script.titles().collect();
    assert_eq!(titles, ["", "two", "three"]);
    let sizes: Vec<_> = script.parts.iter().map(|part| part.steps.len()).collect();
    assert_eq!(sizes, [2, 3, 2]);
    let only = parse("!account w w@x.y p \"W\"\n!part one\na @ ns\n");
    assert_eq!(only.titles().collect::<Vec<_>>(), ["one"]);
}

#[test]
fn an_unknown_directive_or_the_static_directive_makes_a_file_unplayable() {
    let script = parse("!account w w@x.y p \"W\"\n!dance\n!sing\n");
    assert_eq!(script.unplayable(), Some("t.txt:2: this runner does not know `!dance`"));
    assert_eq!(parse("!static sample values\n").unplayable(), Some("static: sample values"));
    assert_eq!(parse("# nothing\n").unplayable(), None);
}

#[test]
fn the_requirements_of_a_part_come_from_its_directives() {
    let script = parse("!dispatch ds\n!setting sb-idle 2\n!stop 5\n");
    let needs = script.parts[0].needs();
    assert!(needs.dispatch && needs.stop);
    assert_eq!(needs.settings.get("sb-idle").map(String::as_str), Some("2"));
}

#[test]
fn errors_contain_the_file_and_the_line() {
    let table = [
        ("\n\nA @ ns\n", "t.txt:3", "not a valid NAME"),
        ("a > VER 1\n", "t.txt:1", "`a` is not open"),
        ("a @ ftp\n", "t.txt:1", "not one of ns"),
        ("a @ ns\na ? x\n", "t.txt:2", "not one of @"),
        ("a @ ns\na > \\q\n", "t.txt:2", "not a valid escape"),
        ("a @ ns\na >| x\n", "t.txt:2", "must follow a line"),
        ("a @ ns\na > UUX 1 1\na <| x\n", "t.txt:3", "must follow a line"),
        ("h @ http\nh > GET / HTTP/1.1\n!maybe\n", "t.txt:3", "does not end with an empty line"),
        ("h @ http\nh > GET / HTTP/1.1\nh < HTTP/1.1 200 OK\n", "t.txt:3", "does not end with an empty line"),
        ("h @ http\nh > GET / HTTP/1.1\n", "t.txt", "does not end with an empty line"),
        ("!within soon\n", "t.txt:1", "not a number"),
        ("!account w w@x.y p\n", "t.txt:1", "display name is missing"),
        ("!on-list a RL b\n", "t.txt:1", "not one of FL, AL, BL"),
        ("!on-list a AL b \"Bob\"\n", "t.txt:1", "requires FL"),
        ("!signed-in a w MSNP13\n", "t.txt:1", "MSNP8 to MSNP12"),
        ("!maybe not\n", "t.txt:1", "unexpected"),
    ];
    for (text, place, why) in table {
        let message = error(text);
        assert!(message.contains(place) && message.contains(why), "{text:?}: {message}");
    }
}

/// Searches all transcripts of the reference for records that name a length. Returns the records
/// in which this length differs from the length of the payload.
fn literal_lengths() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts");
    let mut found = Vec::new();
    for path in transcripts(&folder).unwrap() {
        let script = Script::read(&path).unwrap();
        for step in script.parts.iter().flat_map(|part| &part.steps) {
            let (Action::Send { message, .. } | Action::Expect { message, .. }) = &step.action else {
                continue;
            };
            let wrong_head = message
                .lines
                .iter()
                .any(|line| line.masked().strip_prefix(b"Content-Length: ").is_some_and(|value| value != b"{len}"));
            let has_number = |line: &Template| {
                let last = line.words().pop().unwrap_or_default();
                last.as_literal().is_some_and(|word| word.iter().any(u8::is_ascii_digit))
            };
            let wrong_line = !message.payload.is_empty() && message.lines.len() == 1 && has_number(message.line());
            let wrong_body = message.lines.len() > 1
                && message
                    .payload
                    .iter()
                    .filter_map(Template::split_line)
                    .any(|(line, payload)| payload != Template::default() && has_number(&line));
            if wrong_head || wrong_line || wrong_body {
                found.push(format!("{}:{}", script.file, step.line));
            }
        }
    }
    found
}

#[test]
fn every_length_in_the_reference_equals_the_length_of_its_payload() {
    assert_eq!(literal_lengths(), Vec::<String>::new());
}
