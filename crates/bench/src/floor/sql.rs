//! The SQL of edits and of an import, on a thread that does nothing else.

use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, ToSql};
use swallowtail_base::clock;
use tempfile::TempDir;

use crate::data::Data;

/// The number of prepared statements that the connection keeps: more than it has.
const STATEMENTS: usize = 32;

/// A database of the server, on a connection with the settings of the server.
pub(crate) struct Sql {
    connection: Connection,
    _directory: TempDir,
}

impl Sql {
    /// Creates a database with `count` accounts, whose ids are 1 to `count`.
    ///
    /// # Errors
    /// Fails if the database cannot be written.
    pub(crate) async fn new(count: usize) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("swallowtail-bench-").tempdir()?;
        Data::create(directory.path(), count, 0).await?;
        let connection = Connection::open(directory.path().join("swallowtail.db"))?;
        let settings = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on";
        connection.execute_batch(settings)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { connection, _directory: directory })
    }

    /// Changes a setting of each of the first `clients` accounts in one transaction, again and again for some time.
    /// Returns the number of changes in a second.
    ///
    /// # Errors
    /// Fails if the database cannot be written.
    pub(crate) fn edits(&self, clients: u32, time: Duration) -> Result<f64> {
        let settings = "update accounts set add_prompt = ?2, privacy = 'AL', phone_home = null, phone_work = null, \
                        phone_mobile = null, paging = 0 where id = ?1";
        let stamp = "update accounts set list_version = list_version + 1, settings_stamp = case \
                     when settings_stamp < ?2 then ?2 else settings_stamp + 1 end where id = ?1";
        let (begun, mut done) = (Instant::now(), 0_u32);
        while begun.elapsed() < time {
            let value = if done.is_multiple_of(2) { "N" } else { "A" };
            let now = i64::try_from(clock::timestamp().ticks())?;
            self.run("begin immediate", &[])?;
            for id in 1..=clients {
                self.run("savepoint edit", &[])?;
                self.connection.prepare_cached("select 1 from accounts where id = ?1")?.exists([id])?;
                self.run(settings, &[&id, &value])?;
                self.run(stamp, &[&id, &now])?;
                self.run("release savepoint edit", &[])?;
            }
            self.run("commit", &[])?;
            done += clients;
        }
        Ok(f64::from(done) / begun.elapsed().as_secs_f64())
    }

    /// Adds accounts with these addresses and this password hash in one transaction. Returns the time in seconds.
    ///
    /// # Errors
    /// Fails if the database cannot be written.
    pub(crate) fn import(&self, handles: &[String], hash: &str) -> Result<f64> {
        let sql = "insert into accounts (handle, display_name, password_hash, created_at, list_stamp, settings_stamp) \
                   values (?1, ?1, ?2, 1, 1, 1)";
        let begun = Instant::now();
        self.run("begin immediate", &[])?;
        for handle in handles {
            self.run(sql, &[handle, &hash])?;
        }
        self.run("commit", &[])?;
        Ok(begun.elapsed().as_secs_f64())
    }

    fn run(&self, sql: &str, values: &[&dyn ToSql]) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}
