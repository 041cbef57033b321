//! Tests of the quick check and the complete check.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::*;

const PAGE: u64 = 4096;

/// Overwrites the page with this number, counted from 1.
fn spoil(path: &Path, page: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(&[0xAA; PAGE as usize], (page - 1) * PAGE).unwrap();
}

/// Returns a closed database with many accounts, and the number of its pages.
async fn closed_database() -> (TempDir, std::path::PathBuf, u64) {
    let names: Vec<_> = (0..200).map(|number| format!("user{number}")).collect();
    let (directory, store) = store_with(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    store.close().await;
    let path = directory.path().join("swallowtail.db");
    let pages = std::fs::metadata(&path).unwrap().len() / PAGE;
    (directory, path, pages)
}

async fn checked(directory: &Path) -> (Checked, Vec<CheckStep>) {
    let mut steps = Vec::new();
    let checked = check(directory, |step| steps.push(step)).await.unwrap();
    (checked, steps)
}

#[tokio::test]
async fn an_intact_database_passes_both_checks() {
    let (directory, path, pages) = closed_database().await;
    let (checked, steps) = checked(directory.path()).await;
    assert_eq!(checked, Checked { path, bytes: pages * PAGE, accounts: 200, faults: Vec::new() });
    assert_eq!(steps[..2], [CheckStep::Pages { bytes: pages * PAGE }, CheckStep::References]);
    assert_eq!(steps.last(), Some(&CheckStep::Accounts { done: 200, all: 200 }));
    let store = Store::open(directory.path()).await.unwrap();
    store.quick_check().await.unwrap();
    // The check also works while a server is running.
    assert_eq!(check(directory.path(), |_| {}).await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_damaged_page_is_found_wherever_it_is() {
    let (_directory, _, pages) = closed_database().await;
    for page in 1..=pages {
        let (directory, path, _) = closed_database().await;
        spoil(&path, page);
        let quick = match Store::open(directory.path()).await {
            Ok(store) => store.quick_check().await,
            Err(error) => Err(error),
        };
        let error = quick.unwrap_err();
        assert!(matches!(error, StoreError::Data(DataError::Damaged { .. })), "page {page}: {error}");
        let text = error.to_string();
        assert!(text.contains("swallowtail store check") && text.lines().count() == 1, "page {page}: {text}");
        let (checked, _) = checked(directory.path()).await;
        assert!(!checked.faults.is_empty() && checked.accounts == 0, "page {page}: {checked:?}");
    }
}

#[tokio::test]
async fn a_complete_check_reports_unreadable_rows_and_broken_references() {
    let (directory, store) = store_with(&["alice", "bob"]).await;
    store.run("update accounts set privacy = 'x' where handle like 'alice%'").await;
    let (checked_rows, _) = checked(directory.path()).await;
    assert_eq!(checked_rows.faults, ["account 1 (alice@example.com): the privacy is not valid"]);
    assert_eq!(checked_rows.accounts, 2);
    store.run("delete from accounts where handle like 'alice%'").await;
    let orphan = "insert into entries (owner, handle, lists) values (77, 'x@example.com', 1)";
    store.run(format!("pragma foreign_keys = off; {orphan}")).await;
    let (checked_references, _) = checked(directory.path()).await;
    assert_eq!(checked_references.faults, ["row 1 of entries refers to a row of accounts that does not exist"]);
}
