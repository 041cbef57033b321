//! The built program as an operator meets it: mistakes get one sentence, signals end it well, secrets stay out of its
//! log.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use rustix::process::Signal;

use crate::support;
use crate::support::binary::{RunningBinary, account, run, swallowtail};
use crate::support::people::{Chat, text_message};

const PASSWORD: &str = "correct-horse-battery";
const ANYWHERE: [&str; 6] = ["--notification", "127.0.0.1:0", "--switchboard", "127.0.0.1:0", "--http", "127.0.0.1:0"];

/// `serve` with these arguments, which must fail.
fn serve(arguments: &[&str]) -> String {
    let output = run(&[&["serve"], arguments].concat());
    sentence(&output)
}

/// The one sentence that a failed run said.
fn sentence(output: &Output) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    for noise in ["panicked", "backtrace", "Stack", "RUST_BACKTRACE", "\u{1b}["] {
        assert!(!error.contains(noise), "{error}");
    }
    assert!(error.starts_with("swallowtail: "), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    error
}

/// Says that each of these is in the sentence.
fn names(sentence: &str, causes: &[&str]) {
    for cause in causes {
        assert!(sentence.contains(cause), "{cause:?} is not in {sentence:?}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_mistake_on_the_command_line_is_named_and_the_exit_code_is_2() {
    for (arguments, cause) in [
        (&["serve", "--no-such-flag"][..], "--no-such-flag"),
        (&["no-such-command"], "no-such-command"),
        (&["serve", "--http", "here"], "--http"),
        (&["account", "add"], "HANDLE"),
        (&["account", "add", "nobody"], "nobody"),
    ] {
        let output = run(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        names(&error, &[cause, "--help"]);
    }
}

#[test]
fn an_address_in_use_is_named_with_its_flag_and_key() {
    let data = support::private_directory();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["notification", "switchboard", "http", "dispatch"] {
        let long = format!("--{flag}");
        let mut arguments: Vec<_> = ANYWHERE.chunks(2).filter(|pair| pair[0] != long).flatten().copied().collect();
        arguments.extend([long.as_str(), &address, "--data", text(data.path())]);
        let error = serve(&arguments);
        names(&error, &[&address, &long, &format!("listen.{flag}")]);
    }
}

#[test]
fn an_unusable_data_directory_is_named() {
    let data = support::private_directory();
    let file = data.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("below"), "/proc/nothing/here".into()] {
        let error = serve(&[&ANYWHERE[..], &["--data", text(&path)]].concat());
        names(&error, &["data directory", text(&path)]);
        let output = run(&["account", "--data", text(&path), "list"]);
        names(&sentence(&output), &["data directory", text(&path)]);
    }
}

#[test]
fn config_check_says_whether_a_file_is_good_and_which_line_is_not() {
    let directory = support::private_directory();
    let file = directory.path().join("settings.toml");
    let check = || run(&["config", "check", "--config", text(&file)]);
    std::fs::write(&file, include_str!("../../../../swallowtail.example.toml")).unwrap();
    let output = check();
    assert!(output.status.success(), "{output:?}");
    names(&String::from_utf8(output.stdout).unwrap(), &[text(&file), "is good"]);
    for (settings, causes) in [
        ("\n[limits]\nring = 3\n", ["line 3", "did you mean `rings`?"]),
        ("[sign_in]\nping = 5\n", ["sign_in.ping", "10 to 60"]),
        ("[[tls.certificate]]\nchain = \"/no/chain\"\nkey = \"/no/key\"\n", ["/no/chain", "tls.certificate.chain"]),
    ] {
        std::fs::write(&file, settings).unwrap();
        let output = check();
        assert!(!output.status.success(), "{settings}");
        names(&sentence(&output), &causes);
    }
}

#[test]
fn a_file_that_is_not_a_database_is_named() {
    for make in [
        |path: &Path| std::fs::create_dir(path).unwrap(),
        |path: &Path| std::fs::write(path, "this is no database, however long it is; ".repeat(200)).unwrap(),
    ] {
        let data = support::private_directory();
        let path = data.path().join("swallowtail.db");
        make(&path);
        let error = serve(&[&ANYWHERE[..], &["--data", text(data.path())]].concat());
        names(&error, &["database", text(&path)]);
        let output = run(&["account", "--data", text(data.path()), "list"]);
        names(&sentence(&output), &["database", text(&path)]);
    }
}

#[test]
fn a_mistake_in_the_configuration_is_named_with_file_line_and_key() {
    let data = support::private_directory();
    let file = data.path().join("swallowtail.toml");
    for (config, causes) in [
        ("[limits]\ncontacs = 5\n", &["contacs", "line 2"][..]),
        ("[listen]\n\nnotification = \"here\"\n", &["line 3"]),
        ("[sign_in]\nping = 5\n", &["sign_in.ping", "10 to 60"]),
        ("not toml", &["line 1"]),
    ] {
        std::fs::write(&file, config).unwrap();
        let arguments = ["--config", text(&file), "--data", text(data.path())];
        let output = run(&[&["serve"], &ANYWHERE[..], &arguments].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        names(&error, causes);
        names(&error, &[text(&file)]);
        assert!(!error.contains("panicked") && !error.contains("backtrace"), "{error}");
    }
    let missing = data.path().join("missing.toml");
    let error = serve(&[&ANYWHERE[..], &["--config", text(&missing)]].concat());
    names(&error, &[text(&missing)]);
}

#[test]
fn a_log_filter_that_is_none_is_named() {
    let output = swallowtail().args(["account", "list"]).env("SWALLOWTAIL_LOG", "a=b=c").output().unwrap();
    names(&sentence(&output), &["SWALLOWTAIL_LOG", "a=b=c"]);
}

#[test]
fn two_servers_on_one_address_do_not_share_it() {
    let data = support::private_directory();
    let first = RunningBinary::start(data.path());
    let address = first.notification.to_string();
    let other = support::private_directory();
    let error = serve(&["--notification", &address, "--data", text(other.path())]);
    names(&error, &[&address]);
}

/// Each would answer from its own memory of the lists. The operator's commands run beside a server all the same.
#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let data = support::private_directory();
    let first = RunningBinary::start(data.path());
    let error = serve(&[&ANYWHERE[..], &["--data", text(data.path())]].concat());
    names(&error, &["another server", text(data.path())]);
    account(data.path(), &["add", "alice@example.com", "--password-stdin"], PASSWORD);
    first.kill();
    RunningBinary::start(data.path());
}

/// Both signals: everybody hears why, and the program ends by itself.
#[tokio::test]
async fn a_signal_tells_everybody_and_ends_the_program() {
    for signal in [Signal::TERM, Signal::INT] {
        let data = support::private_directory();
        account(data.path(), &["add", "alice@example.com", "--password-stdin"], PASSWORD);
        account(data.path(), &["add", "bob@example.com", "--password-stdin"], PASSWORD);
        let mut server = RunningBinary::start(data.path());
        let mut people = Vec::new();
        for handle in ["alice@example.com", "bob@example.com"] {
            let ticket = server.ticket(handle, PASSWORD).await.unwrap();
            people.push(server.online(handle, &ticket).await);
        }
        let [alice, bob] = people.as_mut_slice() else { unreachable!() };
        let mut chat = Chat::open(("alice@example.com", alice), ("bob@example.com", bob)).await;
        chat.exchange("before the end").await;
        // Somebody who is in the middle of it does not hold the end up.
        let mut stranger = support::wire::Wire::dial(server.notification).await;
        stranger.send("VER 1 MSN").await;
        server.signal(signal);
        for wire in &mut people {
            assert_eq!(wire.last_lines().await, ["OUT SSD"]);
        }
        chat.caller.until_closed().await;
        chat.callee.until_closed().await;
        stranger.until_closed().await;
        drop((people, chat, stranger));
        assert_eq!(server.wait().code(), Some(0), "{signal:?}");
        server.assert_quiet_log();
    }
}

#[test]
fn the_demo_shows_both_sides_and_succeeds() {
    let output = run(&["demo"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{shown}{error}");
    for line in ["Alice", "Bob", "VER 1 MSNP12", "USR", "CAL", "RNG", "JOI", "MSG", "ACK", "BYE", "Hello Bob!"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    assert_eq!(error, "");
}

/// As with `| head -1`: whoever reads has seen enough.
#[test]
fn a_reader_who_leaves_early_is_no_disaster() {
    let data = support::private_directory();
    for number in 0..3 {
        account(data.path(), &["add", &format!("user{number}@example.com"), "--password-stdin"], PASSWORD);
    }
    let list = ["account", "--data", text(data.path()), "list"];
    for arguments in [&["demo"][..], &list, &["--help"], &["serve", "--help"]] {
        let mut child = swallowtail().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        child.wait().unwrap();
        assert!(!error.contains("panicked"), "{arguments:?}: {error}");
    }
}

/// What opens a door, and what people say to each other, is in no log, however detailed.
#[tokio::test]
async fn no_secret_is_in_the_most_detailed_log() {
    let data = support::private_directory();
    account(data.path(), &["add", "alice@example.com", "--password-stdin"], PASSWORD);
    account(data.path(), &["add", "bob@example.com", "--password-stdin"], PASSWORD);
    let server = RunningBinary::start_with(data.path(), "trace");
    assert!(server.ticket("alice@example.com", "a-wrong-password").await.is_err());
    let alices = server.ticket("alice@example.com", PASSWORD).await.unwrap();
    let bobs = server.ticket("bob@example.com", PASSWORD).await.unwrap();
    let mut alice = server.online("alice@example.com", &alices).await;
    let mut bob = server.online("bob@example.com", &bobs).await;
    alice.done("PRP", "PHH 555-0199-private").await;
    let transfer = alice.done("XFR", "SB").await;
    let mut unused = support::wire::Wire::dial(server.switchboard).await;
    unused.line(format!("USR 1 bob@example.com {}", transfer.word(5))).await;
    assert_eq!(unused.last_lines().await, ["911 1"]);
    let mut chat = Chat::open(("alice@example.com", &mut alice), ("bob@example.com", &mut bob)).await;
    chat.exchange("the-secret-of-the-message").await;
    chat.caller.send("MSG 1 A 99999\r\n").await;
    chat.caller.until_closed().await;
    let mut forged = support::wire::Wire::dial(server.notification).await;
    forged.send(support::people::sign_in_bytes("alice@example.com", "t=forged-ticket-word&p=")).await;
    forged.until_closed().await;

    let log = server.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "{log}");
    let secret = |ticket: &str| ticket.trim_start_matches("t=").trim_end_matches("&p=").to_owned();
    let message = String::from_utf8(text_message("")).unwrap();
    for secret in [
        PASSWORD,
        "a-wrong-password",
        &secret(&alices),
        &secret(&bobs),
        transfer.word(5),
        "the-secret-of-the-message",
        message.trim_end(),
        "forged-ticket-word",
        "$argon2id$",
        "555-0199-private",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
