//! Tests of signing in and of changing accounts, with a database in a temporary directory.

use std::net::Ipv4Addr;

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

async fn authenticate(accounts: &Accounts, handle: &str, password: &[u8]) -> Result<Account, AuthError> {
    accounts.authenticate(&Origin::new(Ipv4Addr::LOCALHOST.into(), handle), password).await
}

fn alice() -> Handle {
    Handle::parse("alice@example.com").unwrap()
}

#[tokio::test]
async fn only_the_correct_password_signs_in() {
    let (accounts, ..) = with_alice().await;
    let account = authenticate(&accounts, "Alice@Example.COM", b"s3cr,t &%").await.unwrap();
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
        let result = authenticate(&accounts, handle, password).await;
        assert!(matches!(result, Err(AuthError::Denied)), "{handle}");
    }
}

#[tokio::test]
async fn a_sign_in_succeeds_with_a_password_in_windows_1252() {
    let (accounts, ..) = with_alice().await;
    accounts.set_password(&alice(), "crème").await.unwrap();
    assert!(authenticate(&accounts, "alice@example.com", "crème".as_bytes()).await.is_ok());
    assert!(authenticate(&accounts, "alice@example.com", b"cr\xE8me").await.is_ok());
}

#[tokio::test]
async fn a_correct_password_makes_its_address_familiar_and_a_wrong_one_does_not() {
    let (accounts, ..) = with_alice().await;
    let origin = Origin::new(Ipv4Addr::LOCALHOST.into(), "alice@example.com");
    assert!(accounts.authenticate(&origin, b"wrong").await.is_err());
    assert!(!accounts.is_familiar(&origin));
    assert!(accounts.authenticate(&origin, b"s3cr,t &%").await.is_ok());
    assert!(accounts.is_familiar(&origin));
}

#[tokio::test]
async fn a_weak_hash_is_replaced_at_sign_in_and_tickets_stay_valid() {
    let (accounts, store, _directory) = open().await;
    let weak = password::tests::weak("secret");
    let account = NewAccount { handle: alice(), name: DisplayName::from(&alice()), password_hash: weak.clone() };
    accounts.import(&[account]).await.unwrap();
    assert!(authenticate(&accounts, "alice@example.com", b"wrong").await.is_err());
    assert_eq!(store.account(&alice()).await.unwrap().unwrap().password_hash, weak);
    authenticate(&accounts, "alice@example.com", b"secret").await.unwrap();
    let after = store.account(&alice()).await.unwrap().unwrap();
    assert!(!password::is_weak(&after.password_hash));
    assert_eq!(after.password_version, 1);
    assert!(authenticate(&accounts, "alice@example.com", b"secret").await.is_ok());
}

#[tokio::test]
async fn a_new_password_raises_the_password_version() {
    let (accounts, store, _directory) = with_alice().await;
    accounts.set_password(&alice(), "another").await.unwrap();
    assert_eq!(store.account(&alice()).await.unwrap().unwrap().password_version, 2);
    assert!(authenticate(&accounts, "alice@example.com", b"s3cr,t &%").await.is_err());
    assert!(authenticate(&accounts, "alice@example.com", b"another").await.is_ok());
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
async fn all_waiting_sign_ins_fail_at_the_same_time_if_the_store_does_not_answer() {
    let (accounts, store, _directory) = with_alice().await;
    let busy = store.occupy_readers().await;
    tokio::time::pause();
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    // There are more sign-ins than threads that hash passwords.
    for number in 0..=std::thread::available_parallelism().unwrap().get() {
        let accounts = accounts.clone();
        let handle = format!("user{number}@example.com");
        running.spawn(async move { authenticate(&accounts, &handle, b"s3cr,t &%").await });
    }
    while let Some(refused) = running.join_next().await {
        let refused = refused.unwrap();
        assert!(matches!(refused, Err(AuthError::Store(StoreError::Slow))), "{refused:?}");
    }
    assert!(begun.elapsed() < STORE_PATIENCE + Duration::from_secs(1), "{:?}", begun.elapsed());
    tokio::time::resume();
    drop(busy);
    assert!(authenticate(&accounts, "alice@example.com", b"s3cr,t &%").await.is_ok());
}

#[tokio::test]
async fn debug_output_never_shows_a_hash() {
    let (accounts, store, _directory) = with_alice().await;
    let account = store.account(&alice()).await.unwrap().unwrap();
    assert!(!format!("{account:?} {accounts:?}").contains("argon2id"));
}
