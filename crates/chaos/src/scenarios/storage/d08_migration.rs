//! A database of the oldest version, which the server migrates to the newest version. The server is
//! killed again and again during the migration.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::bed::Bed;
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The number of accounts in the database, each with contacts and groups.
const ACCOUNTS: usize = 10_000;
/// The number of migrations that are interrupted.
const MIGRATIONS: usize = 6;
/// The largest number of times that each migration is interrupted.
const KILLS: u64 = 3;
/// The time after which the server is killed even if the migration makes no progress.
const PATIENCE: Duration = Duration::from_secs(120);
const DATABASE: &str = "swallowtail.db";
/// The script that adds contacts and groups to the accounts. It then removes everything that the
/// first version of the tables did not have. That version recorded its migrations in another table,
/// with the library SQLx.
const MAKE_OLD: &str = "import sqlite3, sys\n\
    c = sqlite3.connect(sys.argv[1])\n\
    c.executescript('''\n\
    create temp table users as select id, handle from accounts where handle like 'user%';\n\
    insert into entries (owner, handle, lists, nickname, contact)\n\
    select a.id, b.handle, 3, 'N ' || b.id, printf('%08x-0000-4000-8000-%012x', a.id, b.id)\n\
    from users a join users b on b.id between a.id + 1 and a.id + 3;\n\
    with numbers (number) as (values (1), (2), (3), (4))\n\
    insert into contact_groups (owner, guid, name)\n\
    select id, printf('%08x-0000-4000-9000-%012x', id, number), 'Group ' || number from users, numbers;\n\
    insert into contact_group_members (owner, handle, guid)\n\
    select owner, handle, printf('%08x-0000-4000-9000-%012x', owner, 1 + rowid % 4) from entries where contact > '';\n\
    drop table invites;\n\
    alter table accounts drop column other_contacts_name;\n\
    alter table entries drop column in_other_contacts;\n\
    alter table contact_groups drop column number;\n\
    create table _sqlx_migrations (version bigint primary key, description text not null,\n\
    installed_on timestamp not null default current_timestamp, success boolean not null,\n\
    checksum blob not null, execution_time bigint not null);\n\
    insert into _sqlx_migrations (version, description, success, checksum, execution_time)\n\
    select version, name, true, x'00', 1 from migrations where version = 1;\n\
    drop table migrations;\n\
    ''')\n\
    c.execute('vacuum')\n\
    c.execute('pragma wal_checkpoint(truncate)')\n";
/// The script that checks a database and prints a hash of everything in it, except the times of its migrations.
const HASH: &str = "import hashlib, sqlite3, sys\n\
    c = sqlite3.connect(sys.argv[1])\n\
    assert c.execute('pragma integrity_check').fetchall() == [('ok',)]\n\
    assert c.execute('pragma foreign_key_check').fetchall() == []\n\
    h = hashlib.sha256()\n\
    for line in c.iterdump():\n\
    \x20   if 'INSERT INTO \"migrations\"' not in line: h.update(line.encode())\n\
    done = c.execute('select version, name from migrations order by 1').fetchall()\n\
    assert [version for version, _ in done] == list(range(1, len(done) + 1)) and len(done) > 1\n\
    assert c.execute('select 1 from sqlite_schema where name = ?', ('_sqlx_migrations',)).fetchall() == []\n\
    h.update(repr(done).encode())\n\
    print(h.hexdigest())\n";

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D08", "The server is killed during an upgrade of the database", |bed| Box::pin(run(bed)))
        .accounts(ACCOUNTS)
        .except(&[(Rule::Process, "the server is killed"), (Rule::Bystanders, "the server is killed")]);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let status = bed.server.stop().await?;
    ensure!(status.success(), "the server ended with {status}");
    let (database, log) = (bed.server.data().join(DATABASE), bed.server.data().join(format!("{DATABASE}-wal")));
    python(MAKE_OLD, &database).await.context("could not make an old database")?;
    let old = fs::read(&database)?;
    let took = bed.server.restart().await?;
    let written = length(&log);
    bed.server.stop().await?;
    let expected = python(HASH, &database).await?;
    let (mut kills, mut interrupted) = (0, 0);
    for migration in 1..=MIGRATIONS {
        restore(&database, &log, &old)?;
        for _ in 0..=bed.random.below(KILLS) {
            // The write-ahead log grows until the last migration is complete, and then keeps its
            // size.
            let end = bed.random.below(written);
            bed.server.start_until(until(&log, end)).await?;
            kills += 1;
            interrupted += usize::from(length(&log) < written);
        }
        bed.server.restart().await.with_context(|| format!("migration {migration} did not resume"))?;
        bed.server.stop().await?;
        ensure!(
            python(HASH, &database).await? == expected,
            "the interrupted migration {migration} has a different result than a migration without interruption"
        );
    }
    ensure!(interrupted > 0, "all {kills} kills came after the end of the migration");
    bed.server.restart().await?;
    let size = old.len() as f64 / (1024.0 * 1024.0);
    let measured = Measured::new().count("kills", kills).count("kills before the end", interrupted);
    Ok(measured.millis("undisturbed start", took).figure("database", size, "MiB"))
}

/// Waits until a file has more than `bytes` bytes.
async fn until(file: &Path, bytes: u64) {
    let grown = async {
        while length(file) <= bytes {
            sleep(Duration::from_millis(1)).await;
        }
    };
    // If the file does not grow to that size within `PATIENCE`, this function returns nevertheless.
    // The server is then killed, although the migration makes no progress.
    let _ = timeout(PATIENCE, grown).await;
}

/// Returns the length of a file in bytes, or 0 if it does not exist.
fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

/// Writes the old database, and removes its journals.
fn restore(database: &Path, log: &Path, old: &[u8]) -> Result<()> {
    for journal in [log.to_owned(), PathBuf::from(format!("{}-shm", database.display()))] {
        // A server that was stopped normally leaves no journals.
        let _ = fs::remove_file(journal);
    }
    fs::write(database, old).context("the old database cannot be written")
}

/// Runs a script on a database. Returns what it printed.
async fn python(script: &str, database: &Path) -> Result<String> {
    let output = Command::new("python3").args(["-c", script]).arg(database).output().await;
    let output = output.context("python3 cannot be started")?;
    if !output.status.success() {
        bail!("python3 failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
