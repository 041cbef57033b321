//! Interprets the errors of SQLite.

use std::path::Path;

use rusqlite::Error;

use super::data_error::DataError;
use super::error::StoreError;

/// Returns the error of a database that cannot be opened or read.
pub(super) fn open_error(path: &Path, error: Error) -> StoreError {
    match damage(&error) {
        Some(finding) => DataError::Damaged { path: path.to_owned(), finding }.into(),
        None => StoreError::Open { path: path.to_owned(), error: without_path(error, path) },
    }
}

/// Removes the path that the library appends to some messages, because the error texts of the store
/// already begin with the path.
fn without_path(error: Error, path: &Path) -> Error {
    match error {
        Error::SqliteFailure(code, Some(message)) => {
            let short = message.strip_suffix(&format!(": {}", path.display())).map(str::to_owned);
            Error::SqliteFailure(code, short.or(Some(message)))
        }
        error => error,
    }
}

/// Returns SQLite's message if the error means that the file is damaged or is not a database.
pub(super) fn damage(error: &Error) -> Option<String> {
    const CORRUPT: i32 = 11;
    const NOT_A_DATABASE: i32 = 26;
    matches!(primary_code(error)?, CORRUPT | NOT_A_DATABASE).then(|| error.to_string())
}

/// Returns whether the error means that another process is writing to the database or recovering it.
pub(super) fn is_busy(error: &Error) -> bool {
    const BUSY: i32 = 5;
    primary_code(error) == Some(BUSY)
}

/// Returns the primary code of the error, which is the low byte of SQLite's extended result code. The other bytes give
/// a more exact reason.
fn primary_code(error: &Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code & 0xFF)
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, OpenFlags, ffi};

    use super::*;

    #[test]
    fn sqlite_busy_is_recognised_by_the_low_byte_of_the_error_code() {
        for (code, expected) in [
            (5, true),
            // SQLITE_BUSY_RECOVERY and SQLITE_BUSY_SNAPSHOT.
            (261, true),
            (517, true),
            // SQLITE_LOCKED, and one of its extended codes.
            (6, false),
            (262, false),
        ] {
            assert_eq!(is_busy(&Error::SqliteFailure(ffi::Error::new(code), None)), expected, "{code}");
        }
        assert!(!is_busy(&Error::QueryReturnedNoRows));
    }

    #[test]
    fn the_error_for_a_file_that_cannot_be_opened_names_the_file_only_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing.db");
        let error = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap_err();
        let expected =
            format!("cannot open the database {}: unable to open database file (SQLite error 14)", path.display());
        assert_eq!(open_error(&path, error).to_string(), expected);
    }
}
