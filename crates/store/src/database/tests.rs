use std::path::Path;
use std::sync::Arc;

use msnp::notification::{AddPrompt, Phone, Privacy};
use msnp::{DisplayName, GroupNumber, Guid, Handle, List, ListBits, Timestamp};
use sqlx::AssertSqlSafe;
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
    store.create_accounts(&accounts).await.unwrap();
    (directory, store)
}

impl Store {
    async fn test_roster(&self, name: &str) -> (AccountId, Roster) {
        self.roster(&handle(name)).await.unwrap().unwrap()
    }

    /// Writes changes of one account.
    async fn change(&self, name: &str, changes: &[Change]) -> Result<(), StoreError> {
        let id = self.test_roster(name).await.0;
        let mut edit = Edit::by(id);
        edit.push(id, changes);
        self.write(edit).await
    }
}

#[tokio::test]
async fn every_kind_of_change_reads_back_as_it_is_in_memory() {
    let (directory, store) = store_with(&["alice", "bob"]).await;
    let full = Entry {
        lists: List::Forward | List::Allow,
        nickname: DisplayName::new("Bob \u{202e}😀 100%"),
        contact: Some(guid(1)),
        groups: vec![guid(2), guid(3)],
        in_other_contacts: true,
    };
    let fewer = Entry { groups: vec![guid(3)], ..full.clone() };
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
        // By clocks that stand behind.
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
    assert_eq!(store.test_roster("alice").await.1, roster, "after opening anew");
    assert!(store.test_roster("bob").await.1.entries.is_empty());
}

#[tokio::test]
async fn edits_of_many_at_once_are_all_kept() {
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
async fn an_edit_that_fails_takes_nobody_else_s_with_it_and_leaves_nothing_behind() {
    let names: Vec<_> = (0..40).map(|number| format!("user{number}")).collect();
    let (_directory, store) = store_with(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for (number, name) in names.clone().into_iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move {
            let good = Change::Entry(handle("friend"), entry(List::Allow));
            // In a group that there is not.
            let bad = Change::Entry(
                handle("other"),
                Entry { contact: Some(guid(1)), groups: vec![guid(9)], ..entry(List::Forward) },
            );
            let fails = number % 3 == 0;
            let changes = if fails { vec![good, bad] } else { vec![good] };
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
async fn an_edit_counts_although_a_contact_s_number_changed_while_it_was_planned() {
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
async fn a_touch_moves_the_list_stamp_of_those_who_have_the_contact() {
    let (_directory, store) = store_with(&["alice", "bob", "carol"]).await;
    for (name, lists) in [("alice", List::Forward), ("bob", List::Allow)] {
        store.change(name, &[Change::Entry(handle("carol"), entry(lists))]).await.unwrap();
    }
    let before = [store.test_roster("alice").await.1.stamps, store.test_roster("bob").await.1.stamps];
    let mut edit = Edit::by(store.test_roster("carol").await.0);
    edit.touch_watchers(handle("carol"), at(1));
    store.write(edit).await.unwrap();
    let alice = store.test_roster("alice").await.1.stamps;
    assert!(alice.list > before[0].list, "also by a clock that stands behind");
    assert_eq!((alice.version, alice.settings), (before[0].version + 1, before[0].settings));
    assert_eq!(store.test_roster("bob").await.1.stamps, before[1]);
}

#[tokio::test]
async fn a_removed_account_leaves_others_what_they_wrote_themselves() {
    let (_directory, store) = store_with(&["alice", "bob", "carol", "dave"]).await;
    let contact = Entry {
        nickname: DisplayName::new("Ally"),
        contact: Some(guid(1)),
        groups: vec![guid(2)],
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
    assert!(store.roster(&handle("alice")).await.unwrap().is_none());
    let bob = store.test_roster("bob").await.1;
    let left = Entry { lists: List::Forward | List::Allow, ..contact };
    assert_eq!(bob.entries[&handle("alice")], left);
    assert!(store.test_roster("carol").await.1.entries.is_empty(), "nothing is left of a request");
    let dave = store.test_roster("dave").await.1;
    assert!(!dave.allows(&handle("alice")), "a block outlives the one who is blocked");
    assert!(bob.stamps.list > before[0] && dave.stamps.list == before[1]);
    assert!(!store.remove_account(&handle("alice")).await.unwrap());
}

#[tokio::test]
async fn the_number_of_a_removed_account_is_not_used_again() {
    let (_directory, store) = store_with(&["alice"]).await;
    let first = store.test_roster("alice").await.0;
    store.change("alice", &[Change::Entry(handle("bob"), entry(List::Allow))]).await.unwrap();
    store.remove_account(&handle("alice")).await.unwrap();
    store.create_accounts(&[new_account("alice")]).await.unwrap();
    let (second, roster) = store.test_roster("alice").await;
    assert_ne!(first, second);
    assert!(roster.entries.is_empty());
    // What was on its way for the old one is nobody's.
    let mut late = Edit::by(second);
    late.push(first, &[Change::Entry(handle("bob"), entry(List::Allow))]);
    store.write(late).await.unwrap();
    assert!(store.test_roster("alice").await.1.entries.is_empty());
}

#[tokio::test]
async fn who_kept_an_address_that_is_made_anew_is_pending_there() {
    let (_directory, store) = store_with(&["alice", "bob", "carol"]).await;
    store
        .change("bob", &[Change::Entry(handle("alice"), entry(List::Forward | List::Allow | List::Reverse))])
        .await
        .unwrap();
    store.change("bob", &[Change::Name(DisplayName::new("Bob B").unwrap())]).await.unwrap();
    store.change("carol", &[Change::Entry(handle("alice"), entry(List::Allow))]).await.unwrap();
    store.remove_account(&handle("alice")).await.unwrap();
    store.create_accounts(&[new_account("alice")]).await.unwrap();
    let pending = Entry { nickname: DisplayName::new("Bob B"), ..entry(List::Pending) };
    assert_eq!(store.test_roster("alice").await.1.entries.into_iter().collect::<Vec<_>>(), [(handle("bob"), pending)]);
}

#[tokio::test]
async fn an_account_that_is_gone_edits_nothing_and_is_not_told_it_did() {
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
    assert!(store.test_roster("bob").await.1.entries.is_empty(), "nothing of the edit is carried out");
}

#[tokio::test]
async fn numbers_are_shown_to_whom_the_contact_allows() {
    let (_directory, store) = store_with(&["alice", "bob"]).await;
    let numbers = |privacy: &[u8]| Settings {
        privacy: Privacy::parse(privacy).unwrap(),
        home_phone: Some(Arc::from("1")),
        mobile_phone: Some(Arc::from("2")),
        ..Settings::default()
    };
    let phones_of = |settings: &Settings| Phone::ALL.map(|phone| settings.phone(phone).map(str::to_owned));
    let id = store.test_roster("alice").await.0;
    let on_forward = entry(List::Forward);
    // What Alice has of Bob, what Bob has of Alice, Bob's BLP, and whether she is told.
    for (mine, theirs, privacy, told) in [
        (on_forward.clone(), None, "AL", true),
        (on_forward.clone(), None, "BL", false),
        (on_forward.clone(), Some(entry(List::Allow)), "BL", true),
        (on_forward.clone(), Some(entry(List::Block)), "AL", false),
        (on_forward.clone(), Some(entry(List::Allow | List::Block)), "AL", false),
        (on_forward.clone(), Some(entry(List::Reverse)), "AL", true),
        (entry(List::Allow | List::Reverse), Some(entry(List::Allow)), "AL", false),
    ] {
        let theirs = theirs.unwrap_or_default();
        let case = format!("{mine:?} {theirs:?} {privacy}");
        store.change("alice", &[Change::Entry(handle("bob"), mine)]).await.unwrap();
        let settings = Change::Settings(numbers(privacy.as_bytes()));
        store.change("bob", &[Change::Entry(handle("alice"), theirs), settings]).await.unwrap();
        let phones = store.contact_phones(id, &handle("alice")).await.unwrap();
        assert_eq!(phones.len(), usize::from(told), "{case}");
        for contact in phones {
            assert_eq!((contact.handle, phones_of(&contact.settings)), (handle("bob"), phones_of(&numbers(b"AL"))));
        }
    }
    store.change("bob", &[Change::Settings(Settings::default())]).await.unwrap();
    store.change("alice", &[Change::Entry(handle("bob"), on_forward)]).await.unwrap();
    assert!(store.contact_phones(id, &handle("alice")).await.unwrap().is_empty(), "who has none");
}

/// The SQL of `contact_phones` has the rule of `allows` in it: every set of lists, under both defaults.
#[tokio::test]
async fn the_database_shows_numbers_exactly_to_those_whom_the_roster_allows() {
    let (_directory, store) = store_with(&["alice", "bob"]).await;
    let id = store.test_roster("alice").await.0;
    store.change("alice", &[Change::Entry(handle("bob"), entry(List::Forward))]).await.unwrap();
    for privacy in [Privacy::Allow, Privacy::Block] {
        let settings = Settings { privacy, paging: true, ..Settings::default() };
        store.change("bob", &[Change::Settings(settings)]).await.unwrap();
        for lists in 0..32 {
            let theirs = entry(ListBits::from_number(lists).unwrap());
            store.change("bob", &[Change::Entry(handle("alice"), theirs)]).await.unwrap();
            let allows = store.test_roster("bob").await.1.allows(&handle("alice"));
            let shown = store.contact_phones(id, &handle("alice")).await.unwrap();
            assert_eq!(shown.len(), usize::from(allows), "{privacy:?} {lists}");
        }
    }
}

#[tokio::test]
async fn accounts_are_made_all_or_none_and_listed_by_address() {
    let (_directory, store) = store_with(&["carol", "alice"]).await;
    let taken = store.create_accounts(&[new_account("bob"), new_account("carol")]).await;
    assert!(matches!(taken, Err(StoreError::Taken(taken)) if taken == handle("carol")));
    let twice = store.create_accounts(&[new_account("dave"), new_account("dave")]).await;
    assert!(matches!(twice, Err(StoreError::Taken(taken)) if taken == handle("dave")));
    let accounts = store.accounts().await.unwrap();
    let handles: Vec<_> = accounts.iter().map(|account| account.handle.clone()).collect();
    assert_eq!(handles, [handle("alice"), handle("carol")]);
    assert_eq!(accounts[0].password_hash, "hash of alice");
    assert_eq!(accounts[0].password_version, 1);
    assert!(!format!("{accounts:?}").contains("hash of"), "a hash is secret");
}

#[tokio::test]
async fn a_new_password_is_a_new_version_and_a_stronger_hash_is_not() {
    let (_directory, store) = store_with(&["alice"]).await;
    let of = async |store: &Store| {
        let account = store.account(&handle("alice")).await.unwrap().unwrap();
        (account.id, account.password_hash, account.password_version)
    };
    let (id, old, _) = of(&store).await;
    store.replace_password_hash(id, &old, "stronger").await.unwrap();
    assert_eq!(of(&store).await, (id, "stronger".to_owned(), 1));
    store.replace_password_hash(id, &old, "late").await.unwrap();
    assert_eq!(of(&store).await.1, "stronger", "another one was set meanwhile");
    assert!(store.set_password(&handle("alice"), "new").await.unwrap());
    assert_eq!(of(&store).await, (id, "new".to_owned(), 2));
    assert!(!store.set_password(&handle("nobody"), "new").await.unwrap());
}

#[tokio::test]
async fn server_keys_are_made_once_for_each_purpose() {
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
async fn an_empty_database_may_be_opened_by_several_at_once() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let open = || Store::open(directory.path());
        let (first, second, third) = tokio::join!(open(), open(), open());
        for store in [first, second, third] {
            store.unwrap().close().await;
        }
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_with_the_way_out() {
    let (directory, store) = store_with(&["alice"]).await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                 values (9999, 'from the future', true, x'00', 0)";
    sqlx::query(newer).execute(&store.writer).await.unwrap();
    store.close().await;
    let refused = Store::open(directory.path()).await.unwrap_err().to_string();
    assert!(refused.contains(&directory.path().display().to_string()), "{refused}");
    assert!(refused.contains("newer version of swallowtail"), "{refused}");
}

#[tokio::test]
async fn rows_that_cannot_be_are_an_error_and_no_panic() {
    for (damage, what) in [
        ("update entries set lists = 4096", "list bits"),
        ("update entries set nickname = ''", "nickname"),
        ("update entries set contact = 'x'", "GUID"),
        ("update entries set handle = 'x'", "handle"),
        ("update accounts set privacy = 'x'", "privacy"),
        ("update accounts set add_prompt = ''", "add_prompt"),
        ("update accounts set display_name = ''", "display name"),
        ("update accounts set list_version = -1", "list version"),
    ] {
        let (_directory, store) = store_with(&["alice"]).await;
        store.change("alice", &[Change::Entry(handle("bob"), entry(List::Allow))]).await.unwrap();
        sqlx::query(damage).execute(&store.writer).await.unwrap();
        let error = store.roster(&handle("alice")).await.unwrap_err().to_string();
        assert!(error.contains(what), "{damage}: {error}");
    }
}

#[tokio::test]
async fn a_closed_store_refuses_and_does_not_hang() {
    let (_directory, store) = store_with(&["alice"]).await;
    let id = store.test_roster("alice").await.0;
    store.close().await;
    let mut edit = Edit::by(id);
    edit.push(id, &[Change::Entry(handle("bob"), entry(List::Allow))]);
    assert!(store.write(edit).await.is_err());
    assert!(store.roster(&handle("alice")).await.is_err());
}

#[tokio::test]
async fn nobody_else_on_the_machine_can_read_what_it_writes() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let store = Store::open(&data).await.unwrap();
    store.server_keys("ticket").await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file) & 0o077, 0, "{}", file.display());
    }
}

/// SQLite ends a transaction by itself when it cannot be committed; the library goes on counting it.
#[tokio::test]
async fn after_a_commit_that_failed_edits_go_on_at_once() {
    let (_directory, store) = store_with(&["alice"]).await;
    {
        let mut fails = true;
        let mut writer = store.writer.acquire().await.unwrap();
        writer.lock_handle().await.unwrap().set_commit_hook(move || !std::mem::take(&mut fails));
    }
    let change = [Change::Entry(handle("bob"), entry(List::Allow))];
    assert!(matches!(store.change("alice", &change).await, Err(StoreError::Batch(_))));
    assert!(store.test_roster("alice").await.1.entries.is_empty());
    store.change("alice", &change).await.unwrap();
    assert_eq!(store.test_roster("alice").await.1.entries.len(), 1);
}

/// A database may not grow over a number of pages here, which is what a full disk looks like to it.
#[tokio::test]
async fn after_a_full_disk_edits_go_on_as_soon_as_there_is_room() {
    let (_directory, store) = store_with(&["alice"]).await;
    let (pages,): (i64,) = sqlx::query_as("pragma page_count").fetch_one(&store.writer).await.unwrap();
    let room = |pages| sqlx::query(AssertSqlSafe(format!("pragma max_page_count = {pages}")));
    room(pages).execute(&store.writer).await.unwrap();
    let changes: Vec<_> =
        (0..2000).map(|number| Change::Entry(handle(&format!("contact{number}")), entry(List::Allow))).collect();
    assert!(store.change("alice", &changes).await.is_err());
    assert!(store.test_roster("alice").await.1.entries.is_empty());
    room(pages * 1000).execute(&store.writer).await.unwrap();
    store.change("alice", &changes).await.unwrap();
    assert_eq!(store.test_roster("alice").await.1.entries.len(), 2000);
}
