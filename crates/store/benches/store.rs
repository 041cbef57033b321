//! Measures how many edits and reads the store carries out in a second, and how long an import of
//! accounts takes.
//!
//! `cargo bench -p swallowtail-store --bench store` prints each figure of the store, and next to it
//! a second figure, the floor. The floor is the figure of one thread that runs the same statements
//! directly on its own connection, without the queue and the threads of the store. The benchmark
//! measures both figures in the same run, because both depend on the machine, and above all on how
//! long an fsync of its disk takes.

#![allow(clippy::unwrap_used, reason = "a failure ends the run")]

use std::path::Path;
use std::time::{Duration, Instant};

use msnp::{DisplayName, Guid, Handle, List, Timestamp};
use rusqlite::Connection;
use swallowtail_store::database::{AccountId, Edit, NewAccount, Store};
use swallowtail_store::roster::{Change, Entry};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// How long each measurement takes.
const TIME: Duration = Duration::from_secs(3);
/// The number of accounts in the database, each with [`CONTACTS`] contacts.
const ACCOUNTS: usize = 1000;
const CONTACTS: usize = 20;
/// The number of imported accounts.
const IMPORTED: usize = 100_000;
const STATEMENTS: usize = 32;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for callers in [1, 50] {
            report(&format!("edits, {callers} callers"), edits(callers).await, edits_floor(callers).await);
        }
        for callers in [1, 32] {
            report(&format!("reads, {callers} callers"), reads(callers).await, reads_floor().await);
        }
        let (imported, floor) = (import().await, import_floor().await);
        println!("{:>22}: {imported:8.2} s, floor {floor:8.2} s", format!("import of {IMPORTED}"));
    });
}

fn report(what: &str, measured: f64, floor: f64) {
    println!("{what:>22}: {measured:8.0}/s, floor {floor:8.0}/s");
}

/// Returns the number of edits per second that `callers` tasks make together. Each task edits its
/// own account, and waits for each edit before it makes the next edit.
async fn edits(callers: usize) -> f64 {
    let (_directory, store) = filled().await;
    repeated(callers, move |caller, round| {
        let store = store.clone();
        async move {
            let id = AccountId(i64::try_from(caller).unwrap() + 1);
            let mut edit = Edit::by(id);
            edit.push(id, &[entry(contact(round)), Change::ListChanged(now(round))]);
            store.write(edit).await.unwrap();
        }
    })
    .await
}

/// Returns the number of edits per second that one thread makes if each transaction contains
/// `batch` edits.
async fn edits_floor(batch: usize) -> f64 {
    let (_directory, connection) = plain(filled().await).await;
    let begun = Instant::now();
    let mut done = 0;
    for round in 0.. {
        run(&connection, "begin immediate", &[]);
        for id in 1..=i64::try_from(batch).unwrap() {
            run(&connection, "savepoint edit", &[]);
            connection.prepare_cached("select 1 from accounts where id = ?1").unwrap().exists([id]).unwrap();
            write_entry(&connection, id, &contact(round), Some("Friend"));
            run(
                &connection,
                "delete from contact_group_members where owner = ?1 and handle = ?2",
                &[&id, &contact(round).as_str()],
            );
            let stamp = "update accounts set list_version = list_version + 1, list_stamp = case \
                         when list_stamp < ?2 then ?2 else list_stamp + 1 end where id = ?1";
            run(&connection, stamp, &[&id, &i64::try_from(now(round).ticks()).unwrap()]);
            run(&connection, "release savepoint edit", &[]);
        }
        run(&connection, "commit", &[]);
        done += batch;
        if begun.elapsed() > TIME {
            break;
        }
    }
    rate(done, begun)
}

/// Returns the number of reads per second. Each read gets an account and its roster from the store,
/// as a sign-in does.
async fn reads(callers: usize) -> f64 {
    let (_directory, store) = filled().await;
    repeated(callers, move |caller, round| {
        let store = store.clone();
        async move {
            let handle = user(caller * 31 + round);
            assert!(store.account(&handle).await.unwrap().is_some());
            assert!(store.roster(&handle, None).await.unwrap().is_some());
        }
    })
    .await
}

async fn reads_floor() -> f64 {
    let (_directory, connection) = plain(filled().await).await;
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < TIME {
        let handle = user(done * 31);
        let account = "select id, handle, display_name, password_hash, password_version, created_at from accounts \
                       where handle = ?1";
        assert_eq!(read(&connection, account, &handle.as_str()), 1);
        run(&connection, "begin", &[]);
        assert_eq!(read(&connection, "select * from accounts where handle = ?1", &handle.as_str()), 1);
        let id = i64::try_from(done * 31 % ACCOUNTS).unwrap() + 1;
        read(&connection, "select guid, name, number from contact_groups where owner = ?1", &id);
        let entries = "select handle, lists, nickname, contact, in_other_contacts from entries where owner = ?1";
        assert_eq!(read(&connection, entries, &id), CONTACTS);
        let members = "select handle, guid from contact_group_members where owner = ?1 order by handle, guid";
        read(&connection, members, &id);
        run(&connection, "commit", &[]);
        done += 1;
    }
    rate(done, begun)
}

/// Returns how many seconds the store needs to create [`IMPORTED`] accounts. Their passwords are
/// already hashed, and each account gets a first contact.
async fn import() -> f64 {
    let (_directory, store) = filled().await;
    let accounts = imported();
    let begun = Instant::now();
    store.create_accounts(&accounts, Some(&contact(0))).await.unwrap();
    begun.elapsed().as_secs_f64()
}

async fn import_floor() -> f64 {
    let (_directory, connection) = plain(filled().await).await;
    let accounts = imported();
    let begun = Instant::now();
    run(&connection, "begin immediate", &[]);
    for account in accounts {
        let sql = "insert into accounts (handle, display_name, password_hash, created_at, list_stamp, settings_stamp) \
                   values (?1, ?2, ?3, 1, 1, 1)";
        run(&connection, sql, &[&account.handle.as_str(), &account.name.as_str(), &account.password_hash]);
        write_entry(&connection, connection.last_insert_rowid(), &contact(0), None);
    }
    run(&connection, "commit", &[]);
    begun.elapsed().as_secs_f64()
}

/// Starts one task for each caller. For [`TIME`], each task calls `call` again and again, with the
/// number of the caller and the number of the round. Returns the number of calls per second.
async fn repeated<F: Future<Output = ()> + Send + 'static>(
    callers: usize,
    call: impl Fn(usize, usize) -> F + Clone + Send + Sync + 'static,
) -> f64 {
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for caller in 0..callers {
        let call = call.clone();
        tasks.spawn(async move {
            let mut round = 0;
            while begun.elapsed() < TIME {
                call(caller, round).await;
                round += 1;
            }
            round
        });
    }
    let done = tasks.join_all().await.into_iter().sum();
    rate(done, begun)
}

fn rate(done: usize, begun: Instant) -> f64 {
    f64::from(u32::try_from(done).unwrap()) / begun.elapsed().as_secs_f64()
}

/// Returns a database with accounts and their contacts.
async fn filled() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let accounts: Vec<_> = (0..ACCOUNTS).map(|number| account(user(number))).collect();
    store.create_accounts(&accounts, None).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 1..=i64::try_from(ACCOUNTS).unwrap() {
        let store = store.clone();
        tasks.spawn(async move {
            let mut edit = Edit::by(AccountId(number));
            edit.push(AccountId(number), &(0..CONTACTS).map(|number| entry(contact(number))).collect::<Vec<_>>());
            store.write(edit).await.unwrap();
        });
    }
    tasks.join_all().await;
    (directory, store)
}

/// Closes the store and opens its database with a plain connection.
async fn plain((directory, store): (TempDir, Store)) -> (TempDir, Connection) {
    store.close().await;
    let connection = connect(directory.path());
    (directory, connection)
}

fn connect(directory: &Path) -> Connection {
    let connection = Connection::open(directory.join("swallowtail.db")).unwrap();
    let settings = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on";
    connection.execute_batch(settings).unwrap();
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection
}

fn run(connection: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) {
    connection.prepare_cached(sql).unwrap().execute(values).unwrap();
}

/// Reads every value of a query. Returns the number of rows.
fn read(connection: &Connection, sql: &str, value: &dyn rusqlite::ToSql) -> usize {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([value]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            std::hint::black_box(row.get::<_, rusqlite::types::Value>(column).unwrap());
        }
        count += 1;
    }
    count
}

fn write_entry(connection: &Connection, owner: i64, handle: &Handle, nickname: Option<&str>) {
    let sql = "insert into entries (owner, handle, lists, nickname, contact, in_other_contacts) \
               select ?1, ?2, 3, ?3, ?4, 0 where exists (select 1 from accounts where id = ?1) \
               on conflict (owner, handle) do update set lists = 3, nickname = ?3, contact = ?4, in_other_contacts = 0";
    run(connection, sql, &[&owner, &handle.as_str(), &nickname, &Guid::from_bytes([7; 16]).to_string()]);
}

fn entry(handle: Handle) -> Change {
    let entry = Entry {
        lists: List::Forward | List::Allow,
        nickname: DisplayName::new("Friend"),
        contact: Some(Guid::from_bytes([7; 16])),
        ..Entry::default()
    };
    Change::Entry(handle, entry)
}

fn imported() -> Vec<NewAccount> {
    (0..IMPORTED).map(|number| account(Handle::parse(&format!("new{number}@example.com")).unwrap())).collect()
}

fn account(handle: Handle) -> NewAccount {
    // This text is as long as a hash of Argon2.
    let password_hash = "x".repeat(97);
    NewAccount { name: DisplayName::from(&handle), handle, password_hash }
}

fn user(number: usize) -> Handle {
    Handle::parse(&format!("user{}@example.com", number % ACCOUNTS)).unwrap()
}

fn contact(number: usize) -> Handle {
    Handle::parse(&format!("contact{}@example.com", number % CONTACTS)).unwrap()
}

/// Returns a time that is later in each round.
fn now(round: usize) -> Timestamp {
    Timestamp::from_ticks(20_000_000_000_000_000 + u64::try_from(round).unwrap())
}
