//! Tests the `account` commands with a database in a temporary directory.

use std::net::Ipv4Addr;
use std::path::Path;

use clap::Parser;

use swallowtail_store::accounts::{AuthError, Origin, password};
use swallowtail_store::database::{Account, Store};

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: AccountCommand,
}

fn parse(words: &[&str]) -> Result<AccountCommand, clap::Error> {
    let words = std::iter::once("account").chain(words.iter().copied());
    Line::try_parse_from(words).map(|line| line.command)
}

/// Returns the default settings with this data directory.
fn at(data: &Path) -> Config {
    Config { data: data.to_owned(), ..Config::default() }
}

struct Place {
    accounts: Accounts,
    directory: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let accounts = Accounts::new(store);
        Self { accounts, directory }
    }

    async fn add(&self, handle: &str, name: Option<&str>, password: &str) -> anyhow::Result<String> {
        let name = name.map(|name| DisplayName::new(name).unwrap());
        add(&self.accounts, Handle::parse(handle).unwrap(), name, || Ok(password.to_owned()), 8).await
    }

    async fn import(&self, text: impl AsRef<[u8]>) -> Result<usize, String> {
        let file = self.directory.path().join("people.csv");
        std::fs::write(&file, text).unwrap();
        let imported = import::run(&self.accounts, &file).await;
        imported.map_err(|error| format!("{error:#}").replace(file.to_str().unwrap(), "FILE"))
    }

    async fn authenticate(&self, handle: &str, password: &[u8]) -> Result<Account, AuthError> {
        self.accounts.authenticate(&Origin::new(Ipv4Addr::LOCALHOST.into(), handle), password).await
    }

    async fn handles(&self) -> Vec<String> {
        let accounts = self.accounts.list().await.unwrap();
        accounts.iter().map(|account| account.handle.to_string()).collect()
    }
}

#[test]
fn an_invalid_argument_is_rejected_with_the_reason() {
    let table = [
        (&["add", "alice"][..], "it is not an address like name@example.com"),
        (&["add", "alice@example"], "the domain has no dot inside"),
        (&["add", "a@b.de", "--name", ""], "a display name must have 1 to 387 bytes"),
        (&["remove", "a b@c.de"], "a character that is not allowed in an address"),
    ];
    for (words, expected) in table {
        let error = parse(words).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(parse(&["password", "Alice@Example.com", "--password-stdin"]).is_ok());
}

#[tokio::test]
async fn an_added_account_can_sign_in() {
    let place = Place::new().await;
    assert_eq!(place.add("alice@example.com", None, "s3cr,t &%").await.unwrap(), "Added alice@example.com.");
    let account = place.authenticate("alice@example.com", b"s3cr,t &%").await.unwrap();
    assert_eq!(account.name.as_str(), "alice");
    let again = place.add("alice@example.com", None, "x").await.unwrap_err();
    assert_eq!(again.to_string(), "the account alice@example.com already exists");
    let long = place.add("bob@example.com", Some("Bob B"), "12345678901234567").await.unwrap();
    assert!(long.contains("Warning: The password has more than 16 characters"), "{long}");
    let short = place.add("eva@example.com", None, "secret").await.unwrap();
    assert!(short.starts_with("Added eva@example.com.\nWarning: the password is shorter than the 8"), "{short}");
    let unsendable = place.add("a,b@example.com", None, "s3cr,t &%").await.unwrap_err();
    assert!(unsendable.to_string().contains("old clients cannot sign in with an address"), "{unsendable}");
}

#[tokio::test]
async fn the_account_list_has_a_row_for_each_account() {
    let place = Place::new().await;
    let list = || carry_out(AccountCommand::List { json: false }, &place.accounts, 8);
    let as_json = || carry_out(AccountCommand::List { json: true }, &place.accounts, 8);
    assert_eq!(as_json().await.unwrap(), "[]");
    assert!(list().await.unwrap().contains("no accounts yet"));
    place.add("alice@example.com", Some("Al\u{1b}[2Jice"), "x").await.unwrap();
    place.add("bo@example.com", Some("Éva"), "x").await.unwrap();
    let today = Utc::now().date();
    let expected = format!(
        "Handle             Display name    Created\n\
         alice@example.com  Al\\u{{1b}}[2Jice  {today}\n\
         bo@example.com     Éva             {today}"
    );
    assert_eq!(list().await.unwrap(), expected);
    let listed: serde_json::Value = serde_json::from_str(&as_json().await.unwrap()).unwrap();
    assert_eq!(listed[0]["name"], "Al\u{1b}[2Jice");
    assert_eq!(listed[1]["handle"], "bo@example.com");
    assert!(listed[1]["created"].as_str().unwrap().starts_with(&today), "{listed}");
}

#[tokio::test]
async fn an_unknown_account_cannot_be_removed_or_changed() {
    let place = Place::new().await;
    place.add("alice@example.com", None, "x").await.unwrap();
    for words in [&["remove", "bob@example.com", "--yes"][..], &["password", "bob@example.com"]] {
        let error = carry_out(parse(words).unwrap(), &place.accounts, 8).await.unwrap_err();
        assert_eq!(error.to_string(), "the account bob@example.com does not exist");
    }
    let removed = carry_out(parse(&["remove", "alice@example.com", "--yes"]).unwrap(), &place.accounts, 8).await;
    assert_eq!(removed.unwrap(), "Removed alice@example.com.");
    assert!(place.handles().await.is_empty());
}

#[tokio::test]
async fn a_data_directory_that_does_not_exist_is_created_only_on_request() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("typo");
    let file = directory.path().join("people.csv");
    std::fs::write(&file, "alice@example.com,x\n").unwrap();
    let import = |create| AccountCommand::Import { file: file.clone(), create };
    let absent = format!("the data directory {} does not exist", missing.display());
    let advice = "for a new server, pass --create";
    let listed = format!("{:#}", run(AccountCommand::List { json: false }, &at(&missing)).await.unwrap_err());
    assert!(listed.contains(&absent) && !listed.contains("--create"), "{listed}");
    let added = ["add", "bob@example.com", "--password-stdin"];
    for command in [parse(&added).unwrap(), import(false)] {
        let refused = format!("{:#}", run(command, &at(&missing)).await.unwrap_err());
        assert!(refused.contains(&absent) && refused.contains(advice), "{refused}");
        assert!(!missing.exists());
    }
    run(import(true), &at(&missing)).await.unwrap();
    run(AccountCommand::List { json: false }, &at(&missing)).await.unwrap();
}

#[tokio::test]
async fn a_command_that_adds_nothing_creates_no_database() {
    let directory = tempfile::tempdir().unwrap();
    for words in [&["list"][..], &["remove", "bob@example.com", "--yes"], &["password", "bob@example.com"]] {
        let refused = run(parse(words).unwrap(), &at(directory.path())).await.unwrap_err().to_string();
        assert!(refused.contains("has no database"), "{refused}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn an_imported_file_may_contain_both_passwords_and_hashes() {
    let place = Place::new().await;
    let hash = password::hash("from elsewhere").unwrap();
    let text = format!(
        "\u{FEFF}Handle,Password,Display name\r\n\
         alice@example.com,\"s3cr,t \"\"&%\",Alice A\r\n\r\n\
         Bob@Example.com,{},\r\n\
         eva@example.com,\"{hash}\",Éva\n",
        " blanks "
    );
    assert_eq!(place.import(text).await, Ok(3));
    for (handle, password, name) in [
        ("alice@example.com", "s3cr,t \"&%", "Alice A"),
        ("bob@example.com", " blanks ", "bob"),
        ("eva@example.com", "from elsewhere", "Éva"),
    ] {
        let account = place.authenticate(handle, password.as_bytes()).await.unwrap();
        assert_eq!(account.name.as_str(), name);
    }
}

#[tokio::test]
async fn one_invalid_line_prevents_the_whole_import_and_the_error_lists_all_invalid_lines() {
    let place = Place::new().await;
    place.add("taken@example.com", None, "x").await.unwrap();
    let error = place
        .import(
            "alice@example.com,x\n\
             nobody,x\n\
             bob@example.com\n\
             ALICE@example.com,y\n\
             taken@example.com,x\n\
             carl@example.com,\n\
             dora@example.com,$2b$12$abc\n\
             \"emil@example.com\",x,\"two\nlines\"\n\
             fred@example.com,x,y,z\n\
             gina@example.com,$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA\n\
             a%b@example.com,x\n",
        )
        .await
        .unwrap_err();
    let expected = "nothing was imported from FILE:\n  \
        line 2: invalid handle \"nobody\": it is not an address like name@example.com\n  \
        line 3: expected `handle,password` or `handle,password,display name`; columns found: 1\n  \
        line 4: alice@example.com is also in line 1\n  \
        line 5: the account taken@example.com already exists\n  \
        line 6: the password is empty\n  \
        line 7: the password looks like a hash of a kind other than $argon2id$\n  \
        line 8: a display name must have 1 to 387 bytes and no line break\n  \
        line 10: expected `handle,password` or `handle,password,display name`; columns found: 4\n  \
        line 11: the password hash contains commas, so put it in double quotes\n  \
        line 12: invalid handle \"a%b@example.com\": old clients cannot sign in with an address that has a comma or a % sign in it";
    assert_eq!(error, expected);
    assert_eq!(place.handles().await, ["taken@example.com"]);
}

#[tokio::test]
async fn the_first_twenty_mistakes_are_listed_and_further_mistakes_are_only_counted() {
    let place = Place::new().await;
    let error = place.import("nobody,x\n".repeat(25)).await.unwrap_err();
    assert_eq!(error.lines().count(), 22);
    assert!(error.ends_with("\n  and 5 more"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_imported_is_refused_with_the_reason() {
    let place = Place::new().await;
    let empty = place.import("handle,password\n").await.unwrap_err();
    assert_eq!(empty, "nothing was imported from FILE:\n  line 1: the file has no accounts");
    let latin = place.import(b"a@b.de,x\nc@d.de,\xE9\n").await.unwrap_err();
    assert_eq!(latin, "nothing was imported from FILE:\n  line 2: the text is not UTF-8");
    let missing = import::run(&place.accounts, Path::new("/nowhere/people.csv")).await.unwrap_err();
    assert_eq!(missing.to_string(), "could not read /nowhere/people.csv");
}
