//! Tests faults of the data directory: a mistyped path, lost or damaged files, and files that
//! belong to another user.

use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Output;

use crate::support;
use crate::support::binary::{RunningBinary, account, run, swallowtail};

const PASSWORD: &str = "correct-horse-battery";
const ALICE: &str = "alice@example.com";
/// The user and the group "nobody".
const NOBODY: u32 = 65_534;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Asserts that a run failed with one sentence that contains all of `parts`.
fn assert_refused(output: &Output, parts: &[&str]) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    let sentence = error.lines().last().unwrap_or_default();
    assert!(sentence.starts_with("swallowtail: ") && !error.contains("panicked"), "{error}");
    for part in parts {
        assert!(sentence.contains(part), "{part:?} is not in {sentence:?}");
    }
}

/// Runs `serve` on free ports until it ends. It must end by itself.
fn serve(data: &Path) -> Output {
    let any = "127.0.0.1:0";
    run(&["serve", "--notification", any, "--switchboard", any, "--http", any, "--data", text(data)])
}

/// Creates a data directory with Alice's account.
fn with_alice() -> tempfile::TempDir {
    let data = support::private_directory();
    account(data.path(), &["add", ALICE, "--password-stdin"], PASSWORD);
    data
}

#[test]
fn commands_that_add_something_create_a_missing_directory_only_with_the_create_flag() {
    let parent = support::private_directory();
    let missing = parent.path().join("dta");
    let file = parent.path().join("people.csv");
    std::fs::write(&file, format!("{ALICE},{PASSWORD}\n")).unwrap();
    let commands =
        [&["account", "add", ALICE, "--password-stdin"][..], &["account", "import", text(&file)], &["invite", "add"]];
    for command in commands {
        let output = run(&[command, &["--data", text(&missing)]].concat());
        assert_refused(&output, &[text(&missing), "does not exist", "--create"]);
        assert!(!missing.exists(), "{command:?}");
    }
    for command in [commands[2], commands[1]] {
        let output = run(&[command, &["--data", text(&missing), "--create"]].concat());
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn a_server_does_not_start_if_its_database_has_disappeared() {
    let data = with_alice();
    let mut server = RunningBinary::start(data.path());
    server.signal(rustix::process::Signal::TERM);
    assert!(server.wait().success());
    let database = data.path().join("swallowtail.db");
    let backup = std::fs::read(&database).unwrap();
    std::fs::write(&database, "").unwrap();
    assert_refused(&serve(data.path()), &[text(&database), "0 bytes", "backup"]);
    std::fs::remove_file(&database).unwrap();
    assert_refused(&serve(data.path()), &[text(&database), "is missing", "backup"]);
    std::fs::write(&database, backup).unwrap();
    RunningBinary::start(data.path());
}

#[test]
fn the_first_start_after_client_setup_does_not_report_a_lost_database() {
    let parent = support::private_directory();
    let (data, to) = (parent.path().join("data"), parent.path().join("out"));
    let arguments = ["--client", "7.5", "--host", "192.0.2.1", "--data", text(&data), "--to", text(&to)];
    let output = run(&[&["client-setup"], &arguments[..]].concat());
    assert!(output.status.success(), "{output:?}");
    RunningBinary::start(&data);
}

#[test]
fn the_command_store_check_reports_a_damaged_database_and_the_server_does_not_start_with_that_database() {
    let data = with_alice();
    let database = data.path().join("swallowtail.db");
    let check = |more: &[&str]| run(&[&["store", "check", "--data", text(data.path())], more].concat());
    let intact = check(&[]);
    let said = String::from_utf8_lossy(&intact.stdout).into_owned();
    assert!(intact.status.success() && said.contains("OK. 1 account in "), "{intact:?}");
    let file = std::fs::File::options().write(true).open(&database).unwrap();
    file.write_all_at(&[0xAA; 4096], 5 * 4096).unwrap();
    assert_refused(&serve(data.path()), &[text(&database), "is damaged", "backup", "swallowtail store check"]);
    let damaged = check(&["--json"]);
    assert_eq!(damaged.status.code(), Some(1), "{damaged:?}");
    let result: serde_json::Value = serde_json::from_slice(&damaged.stdout).unwrap();
    assert_eq!((&result["ok"], &result["database"]), (&false.into(), &text(&database).into()), "{result}");
    assert!(!result["faults"].as_array().unwrap().is_empty(), "{result}");
}

#[test]
fn a_directory_that_others_can_write_to_is_refused_and_the_error_names_the_chmod_command() {
    let data = with_alice();
    std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o775)).unwrap();
    let list = run(&["account", "list", "--data", text(data.path())]);
    for output in [serve(data.path()), list] {
        assert_refused(&output, &["mode 0775", &format!("chmod go-w {}", text(data.path()))]);
    }
}

/// Only root can create files of other users. For other users, this test does nothing.
#[test]
fn files_of_another_user_are_reported_and_root_creates_files_for_the_owner_of_the_directory() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let home = support::private_directory();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (data, program) = (home.path().join("data"), home.path().join("swallowtail"));
    std::fs::copy(swallowtail().get_program(), &program).unwrap();
    std::fs::create_dir(&data).unwrap();
    chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
    account(&data, &["add", ALICE, "--password-stdin"], PASSWORD);
    let database = data.join("swallowtail.db");
    assert_eq!(std::fs::metadata(&database).unwrap().uid(), NOBODY);
    let list = || {
        let mut command = std::process::Command::new(&program);
        command.args(["account", "list", "--data", text(&data)]).current_dir("/");
        command.uid(NOBODY).gid(NOBODY).output().unwrap()
    };
    let listed = list();
    assert!(listed.status.success(), "{listed:?}");

    chown(&database, Some(0), Some(0)).unwrap();
    let owner = [text(&database), "belongs to the user root", "this process runs as nobody"];
    assert_refused(&list(), &[&owner[..], &[&format!("chown -R nobody: {}", text(&data))]].concat());
    chown(&data, Some(0), Some(0)).unwrap();
    assert_refused(&list(), &[text(&data), "belongs to the user root", "this process runs as nobody", "sudo -u root"]);
}
