//! Tests of creating and removing accounts, and of passwords and keys.

use super::*;

#[tokio::test]
async fn either_all_or_none_of_the_accounts_are_created_and_the_account_list_is_sorted_by_address() {
    let (_directory, store) = store_with(&["carol", "alice"]).await;
    let taken = store.create_accounts(&[new_account("bob"), new_account("carol")], None).await;
    assert!(matches!(taken, Err(StoreError::Taken(taken)) if taken == handle("carol")));
    let twice = store.create_accounts(&[new_account("dave"), new_account("dave")], None).await;
    assert!(matches!(twice, Err(StoreError::Taken(taken)) if taken == handle("dave")));
    let accounts = store.accounts().await.unwrap();
    let handles: Vec<_> = accounts.iter().map(|account| account.handle.clone()).collect();
    assert_eq!(handles, [handle("alice"), handle("carol")]);
    assert_eq!(accounts[0].password_hash, "hash of alice");
    assert_eq!(accounts[0].password_version, 1);
    assert!(!format!("{accounts:?}").contains("hash of"), "a hash is secret");
}

#[tokio::test]
async fn a_removed_account_stays_on_lists_to_which_other_accounts_added_it() {
    let (_directory, store) = store_with(&["alice", "bob", "carol", "dave"]).await;
    let contact = Entry {
        nickname: DisplayName::new("Ally"),
        contact: Some(guid(1)),
        groups: vec![guid(2)].into(),
        ..entry(List::Forward | List::Allow | List::Reverse)
    };
    let group = Change::Group(guid(2), group("Friends", 1));
    store.change("bob", &[group, Change::Entry(handle("alice"), contact.clone())]).await.unwrap();
    store.change("carol", &[Change::Entry(handle("alice"), entry(List::Pending))]).await.unwrap();
    store.change("dave", &[Change::Entry(handle("alice"), entry(List::Block))]).await.unwrap();
    store.change("alice", &[Change::Entry(handle("bob"), entry(List::Forward))]).await.unwrap();
    let stamps = |roster: Roster| roster.stamps.list;
    let before = [stamps(store.test_roster("bob").await.1), stamps(store.test_roster("dave").await.1)];

    assert!(store.remove_account(&handle("alice")).await.unwrap());
    assert!(store.account(&handle("alice")).await.unwrap().is_none());
    assert!(store.roster(&handle("alice"), None).await.unwrap().is_none());
    let bob = store.test_roster("bob").await.1;
    let left = Entry { lists: List::Forward | List::Allow, ..contact };
    assert_eq!(*bob.entries.get(&handle("alice")).unwrap(), left);
    assert!(store.test_roster("carol").await.1.entries.is_empty(), "the pending entry is removed");
    let dave = store.test_roster("dave").await.1;
    assert!(!dave.allows(&handle("alice")), "a block remains when the blocked account is removed");
    assert!(bob.stamps.list > before[0] && dave.stamps.list == before[1]);
    assert!(!store.remove_account(&handle("alice")).await.unwrap());
}

#[tokio::test]
async fn the_number_of_a_removed_account_is_not_used_again() {
    let (_directory, store) = store_with(&["alice"]).await;
    let first = store.test_roster("alice").await.0;
    store.change("alice", &[Change::Entry(handle("bob"), entry(List::Allow))]).await.unwrap();
    store.remove_account(&handle("alice")).await.unwrap();
    store.create_accounts(&[new_account("alice")], None).await.unwrap();
    let (second, roster) = store.test_roster("alice").await;
    assert_ne!(first, second);
    assert!(roster.entries.is_empty());
    // A late change to the roster of the removed account changes no other account.
    let mut late = Edit::by(second);
    late.push(first, &[Change::Entry(handle("bob"), entry(List::Allow))]);
    store.write(late).await.unwrap();
    assert!(store.test_roster("alice").await.1.entries.is_empty());
}

#[tokio::test]
async fn an_account_that_has_an_address_on_fl_is_on_pl_of_a_new_account_with_that_address() {
    let (_directory, store) = store_with(&["alice", "bob", "carol"]).await;
    store
        .change("bob", &[Change::Entry(handle("alice"), entry(List::Forward | List::Allow | List::Reverse))])
        .await
        .unwrap();
    store.change("bob", &[Change::Name(DisplayName::new("Bob B").unwrap())]).await.unwrap();
    store.change("carol", &[Change::Entry(handle("alice"), entry(List::Allow))]).await.unwrap();
    store.remove_account(&handle("alice")).await.unwrap();
    store.create_accounts(&[new_account("alice")], None).await.unwrap();
    let pending = Entry { nickname: DisplayName::new("Bob B"), ..entry(List::Pending) };
    assert_eq!(store.test_roster("alice").await.1.entries.into_iter().collect::<Vec<_>>(), [(handle("bob"), pending)]);
}

#[tokio::test]
async fn accounts_that_are_created_with_a_contact_have_that_contact_on_their_lists_and_older_accounts_do_not() {
    let (_directory, store) = store_with(&["old", "helper"]).await;
    let contact = handle("helper");
    store.change("helper", &[Change::Entry(handle("bob"), entry(List::Block))]).await.unwrap();
    store.create_accounts(&[new_account("alice"), new_account("bob")], Some(&contact)).await.unwrap();
    for name in ["alice", "bob"] {
        let roster = store.test_roster(name).await.1;
        let entry = roster.entries.get(&contact).unwrap();
        assert_eq!((roster.entries.len(), entry.lists), (1, List::Forward | List::Allow));
        assert!(entry.contact.is_some());
    }
    assert!(store.test_roster("old").await.1.entries.is_empty());
    let helper = store.test_roster("helper").await.1;
    assert_eq!(helper.entries.len(), 1, "the server changes these lists when the accounts sign in");
}

#[tokio::test]
async fn when_a_contact_gets_its_own_account_the_accounts_that_have_it_on_fl_are_on_its_pl() {
    let (_directory, store) = store_with(&[]).await;
    let contact = handle("helper");
    store.create_accounts(&[new_account("alice")], Some(&contact)).await.unwrap();
    store.create_accounts(&[new_account("helper")], Some(&contact)).await.unwrap();
    let roster = store.test_roster("helper").await.1;
    assert_eq!(roster.entries.len(), 1, "it is not its own contact");
    assert_eq!(roster.entries.get(&handle("alice")).unwrap().lists, List::Pending.into());
}

#[tokio::test]
async fn a_new_password_raises_the_password_version_but_a_stronger_hash_does_not() {
    let (_directory, store) = store_with(&["alice"]).await;
    let of = async |store: &Store| {
        let account = store.account(&handle("alice")).await.unwrap().unwrap();
        (account.id, account.password_hash, account.password_version)
    };
    let (id, old, _) = of(&store).await;
    store.replace_password_hash(id, &old, "stronger").await.unwrap();
    assert_eq!(of(&store).await, (id, "stronger".to_owned(), 1));
    store.replace_password_hash(id, &old, "late").await.unwrap();
    assert_eq!(of(&store).await.1, "stronger", "`old` is no longer the stored hash");
    assert!(store.set_password(&handle("alice"), "new").await.unwrap());
    assert_eq!(of(&store).await, (id, "new".to_owned(), 2));
    assert!(!store.set_password(&handle("nobody"), "new").await.unwrap());
}

#[tokio::test]
async fn server_keys_are_created_once_for_each_purpose() {
    let (directory, store) = store_with(&[]).await;
    let tickets = store.server_keys("ticket").await.unwrap();
    assert_eq!((tickets.len(), tickets[0].0, tickets[0].1.len()), (1, 1, 32));
    assert_eq!(store.server_keys("ticket").await.unwrap(), tickets);
    assert_ne!(store.server_keys("other").await.unwrap(), tickets);
    store.close().await;
    let store = Store::open(directory.path()).await.unwrap();
    assert_eq!(store.server_keys("ticket").await.unwrap(), tickets);
}

#[tokio::test]
async fn a_roster_is_returned_only_if_the_account_and_its_password_are_the_expected_ones() {
    let (_directory, store) = store_with(&["alice", "bob"]).await;
    let alice = store.account(&handle("alice")).await.unwrap().unwrap();
    let expected = Expected { id: alice.id, password_version: alice.password_version };
    let wrong = [
        Expected { id: store.account(&handle("bob")).await.unwrap().unwrap().id, ..expected },
        Expected { password_version: expected.password_version + 1, ..expected },
    ];
    assert!(store.roster(&handle("alice"), Some(expected)).await.unwrap().is_some());
    for wrong in wrong {
        assert!(store.roster(&handle("alice"), Some(wrong)).await.unwrap().is_none());
    }
}
