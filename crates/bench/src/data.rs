//! The accounts of a run. They exist, with their lists and tickets, before the server starts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use msnp::{Handle, List};
use swallowtail_base::random;
use swallowtail_store::accounts::{TicketLife, Tickets, default_name, password};
use swallowtail_store::database::{Account, Edit, NewAccount, Store};
use swallowtail_store::roster::{Change, Entry};
use tokio::task::JoinSet;

/// The password of every account.
pub(crate) const PASSWORD: &str = "bench-password-7";
/// The number of rosters that are written at the same time.
const EDITS_AT_ONCE: usize = 256;

/// The accounts of a run.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    /// The accounts.
    pub(crate) accounts: Vec<Known>,
}

/// An account with a ticket.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Its address.
    pub(crate) handle: String,
    /// Its ticket, as a word for USR.
    pub(crate) ticket: String,
}

impl Data {
    /// Creates a database with accounts in a ring: each has the `contacts` next accounts on its contact list, and is on
    /// the lists of the previous ones.
    ///
    /// # Errors
    /// Fails if the database cannot be written.
    pub(crate) async fn create(directory: &Path, count: usize, contacts: usize) -> Result<Self> {
        let store = Store::open(directory).await.context("could not create the database")?;
        // All accounts have the same hash, because hashing is slow on purpose.
        let hash = password::hash(PASSWORD)?;
        let new = (0..count).map(|number| new_account(number, &hash)).collect::<Result<Vec<_>>>()?;
        store.create_accounts(&new, None).await.context("could not create the accounts")?;
        let mut accounts = store.accounts().await?;
        accounts.sort_unstable_by_key(|account| account.id);
        if contacts > 0 {
            write_rosters(&store, &accounts, contacts.min(count - 1)).await?;
        }
        let tickets = Tickets::open(&store).await?;
        store.close().await;
        let known = |account: &Account| Known {
            handle: account.handle.as_str().to_owned(),
            ticket: format!("t={}&p=", tickets.issue(account, TicketLife::Rst).secret()),
        };
        Ok(Self { accounts: accounts.iter().map(known).collect() })
    }
}

fn new_account(number: usize, hash: &str) -> Result<NewAccount> {
    let handle = Handle::parse(&handle(number)).context("the address is not valid")?;
    Ok(NewAccount { name: default_name(&handle), handle, password_hash: hash.to_owned() })
}

/// Returns the address of the account with this number.
pub(crate) fn handle(number: usize) -> String {
    format!("user{number}@example.com")
}

async fn write_rosters(store: &Store, accounts: &[Account], contacts: usize) -> Result<()> {
    let mut running = JoinSet::new();
    for (place, account) in accounts.iter().enumerate() {
        if running.len() >= EDITS_AT_ONCE
            && let Some(written) = running.join_next().await
        {
            written??;
        }
        let edit = roster(accounts, place, account, contacts);
        let store = store.clone();
        running.spawn(async move { store.write(edit).await });
    }
    while let Some(written) = running.join_next().await {
        written??;
    }
    Ok(())
}

/// Returns the edit that writes the lists of one account.
fn roster(accounts: &[Account], place: usize, account: &Account, contacts: usize) -> Edit {
    let count = accounts.len();
    let mut entries = BTreeMap::<_, Entry>::new();
    for distance in 1..=contacts {
        let contact = entries.entry(&accounts[(place + distance) % count].handle).or_default();
        contact.lists = contact.lists | List::Forward | List::Allow;
        contact.contact = Some(random::guid());
        // In a small ring, a contact is also a watcher.
        let watcher = entries.entry(&accounts[(place + count - distance) % count].handle).or_default();
        watcher.lists = watcher.lists | List::Reverse | List::Allow;
    }
    let mut edit = Edit::by(account.id);
    for (handle, entry) in entries {
        edit.push(account.id, &[Change::Entry(handle.clone(), entry)]);
    }
    edit
}
