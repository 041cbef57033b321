//! Tests how the runner plays a file with several parts, and tests the program itself.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows this in test functions, but not in their helpers")]
#![allow(unreachable_pub, dead_code, reason = "the common module is private to this test, which uses only part of it")]

mod common;

use std::io::Write;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use msnp_conformance::{Options, Script, play};

use common::Act::{Close, Send, Wait};
use common::{Scripted, quick};

const THREE: &str = "!part one\na @ ns\na < HI\n!part two\na @ ns\na < HI\n!part three\na @ ns\na < HI\n";

#[tokio::test]
async fn parts_run_in_parallel_and_are_reported_in_the_order_of_the_file() {
    let target = Arc::new(Scripted::new(vec![vec![Wait(200), Send("HI\r\n")]]));
    let start = Instant::now();
    let script = Script::parse("t.txt", THREE).unwrap();
    let reports = play(target, vec![script], &quick()).await;
    let titles: Vec<_> = reports.iter().map(ToString::to_string).collect();
    assert_eq!(titles, ["t.txt (one): passed", "t.txt (two): passed", "t.txt (three): passed"]);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_single_part_can_be_selected() {
    let target = Arc::new(Scripted::new(vec![vec![Send("HI\r\n")]]));
    let options = Options { part: Some("two".to_owned()), ..quick() };
    let reports = play(target, vec![Script::parse("t.txt", THREE).unwrap()], &options).await;
    assert_eq!(reports.iter().map(|report| report.part.as_str()).collect::<Vec<_>>(), ["two"]);
}

#[tokio::test]
async fn parts_that_share_their_handles_run_one_after_the_other() {
    let target = Arc::new(Scripted::new(vec![vec![Wait(100), Send("HI\r\n"), Close]]));
    let options = Options { rename: false, ..quick() };
    let start = Instant::now();
    play(target, vec![Script::parse("t.txt", THREE).unwrap()], &options).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
}

/// Runs the program on a file with this text.
fn run(text: &str, port: u16, more: &[&str]) -> Output {
    let mut file = std::env::temp_dir();
    file.push(format!("msnp-conformance-{}-{port}.txt", std::process::id()));
    std::fs::File::create(&file).unwrap().write_all(text.as_bytes()).unwrap();
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_msnp-conformance"));
    command.args(["--notification", &address, "--http", &address]).args(more).arg(&file);
    let output = command.output().unwrap();
    std::fs::remove_file(file).unwrap();
    output
}

/// Starts a server that accepts one connection, sends `text` and closes. Returns its port.
fn serve_once(text: &'static str) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.accept().unwrap().0.write_all(text.as_bytes()));
    port
}

#[test]
fn the_program_counts_parts_that_passed_or_failed_or_were_not_played() {
    let text = "!part good\na @ ns\na < HI\na <!\n!part other\n!by-hand make tea\n";
    let output = run(text, serve_once("HI\r\n"), &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("(good): passed") && said.contains("by hand: make tea"), "{said}");
    assert!(said.ends_with("\n1 passed, 0 failed, 1 not played\n"), "{said}");
}

#[test]
fn a_failure_prints_the_conversation_and_sets_the_exit_code_to_1() {
    let output = run("a @ ns\na < HI\na <!\n", serve_once("HO\r\n"), &["--pace", "byte"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for line in ["expected: a < HI", "actual:   a < HO", "word 1 should be `HI`", "    a < HO", "0 passed, 1 failed"] {
        assert!(said.contains(line), "{said}");
    }
}

#[test]
fn an_invalid_file_is_a_usage_error_that_names_the_line() {
    let output = run("a @ nowhere\n", 1, &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(".txt:1: `nowhere` is not one of ns, sb, http"), "{said}");
    assert_eq!(run("# empty\n", 2, &["--jobs", "many"]).status.code(), Some(2));
    assert_eq!(run("# empty\n", 3, &["--part", "gone"]).status.code(), Some(2));
}
