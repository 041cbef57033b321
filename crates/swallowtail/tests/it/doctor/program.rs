//! Tests the doctor as a program: its exit codes, its output, and what it reports about a wrong
//! clock. Only a separate process can have a wrong clock.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::PASSWORD;
use crate::support::binary::{RunningBinary, account, run, swallowtail};
use crate::support::private_directory;

/// Runs the doctor as a program. If `wrapper` is not empty, the program in `wrapper` starts the
/// doctor.
fn doctor(wrapper: &[&str], arguments: &[&str]) -> Output {
    let program = swallowtail();
    let mut command = match wrapper {
        [] => program,
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program.get_program()).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            command
        }
    };
    command.arg("doctor").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    let mut child = child
        .unwrap_or_else(|error| panic!("{wrapper:?} ({error}): on Debian, install it with: apt-get install faketime"));
    // Without an account, the doctor does not read the password.
    let _ = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
    child.wait_with_output().unwrap()
}

/// Starts a server with Alice's account. Returns the server, and the arguments with which the
/// doctor checks it.
fn running(data: &Path) -> (RunningBinary, Vec<String>) {
    account(data, &["add", "alice@example.com", "--password-stdin"], &format!("{PASSWORD}\n"));
    let server = RunningBinary::start(data);
    let ports =
        [("--notification-port", server.notification.port()), ("--http-port", server.http.port()), ("--https-port", 0)];
    let mut arguments = vec!["--host".to_owned(), "127.0.0.1".to_owned()];
    arguments.extend(ports.iter().flat_map(|(flag, port)| [(*flag).to_owned(), port.to_string()]));
    arguments.extend(["--account", "alice@example.com", "--password-stdin"].map(str::to_owned));
    (server, arguments)
}

#[test]
#[ignore = "needs faketime: run cargo xtask test"]
fn a_clock_that_is_wrong_by_two_days_is_reported() {
    let directory = private_directory();
    let (_server, arguments) = running(directory.path());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    for (offset, words) in [("-2d", "2 days ahead of the clock here"), ("+2d", "2 days behind the clock here")] {
        let output = doctor(&["faketime", "-f", offset], &arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        let red: Vec<_> = text.lines().filter(|line| line.starts_with("  RED")).collect();
        assert!(red.len() == 1 && red[0].starts_with("  RED    clock "), "{text}");
        let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words) && said.contains("timedatectl"), "{text}");
    }
}

#[test]
fn the_doctor_has_exit_codes_and_json_for_scripts_and_prints_no_secret() {
    let directory = private_directory();
    let (server, arguments) = running(directory.path());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let output = doctor(&[], &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("checks that were made are green") && !text.contains('\u{1b}'), "{text}");
    assert!(text.contains("green  switchboard          USR OK"), "{text}");

    let json = doctor(&[], &[&arguments[..], &["--json"]].concat());
    let said = String::from_utf8(json.stdout).unwrap();
    assert!(said.starts_with("{\"green\":true,\"targets\":[{\"target\":\"127.0.0.1\",\"hops\":[{\"hop\":"), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    for secret in [PASSWORD, "t=", "CKI"] {
        assert!(!text.contains(secret) && !said.contains(secret), "{secret}: {text} {said}");
    }

    let settings = directory.path().join("doctor.toml");
    let listen = format!(
        "[listen]\nnotification = \"{}\"\nswitchboard = \"{}\"\nhttp = \"{}\"\n",
        server.notification, server.switchboard, server.http
    );
    std::fs::write(&settings, &listen).unwrap();
    let path = settings.to_str().unwrap();
    let output = run(&["doctor", "--config", path]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    // Client 7.5 needs TLS, and this server offers none.
    std::fs::write(&settings, listen + "[proxy]\nenabled = false\n").unwrap();
    let output = run(&["doctor", "--config", path, "--client", "7.5"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("RED    TLS") && text.contains("listen.https"), "{text}");

    for (arguments, cause) in [
        (&["doctor", "--config", "no-such-file"][..], "no-such-file"),
        (&["doctor", "--client", "95"], "7.5"),
        (&["doctor", "--http-port", "80"], "--host"),
    ] {
        let output = run(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(cause), "{error}");
    }
}
