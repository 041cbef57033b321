//! The accounts as the server has them on its disk, for the history.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use msnp::notification::Phone;
use msnp::{DisplayName, Handle, List};
use swallowtail_store::accounts::default_name;
use swallowtail_store::database::Store;
use swallowtail_store::roster::{Entry, Roster, Stamps};

use crate::client::Account;
use crate::history::{Action, Parts, part};
use crate::observer::Watch;

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

/// Records accounts as they are now. The server may run.
pub(super) async fn note_last(
    watch: &Watch,
    directory: &Path,
    handles: impl IntoIterator<Item = String>,
) -> Result<()> {
    let store = Store::open(directory).await.context("could not open the database")?;
    for account in handles {
        let owner = Handle::parse(&account).with_context(|| format!("{account} is not valid"))?;
        // Accounts that are gone have nothing to compare.
        if let Some((_, roster)) = store.roster(&owner).await? {
            watch.note(Action::Final { account, parts: parts_of(&roster) });
        }
    }
    store.close().await;
    Ok(())
}

/// Returns the parts of an account with the names that the observer uses.
fn parts_of(roster: &Roster) -> Parts {
    let settings = &roster.settings;
    let mut parts = BTreeMap::from([
        (part::NAME.to_owned(), roster.name.as_str().to_owned()),
        (part::PRIVACY.to_owned(), settings.privacy.word().to_owned()),
        ("GTC".to_owned(), settings.add_prompt.word().to_owned()),
    ]);
    for (name, phone) in [("PHH", Phone::Home), ("PHW", Phone::Work), ("PHM", Phone::Mobile)] {
        parts.extend(settings.phone(phone).map(|number| (name.to_owned(), number.to_owned())));
    }
    parts.extend(roster.groups.values().map(|group| (format!("group {}", group.name), String::new())));
    for (handle, entry) in &roster.entries {
        parts.extend(entry_parts(roster, handle.as_str(), entry).into_iter().map(|part| (part, String::new())));
    }
    parts
}

fn entry_parts(roster: &Roster, handle: &str, entry: &Entry) -> Vec<String> {
    let parts = [
        (entry.is_on(List::Forward), part::forward(handle)),
        (entry.is_on(List::Allow), part::allow(handle)),
        (entry.is_on(List::Block), part::block(handle)),
        (entry.watches(), part::reverse(handle)),
    ];
    let groups = entry.groups.iter().filter_map(|guid| roster.groups.get(guid));
    let groups = groups.map(|group| format!("member {} {handle}", group.name));
    parts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, part)| part).chain(groups).collect()
}

#[cfg(test)]
mod tests {
    use super::super::accounts;
    use super::*;

    #[tokio::test]
    async fn new_accounts_are_the_same_in_memory_and_on_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let account = Account::named("alice");
        accounts::create(directory.path(), std::slice::from_ref(&account)).await.unwrap();
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

    #[test]
    fn the_parts_have_the_names_that_the_observer_uses() {
        let handle = |name: &str| Handle::parse(&format!("{name}@example.com")).unwrap();
        let mut roster = Roster::new(handle("alice"), DisplayName::new("Alice").unwrap(), Stamps::default());
        let lists = List::Forward | List::Allow | List::Pending;
        roster.entries.insert(handle("bob"), Entry { lists, ..Entry::default() });
        roster.settings.set_phone(Phone::Home, Some("555 1".into()));
        let names: Vec<_> = parts_of(&roster).into_iter().map(|(part, value)| format!("{part}={value}")).collect();
        let bob = ["AL bob@example.com=", "BLP=AL", "FL bob@example.com=", "GTC=A", "PHH=555 1", "RL bob@example.com="];
        assert_eq!(names, [&bob[..], &["name=Alice"]].concat());
    }
}
