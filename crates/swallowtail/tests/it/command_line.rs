//! Tests the built program as an operator uses it. A mistake is reported in one sentence, a signal stops the program
//! cleanly, and the log contains no secrets.

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

/// Runs `serve` with these arguments. The command must fail. Returns the error.
fn serve(arguments: &[&str]) -> String {
    let output = run(&[&["serve"], arguments].concat());
    sentence(&output)
}

/// Returns the one sentence that a failed run printed.
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

/// Asserts that the sentence contains all of `causes`.
fn names(sentence: &str, causes: &[&str]) {
    for cause in causes {
        assert!(sentence.contains(cause), "{cause:?} is not in {sentence:?}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_mistake_on_the_command_line_is_reported_and_the_exit_code_is_2() {
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
fn an_address_in_use_is_reported_with_its_flag_and_key() {
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
fn an_unusable_data_directory_is_reported() {
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

/// Runs `config check` on a file with these settings.
fn config_check(file: &Path, settings: &str) -> Output {
    std::fs::write(file, settings).unwrap();
    run(&["config", "check", "--config", text(file)])
}

#[test]
fn config_check_accepts_the_example_and_names_the_line_of_a_mistake() {
    let directory = support::private_directory();
    let file = directory.path().join("settings.toml");
    let output = config_check(&file, include_str!("../../../../swallowtail.example.toml"));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{}: OK\n", file.display()));
    let output = config_check(&file, "\n[limits]\nring = 3\n");
    names(&sentence(&output), &[text(&file), "line 3", "limits.ring", "did you mean \"rings\"?"]);
}

#[test]
fn config_check_reports_every_mistake() {
    let directory = support::private_directory();
    let file = directory.path().join("settings.toml");
    let report = |settings: &str| {
        let output = config_check(&file, settings);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let error = report("[limits]\nring = 3\n[sign_in]\nping = 5\n");
    names(&error, &["2 errors", "line 2: limits.ring: ", "line 4: sign_in.ping: "]);
    // If the settings are valid, `config check` also checks the files that the settings name.
    let certificate = "[[tls.certificate]]\nchain = \"/no/chain\"\nkey = \"/no/key\"\n";
    let error = report(&format!("data = \"/proc/nothing/here\"\n{certificate}{certificate}"));
    names(
        &error,
        &["3 errors", "line 1: data: could not create a directory in /proc", "line 3: ", "line 6: ", "/no/chain"],
    );
}

#[test]
fn config_check_does_not_create_the_data_directory() {
    let directory = support::private_directory();
    let file = directory.path().join("settings.toml");
    let data = directory.path().join("new/data");
    let output = config_check(&file, &format!("data = {:?}\n", text(&data)));
    assert!(output.status.success(), "{output:?}");
    let entries: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(entries, ["settings.toml"]);
    let output = config_check(&file, &format!("data = {:?}\n", text(&file)));
    names(&sentence(&output), &["line 1: data: ", "is not a directory"]);
}

#[test]
fn config_show_says_where_each_setting_comes_from() {
    let directory = support::private_directory();
    let file = directory.path().join("settings.toml");
    std::fs::write(&file, "[listen]\nhttp = \"0.0.0.0:80\"\ndispatch = \"0.0.0.0:1865\"\n").unwrap();
    let show = |json: &[&str]| {
        let fixed = ["config", "show", "--config", text(&file), "--dispatch", "127.0.0.1:1"];
        let output = swallowtail()
            .args([&fixed, json].concat())
            .env("SWALLOWTAIL_DATA", directory.path())
            .env("SWALLOWTAIL_NOTIFICATION", "127.0.0.1:2")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = show(&[]);
    let line = |start: &str| shown.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{shown}"));
    for (setting, origin) in [
        (
            format!("data = {:?} ", text(directory.path())).trim_end().to_owned(),
            "environment variable SWALLOWTAIL_DATA",
        ),
        ("notification = \"127.0.0.1:2\"".to_owned(), "environment variable SWALLOWTAIL_NOTIFICATION"),
        ("switchboard = \"127.0.0.1:1864\"".to_owned(), "default"),
        ("http = \"0.0.0.0:80\"".to_owned(), &format!("{}, line 2", file.display())),
        ("dispatch = \"127.0.0.1:1\"".to_owned(), "flag --dispatch"),
    ] {
        assert!(line(&setting).ends_with(&format!("  # {origin}")), "{shown}");
    }
    line("# https is not set");
    // The output is a configuration file with the same meaning.
    swallowtail_config::Config::parse(&shown).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&show(&["--json"])).unwrap();
    let row = rows.iter().find(|row| row["key"] == "listen.http").unwrap();
    assert_eq!(row["value"], "0.0.0.0:80");
    assert_eq!(row["origin"], serde_json::json!({ "kind": "file", "file": text(&file), "line": 2 }));
}

#[test]
fn two_flags_with_the_same_address_are_refused() {
    let error = serve(&["--notification", "127.0.0.1:1", "--switchboard", "127.0.0.1:1"]);
    names(&error, &["--switchboard: listen.switchboard: ", "listen.notification", "choose another port"]);
}

#[test]
fn a_file_that_is_not_a_database_is_reported() {
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
fn a_mistake_in_the_settings_is_reported_with_its_file_and_line_and_key() {
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
fn an_invalid_log_filter_is_reported() {
    let output = swallowtail().args(["account", "list"]).env("SWALLOWTAIL_LOG", "a=b=c").output().unwrap();
    names(&sentence(&output), &["SWALLOWTAIL_LOG", "a=b=c"]);
}

#[test]
fn two_servers_cannot_share_an_address() {
    let data = support::private_directory();
    let first = RunningBinary::start(data.path());
    let address = first.notification.to_string();
    let other = support::private_directory();
    let error = serve(&["--notification", &address, "--data", text(other.path())]);
    names(&error, &[&address]);
}

/// Two servers on the same data would answer from different copies of the lists. The operator's
/// commands use the same data, but they work while a server is running.
#[test]
fn a_second_server_on_the_same_data_directory_is_refused() {
    let data = support::private_directory();
    let first = RunningBinary::start(data.path());
    let error = serve(&[&ANYWHERE[..], &["--data", text(data.path())]].concat());
    names(&error, &["another server", text(data.path())]);
    account(data.path(), &["add", "alice@example.com", "--password-stdin"], PASSWORD);
    first.kill();
    RunningBinary::start(data.path());
}

/// On SIGTERM and on SIGINT, all clients receive the reason, and the program exits.
#[tokio::test]
async fn a_signal_notifies_all_clients_and_ends_the_program() {
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
        // A client in the middle of a sign-in does not delay the exit.
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
fn the_demo_shows_both_sides_of_a_conversation_and_succeeds() {
    let output = run(&["demo"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{shown}{error}");
    for line in ["Alice", "Bob", "VER 1 MSNP12", "USR", "CAL", "RNG", "JOI", "MSG", "ACK", "BYE", "Hello Bob!"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    assert_eq!(error, "");
}

/// The reader of the output stops early, as in `swallowtail demo | head -1`.
#[test]
fn a_program_that_stops_reading_the_output_before_its_end_causes_no_panic() {
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

/// Even the most detailed log contains no passwords, tickets, cookies or messages.
#[tokio::test]
async fn the_most_detailed_log_contains_no_secret() {
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
