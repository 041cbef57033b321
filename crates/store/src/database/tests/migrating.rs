//! Tests of databases that older and newer programs created.

use super::*;

const FIRST: &str = include_str!("../../../migrations/0001_accounts_and_lists.sql");
const SECOND: &str = include_str!("../../../migrations/0002_group_numbers.sql");
const THIRD: &str = include_str!("../../../migrations/0003_invites.sql");
/// The record of migrations that older programs kept, as SQLx creates it.
const OLD_RECORD: &str = "create table _sqlx_migrations (
    version bigint primary key,
    description text not null,
    installed_on timestamp not null default current_timestamp,
    success boolean not null,
    checksum blob not null,
    execution_time bigint not null
);";

/// Creates a database in the state in which an older program left it after these migrations. The
/// database has an account and a contact group.
fn old_database(migrations: &[&str]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let connection = connect(directory.path());
    connection.execute_batch("pragma journal_mode = wal").unwrap();
    connection.execute_batch(OLD_RECORD).unwrap();
    for (sql, version) in migrations.iter().zip(1..) {
        connection.execute_batch(sql).unwrap();
        record(&connection, version);
    }
    let account = "insert into accounts (handle, display_name, password_hash, created_at, list_stamp, settings_stamp)
                   values ('alice@example.com', 'Alice', 'hash', 1, 1, 1)";
    connection.execute(account, []).unwrap();
    let group = "insert into contact_groups (owner, guid, name) values (1, ?, 'Old')";
    connection.execute(group, [guid(2).to_string()]).unwrap();
    directory
}

fn record(connection: &Connection, version: i64) {
    let sql = "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
               values (?, 'old', '2026-01-02 03:04:05', true, x'00', 7)";
    connection.execute(sql, [version]).unwrap();
}

fn connect(directory: &Path) -> Connection {
    Connection::open(directory.join("swallowtail.db")).unwrap()
}

/// Returns the version, name and time of each recorded migration.
fn recorded(directory: &Path) -> Vec<(i64, String, i64)> {
    let connection = connect(directory);
    let mut rows = connection.prepare("select version, name, applied_at from migrations order by version").unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect()
}

/// Returns the statements that would create the tables and indexes of the database.
fn tables(directory: &Path) -> Vec<String> {
    let connection = connect(directory);
    let mut rows = connection.prepare("select sql from sqlite_schema where sql is not null order by sql").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn the_database_of_an_older_version_is_brought_up_to_date_and_keeps_its_rows() {
    let (new, store) = store_with(&[]).await;
    store.close().await;
    for done in 0..=3 {
        let directory = old_database(&[FIRST, SECOND, THIRD][..done.max(1)]);
        if done == 0 {
            // This is the state that a program left when it crashed before its first migration.
            let tables = ["contact_group_members", "contact_groups", "entries", "accounts", "server_keys"];
            let drops: String = tables.iter().map(|table| format!("drop table {table};")).collect();
            let nothing = format!("{drops} delete from _sqlx_migrations");
            connect(directory.path()).execute_batch(&nothing).unwrap();
        }
        Store::open(directory.path()).await.unwrap().close().await;
        assert_eq!(tables(directory.path()), tables(new.path()), "{done}");
        let recorded = recorded(directory.path());
        assert_eq!(recorded.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2, 3]);
        // The number 1,767,323,045 is the time 2026-01-02 03:04:05.
        let (adopted, added) = recorded.split_at(done);
        assert!(adopted.iter().all(|row| (row.1.as_str(), row.2) == ("old", 1_767_323_045)), "{recorded:?}");
        assert!(added.iter().all(|row| row.1 != "old" && row.2 > 1_767_323_045), "{recorded:?}");
        let store = Store::open(directory.path()).await.unwrap();
        if done > 0 {
            let roster = store.test_roster("alice").await.1;
            let number = (done == 1).then_some(1);
            let expected = Group { name: "Old".into(), number: number.and_then(GroupNumber::new) };
            assert_eq!(roster.groups, [(guid(2), expected)].into());
        }
        assert!(store.invites().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn several_callers_can_open_the_database_of_an_older_version_at_the_same_time() {
    for _ in 0..10 {
        let directory = old_database(&[FIRST]);
        let open = || Store::open(directory.path());
        let (first, second, third) = tokio::join!(open(), open(), open());
        for store in [first, second, third] {
            let store = store.unwrap();
            assert_eq!(store.test_roster("alice").await.1.groups.len(), 1);
            store.close().await;
        }
        assert_eq!(recorded(directory.path()).len(), 3);
    }
}

#[tokio::test]
async fn the_store_refuses_a_database_of_a_newer_version_with_advice_and_does_not_change_it() {
    let (new, store) = store_with(&["alice"]).await;
    store.run("insert into migrations (version, name, applied_at) values (9999, 'from the future', 1)").await;
    store.close().await;
    let old = old_database(&[FIRST, SECOND, THIRD]);
    record(&connect(old.path()), 9999);
    for directory in [new, old] {
        let before = tables(directory.path());
        let refused = Store::open(directory.path()).await.unwrap_err().to_string();
        assert!(refused.contains(&directory.path().display().to_string()), "{refused}");
        assert!(refused.contains("newer version of swallowtail"), "{refused}");
        assert_eq!(tables(directory.path()), before);
    }
}

#[tokio::test]
async fn a_migration_that_fails_changes_nothing_and_is_tried_again() {
    let directory = old_database(&[FIRST]);
    // The last statement of this migration fails.
    connect(directory.path()).execute_batch("create table invites (id integer)").unwrap();
    let refused = Store::open(directory.path()).await.unwrap_err().to_string();
    assert!(
        refused.starts_with("cannot bring the database ") && refused.contains("swallowtail.db up to date: "),
        "{refused}"
    );
    assert!(refused.contains("table invites already exists"), "{refused}");
    assert_eq!(recorded(directory.path()).len(), 2, "the earlier migration is complete");
    connect(directory.path()).execute_batch("drop table invites").unwrap();
    Store::open(directory.path()).await.unwrap();
    assert_eq!(recorded(directory.path()).len(), 3);
}

/// If opening the database required the lock for writing, opening would fail after a few seconds.
#[tokio::test]
async fn a_database_that_is_up_to_date_can_be_opened_while_another_process_is_writing_to_it() {
    let (directory, store) = store_with(&["alice"]).await;
    let other = connect(directory.path());
    other.execute_batch("begin immediate").unwrap();
    let second = Store::open(directory.path()).await.unwrap();
    assert_eq!(second.count_accounts().await.unwrap(), 1);
    second.close().await;
    store.close().await;
}
