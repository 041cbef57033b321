//! Tests of writing edits, and of the state after a failure.

use super::*;

#[tokio::test]
async fn every_kind_of_change_has_the_same_result_on_disk_as_in_memory() {
    let (directory, store) = store_with(&["alice", "bob"]).await;
    let full = Entry {
        lists: List::Forward | List::Allow,
        nickname: DisplayName::new("Bob \u{202e}😀 100%"),
        contact: Some(guid(1)),
        groups: vec![guid(2), guid(3)].into(),
        in_other_contacts: true,
    };
    let fewer = Entry { groups: vec![guid(3)].into(), ..full.clone() };
    let settings = Settings {
        add_prompt: AddPrompt::parse(b"N").unwrap(),
        privacy: Privacy::parse(b"BL").unwrap(),
        home_phone: Some(Arc::from("555 0001")),
        mobile_phone: Some(Arc::from("é")),
        paging: true,
        ..Settings::default()
    };
    let changes = [
        Change::Group(guid(2), group("Friends", 1)),
        Change::Group(guid(3), group("Family", 2)),
        Change::Entry(handle("bob"), full),
        Change::Entry(handle("nobody"), entry(List::Block | List::Reverse)),
        Change::Entry(Handle::parse_contact("tel:+123").unwrap(), entry(List::Allow)),
        Change::Group(guid(2), group("Old friends", 1)),
        Change::Entry(handle("bob"), fewer.clone()),
        Change::OtherContactsName("Everybody else".into()),
        Change::Name(DisplayName::new("Alice\t\u{7}").unwrap()),
        Change::Settings(settings),
        Change::ListChanged(at(2_000_000_000)),
        Change::SettingsChanged(at(2_000_000_001)),
        // The times of these two changes are earlier than the stamps above, as if the clock had
        // been set back.
        Change::ListChanged(at(1)),
        Change::SettingsChanged(at(1)),
        Change::GroupRemoved(guid(2)),
        Change::Entry(handle("nobody"), entry(ListBits::NONE)),
        Change::Settings(Settings::default()),
        Change::GroupRemoved(guid(3)),
        Change::Entry(handle("bob"), entry(List::Pending)),
    ];
    let (_, mut roster) = store.test_roster("alice").await;
    for change in changes {
        store.change("alice", std::slice::from_ref(&change)).await.unwrap();
        roster.apply(&change);
        assert_eq!(store.test_roster("alice").await.1, roster, "{change:?}");
    }
    store.close().await;
    let store = Store::open(directory.path()).await.unwrap();
    assert_eq!(store.test_roster("alice").await.1, roster, "after the database was opened again");
    assert!(store.test_roster("bob").await.1.entries.is_empty());
}

#[tokio::test]
async fn simultaneous_edits_of_many_accounts_are_all_stored() {
    let names: Vec<_> = (0..200).map(|number| format!("user{number}")).collect();
    let (_directory, store) = store_with(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for name in names.clone() {
        let store = store.clone();
        tasks.spawn(async move {
            let change = Change::Entry(handle("friend"), entry(List::Allow));
            store.change(&name, &[change]).await.unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    for name in names {
        assert!(store.test_roster(&name).await.1.allows(&handle("friend")), "{name}");
        assert_eq!(store.test_roster(&name).await.1.entries.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_failed_edit_changes_nothing_and_does_not_affect_other_edits_in_the_same_batch() {
    let names: Vec<_> = (0..40).map(|number| format!("user{number}")).collect();
    let (_directory, store) = store_with(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for (number, name) in names.clone().into_iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move {
            let valid = Change::Entry(handle("friend"), entry(List::Allow));
            // This change refers to a group that does not exist.
            let invalid = Change::Entry(
                handle("other"),
                Entry { contact: Some(guid(1)), groups: vec![guid(9)].into(), ..entry(List::Forward) },
            );
            let fails = number % 3 == 0;
            let changes = if fails { vec![valid, invalid] } else { vec![valid] };
            assert_eq!(store.change(&name, &changes).await.is_err(), fails, "{name}");
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    for (number, name) in names.iter().enumerate() {
        let entries = store.test_roster(name).await.1.entries.len();
        assert_eq!(entries, usize::from(number % 3 != 0), "{name}");
    }
}

#[tokio::test]
async fn an_edit_raises_the_version_even_if_the_phone_number_of_a_contact_changes_after_the_edit_was_planned() {
    let (_directory, store) = store_with(&["alice", "bob"]).await;
    store.change("alice", &[Change::Entry(handle("bob"), entry(List::Forward))]).await.unwrap();
    let (_, mut alice) = store.test_roster("alice").await;
    let before = alice.stamps;
    let planned = alice.set_name(DisplayName::new("Ally").unwrap(), at(2_000_000_000));
    let mut touch = Edit::by(store.test_roster("bob").await.0);
    touch.touch_watchers(handle("bob"), at(2_000_000_000));
    store.write(touch).await.unwrap();
    alice.stamps = alice.stamps.list_changed(at(2_000_000_000));
    store.change("alice", &planned).await.unwrap();
    planned.iter().for_each(|change| alice.apply(change));
    assert_eq!(alice.stamps.version, before.version + 2);
    assert_eq!(store.test_roster("alice").await.1.stamps, alice.stamps);
}

#[tokio::test]
async fn a_call_of_touch_watchers_advances_the_list_stamp_of_each_account_that_has_the_contact_on_fl() {
    let (_directory, store) = store_with(&["alice", "bob", "carol"]).await;
    for (name, lists) in [("alice", List::Forward), ("bob", List::Allow)] {
        store.change(name, &[Change::Entry(handle("carol"), entry(lists))]).await.unwrap();
    }
    let before = [store.test_roster("alice").await.1.stamps, store.test_roster("bob").await.1.stamps];
    let mut edit = Edit::by(store.test_roster("carol").await.0);
    edit.touch_watchers(handle("carol"), at(1));
    store.write(edit).await.unwrap();
    let alice = store.test_roster("alice").await.1.stamps;
    assert!(alice.list > before[0].list, "even if the clock is behind");
    assert_eq!((alice.version, alice.settings), (before[0].version + 1, before[0].settings));
    assert_eq!(store.test_roster("bob").await.1.stamps, before[1]);
}

#[tokio::test]
async fn an_edit_by_a_removed_account_fails_and_changes_nothing() {
    let (_directory, store) = store_with(&["alice", "bob"]).await;
    let (alice, bob) = (store.test_roster("alice").await.0, store.test_roster("bob").await.0);
    store.remove_account(&handle("alice")).await.unwrap();
    for changes in [
        Change::Entry(handle("bob"), entry(List::Allow)),
        Change::GroupRemoved(guid(1)),
        Change::Name(DisplayName::new("Ally").unwrap()),
    ] {
        let mut late = Edit::by(alice);
        late.push(alice, &[changes]);
        late.push(bob, &[Change::Entry(handle("alice"), entry(List::Pending))]);
        assert!(matches!(store.write(late).await, Err(StoreError::Gone)));
    }
    assert!(store.test_roster("bob").await.1.entries.is_empty(), "no part of the edit is written");
}

/// Makes the next commit fail. SQLite then rolls back the transaction by itself.
async fn fail_next_commit(store: &Store) {
    let mut fails = true;
    store
        .modify(move |connection| Ok(connection.commit_hook(Some(move || std::mem::take(&mut fails)))?))
        .await
        .unwrap();
}

#[tokio::test]
async fn edits_succeed_immediately_after_a_failed_commit_of_any_kind() {
    const CODE: [u8; 32] = [7; 32];
    let (_directory, store) = store_with(&["alice", "eve"]).await;
    let invite = NewInvite { code_hash: CODE, uses: 1, expires_at: None, note: String::new() };
    store.add_invite(&invite).await.unwrap();
    let change = [Change::Entry(handle("bob"), entry(List::Allow))];
    for kind in 0..5 {
        fail_next_commit(&store).await;
        let failed = match kind {
            0 => store.change("alice", &change).await,
            1 => store.create_accounts(&[new_account("dave")], None).await,
            2 => store.create_invited_account(&new_account("dave"), &CODE, None).await,
            3 => store.remove_account(&handle("eve")).await.map(drop),
            _ => store.set_password(&handle("eve"), "new").await.map(drop),
        };
        assert!(failed.is_err(), "{kind}");
        assert!(store.test_roster("alice").await.1.entries.is_empty(), "{kind}");
        store.change("alice", &change).await.unwrap();
        assert_eq!(store.test_roster("alice").await.1.entries.len(), 1, "{kind}");
        store.change("alice", &[Change::Entry(handle("bob"), Entry::default())]).await.unwrap();
    }
}

/// When a database reaches its limit of pages, SQLite behaves as if the disk were full.
#[tokio::test]
async fn edits_succeed_again_as_soon_as_a_full_disk_has_room() {
    let (_directory, store) = store_with(&["alice"]).await;
    let count = |connection: &mut Connection| Ok(connection.query_row("pragma page_count", [], |row| row.get(0))?);
    let pages: i64 = store.modify(count).await.unwrap();
    store.run(format!("pragma max_page_count = {pages}")).await;
    // A sign-up also fails because the disk is full. After this failure, edits must succeed as soon
    // as the disk has room.
    let many: Vec<_> = (0..2000).map(|number| new_account(&format!("user{number}"))).collect();
    assert!(store.create_accounts(&many, None).await.is_err());
    let changes: Vec<_> =
        (0..2000).map(|number| Change::Entry(handle(&format!("contact{number}")), entry(List::Allow))).collect();
    assert!(store.change("alice", &changes).await.is_err());
    assert!(store.test_roster("alice").await.1.entries.is_empty());
    store.run(format!("pragma max_page_count = {}", pages * 1000)).await;
    store.change("alice", &changes).await.unwrap();
    assert_eq!(store.test_roster("alice").await.1.entries.len(), 2000);
}
