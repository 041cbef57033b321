//! Invite codes, which allow people to create accounts.
//!
//! Only the hash of a code is stored. The transaction that creates an account also counts the use
//! of the code. So a code for one account creates only one account, even if several requests arrive
//! at the same time.

use rusqlite::Connection;

use super::columns::unix_now;
use super::error::StoreError;
use super::sql::{all, execute, exists, first};
use super::store::Store;

/// The SHA-256 hash of an invite code.
pub(crate) type CodeHash = [u8; 32];

/// An invite to be stored.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// The SHA-256 hash of the invite's code.
    pub code_hash: CodeHash,
    /// The number of accounts that the code can create.
    pub uses: u32,
    /// The time when the invite expires, in Unix time. `None` means never.
    pub expires_at: Option<i64>,
    /// The operator's note.
    pub note: String,
}

/// A stored invite. Its code cannot be recovered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its number.
    pub id: i64,
    /// The number of accounts that the invite could create when it was new.
    pub uses: i64,
    /// The number of accounts that the invite can still create.
    pub uses_left: i64,
    /// The time when the invite was created, in Unix time.
    pub created_at: i64,
    /// The time when the invite expires, in Unix time. `None` means never.
    pub expires_at: Option<i64>,
    /// The operator's note.
    pub note: String,
}

impl Invite {
    /// Returns whether the invite can create an account at the Unix time `now`.
    #[must_use]
    pub fn is_valid(&self, now: i64) -> bool {
        self.uses_left > 0 && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Store {
    /// Stores an invite and returns its number.
    pub async fn add_invite(&self, invite: &NewInvite) -> Result<i64, StoreError> {
        let invite = invite.clone();
        self.modify(move |connection| {
            let sql = "insert into invites (code_hash, uses, uses_left, created_at, expires_at, note) \
                       values ($1, $2, $2, $3, $4, $5) returning id";
            let NewInvite { code_hash, uses, expires_at, note } = &invite;
            let id = first(connection, sql, &[code_hash, uses, &unix_now(), expires_at, note], |row| Ok(row.get(0)?))?;
            id.ok_or(StoreError::Malformed("invite number"))
        })
        .await
    }

    /// Returns all invites, including those that are used up or expired, oldest first.
    pub async fn invites(&self) -> Result<Vec<Invite>, StoreError> {
        self.read(|connection| {
            let sql = "select id, uses, uses_left, created_at, expires_at, note from invites order by id";
            all(connection, sql, &[], |row| {
                Ok(Invite {
                    id: row.get(0)?,
                    uses: row.get(1)?,
                    uses_left: row.get(2)?,
                    created_at: row.get(3)?,
                    expires_at: row.get(4)?,
                    note: row.get(5)?,
                })
            })
        })
        .await
    }

    /// Removes an invite. Returns `false` if no invite has this number.
    pub async fn remove_invite(&self, id: i64) -> Result<bool, StoreError> {
        self.modify(move |connection| Ok(execute(connection, "delete from invites where id = $1", &[&id])? > 0)).await
    }

    /// Returns whether any invite can create an account now.
    pub async fn has_valid_invites(&self) -> Result<bool, StoreError> {
        let sql = "select 1 from invites where uses_left > 0 and (expires_at is null or expires_at > $1) limit 1";
        self.read(move |connection| Ok(exists(connection, sql, &[&unix_now()])?)).await
    }

    /// Returns whether a code can create an account now. This does not count as a use of the code.
    pub async fn is_valid_invite(&self, code: &CodeHash) -> Result<bool, StoreError> {
        let code = *code;
        let sql = "select 1 from invites \
                   where code_hash = $1 and uses_left > 0 and (expires_at is null or expires_at > $2)";
        self.read(move |connection| Ok(exists(connection, sql, &[&code, &unix_now()])?)).await
    }
}

/// Counts one use of a code, inside the transaction that creates the account.
pub(super) fn use_invite(connection: &Connection, code: &CodeHash) -> Result<(), StoreError> {
    let sql = "update invites set uses_left = uses_left - 1 \
               where code_hash = $1 and uses_left > 0 and (expires_at is null or expires_at > $2)";
    let used = execute(connection, sql, &[code, &unix_now()])?;
    if used == 0 { Err(StoreError::InvalidInvite) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use msnp::{DisplayName, Handle};

    use super::*;
    use crate::database::NewAccount;

    const CODE: CodeHash = [7; 32];

    fn account(name: &str) -> NewAccount {
        let handle = Handle::parse(&format!("{name}@example.com")).unwrap();
        NewAccount { handle, name: DisplayName::new(name).unwrap(), password_hash: "hash".to_owned() }
    }

    async fn store_with(uses: u32, expires_at: Option<i64>) -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let invite = NewInvite { code_hash: CODE, uses, expires_at, note: "for friends".to_owned() };
        assert_eq!(store.add_invite(&invite).await.unwrap(), 1);
        (directory, store)
    }

    async fn left(store: &Store) -> i64 {
        store.invites().await.unwrap()[0].uses_left
    }

    #[tokio::test]
    async fn simultaneous_requests_create_only_as_many_accounts_as_the_code_allows() {
        for uses in [1, 7] {
            let (_directory, store) = store_with(uses, None).await;
            let mut tasks = tokio::task::JoinSet::new();
            for number in 0..100 {
                let (store, account) = (store.clone(), account(&format!("user{number}")));
                tasks.spawn(async move { store.create_invited_account(&account, &CODE, None).await });
            }
            let results = tasks.join_all().await;
            let created = results.iter().filter(|result| result.is_ok()).count();
            assert_eq!((created, left(&store).await), (uses as usize, 0));
            assert_eq!(store.count_accounts().await.unwrap(), u64::from(uses));
            assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(StoreError::InvalidInvite))));
        }
    }

    #[tokio::test]
    async fn a_failed_sign_up_does_not_count_as_a_use_of_the_code() {
        let (_directory, store) = store_with(2, None).await;
        store.create_invited_account(&account("alice"), &CODE, None).await.unwrap();
        let taken = store.create_invited_account(&account("alice"), &CODE, None).await;
        assert!(matches!(taken, Err(StoreError::Taken(_))));
        assert_eq!(left(&store).await, 1);
        let unknown = store.create_invited_account(&account("bob"), &[8; 32], None).await;
        assert!(matches!(unknown, Err(StoreError::InvalidInvite)));
        assert_eq!((left(&store).await, store.count_accounts().await.unwrap()), (1, 1));
    }

    #[tokio::test]
    async fn a_code_is_valid_until_it_expires() {
        for (end, is_valid) in [(unix_now() - 1, false), (unix_now(), false), (unix_now() + 3600, true)] {
            let (_directory, store) = store_with(1, Some(end)).await;
            assert_eq!(store.has_valid_invites().await.unwrap(), is_valid);
            assert_eq!(store.is_valid_invite(&CODE).await.unwrap(), is_valid);
            assert_eq!(store.invites().await.unwrap()[0].is_valid(unix_now()), is_valid);
            assert_eq!(store.create_invited_account(&account("alice"), &CODE, None).await.is_ok(), is_valid);
            assert!(!store.has_valid_invites().await.unwrap());
        }
    }

    #[tokio::test]
    async fn the_same_code_cannot_be_stored_twice() {
        let (_directory, store) = store_with(1, None).await;
        let again = NewInvite { code_hash: CODE, uses: 5, expires_at: None, note: String::new() };
        assert!(store.add_invite(&again).await.is_err());
    }
}
