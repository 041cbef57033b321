//! Tests of signing in and of changing accounts, with a database in a temporary directory.

use std::time::Duration;

use super::*;
use crate::accounts::password::BadPassword;

async fn open() -> (Accounts, Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    (Accounts::new(store.clone()), store, directory)
}

async fn with_alice() -> (Accounts, Store, tempfile::TempDir) {
    let (accounts, store, directory) = open().await;
    let handle = Handle::parse("alice@example.com").unwrap();
    let name = DisplayName::new("Alice A").unwrap();
    accounts.create(handle, name, "s3cr,t &%").await.unwrap();
    (accounts, store, directory)
}

fn alice() -> Handle {
    Handle::parse("alice@example.com").unwrap()
}

#[tokio::test]
async fn only_the_right_password_signs_in() {
    let (accounts, ..) = with_alice().await;
    let account = accounts.authenticate("Alice@Example.COM", b"s3cr,t &%").await.unwrap();
    assert_eq!(account.handle, alice());
    let long = [b'x'; 257];
    let denied: [(&str, &[u8]); 5] = [
        ("alice@example.com", b"wrong"),
        ("alice@example.com", b""),
        ("alice@example.com", &long),
        ("nobody@example.com", b"s3cr,t &%"),
        ("not an address", b"s3cr,t &%"),
    ];
    for (handle, password) in denied {
        let result = accounts.authenticate(handle, password).await;
        assert!(matches!(result, Err(AuthError::Denied)), "{handle}");
    }
}

#[tokio::test]
async fn a_password_sent_in_windows_1252_signs_in() {
    let (accounts, ..) = with_alice().await;
    accounts.set_password(&alice(), "crème").await.unwrap();
    assert!(accounts.authenticate("alice@example.com", "crème".as_bytes()).await.is_ok());
    assert!(accounts.authenticate("alice@example.com", b"cr\xE8me").await.is_ok());
}

#[tokio::test]
async fn a_full_pool_refuses_known_and_unknown_addresses_alike() {
    let (accounts, ..) = with_alice().await;
    let mut places = Vec::new();
    while let Ok(place) = accounts.hasher.enter() {
        places.push(place);
    }
    for handle in ["alice@example.com", "nobody@example.com"] {
        let result = tokio::time::timeout(Duration::from_secs(5), accounts.authenticate(handle, b"s3cr,t &%")).await;
        assert!(matches!(result.unwrap(), Err(AuthError::Busy)));
    }
    drop(places);
    assert!(accounts.authenticate("alice@example.com", b"s3cr,t &%").await.is_ok());
}

#[tokio::test]
async fn a_weak_hash_is_replaced_at_sign_in_and_tickets_stay_valid() {
    let (accounts, store, _directory) = open().await;
    let weak = password::tests::weak("secret");
    let account = NewAccount { handle: alice(), name: DisplayName::from(&alice()), password_hash: weak.clone() };
    accounts.import(&[account]).await.unwrap();
    assert!(accounts.authenticate("alice@example.com", b"wrong").await.is_err());
    assert_eq!(store.account(&alice()).await.unwrap().unwrap().password_hash, weak);
    accounts.authenticate("alice@example.com", b"secret").await.unwrap();
    let after = store.account(&alice()).await.unwrap().unwrap();
    assert!(!password::is_weak(&after.password_hash));
    assert_eq!(after.password_version, 1);
    assert!(accounts.authenticate("alice@example.com", b"secret").await.is_ok());
}

#[tokio::test]
async fn a_new_password_raises_the_password_version() {
    let (accounts, store, _directory) = with_alice().await;
    accounts.set_password(&alice(), "another").await.unwrap();
    assert_eq!(store.account(&alice()).await.unwrap().unwrap().password_version, 2);
    assert!(accounts.authenticate("alice@example.com", b"s3cr,t &%").await.is_err());
    assert!(accounts.authenticate("alice@example.com", b"another").await.is_ok());
}

#[tokio::test]
async fn a_refused_change_returns_the_reason() {
    let (accounts, ..) = with_alice().await;
    let taken = accounts.create(alice(), DisplayName::from(&alice()), "x").await;
    assert_eq!(taken.unwrap_err().to_string(), "the account alice@example.com already exists");
    let nobody = Handle::parse("nobody@example.com").unwrap();
    let unknown = accounts.set_password(&nobody, "x").await.unwrap_err();
    assert_eq!(unknown.to_string(), "the account nobody@example.com does not exist");
    assert!(matches!(accounts.remove(&nobody).await, Err(AccountError::Unknown(_))));
    assert!(matches!(accounts.set_password(&alice(), "").await, Err(AccountError::Password(BadPassword::Empty))));
    accounts.remove(&alice()).await.unwrap();
    assert!(accounts.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn no_debug_output_shows_a_hash() {
    let (accounts, store, _directory) = with_alice().await;
    let account = store.account(&alice()).await.unwrap().unwrap();
    assert!(!format!("{account:?} {accounts:?}").contains("argon2id"));
}
