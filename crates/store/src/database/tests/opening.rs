//! Tests of opening and closing old, new, lost and foreign databases.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use super::*;

async fn refusal(directory: &Path, if_missing: IfMissing) -> String {
    Store::open_with(directory, if_missing).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_database_is_created_only_if_the_caller_allows_it() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    for if_missing in [IfMissing::Fail, IfMissing::CreateDatabase] {
        let refused = refusal(&data, if_missing).await;
        assert!(refused.contains(&format!("{} does not exist", data.display())), "{refused}");
        assert!(!data.exists());
    }
    swallowtail_base::create_private_directory(&data).unwrap();
    let refused = refusal(&data, IfMissing::Fail).await;
    assert!(refused.contains(&format!("{} has no database", data.display())), "{refused}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
    Store::open_with(&data, IfMissing::CreateDatabase).await.unwrap().close().await;
    Store::open_with(&data, IfMissing::Fail).await.unwrap().close().await;
    let files: Vec<_> = fs::read_dir(&data).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["swallowtail.db"], "no temporary file is left");
}

#[tokio::test]
async fn a_database_of_0_bytes_is_refused_with_advice() {
    let (directory, store) = store_with(&["alice"]).await;
    store.close().await;
    let path = directory.path().join("swallowtail.db");
    fs::write(&path, "").unwrap();
    for if_missing in [IfMissing::Fail, IfMissing::CreateDirectory, IfMissing::StartAgain] {
        let refused = refusal(directory.path(), if_missing).await;
        for part in [path.to_str().unwrap(), "0 bytes", "restore it from a backup", "account add ADDRESS --create"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[tokio::test]
async fn a_missing_database_in_a_directory_with_other_data_is_recreated_only_on_request() {
    for trace in ["root", "old-tls", "control.sock", "server.lock"] {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(trace), "").unwrap();
        for if_missing in [IfMissing::Fail, IfMissing::CreateDatabase, IfMissing::CreateDirectory] {
            let refused = refusal(directory.path(), if_missing).await;
            for part in ["swallowtail.db is missing", trace, "restore it from a backup", "account add ADDRESS --create"]
            {
                assert!(refused.contains(part), "{part}: {refused}");
            }
        }
        assert!(!directory.path().join("swallowtail.db").exists());
        Store::open_with(directory.path(), IfMissing::StartAgain).await.unwrap();
    }
}

/// If the server created a new database next to the write-ahead log of an old database, SQLite
/// would write that log into the new database.
#[tokio::test]
async fn a_new_database_is_never_created_in_a_directory_with_the_wal_file_of_an_old_database() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("swallowtail.db-wal"), "changes").unwrap();
    let refused = refusal(directory.path(), IfMissing::StartAgain).await;
    assert!(refused.contains("move any swallowtail.db-wal"), "{refused}");
    assert!(!directory.path().join("swallowtail.db").exists());
}

#[tokio::test]
async fn a_directory_that_others_can_write_to_is_refused() {
    let (directory, store) = store_with(&["alice"]).await;
    store.close().await;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let refused = refusal(directory.path(), IfMissing::Fail).await;
    assert!(refused.contains(&format!("chmod go-w {}", directory.path().display())), "{refused}");
}

#[tokio::test]
async fn a_new_database_belongs_to_the_owner_of_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    // Only root can change the owner. For any other user, the directory and the new files have the same owner anyway.
    let _ = chown(directory.path(), Some(65_534), Some(65_534));
    let store = Store::open(directory.path()).await.unwrap();
    store.create_accounts(&[new_account("alice")], None).await.unwrap();
    let owner = |path: &Path| fs::metadata(path).map(|file| (file.uid(), file.gid())).unwrap();
    for file in fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(owner(&path), owner(directory.path()), "{}", path.display());
    }
}

#[tokio::test]
async fn several_callers_can_open_a_new_database_at_the_same_time() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let open = || Store::open(directory.path());
        let (first, second, third) = tokio::join!(open(), open(), open());
        for store in [first, second, third] {
            store.unwrap().close().await;
        }
    }
}

#[tokio::test]
async fn reading_a_malformed_row_returns_an_error_and_does_not_panic() {
    for (damage, what) in [
        ("update entries set lists = 4096", "list bits"),
        ("update entries set nickname = ''", "nickname"),
        ("update entries set contact = 'x'", "GUID"),
        ("update entries set handle = 'x'", "handle"),
        ("update accounts set privacy = 'x'", "privacy"),
        ("update accounts set add_prompt = ''", "add_prompt"),
        ("update accounts set display_name = ''", "display name"),
        ("update accounts set list_version = -1", "list version"),
    ] {
        let (_directory, store) = store_with(&["alice"]).await;
        store.change("alice", &[Change::Entry(handle("bob"), entry(List::Allow))]).await.unwrap();
        store.run(damage).await;
        let error = store.roster(&handle("alice"), None).await.unwrap_err().to_string();
        assert!(error.contains(what), "{damage}: {error}");
    }
}

#[tokio::test]
async fn a_closed_store_returns_errors_and_does_not_hang() {
    let (_directory, store) = store_with(&["alice"]).await;
    let id = store.test_roster("alice").await.0;
    store.close().await;
    let mut edit = Edit::by(id);
    edit.push(id, &[Change::Entry(handle("bob"), entry(List::Allow))]);
    assert!(store.write(edit).await.is_err());
    assert!(store.roster(&handle("alice"), None).await.is_err());
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let store = Store::open(&data).await.unwrap();
    store.server_keys("ticket").await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file) & 0o077, 0, "{}", file.display());
    }
}
