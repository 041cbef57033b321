//! The database is copied with SQLite's backup while people edit their lists. Later, the copy is
//! restored (docs/operator.md, "Backup and restore").

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Account, Person};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The number of people who edit their lists during the backups.
const EDITORS: usize = 10;
/// The number of accounts, which is enough for some megabytes.
const ACCOUNTS: usize = 5000;
/// The number of backups that are made under load.
const BACKUPS: usize = 3;
/// The longest time that an edit may take during a backup, if the server is optimised.
const LONGEST: Duration = Duration::from_secs(1);
/// The script that does the same as `sqlite3 DATABASE ".backup FILE"`.
const BACKUP: &str = "import sqlite3, sys\nsqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))\n";
const DATABASE: &str = "swallowtail.db";

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D06", "The database is backed up while it is used", |bed| Box::pin(run(bed)))
        .accounts(ACCOUNTS)
        .except(&[
            (Rule::Process, "the server is stopped to restore the backup"),
            (Rule::Bystanders, "the server is stopped to restore the backup"),
        ]);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let database = bed.server.data().join(DATABASE);
    let copy = bed.server.directory().join("backup.db");
    let (finish, finished) = watch::channel(false);
    let mut running = JoinSet::new();
    for person in bed.people(EDITORS).await? {
        running.spawn(edit_until(person, finished.clone()));
    }
    for _ in 0..BACKUPS {
        backup(&database, &copy).await?;
    }
    finish.send_replace(true);
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        times.append(&mut done??);
    }
    let longest = percentile(&times, 100);
    ensure!(longest <= LONGEST * SLOWNESS, "an edit took {longest:.1?} during a backup");
    backup(&database, &copy).await?;
    restore(bed, &copy).await?;
    let size = fs::metadata(&copy)?.len() as f64 / (1024.0 * 1024.0);
    Ok(Measured::new().count("edits", times.len()).millis("longest edit", longest).figure("backup", size, "MiB"))
}

/// Edits a list again and again. Returns the duration of each edit.
async fn edit_until(mut person: Person, finished: watch::Receiver<bool>) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while !*finished.borrow() {
        let who = Account::numbered(EDITORS + times.len() / 2 % EDITORS).handle;
        let begun = Instant::now();
        // Each second edit undoes the edit before it.
        match times.len() % 2 {
            0 => person.notification.done("ADC", &format!("AL N={who}")).await?,
            _ => person.notification.done("REM", &format!("AL {who}")).await?,
        };
        times.push(begun.elapsed());
    }
    Ok(times)
}

async fn backup(database: &Path, to: &Path) -> Result<()> {
    // This backup replaces an older one.
    let _ = fs::remove_file(to);
    let output = Command::new("python3").args(["-c", BACKUP]).args([database, to]).output().await;
    let output = output.context("python3 cannot be started")?;
    ensure!(output.status.success(), "the backup failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Replaces the database with the backup. Rule G6 then compares the restored database with all
/// acknowledged edits.
async fn restore(bed: &mut Bed, copy: &Path) -> Result<()> {
    bed.server.stop().await?;
    let database = bed.server.data().join(DATABASE);
    for suffix in ["-wal", "-shm"] {
        // A server that was stopped normally leaves no file with this suffix.
        let _ = fs::remove_file(bed.server.data().join(format!("{DATABASE}{suffix}")));
    }
    fs::write(&database, fs::read(copy)?)?;
    let said = bed.server.command_done(&["store", "check"]).await?;
    ensure!(said.contains("OK"), "the check of the backup said {said}");
    bed.server.restart().await.context("with the restored backup")?;
    Ok(())
}
