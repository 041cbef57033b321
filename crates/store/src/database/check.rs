//! Checks the database for damage: quickly at each start of a server, and completely when an operator runs
//! `swallowtail store check`.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row};

use super::columns::parse_handle;
use super::data_error::DataError;
use super::error::StoreError;
use super::failure::{damage, open_error};
use super::files::{self, IfMissing};
use super::open::start_checker;
use super::sql::{all, first};
use super::store::Store;
use super::thread::{Job, Threads};

/// The maximum number of faults in the result. A single damaged page causes many faults.
const MAX_FAULTS: usize = 100;

/// The current step of a complete check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStep {
    /// Reading every page and every index of the file.
    Pages {
        /// The size of the file in bytes.
        bytes: u64,
    },
    /// Looking for rows that refer to rows which do not exist.
    References,
    /// Reading the lists of each account, as a sign-in does.
    Accounts {
        /// The number of accounts that have been read.
        done: u64,
        /// The total number of accounts.
        all: u64,
    },
}

/// The result of a complete check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The file of the database.
    pub path: PathBuf,
    /// The size of the file of the database, in bytes.
    pub bytes: u64,
    /// The number of accounts that were read. The number is 0 if the file itself is damaged.
    pub accounts: u64,
    /// The faults, at most 100. If there are none, the database is intact.
    pub faults: Vec<String>,
}

impl Store {
    /// Reads every page of the database and fails if one is damaged. This method does not compare
    /// indexes with their tables. Only [`check`] does.
    ///
    /// # Errors
    /// Returns [`DataError::Damaged`] with the first damage that was found.
    pub async fn quick_check(&self) -> Result<(), StoreError> {
        let found = self.read(|connection| report_lines(connection, "pragma quick_check(1)")).await;
        let finding = match found {
            Ok(lines) => lines.iter().find_map(|line| fault(line)),
            Err(StoreError::Database(error)) => return Err(open_error(&self.path, error)),
            Err(error) => return Err(error),
        };
        match finding {
            Some(finding) => Err(DataError::Damaged { path: self.path.to_path_buf(), finding }.into()),
            None => Ok(()),
        }
    }
}

/// Checks the database in `directory` completely: every page and index, every reference between rows, and every account
/// with its lists. A server may be using the database. Calls `report` at the beginning of each step and after each
/// account.
///
/// # Errors
/// Fails if the database does not exist or cannot be opened. Damage is not an error.
/// [`Checked::faults`] lists it.
pub async fn check(directory: &Path, mut report: impl FnMut(CheckStep)) -> Result<Checked, StoreError> {
    let path = files::prepare(directory, IfMissing::Fail)?;
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    let mut checked = Checked { path, bytes, accounts: 0, faults: Vec::new() };
    report(CheckStep::Pages { bytes });
    checked.faults = match check_file(&checked.path, &mut report).await {
        Ok(faults) => faults,
        Err(StoreError::Database(error)) => vec![damage(&error).ok_or_else(|| open_error(&checked.path, error))?],
        Err(error) => return Err(error),
    };
    // Opening the store may change the file, so a damaged file is not opened.
    if checked.faults.is_empty() {
        let store = Store::open_with(directory, IfMissing::Fail).await?;
        let read = check_accounts(&store, &mut report).await;
        store.close().await;
        (checked.accounts, checked.faults) = read?;
    }
    Ok(checked)
}

/// Returns the faults of the file and of the references between its rows.
async fn check_file(path: &Path, report: &mut impl FnMut(CheckStep)) -> Result<Vec<String>, StoreError> {
    let checker = start_checker(path).await?;
    let checked = check_with(&checker, report).await;
    checker.close().await;
    checked
}

async fn check_with(checker: &Threads<Job>, report: &mut impl FnMut(CheckStep)) -> Result<Vec<String>, StoreError> {
    let lines = checker.call(|connection| report_lines(connection, "pragma integrity_check(100)")).await?;
    let mut faults: Vec<_> = lines.iter().filter_map(|line| fault(line)).collect();
    report(CheckStep::References);
    let orphans: Vec<_> =
        checker.call(|connection| all(connection, "pragma foreign_key_check", &[], parse_orphan)).await?;
    faults.extend(orphans.into_iter().take(MAX_FAULTS.saturating_sub(faults.len())));
    Ok(faults)
}

/// Returns the lines of one of SQLite's reports.
fn report_lines(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    all(connection, sql, &[], |row| Ok(row.get(0)?))
}

fn parse_orphan(row: &Row<'_>) -> Result<String, StoreError> {
    let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
    let number = row.get::<_, Option<i64>>(1)?.map(|number| format!(" {number}")).unwrap_or_default();
    Ok(format!("row{number} of {table} refers to a row of {parent} that does not exist"))
}

/// Reads the roster of each account, as a sign-in does. Returns the number of accounts and the faults.
async fn check_accounts(store: &Store, report: &mut impl FnMut(CheckStep)) -> Result<(u64, Vec<String>), StoreError> {
    let all = store.count_accounts().await?;
    report(CheckStep::Accounts { done: 0, all });
    let (mut done, mut last, mut faults) = (0, i64::MIN, Vec::new());
    let next = |connection: &mut Connection, last: i64| {
        let sql = "select id, handle from accounts where id > $1 order by id limit 1";
        first(connection, sql, &[&last], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
    };
    while let Some((id, handle)) = store.read(move |connection| next(connection, last)).await? {
        last = id;
        let read = match parse_handle(&handle) {
            Ok(handle) => store.roster(&handle, None).await.map(drop),
            Err(error) => Err(error),
        };
        match read {
            Ok(()) => {}
            Err(StoreError::Malformed(what)) if faults.len() < MAX_FAULTS => {
                faults.push(format!("account {id} ({}): the {what} is not valid", handle.escape_debug()));
            }
            Err(StoreError::Malformed(_)) => {}
            Err(error) => return Err(error),
        }
        done += 1;
        report(CheckStep::Accounts { done, all: all.max(done) });
    }
    Ok((done, faults))
}

/// Returns an entry of SQLite's report as one line, because an entry can consist of several lines.
/// Returns `None` if the entry reports no fault.
fn fault(line: &str) -> Option<String> {
    let parts: Vec<_> = line.lines().filter(|part| !part.starts_with("***")).collect();
    (line != "ok").then(|| parts.join(", "))
}
