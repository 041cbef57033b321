//! The accounts of a run. They exist, with their lists and tickets, before the server starts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use msnp::List;
use swallowtail_base::random;
use swallowtail_chaos::bed::create_accounts;
use swallowtail_chaos::client::Account;
use swallowtail_store::database::{Account as Stored, Edit, Store};
use swallowtail_store::roster::{Change, Entry};
use tokio::task::JoinSet;

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
    /// The address of the account.
    pub(crate) handle: String,
    /// The ticket, as the last word of USR.
    pub(crate) ticket: String,
}

impl Data {
    /// Creates a database with accounts that form a ring. Each account has its `contacts` nearest
    /// neighbours on its contact list, half of them on each side. All contacts are mutual, as most
    /// contacts of real users are. An odd number is rounded down.
    ///
    /// # Errors
    /// Fails if the database cannot be written.
    pub(crate) async fn create(directory: &Path, count: usize, contacts: usize) -> Result<Self> {
        let accounts: Vec<_> = (0..count).map(Account::numbered).collect();
        let tickets = create_accounts(directory, &accounts).await?;
        if contacts > 0 {
            write_rosters(directory, contacts.min(count - 1)).await?;
        }
        let known = |(account, ticket): (Account, String)| Known { handle: account.handle, ticket };
        Ok(Self { accounts: accounts.into_iter().zip(tickets).map(known).collect() })
    }
}

async fn write_rosters(directory: &Path, contacts: usize) -> Result<()> {
    let store = Store::open(directory).await.context("could not open the database")?;
    let mut accounts = store.accounts().await?;
    accounts.sort_unstable_by_key(|account| account.id);
    let mut running = JoinSet::new();
    for (place, account) in accounts.iter().enumerate() {
        if running.len() >= EDITS_AT_ONCE
            && let Some(written) = running.join_next().await
        {
            written??;
        }
        let edit = roster(&accounts, place, account, contacts);
        let store = store.clone();
        running.spawn(async move { store.write(edit).await });
    }
    while let Some(written) = running.join_next().await {
        written??;
    }
    store.close().await;
    Ok(())
}

/// Returns the edit that writes the lists of one account.
fn roster(accounts: &[Stored], place: usize, account: &Stored, contacts: usize) -> Edit {
    let count = accounts.len();
    let mut entries = BTreeMap::<_, Entry>::new();
    for distance in 1..=contacts / 2 {
        // In a small ring, both neighbours can be the same account.
        for neighbour in [place + distance, place + count - distance] {
            let entry = entries.entry(&accounts[neighbour % count].handle).or_default();
            entry.lists = List::Forward | List::Allow | List::Reverse;
            entry.contact = Some(random::guid());
        }
    }
    let mut edit = Edit::by(account.id);
    for (handle, entry) in entries {
        edit.push(account.id, &[Change::Entry(handle.clone(), entry)]);
    }
    edit
}
