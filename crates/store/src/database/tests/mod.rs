//! Tests of the store, with databases in temporary directories.

mod accounts;
mod damage;
mod edits;
mod migrating;
mod opening;
mod phones;

use std::path::Path;
use std::sync::Arc;

use msnp::notification::{AddPrompt, Phone, Privacy};
use msnp::{DisplayName, GroupNumber, Guid, Handle, List, ListBits, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::roster::{Change, Entry, Group, Roster, Settings};

fn handle(name: &str) -> Handle {
    Handle::parse(&format!("{name}@example.com")).unwrap()
}

fn guid(number: u8) -> Guid {
    Guid::from_bytes([number; 16])
}

fn group(name: &str, number: u32) -> Group {
    Group { name: name.into(), number: GroupNumber::new(number) }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_ticks(seconds * 10_000_000)
}

fn entry(lists: impl Into<ListBits>) -> Entry {
    Entry { lists: lists.into(), ..Entry::default() }
}

fn new_account(name: &str) -> NewAccount {
    NewAccount { handle: handle(name), name: DisplayName::new(name).unwrap(), password_hash: format!("hash of {name}") }
}

async fn store_with(names: &[&str]) -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let accounts: Vec<_> = names.iter().map(|name| new_account(name)).collect();
    store.create_accounts(&accounts, None).await.unwrap();
    (directory, store)
}

impl Store {
    async fn test_roster(&self, name: &str) -> (AccountId, Roster) {
        let (account, roster) = self.roster(&handle(name), None).await.unwrap().unwrap();
        (account.id, roster)
    }

    /// Runs statements on the connection that writes.
    async fn run(&self, sql: impl Into<String>) {
        let sql = sql.into();
        self.modify(move |connection| Ok(connection.execute_batch(&sql)?)).await.unwrap();
    }

    /// Writes changes to the roster of one account.
    async fn change(&self, name: &str, changes: &[Change]) -> Result<(), StoreError> {
        let id = self.test_roster(name).await.0;
        let mut edit = Edit::by(id);
        edit.push(id, changes);
        self.write(edit).await
    }
}
