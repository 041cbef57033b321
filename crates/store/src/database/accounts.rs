//! Creates, reads, changes and removes the rows of accounts.

use msnp::{Handle, List};
use rusqlite::Connection;
use swallowtail_base::random;

use super::account::{Account, AccountId, NewAccount, columns};
use super::columns::{bits, unix_now};
use super::error::StoreError;
use super::invites::{CodeHash, use_invite};
use super::sql::{all, execute, exists, first, transaction};
use super::store::Store;

impl Store {
    /// Returns the account with this address.
    pub async fn account(&self, handle: &Handle) -> Result<Option<Account>, StoreError> {
        let handle = handle.clone();
        self.read(move |connection| {
            let sql = concat!("select ", columns!(), " from accounts where handle = $1");
            first(connection, sql, &[&handle.as_str()], Account::from_row)
        })
        .await
    }

    /// Returns the number of accounts.
    pub async fn count_accounts(&self) -> Result<u64, StoreError> {
        let count = |connection: &mut Connection| {
            first(connection, "select count(*) from accounts", &[], |row| Ok(row.get::<_, i64>(0)?))
        };
        Ok(self.read(count).await?.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// Returns all accounts, sorted by address.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let sql = concat!("select ", columns!(), " from accounts order by handle");
        self.read(move |connection| all(connection, sql, &[], Account::from_row)).await
    }

    /// Creates all of these accounts, or none of them. `contact` becomes a contact of each new
    /// account.
    ///
    /// # Errors
    /// Returns [`StoreError::Taken`] with the first address that already has an account.
    pub async fn create_accounts(&self, accounts: &[NewAccount], contact: Option<&Handle>) -> Result<(), StoreError> {
        let (accounts, contact) = (accounts.to_vec(), contact.cloned());
        self.modify(move |connection| {
            transaction(connection, |connection| {
                accounts.iter().try_for_each(|account| insert_account(connection, account, contact.as_ref()))
            })
        })
        .await
    }

    /// Creates an account, and counts one use of the invite code whose hash is `code`. If one of
    /// these steps fails, neither takes effect. `contact` becomes a contact of the account.
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
        let (account, code, contact) = (account.clone(), *code, contact.cloned());
        self.modify(move |connection| {
            transaction(connection, |connection| {
                use_invite(connection, &code)?;
                insert_account(connection, &account, contact.as_ref())
            })
        })
        .await
    }

    /// Changes the password of an account. This invalidates the account's tickets. Returns `false`
    /// if the account does not exist.
    pub async fn set_password(&self, handle: &Handle, password_hash: &str) -> Result<bool, StoreError> {
        let (handle, hash) = (handle.clone(), password_hash.to_owned());
        let sql = "update accounts set password_hash = $2, password_version = password_version + 1 where handle = $1";
        self.modify(move |connection| Ok(execute(connection, sql, &[&handle.as_str(), &hash])? > 0)).await
    }

    /// Replaces the hash `old` with another hash of the same password. Tickets stay valid. Does nothing if the password
    /// has changed since `old` was read.
    pub async fn replace_password_hash(&self, id: AccountId, old: &str, new: &str) -> Result<(), StoreError> {
        let (old, new) = (old.to_owned(), new.to_owned());
        let sql = "update accounts set password_hash = $3 where id = $1 and password_hash = $2";
        self.modify(move |connection| Ok(execute(connection, sql, &[&id.0, &old, &new]).map(drop)?)).await
    }

    /// Removes an account and its lists, and removes its address from RL and PL of all other
    /// accounts. The address stays on FL, AL and BL of the other accounts (ns.md section 1.2 rule
    /// 11). Returns `false` if the account does not exist.
    pub async fn remove_account(&self, handle: &Handle) -> Result<bool, StoreError> {
        let handle = handle.clone();
        self.modify(move |connection| {
            transaction(connection, |connection| {
                let removed = execute(connection, "delete from accounts where handle = $1", &[&handle.as_str()])?;
                forget_watcher(connection, &handle)?;
                Ok(removed > 0)
            })
        })
        .await
    }
}

fn insert_account(connection: &Connection, account: &NewAccount, contact: Option<&Handle>) -> Result<(), StoreError> {
    let now = unix_now();
    let sql = "insert into accounts (handle, display_name, password_hash, created_at, list_stamp, settings_stamp) \
               values ($1, $2, $3, $4, $5, $5) on conflict do nothing returning id";
    let (handle, stamp) = (account.handle.as_str(), now.saturating_mul(10_000_000));
    let created =
        first(connection, sql, &[&handle, &account.name.as_str(), &account.password_hash, &now, &stamp], |row| {
            Ok(row.get::<_, i64>(0)?)
        })?;
    let id = created.ok_or_else(|| StoreError::Taken(account.handle.clone()))?;
    // Most new addresses are on no list. An import of many accounts is twice as fast if it skips
    // the statements below for these addresses.
    if exists(connection, "select 1 from entries where handle = $1 limit 1", &[&handle])? {
        // A new account has no contacts, so it must not be on any RL. If an older account with this address was removed
        // while a server was running, that server may have added the address to an RL again.
        forget_watcher(connection, &account.handle)?;
        insert_pending(connection, id, handle)?;
    }
    match contact {
        Some(contact) if *contact != account.handle => insert_contact(connection, id, contact),
        _ => Ok(()),
    }
}

/// Fills PL of a new account with every account that already has the new account's address on FL.
/// For example, an account has the address on FL because it added an older account with the same
/// address (ns.md section 1.2 rule 11). The entries on PL have the display names of these accounts
/// (ns.md section 1.2 rule 2).
fn insert_pending(connection: &Connection, id: i64, handle: &str) -> Result<(), StoreError> {
    let (forward, pending) = (bits(List::Forward), bits(List::Pending));
    let sql = format!(
        "insert into entries (owner, handle, lists, nickname) select $1, other.handle, {pending}, other.display_name \
         from entries theirs join accounts other on other.id = theirs.owner \
         where theirs.handle = $2 and theirs.lists & {forward} <> 0"
    );
    execute(connection, &sql, &[&id, &handle])?;
    Ok(())
}

/// Puts `contact` on FL and AL of a new account. RL of `contact` does not change here, because a
/// running server may have the roster of `contact` in memory. The server changes this RL when the
/// new account signs in.
fn insert_contact(connection: &Connection, id: i64, contact: &Handle) -> Result<(), StoreError> {
    let lists = bits(List::Forward | List::Allow);
    // If the contact has the address of the new account on FL, the contact is already on PL.
    let sql = format!(
        "insert into entries (owner, handle, lists, contact) values ($1, $2, {lists}, $3) \
         on conflict (owner, handle) do update set lists = lists | {lists}, contact = $3"
    );
    execute(connection, &sql, &[&id, &contact.as_str(), &random::guid().to_string()])?;
    Ok(())
}

/// Removes an address from RL and PL of all accounts.
fn forget_watcher(connection: &Connection, handle: &Handle) -> Result<(), StoreError> {
    let watching = bits(List::Reverse | List::Pending);
    let others = bits(List::Forward | List::Allow | List::Block);
    let changed = format!(
        "update accounts set list_stamp = list_stamp + 1, list_version = list_version + 1 \
         where id in (select owner from entries where handle = $1 and lists & {watching} <> 0)"
    );
    let unlisted = format!("update entries set lists = lists & {others} where handle = $1");
    let emptied = "delete from entries where handle = $1 and lists = 0".to_owned();
    for sql in [changed, unlisted, emptied] {
        execute(connection, &sql, &[&handle.as_str()])?;
    }
    Ok(())
}
