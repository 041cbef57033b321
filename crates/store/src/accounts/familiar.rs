//! Remembers facts about correct passwords, so that the server checks the passwords of known users
//! first when many passwords wait.
//!
//! These facts are kept in memory and lost at a restart. Only a correct password adds a fact.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use swallowtail_base::{lock, random};
use tokio::time::Instant;

use super::hashing::{Origin, Rank};

/// How long an address counts as familiar for an account after the account has signed in from it
/// (security.md section 3).
const FAMILIAR: Duration = Duration::from_secs(30 * 24 * 3600);
/// The maximum number of familiar addresses of an account. Few accounts are used from more
/// addresses. Without a limit, one account could fill the memory.
const MAX_ADDRESSES: usize = 8;
/// The maximum number of accounts that are remembered. They take about 8 MiB. At this limit, the
/// server forgets the account whose last sign-in is the oldest.
const MAX_ACCOUNTS: usize = 20_000;
/// The maximum number of passwords that the server compares with an account's hint in each
/// [`HINT_PERIOD`]. Only passwords from unfamiliar addresses count. While many passwords wait, a
/// password that matches the hint is hashed earlier than a password that does not. Without this
/// limit, an attacker could use this difference to rule out wrong guesses faster than the server
/// hashes passwords (security.md section 3). An attacker who knows the correct password of one
/// account could also send this password again and again, and the server would hash it before the
/// passwords of all other users at unfamiliar addresses.
const MAX_HINTS: u8 = 5;
/// The length of the period in which the server compares at most [`MAX_HINTS`] passwords with the
/// hint of an account.
const HINT_PERIOD: Duration = Duration::from_secs(15 * 60);

/// Remembers the addresses from which accounts have signed in, and a hint of the last correct password of each account.
///
/// A hint is one byte of a keyed hash of the password. So 255 of 256 wrong passwords do not match
/// the hint, and anyone who can read the memory of the server learns little about the password from
/// the hint. The key is not stored anywhere.
pub(super) struct Familiar {
    key: Hmac<Sha256>,
    accounts: Mutex<HashMap<String, Known>>,
}

impl fmt::Debug for Familiar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Familiar").finish_non_exhaustive()
    }
}

/// The facts about an account that has signed in.
struct Known {
    /// The addresses with the times of the last sign-ins, oldest first. Never empty.
    addresses: VecDeque<(IpAddr, Instant)>,
    hint: u8,
    /// The number of passwords that were compared with the hint since `counted_since`.
    compared: u8,
    counted_since: Instant,
}

/// The hint for accounts that are not remembered, and for accounts whose own hint was used too
/// often. Passwords match this hint as rarely as any other hint, so the order in which passwords
/// are checked does not reveal which accounts exist.
const NO_HINT: u8 = 0;

impl Familiar {
    /// Creates a value that remembers no account yet, with a new random key.
    pub(super) fn new() -> Self {
        let key = random::bytes::<32>();
        // An HMAC accepts keys of any length.
        let key = Hmac::new_from_slice(&key).unwrap_or_else(|_| unreachable!("a key has 32 bytes"));
        Self { key, accounts: Mutex::default() }
    }

    /// Returns whether the account has signed in from this address lately.
    pub(super) fn knows(&self, origin: &Origin) -> bool {
        lock(&self.accounts).get(origin.account()).is_some_and(|known| known.has(origin.address(), Instant::now()))
    }

    /// Returns how likely a password is to be correct.
    pub(super) fn rank(&self, origin: &Origin, password: &str) -> Rank {
        let hint = self.hint(origin.account(), password);
        let now = Instant::now();
        let mut accounts = lock(&self.accounts);
        let expected = match accounts.get_mut(origin.account()) {
            Some(known) if known.has(origin.address(), now) => return Rank::Familiar,
            Some(known) => known.next_hint(now),
            None => NO_HINT,
        };
        if hint == expected { Rank::Likely } else { Rank::Stranger }
    }

    /// Notes that a password was correct.
    pub(super) fn note(&self, origin: &Origin, password: &str) {
        let hint = self.hint(origin.account(), password);
        let now = Instant::now();
        let mut accounts = lock(&self.accounts);
        if accounts.len() >= MAX_ACCOUNTS && !accounts.contains_key(origin.account()) {
            forget_oldest(&mut accounts);
        }
        let known = accounts.entry(origin.account().to_owned()).or_insert_with(|| Known::new(now));
        known.hint = hint;
        known.add(origin.address(), now);
    }

    fn hint(&self, account: &str, password: &str) -> u8 {
        // No account contains a NUL, so the NUL marks where the account ends and the password
        // begins.
        let hash = self.key.clone().chain_update(account).chain_update([0]).chain_update(password).finalize();
        hash.into_bytes().first().copied().unwrap_or(NO_HINT)
    }
}

impl Known {
    const fn new(now: Instant) -> Self {
        Self { addresses: VecDeque::new(), hint: NO_HINT, compared: 0, counted_since: now }
    }

    fn has(&self, address: IpAddr, now: Instant) -> bool {
        self.addresses.iter().any(|(known, at)| *known == address && now.duration_since(*at) < FAMILIAR)
    }

    fn add(&mut self, address: IpAddr, now: Instant) {
        self.addresses.retain(|(known, _)| *known != address);
        if self.addresses.len() >= MAX_ADDRESSES {
            self.addresses.pop_front();
        }
        self.addresses.push_back((address, now));
    }

    /// Returns the hint for the comparison with the next password.
    fn next_hint(&mut self, now: Instant) -> u8 {
        if now.duration_since(self.counted_since) >= HINT_PERIOD {
            self.compared = 0;
            self.counted_since = now;
        }
        if self.compared >= MAX_HINTS {
            return NO_HINT;
        }
        self.compared += 1;
        self.hint
    }
}

/// Removes the account whose last sign-in is the oldest.
fn forget_oldest(accounts: &mut HashMap<String, Known>) {
    let oldest = accounts.iter().min_by_key(|(_, known)| known.addresses.back().map(|(_, at)| *at));
    if let Some(oldest) = oldest.map(|(account, _)| account.clone()) {
        accounts.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(last: u8, account: &str) -> Origin {
        Origin::new(IpAddr::from([192, 0, 2, last]), account)
    }

    const ALICE: &str = "alice@example.com";

    /// Returns passwords of an account. If `is_equal` is true, their hint equals `hint`. Otherwise
    /// their hint differs from `hint`.
    fn passwords(familiar: &Familiar, account: &str, hint: u8, is_equal: bool) -> impl Iterator<Item = String> {
        let all = (0..).map(|number: u32| number.to_string());
        all.filter(move |password| (familiar.hint(account, password) == hint) == is_equal)
    }

    #[tokio::test(start_paused = true)]
    async fn a_correct_password_makes_an_address_familiar_for_30_days_and_for_that_account_only() {
        let familiar = Familiar::new();
        familiar.note(&from(1, ALICE), "right");
        assert!(familiar.knows(&from(1, "Alice@Example.com")));
        assert_eq!(familiar.rank(&from(1, ALICE), "any"), Rank::Familiar);
        assert!(!familiar.knows(&from(2, ALICE)) && !familiar.knows(&from(1, "bob@example.com")));
        tokio::time::advance(FAMILIAR).await;
        assert!(!familiar.knows(&from(1, ALICE)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_correct_password_is_ranked_as_likely_correct_whatever_address_sends_it() {
        let familiar = Familiar::new();
        familiar.note(&from(1, ALICE), "right");
        let hint = familiar.hint(ALICE, "right");
        let wrong = passwords(&familiar, ALICE, hint, false).next().unwrap();
        assert_eq!(familiar.rank(&from(2, ALICE), "right"), Rank::Likely);
        assert_eq!(familiar.rank(&from(2, ALICE), &wrong), Rank::Stranger);
    }

    #[tokio::test(start_paused = true)]
    async fn the_hint_is_ignored_for_15_minutes_after_five_passwords_from_unfamiliar_addresses() {
        let familiar = Familiar::new();
        let right = passwords(&familiar, ALICE, NO_HINT, false).next().unwrap();
        familiar.note(&from(1, ALICE), &right);
        let wrong = passwords(&familiar, ALICE, familiar.hint(ALICE, &right), false).next().unwrap();
        let rank = |last, password| familiar.rank(&from(last, ALICE), password);
        let ranks = [&wrong, &wrong, &wrong, &right, &right, &right].map(|password| rank(2, password));
        let (likely, stranger) = (Rank::Likely, Rank::Stranger);
        assert_eq!(ranks, [stranger, stranger, stranger, likely, likely, stranger]);
        assert_eq!(rank(1, &right), Rank::Familiar, "at home nothing changes");
        tokio::time::advance(HINT_PERIOD).await;
        assert_eq!(rank(2, &right), likely);
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_passwords_match_the_hint_equally_rarely_for_existing_and_unknown_accounts() {
        let familiar = Familiar::new();
        familiar.note(&from(1, ALICE), "right");
        for account in [ALICE, "nobody@example.com"] {
            let guesses = (0..25_600).map(|number| familiar.rank(&from(2, account), &number.to_string()));
            let likely = guesses.filter(|rank| *rank == Rank::Likely).count();
            // The expected number is 100, with a standard deviation of 10.
            assert!((20..180).contains(&likely), "{likely} of the guesses for {account}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_has_a_limited_number_of_familiar_addresses_and_the_newest_are_kept() {
        let familiar = Familiar::new();
        for last in 0..=8 {
            familiar.note(&from(last, ALICE), "right");
        }
        assert!(!familiar.knows(&from(0, ALICE)));
        assert!((1..=8).all(|last| familiar.knows(&from(last, ALICE))));
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_with_the_oldest_sign_in_is_forgotten_first() {
        let familiar = Familiar::new();
        familiar.note(&from(1, ALICE), "right");
        tokio::time::advance(Duration::from_secs(1)).await;
        for number in 0..MAX_ACCOUNTS {
            familiar.note(&from(1, &format!("user{number}@example.com")), "right");
        }
        assert!(!familiar.knows(&from(1, ALICE)));
        assert_eq!(lock(&familiar.accounts).len(), MAX_ACCOUNTS);
    }
}
