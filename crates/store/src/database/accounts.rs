//! Creates, reads, changes and removes the rows of accounts.

use msnp::{Handle, List};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Sqlite};
use swallowtail_base::random;

use super::account::{Account, AccountId, COLUMNS, NewAccount, Row};
use super::columns::{bits, unix_now};
use super::error::StoreError;
use super::invites::{CodeHash, use_invite};
use super::store::Store;

impl Store {
    /// Returns the account with this address.
    pub async fn account(&self, handle: &Handle) -> Result<Option<Account>, StoreError> {
        let sql = AssertSqlSafe(format!("select {COLUMNS} from accounts where handle = $1"));
        let row = sqlx::query_as::<Sqlite, Row>(sql).bind(handle.as_str()).fetch_optional(&self.readers).await?;
        row.map(Account::from_row).transpose()
    }

    /// Returns the number of accounts.
    pub async fn count_accounts(&self) -> Result<u64, StoreError> {
        let (count,) =
            sqlx::query_as::<Sqlite, (i64,)>("select count(*) from accounts").fetch_one(&self.readers).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Returns all accounts, sorted by address.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let sql = AssertSqlSafe(format!("select {COLUMNS} from accounts order by handle"));
        let rows = sqlx::query_as::<Sqlite, Row>(sql).fetch_all(&self.readers).await?;
        rows.into_iter().map(Account::from_row).collect()
    }

    /// Creates all of these accounts, or none of them. `contact` becomes a contact of each of them.
    ///
    /// # Errors
    /// Returns [`StoreError::Taken`] with the first address that already has an account.
    pub async fn create_accounts(&self, accounts: &[NewAccount], contact: Option<&Handle>) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        for account in accounts {
            insert_account(&mut transaction, account, contact).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Creates an account and uses the invite code with this hash once, or does neither. `contact` becomes a contact of
    /// the account.
    ///
    /// # Errors
    /// Returns [`StoreError::InvalidInvite`] if the code is not valid, or [`StoreError::Taken`] if the address has an
    /// account.
    pub async fn create_invited_account(
        &self,
        account: &NewAccount,
        code: &CodeHash,
        contact: Option<&Handle>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        use_invite(&mut transaction, code).await?;
        insert_account(&mut transaction, account, contact).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Changes the password of an account, which invalidates its tickets. Returns `false` if the account does not
    /// exist.
    pub async fn set_password(&self, handle: &Handle, password_hash: &str) -> Result<bool, StoreError> {
        let sql = "update accounts set password_hash = $2, password_version = password_version + 1 where handle = $1";
        let done = sqlx::query(sql).bind(handle.as_str()).bind(password_hash).execute(&self.writer).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Replaces the hash `old` with another hash of the same password. Tickets stay valid. Does nothing if the password
    /// has changed since `old` was read.
    pub async fn replace_password_hash(&self, id: AccountId, old: &str, new: &str) -> Result<(), StoreError> {
        sqlx::query("update accounts set password_hash = $3 where id = $1 and password_hash = $2")
            .bind(id.0)
            .bind(old)
            .bind(new)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Removes an account and its lists, and removes its address from RL and PL of all other accounts. Their own
    /// entries on FL, AL and BL stay (ns.md section 1.2 rule 11). Returns `false` if the account does not exist.
    pub async fn remove_account(&self, handle: &Handle) -> Result<bool, StoreError> {
        let mut transaction = self.writer.begin().await?;
        let done = sqlx::query("delete from accounts where handle = $1")
            .bind(handle.as_str())
            .execute(&mut *transaction)
            .await?;
        forget_watcher(&mut transaction, handle).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

async fn insert_account(
    connection: &mut SqliteConnection,
    account: &NewAccount,
    contact: Option<&Handle>,
) -> Result<(), StoreError> {
    let now = unix_now();
    let created = sqlx::query_as::<Sqlite, (i64,)>(
        "insert into accounts (handle, display_name, password_hash, created_at, list_stamp, settings_stamp) \
         values ($1, $2, $3, $4, $5, $5) on conflict do nothing returning id",
    )
    .bind(account.handle.as_str())
    .bind(account.name.as_str())
    .bind(&account.password_hash)
    .bind(now)
    .bind(now.saturating_mul(10_000_000))
    .fetch_optional(&mut *connection)
    .await?;
    let Some((id,)) = created else {
        return Err(StoreError::Taken(account.handle.clone()));
    };
    // A new account has no contacts, so it must not be on any RL. If an older account with this address was removed
    // while a server was running, that server may have added the address to an RL again.
    forget_watcher(connection, &account.handle).await?;
    // Other accounts may still have the older account on FL (ns.md section 1.2 rule 11). Those accounts go on PL of the
    // new account, with their display names (rule 2).
    let (forward, pending) = (bits(List::Forward), bits(List::Pending));
    let sql = format!(
        "insert into entries (owner, handle, lists, nickname) select $1, other.handle, {pending}, other.display_name \
         from entries theirs join accounts other on other.id = theirs.owner \
         where theirs.handle = $2 and theirs.lists & {forward} <> 0"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(id).bind(account.handle.as_str()).execute(&mut *connection).await?;
    match contact {
        Some(contact) if *contact != account.handle => insert_contact(connection, id, contact).await,
        _ => Ok(()),
    }
}

/// Puts `contact` on FL and AL of a new account. RL of `contact` does not change here, because a server may have that
/// roster in memory. The server changes it when the new account signs in.
async fn insert_contact(connection: &mut SqliteConnection, id: i64, contact: &Handle) -> Result<(), StoreError> {
    let lists = bits(List::Forward | List::Allow);
    // The contact is on PL already if it has the address of the new account on FL.
    let sql = format!(
        "insert into entries (owner, handle, lists, contact) values ($1, $2, {lists}, $3) \
         on conflict (owner, handle) do update set lists = lists | {lists}, contact = $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(contact.as_str()).bind(random::guid().to_string());
    query.execute(connection).await?;
    Ok(())
}

/// Removes an address from RL and PL of all accounts.
async fn forget_watcher(connection: &mut SqliteConnection, handle: &Handle) -> Result<(), sqlx::Error> {
    let watching = bits(List::Reverse | List::Pending);
    let others = bits(List::Forward | List::Allow | List::Block);
    let changed = format!(
        "update accounts set list_stamp = list_stamp + 1, list_version = list_version + 1 \
         where id in (select owner from entries where handle = $1 and lists & {watching} <> 0)"
    );
    let unlisted = format!("update entries set lists = lists & {others} where handle = $1");
    let emptied = "delete from entries where handle = $1 and lists = 0".to_owned();
    for sql in [changed, unlisted, emptied] {
        sqlx::query(AssertSqlSafe(sql)).bind(handle.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}
