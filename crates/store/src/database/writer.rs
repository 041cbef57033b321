//! The one writer of lists: all edits that wait go into one transaction, and share its fsync.
//!
//! SQLite with `synchronous = full` makes some 3,400 commits a second, but over a hundred thousand rows a second at 64 rows a
//! commit. So the writer takes what waits, up to [`BATCH`], and answers everybody after the commit.

use msnp::notification::Phone;
use msnp::{Handle, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{Acquire, AssertSqlSafe, Connection};
use tokio::sync::{mpsc, oneshot};

use super::{AccountId, Store, StoreError};
use crate::roster::{Change, Entry, Settings};

/// The most edits in one transaction.
const BATCH: usize = 64;
/// Edits that may wait. An account has one at a time, so this is that many accounts editing at once.
const QUEUE: usize = 4096;

/// Changes that belong together: all of them are carried out, or none.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The account that edits.
    by: AccountId,
    changes: Vec<(AccountId, Change)>,
    /// Everybody who has this address on FL has an old copy of it from this moment on.
    touched: Option<(Handle, Timestamp)>,
}

impl Edit {
    /// An edit by an account. If that account is gone when it is to be written, it fails: an answer must not claim what is kept
    /// nowhere. Changes of *other* accounts that are gone are left out.
    #[must_use]
    pub const fn by(account: AccountId) -> Self {
        Self { by: account, changes: Vec::new(), touched: None }
    }

    /// Adds changes of an account's roster.
    pub fn push(&mut self, account: AccountId, changes: &[Change]) {
        self.changes.extend(changes.iter().map(|change| (account, change.clone())));
    }

    /// Moves the list stamp of everybody who has `handle` on FL (ns.md section 1.4, telephone numbers).
    pub fn touch_watchers(&mut self, handle: Handle, now: Timestamp) {
        self.touched = Some((handle, now));
    }

    /// Returns the account that edits.
    #[must_use]
    pub const fn editor(&self) -> AccountId {
        self.by
    }

    /// Returns the changes, each with the account whose roster it changes, in the order in which they are carried out.
    #[must_use]
    pub fn changes(&self) -> &[(AccountId, Change)] {
        &self.changes
    }

    /// Returns the address of [`Self::touch_watchers`], if there is one.
    #[must_use]
    pub const fn touched(&self) -> Option<&(Handle, Timestamp)> {
        self.touched.as_ref()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.touched.is_none()
    }
}

struct Waiting {
    edit: Edit,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// The queue of the writer.
#[derive(Clone, Debug)]
pub(super) struct Edits(mpsc::Sender<Waiting>);

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.edit.fmt(f)
    }
}

impl Store {
    /// Carries out an edit; it is on the disk when this returns.
    ///
    /// # Errors
    /// Nothing of the edit was carried out.
    pub async fn write(&self, edit: Edit) -> Result<(), StoreError> {
        if edit.is_empty() {
            return Ok(());
        }
        let (done, answer) = oneshot::channel();
        self.edits.0.send(Waiting { edit, done }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Starts the writer; it ends when the last [`Edits`] is gone.
pub(super) fn start(pool: SqlitePool) -> Edits {
    let (sender, mut queue) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.recv_many(&mut batch, BATCH).await > 0 {
            write_batch(&pool, std::mem::take(&mut batch)).await;
        }
    });
    Edits(sender)
}

/// Writes a batch in one transaction. An edit that fails by itself is undone alone; when the transaction cannot begin or
/// commit, all of them failed.
async fn write_batch(pool: &SqlitePool, batch: Vec<Waiting>) {
    match try_batch(pool, &batch).await {
        Ok(results) => {
            for (waiting, result) in batch.into_iter().zip(results) {
                // A session that ended meanwhile does not wait for its answer.
                let _ = waiting.done.send(result);
            }
        }
        Err(error) => {
            tracing::error!(%error, edits = batch.len(), "the store could not write; nothing was changed");
            let text = error.to_string();
            for waiting in batch {
                let _ = waiting.done.send(Err(StoreError::Database(sqlx::Error::Protocol(text.clone()))));
            }
        }
    }
}

async fn try_batch(pool: &SqlitePool, batch: &[Waiting]) -> Result<Vec<Result<(), StoreError>>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let results = write_all(&mut connection, batch).await;
    if results.is_err() {
        // When the disk is full SQLite ends a transaction by itself, and the library goes on counting it: every later one on this
        // connection would fail. The next batch gets a new connection.
        connection.close_on_drop();
    }
    results
}

async fn write_all(
    connection: &mut SqliteConnection,
    batch: &[Waiting],
) -> Result<Vec<Result<(), StoreError>>, sqlx::Error> {
    // Immediate: it waits for another process here and not in the middle.
    let mut transaction = connection.begin_with("begin immediate").await?;
    let mut results = Vec::with_capacity(batch.len());
    for waiting in batch {
        let mut savepoint = transaction.begin().await?;
        match write_edit(&mut savepoint, &waiting.edit).await {
            Ok(()) => {
                savepoint.commit().await?;
                results.push(Ok(()));
            }
            Err(error) => {
                savepoint.rollback().await?;
                results.push(Err(error));
            }
        }
    }
    transaction.commit().await?;
    Ok(results)
}

async fn write_edit(connection: &mut SqliteConnection, edit: &Edit) -> Result<(), StoreError> {
    let editor = sqlx::query("select 1 from accounts where id = $1").bind(edit.by.0);
    if editor.fetch_optional(&mut *connection).await?.is_none() {
        return Err(StoreError::Gone);
    }
    for (account, change) in &edit.changes {
        write_change(connection, account.0, change).await?;
    }
    if let Some((handle, now)) = &edit.touched {
        sqlx::query(
            "update accounts set list_version = list_version + 1, \
             list_stamp = case when list_stamp < $2 then $2 else list_stamp + 1 end \
             where id in (select owner from entries where handle = $1 and lists & 1 <> 0)",
        )
        .bind(handle.as_str())
        .bind(ticks(*now))
        .execute(connection)
        .await?;
    }
    Ok(())
}

async fn write_change(connection: &mut SqliteConnection, owner: i64, change: &Change) -> Result<(), sqlx::Error> {
    match change {
        Change::Entry(handle, entry) => write_entry(connection, owner, handle, entry).await,
        Change::Group(guid, group) => {
            let sql = "insert into contact_groups (owner, guid, name, number) values ($1, $2, $3, $4) \
                       on conflict (owner, guid) do update set name = $3, number = $4";
            let number = group.number.map(|number| i64::from(number.get()));
            let query = sqlx::query(sql).bind(owner).bind(guid.to_string()).bind(&*group.name).bind(number);
            query.execute(connection).await.map(drop)
        }
        Change::OtherContactsName(name) => {
            let sql = "update accounts set other_contacts_name = $2 where id = $1";
            sqlx::query(sql).bind(owner).bind(&**name).execute(connection).await.map(drop)
        }
        Change::GroupRemoved(guid) => {
            let sql = "delete from contact_groups where owner = $1 and guid = $2";
            sqlx::query(sql).bind(owner).bind(guid.to_string()).execute(connection).await.map(drop)
        }
        Change::Name(name) => {
            let sql = "update accounts set display_name = $2 where id = $1";
            sqlx::query(sql).bind(owner).bind(name.as_str()).execute(connection).await.map(drop)
        }
        Change::Settings(settings) => write_settings(connection, owner, settings).await,
        Change::ListChanged(now) => step(connection, owner, "list_stamp", *now).await,
        Change::SettingsChanged(now) => step(connection, owner, "settings_stamp", *now).await,
    }
}

async fn write_entry(
    connection: &mut SqliteConnection,
    owner: i64,
    handle: &Handle,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    if entry.lists.is_empty() {
        let sql = "delete from entries where owner = $1 and handle = $2";
        return sqlx::query(sql).bind(owner).bind(handle.as_str()).execute(connection).await.map(drop);
    }
    sqlx::query(
        // Nothing to keep for an account that was removed meanwhile; the edit of the other one goes on.
        "insert into entries (owner, handle, lists, nickname, contact, in_other_contacts) select $1, $2, $3, $4, $5, $6 \
         where exists (select 1 from accounts where id = $1) \
         on conflict (owner, handle) do update set lists = $3, nickname = $4, contact = $5, in_other_contacts = $6",
    )
    .bind(owner)
    .bind(handle.as_str())
    .bind(i64::from(entry.lists.number()))
    .bind(entry.nickname.as_ref().map(msnp::DisplayName::as_str))
    .bind(entry.contact.map(|guid| guid.to_string()))
    .bind(i64::from(entry.in_other_contacts))
    .execute(&mut *connection)
    .await?;
    let sql = "delete from contact_group_members where owner = $1 and handle = $2";
    sqlx::query(sql).bind(owner).bind(handle.as_str()).execute(&mut *connection).await?;
    for group in &entry.groups {
        let sql = "insert into contact_group_members (owner, handle, guid) values ($1, $2, $3)";
        let query = sqlx::query(sql).bind(owner).bind(handle.as_str()).bind(group.to_string());
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write_settings(connection: &mut SqliteConnection, owner: i64, settings: &Settings) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update accounts set add_prompt = $2, privacy = $3, phone_home = $4, phone_work = $5, phone_mobile = $6, \
         paging = $7 where id = $1",
    )
    .bind(owner)
    .bind(settings.add_prompt.word())
    .bind(settings.privacy.word())
    .bind(settings.phone(Phone::Home))
    .bind(settings.phone(Phone::Work))
    .bind(settings.phone(Phone::Mobile))
    .bind(i64::from(settings.paging))
    .execute(connection)
    .await
    .map(drop)
}

/// Only forward: somebody else's change may have moved them meanwhile.
/// Moves a stamp and the version as [`Stamps`](crate::roster::Stamps) does in memory.
async fn step(
    connection: &mut SqliteConnection,
    owner: i64,
    stamp: &'static str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "update accounts set list_version = list_version + 1, \
         {stamp} = case when {stamp} < $2 then $2 else {stamp} + 1 end where id = $1"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(owner).bind(ticks(now)).execute(connection).await.map(drop)
}

fn ticks(stamp: Timestamp) -> i64 {
    // A Timestamp ends with the year 9999, far below i64::MAX.
    i64::try_from(stamp.ticks()).unwrap_or(i64::MAX)
}
