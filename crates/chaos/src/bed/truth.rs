//! Reads the accounts from the server's disk, for the history.

use std::path::Path;

use anyhow::{Context, Result};
use msnp::{DisplayName, Handle};
use swallowtail_store::accounts::default_name;
use swallowtail_store::database::Store;
use swallowtail_store::roster::{Roster, Stamps};

use crate::client::Account;
use crate::history::Action;
use crate::observer::Watch;
use crate::truth::parts_of;

/// Records the accounts as they are when they have just been created.
pub(super) fn note_new(watch: &Watch, accounts: &[Account]) -> Result<()> {
    for Account { handle } in accounts {
        let owner = Handle::parse(handle).with_context(|| format!("{handle} is not valid"))?;
        let name: DisplayName = default_name(&owner);
        let parts = parts_of(&Roster::new(owner, name, Stamps::default()));
        watch.note(Action::Initial { account: handle.clone(), parts });
    }
    Ok(())
}

/// Records accounts as they are now. The server may be running.
pub(super) async fn note_last(
    watch: &Watch,
    directory: &Path,
    handles: impl IntoIterator<Item = String>,
) -> Result<()> {
    let store = Store::open(directory).await.context("could not open the database")?;
    for account in handles {
        let owner = Handle::parse(&account).with_context(|| format!("{account} is not valid"))?;
        // An account that was deleted has no lists on the disk, so there is nothing to record.
        if let Some((_, roster)) = store.roster(&owner, None).await? {
            watch.note(Action::Final { account, parts: parts_of(&roster) });
        }
    }
    store.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::accounts;
    use super::*;
    use crate::history::part;

    #[tokio::test]
    async fn the_recorded_parts_of_a_new_account_match_the_parts_read_from_disk() {
        let directory = tempfile::tempdir().unwrap();
        let account = Account::named("alice");
        accounts::create_accounts(directory.path(), std::slice::from_ref(&account)).await.unwrap();
        let watch = Watch::new();
        note_new(&watch, std::slice::from_ref(&account)).unwrap();
        note_last(&watch, directory.path(), [account.handle.clone()]).await.unwrap();
        let actions: Vec<_> = watch.recorder().take().events.into_iter().map(|event| event.action).collect();
        let [Action::Initial { parts: new, .. }, Action::Final { parts: last, .. }] = &actions[..] else {
            panic!("{actions:?}");
        };
        assert_eq!(new, last);
        assert_eq!(new[part::PRIVACY], "AL");
        assert_eq!(new["GTC"], "A");
    }
}
