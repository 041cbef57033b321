//! Tests of which accounts see a contact's telephone numbers.

use super::*;

#[tokio::test]
async fn the_phone_numbers_of_a_contact_are_shown_to_accounts_that_the_contact_allows() {
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
    // Each case has Alice's entry for Bob, Bob's entry for Alice, Bob's BLP, and whether Alice sees
    // Bob's numbers.
    for (mine, theirs, privacy, shown) in [
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
        assert_eq!(phones.len(), usize::from(shown), "{case}");
        for contact in phones {
            assert_eq!((contact.handle, phones_of(&contact.settings)), (handle("bob"), phones_of(&numbers(b"AL"))));
        }
    }
    store.change("bob", &[Change::Settings(Settings::default())]).await.unwrap();
    store.change("alice", &[Change::Entry(handle("bob"), on_forward)]).await.unwrap();
    assert!(store.contact_phones(id, &handle("alice")).await.unwrap().is_empty(), "Bob has no numbers");
}

/// Compares the SQL of `contact_phones` with `Roster::allows`, for every set of lists and both values of BLP.
#[tokio::test]
async fn the_database_shows_phone_numbers_to_the_same_accounts_that_the_roster_allows() {
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
