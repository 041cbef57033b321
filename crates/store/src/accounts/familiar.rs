//! What the server remembers about right passwords, so that it checks those of known people first when many wait.
//!
//! All of it is in memory, and only right passwords add to it.

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

/// How long an address counts as familiar after a sign-in to the account (security.md section 3).
const FAMILIAR: Duration = Duration::from_secs(30 * 24 * 3600);
/// The maximum number of familiar addresses of an account. More people than these share few accounts, and one account
/// must not fill the memory.
const MAX_ADDRESSES: usize = 8;
/// The maximum number of accounts that are remembered, about 8 MiB. The account that has not signed in for longest is
/// forgotten first.
const MAX_ACCOUNTS: usize = 20_000;
/// How many passwords in [`MISSES_COUNT`] may differ from the hint of their account. The hint is not used after them, so
/// guesses cannot be sorted out by it (security.md section 3).
const MAX_MISSES: u8 = 5;
/// How long a miss counts, at most.
const MISSES_COUNT: Duration = Duration::from_secs(15 * 60);

/// Remembers the addresses from which accounts have signed in, and a hint of the last right password of each account.
///
/// A hint is one byte of a keyed hash. So 255 of 256 wrong passwords differ from it, and somebody who can read the
/// memory of the server learns little from it about a password. The key is not stored anywhere.
pub(super) struct Familiar {
    key: Hmac<Sha256>,
    accounts: Mutex<HashMap<String, Known>>,
}

impl fmt::Debug for Familiar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Familiar").finish_non_exhaustive()
    }
}

/// What is known about an account that has signed in.
struct Known {
    /// The addresses with the times of the last sign-ins, oldest first. Never empty.
    addresses: VecDeque<(IpAddr, Instant)>,
    hint: u8,
    misses: u8,
    /// The time since which the misses are counted.
    since: Instant,
}

/// The hint of an account that is not remembered. Its passwords match as rarely as those of the others, so the order in
/// which passwords are checked does not reveal which accounts exist.
const NO_HINT: u8 = 0;

impl Familiar {
    /// Creates an empty memory with a new key.
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

    /// Returns how likely a password is to be right.
    pub(super) fn rank(&self, origin: &Origin, password: &str) -> Rank {
        let hint = self.hint(origin.account(), password);
        let now = Instant::now();
        let mut accounts = lock(&self.accounts);
        let is_likely = match accounts.get_mut(origin.account()) {
            Some(known) if known.has(origin.address(), now) => return Rank::Familiar,
            Some(known) => known.matches(hint, now),
            None => hint == NO_HINT,
        };
        if is_likely { Rank::Likely } else { Rank::Stranger }
    }

    /// Notes that a password was right.
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
        // No account contains a NUL.
        let hash = self.key.clone().chain_update(account).chain_update([0]).chain_update(password).finalize();
        hash.into_bytes().first().copied().unwrap_or(NO_HINT)
    }
}

impl Known {
    const fn new(now: Instant) -> Self {
        Self { addresses: VecDeque::new(), hint: NO_HINT, misses: 0, since: now }
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

    /// Returns whether a password has the hint. Counts it if not. Returns `false` if too many passwords had not.
    fn matches(&mut self, hint: u8, now: Instant) -> bool {
        if now.duration_since(self.since) >= MISSES_COUNT {
            self.misses = 0;
            self.since = now;
        }
        if self.misses >= MAX_MISSES {
            return false;
        }
        let is_match = hint == self.hint;
        self.misses += u8::from(!is_match);
        is_match
    }
}

/// Removes the account that has not signed in for longest.
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

    /// Returns passwords of an account whose hint is this one or not.
    fn passwords(familiar: &Familiar, account: &str, hint: u8, is_equal: bool) -> impl Iterator<Item = String> {
        let all = (0..).map(|number: u32| number.to_string());
        all.filter(move |password| (familiar.hint(account, password) == hint) == is_equal)
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_familiar_for_30_days_after_a_right_password_and_for_its_account_only() {
        let familiar = Familiar::new();
        familiar.note(&from(1, ALICE), "right");
        assert!(familiar.knows(&from(1, "Alice@Example.com")));
        assert_eq!(familiar.rank(&from(1, ALICE), "any"), Rank::Familiar);
        assert!(!familiar.knows(&from(2, ALICE)) && !familiar.knows(&from(1, "bob@example.com")));
        tokio::time::advance(FAMILIAR).await;
        assert!(!familiar.knows(&from(1, ALICE)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_right_password_is_likely_from_any_address() {
        let familiar = Familiar::new();
        familiar.note(&from(1, ALICE), "right");
        let hint = familiar.hint(ALICE, "right");
        let wrong = passwords(&familiar, ALICE, hint, false).next().unwrap();
        assert_eq!(familiar.rank(&from(2, ALICE), "right"), Rank::Likely);
        assert_eq!(familiar.rank(&from(2, ALICE), &wrong), Rank::Stranger);
    }

    #[tokio::test(start_paused = true)]
    async fn after_five_misses_the_hint_is_not_used_for_15_minutes() {
        let familiar = Familiar::new();
        familiar.note(&from(1, ALICE), "right");
        let hint = familiar.hint(ALICE, "right");
        for wrong in passwords(&familiar, ALICE, hint, false).take(MAX_MISSES.into()) {
            assert_eq!(familiar.rank(&from(2, ALICE), "right"), Rank::Likely);
            assert_eq!(familiar.rank(&from(2, ALICE), &wrong), Rank::Stranger);
        }
        assert_eq!(familiar.rank(&from(2, ALICE), "right"), Rank::Stranger);
        assert_eq!(familiar.rank(&from(1, ALICE), "right"), Rank::Familiar, "at home nothing changes");
        tokio::time::advance(MISSES_COUNT).await;
        assert_eq!(familiar.rank(&from(2, ALICE), "right"), Rank::Likely);
    }

    #[test]
    fn a_password_of_an_account_that_is_not_remembered_is_as_rarely_likely_as_a_wrong_one() {
        let familiar = Familiar::new();
        let likely = passwords(&familiar, ALICE, NO_HINT, true).next().unwrap();
        let other = passwords(&familiar, ALICE, NO_HINT, false).next().unwrap();
        assert_eq!(familiar.rank(&from(1, ALICE), &likely), Rank::Likely);
        assert_eq!(familiar.rank(&from(1, ALICE), &other), Rank::Stranger);
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_has_a_limited_number_of_addresses_and_the_newest_stay() {
        let familiar = Familiar::new();
        for last in 0..=8 {
            familiar.note(&from(last, ALICE), "right");
        }
        assert!(!familiar.knows(&from(0, ALICE)));
        assert!((1..=8).all(|last| familiar.knows(&from(last, ALICE))));
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_that_has_not_signed_in_for_longest_is_forgotten_first() {
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
