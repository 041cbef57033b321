//! Opening and closing: old, new, damaged and foreign databases.

use super::*;

#[tokio::test]
async fn an_empty_database_can_be_opened_several_times_at_once() {
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
async fn a_database_of_a_newer_version_is_refused_with_advice() {
    let (directory, store) = store_with(&["alice"]).await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                 values (9999, 'from the future', true, x'00', 0)";
    sqlx::query(newer).execute(&store.writer).await.unwrap();
    store.close().await;
    let refused = Store::open(directory.path()).await.unwrap_err().to_string();
    assert!(refused.contains(&directory.path().display().to_string()), "{refused}");
    assert!(refused.contains("newer version of swallowtail"), "{refused}");
}

#[tokio::test]
async fn malformed_rows_are_an_error_and_do_not_panic() {
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
        sqlx::query(damage).execute(&store.writer).await.unwrap();
        let error = store.roster(&handle("alice")).await.unwrap_err().to_string();
        assert!(error.contains(what), "{damage}: {error}");
    }
}

#[tokio::test]
async fn a_closed_store_refuses_and_does_not_hang() {
    let (_directory, store) = store_with(&["alice"]).await;
    let id = store.test_roster("alice").await.0;
    store.close().await;
    let mut edit = Edit::by(id);
    edit.push(id, &[Change::Entry(handle("bob"), entry(List::Allow))]);
    assert!(store.write(edit).await.is_err());
    assert!(store.roster(&handle("alice")).await.is_err());
}

#[tokio::test]
async fn only_the_owner_can_read_its_files() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let store = Store::open(&data).await.unwrap();
    store.server_keys("ticket").await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file) & 0o077, 0, "{}", file.display());
    }
}
