//! Creates accounts, and a ticket for each account, before the server starts. A sign-in with a
//! ticket needs no password hash. If the clients had no tickets, thousands of sign-ins would
//! measure only how fast the machine hashes passwords.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use msnp::Handle;
use swallowtail_store::accounts::{TicketLife, Tickets, default_name, password};
use swallowtail_store::database::{NewAccount, Store};

use crate::client::{Account, PASSWORD};

/// Creates a database with accounts, all with the password [`PASSWORD`]. Returns a ticket for each
/// account, as the last word of USR.
///
/// # Errors
/// Fails if an address is not valid, or if the database cannot be written.
pub async fn create_accounts(directory: &Path, accounts: &[Account]) -> Result<Vec<String>> {
    let store = Store::open(directory).await.context("could not create the database")?;
    let password_hash = password::hash(PASSWORD)?;
    let new = accounts.iter().map(|account| new_account(account, &password_hash)).collect::<Result<Vec<_>>>()?;
    store.create_accounts(&new, None).await.context("could not create the accounts")?;
    let tickets = tickets(&store, accounts).await;
    store.close().await;
    tickets
}

/// All accounts have the same hash, because hashing is slow on purpose.
fn new_account(account: &Account, password_hash: &str) -> Result<NewAccount> {
    let handle = Handle::parse(&account.handle).with_context(|| format!("{} is not valid", account.handle))?;
    Ok(NewAccount { name: default_name(&handle), handle, password_hash: password_hash.to_owned() })
}

async fn tickets(store: &Store, accounts: &[Account]) -> Result<Vec<String>> {
    let tickets = Tickets::open(store).await?;
    let known: HashMap<_, _> =
        store.accounts().await?.into_iter().map(|account| (account.handle.as_str().to_owned(), account)).collect();
    let ticket = |account: &Account| {
        let known = known.get(&account.handle).with_context(|| format!("{} is missing", account.handle))?;
        Ok(format!("t={}&p=", tickets.issue(known, TicketLife::Rst).secret()))
    };
    accounts.iter().map(ticket).collect()
}
