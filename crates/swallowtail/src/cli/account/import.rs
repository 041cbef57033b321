//! `account import`: creates many accounts from a CSV file, all of them or none.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, anyhow, bail};
use msnp::{DisplayName, Handle};
use swallowtail_store::accounts::password::{self, HashError, Workspace};
use swallowtail_store::accounts::{Accounts, check_sendable, default_name};
use swallowtail_store::database::NewAccount;

use crate::cli::parse::{check_password, parse_name};
use crate::cli::progress::Progress;

/// The maximum number of mistakes that an error about a file lists. If a file has more mistakes,
/// they usually follow the same pattern.
const MAX_PROBLEMS: usize = 20;

/// Imports a file and returns the number of accounts.
pub(super) async fn run(accounts: &Accounts, file: &Path) -> anyhow::Result<usize> {
    let name = file.display();
    let bytes = tokio::fs::read(file).await.with_context(|| format!("could not read {name}"))?;
    let taken = accounts.list().await?.into_iter().map(|account| account.handle).collect();
    let records = parse(&bytes, &taken).map_err(|problems| report(file, &problems))?;
    let count = records.len();
    let progress = Arc::new(Progress::start());
    let hashing = progress.clone();
    let hashed = tokio::task::spawn_blocking(move || hash_all(records, &hashing)).await??;
    progress.step(format!("Writing {count} accounts"), None);
    accounts.import(&hashed).await.with_context(|| format!("nothing was imported from {name}"))?;
    Ok(count)
}

/// One line of the file. It has no `Debug` because it contains a password.
struct Record {
    line: u64,
    handle: Handle,
    name: DisplayName,
    secret: Secret,
}

enum Secret {
    Password(String),
    Stored(String),
}

/// The mistakes in a file, each with its line.
type Problems = Vec<(u64, anyhow::Error)>;

/// Reads the whole file, so that a mistake in any line prevents the import.
fn parse(bytes: &[u8], taken: &HashSet<Handle>) -> Result<Vec<Record>, Problems> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.split(|&byte| byte == b'\n').count() as u64;
        vec![(line, anyhow!("the text is not UTF-8"))]
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut records, mut problems) = (Vec::new(), Problems::new());
    let mut lines = BTreeMap::new();
    for (index, row) in reader.records().enumerate() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                problems.push((line, error.into()));
                break;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        if index == 0 && row.get(0).is_some_and(|field| field.trim().eq_ignore_ascii_case("handle")) {
            continue;
        }
        let record = parse_row(line, &row).and_then(|record| {
            if let Some(first) = lines.insert(record.handle.clone(), line) {
                bail!("{} is also in line {first}", record.handle);
            }
            if taken.contains(&record.handle) {
                bail!("the account {} already exists", record.handle);
            }
            Ok(record)
        });
        match record {
            Ok(record) => records.push(record),
            Err(error) => problems.push((line, error)),
        }
    }
    if records.is_empty() && problems.is_empty() {
        problems.push((1, anyhow!("the file has no accounts")));
    }
    if problems.is_empty() { Ok(records) } else { Err(problems) }
}

fn parse_row(line: u64, row: &csv::StringRecord) -> anyhow::Result<Record> {
    let (handle, secret, name) = match (row.get(0), row.get(1), row.get(2), row.len()) {
        (Some(handle), Some(secret), name, 2 | 3) => (handle.trim(), secret, name),
        (_, Some(hash), ..) if hash.starts_with("$argon2id$") => {
            bail!("the password hash contains commas, so put it in double quotes")
        }
        (.., columns) => {
            bail!("expected `handle,password` or `handle,password,display name`; columns found: {columns}")
        }
    };
    let handle = Handle::parse(handle).with_context(|| format!("invalid handle {handle:?}"))?;
    check_sendable(&handle).with_context(|| format!("invalid handle {:?}", handle.as_str()))?;
    let name = match name.map(str::trim) {
        None | Some("") => default_name(&handle),
        Some(name) => parse_name(name)?,
    };
    let secret = if password::is_stored(secret)? {
        Secret::Stored(secret.to_owned())
    } else {
        check_password(secret)?;
        Secret::Password(secret.to_owned())
    };
    Ok(Record { line, handle, name, secret })
}

/// Returns the error for a file with mistakes.
fn report(file: &Path, problems: &Problems) -> anyhow::Error {
    let mut text = format!("nothing was imported from {}:", file.display());
    for (line, problem) in problems.iter().take(MAX_PROBLEMS) {
        let _ = write!(text, "\n  line {line}: {problem:#}");
    }
    if problems.len() > MAX_PROBLEMS {
        let _ = write!(text, "\n  and {} more", problems.len() - MAX_PROBLEMS);
    }
    anyhow!(text)
}

/// Hashes all passwords. Uses all cores, because this process has nothing else to do.
fn hash_all(records: Vec<Record>, progress: &Progress) -> anyhow::Result<Vec<NewAccount>> {
    progress.step("Hashing passwords", Some(records.len() as u64));
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut workspace = Workspace::new();
        let mut done = Vec::new();
        while let Some(record) = records.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((record.line, hash_one(record, &mut workspace)?));
            progress.advance();
        }
        Ok::<_, HashError>(done)
    };
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut hashed = Vec::with_capacity(records.len());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            let done = worker.join().map_err(|_| anyhow!("could not hash the passwords"))?;
            hashed.extend(done?);
        }
        Ok::<_, anyhow::Error>(())
    })?;
    // The accounts are numbered in the order of the file.
    hashed.sort_by_key(|(line, _)| *line);
    Ok(hashed.into_iter().map(|(_, account)| account).collect())
}

fn hash_one(record: &Record, workspace: &mut Workspace) -> Result<NewAccount, HashError> {
    Ok(NewAccount {
        handle: record.handle.clone(),
        name: record.name.clone(),
        password_hash: match &record.secret {
            Secret::Password(password) => workspace.hash(password)?,
            Secret::Stored(hash) => hash.clone(),
        },
    })
}
