//! Slows down the guessing of passwords (docs/protocol/security.md section 3).
//!
//! Wrong passwords are counted by address and by account, even if the account does not exist. If
//! there are too many wrong passwords for an account, attempts on that account take turns, and the
//! pause before each attempt doubles, up to a minute. If there are too many wrong passwords from an
//! address, that address gets 503. An attacker who sends wrong passwords cannot lock a user out of
//! an account, because attempts from an address that recently signed in to the account are not
//! delayed (the caller says which addresses these are). Tickets that were already issued stay
//! valid.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use swallowtail_base::lock;
use swallowtail_messenger::rates::{Sweep, Window};
use swallowtail_store::accounts::Origin;
use tokio::time::Instant;

/// The time for which a wrong password counts.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// The pause before the first attempt that is delayed.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The number of times that the pause doubles until it reaches [`LONGEST_PAUSE`].
const MAX_DOUBLINGS: usize = 6;
/// The maximum number of entries for accounts and addresses, about 20 MiB. If there are more
/// entries, the server removes all of them. An attacker who wants to cause this has to make the
/// server compute that many password hashes. Computing these hashes takes longer than guessing
/// passwords with the pauses. An attempt whose password is not checked leaves no entry.
const MAX_ENTRIES: usize = 100_000;

/// The recent wrong passwords.
#[derive(Debug)]
pub(crate) struct Guessing {
    per_account: usize,
    per_address: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accounts: HashMap<String, Account>,
    addresses: HashMap<IpAddr, Window>,
    sweep: Sweep,
}

#[derive(Debug)]
struct Account {
    wrong: Window,
    /// The time from which the next attempt may be made.
    next: Instant,
}

/// True if an attempt was counted for its account. After the pause has reached [`LONGEST_PAUSE`],
/// attempts are no longer counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted(bool);

/// The decision about an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The attempt can be made after this pause.
    After(Duration, Counted),
    /// Too many other attempts are waiting. The server answers this attempt like a wrong password.
    Never,
    /// The address has sent too many wrong passwords.
    Refused,
}

impl Guessing {
    /// Creates empty counts of wrong passwords. The two arguments are the limits from the settings.
    #[must_use]
    pub(crate) fn new(per_account: usize, per_address: usize) -> Self {
        Self { per_account, per_address, state: Mutex::default() }
    }

    /// Decides when an attempt may be made. `is_familiar` says whether the account has signed in from this address
    /// lately.
    ///
    /// The account's count includes the attempt immediately, until [`Self::take_back`] removes it.
    /// Otherwise many simultaneous attempts would all count as the first one. The address's count
    /// includes the attempt only after the password turned out to be wrong. Otherwise a whole
    /// office behind one address could not sign in at the same time after a restart. The limit on
    /// connections per address also limits simultaneous attempts.
    pub(super) fn turn(&self, origin: &Origin, is_familiar: bool) -> Turn {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.sweep(now);
        let of_address = state.addresses.get_mut(&origin.address()).map_or(0, |wrong| wrong.count(now));
        if of_address >= self.per_address {
            return Turn::Refused;
        }
        let of_account = state.accounts.entry(origin.account().to_owned());
        let of_account = of_account.or_insert_with(|| Account { wrong: Window::default(), next: now });
        let wrong = of_account.wrong.count(now);
        let over = wrong.checked_sub(self.per_account);
        let counted = Counted(wrong < self.per_account + MAX_DOUBLINGS);
        if counted.0 {
            of_account.wrong.note(now, WINDOW);
        }
        match over {
            Some(over) if !is_familiar => match of_account.wait(over, now) {
                Some(pause) => Turn::After(pause, counted),
                None => Turn::Never,
            },
            _ => Turn::After(Duration::ZERO, counted),
        }
    }

    /// Notes that a password from the address was wrong.
    pub(super) fn wrong(&self, origin: &Origin) {
        let mut state = lock(&self.state);
        state.addresses.entry(origin.address()).or_default().note(Instant::now(), WINDOW);
    }

    /// Removes an attempt from the account's count, because the password was correct or could not
    /// be checked.
    pub(super) fn take_back(&self, origin: &Origin, counted: Counted) {
        let mut state = lock(&self.state);
        if counted.0
            && let Entry::Occupied(mut of_account) = state.accounts.entry(origin.account().to_owned())
        {
            of_account.get_mut().wrong.take_back();
            let now = Instant::now();
            if of_account.get().wrong.is_over(now) && of_account.get().next <= now {
                of_account.remove();
            }
        }
    }
}

impl Account {
    /// Returns how long the next attempt has to wait. `over` is the number of wrong passwords above the limit. Returns
    /// `None` if the wait is longer than [`LONGEST_PAUSE`].
    fn wait(&mut self, over: usize, now: Instant) -> Option<Duration> {
        let pause = (FIRST_PAUSE * (1 << over.min(MAX_DOUBLINGS))).min(LONGEST_PAUSE);
        let start = self.next.max(now) + pause;
        if start.duration_since(now) > LONGEST_PAUSE {
            return None;
        }
        self.next = start;
        Some(start.duration_since(now))
    }
}

impl State {
    /// If [`Sweep`] says that a cleaning is due, removes the entries that no longer count. If more
    /// than [`MAX_ENTRIES`] entries are then left, removes all entries.
    fn sweep(&mut self, now: Instant) {
        let size = |state: &Self| state.accounts.len() + state.addresses.len();
        if !self.sweep.is_due(size(self)) {
            return;
        }
        self.accounts.retain(|_, account| !account.wrong.is_over(now));
        self.addresses.retain(|_, wrong| !wrong.is_over(now));
        if size(self) > MAX_ENTRIES {
            *self = Self::default();
        }
        self.sweep.done(size(self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "alice@example.com";

    fn from(last: u8, account: &str) -> Origin {
        Origin::new(IpAddr::from([192, 0, 2, last]), account)
    }

    impl Guessing {
        /// Decides about an attempt on Alice's account from an address that is not familiar.
        fn turn_of(&self, last: u8) -> Turn {
            self.turn(&from(last, ALICE), false)
        }
    }

    const COUNTED: Counted = Counted(true);

    fn after(seconds: u64) -> Turn {
        Turn::After(Duration::from_secs(seconds), COUNTED)
    }

    #[tokio::test(start_paused = true)]
    async fn simultaneous_password_attempts_for_one_account_are_separated_by_growing_pauses() {
        let guessing = Guessing::new(5, 20);
        for last in 0..5 {
            assert_eq!(guessing.turn_of(last), after(0));
        }
        // Simultaneous attempts wait for each other: 1 s, then 2 s more, then 4 s more ...
        assert_eq!([5, 6, 7, 8].map(|last| guessing.turn_of(last)), [after(1), after(3), after(7), after(15)]);
        assert_eq!(guessing.turn_of(9), after(31));
        assert_eq!(guessing.turn_of(10), Turn::Never, "it would wait 63 s, which is too long");
        assert_eq!(guessing.turn(&from(9, "bob@example.com"), false), after(0));
        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(guessing.turn_of(11), Turn::After(LONGEST_PAUSE, Counted(false)));
        tokio::time::advance(WINDOW).await;
        assert_eq!(guessing.turn_of(9), after(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_correct_password_does_not_count_as_a_failed_attempt() {
        let guessing = Guessing::new(1, 1);
        for _ in 0..10 {
            assert_eq!(guessing.turn_of(1), after(0));
            guessing.take_back(&from(1, ALICE), COUNTED);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_from_other_addresses_do_not_delay_familiar_addresses() {
        let guessing = Guessing::new(5, 20);
        for last in 10..60 {
            guessing.turn_of(last);
        }
        // The number of attempts that count for Alice's account is at its maximum. At the maximum,
        // further attempts are not counted, and a correct password does not lower the number.
        // Therefore Alice's own sign-ins do not help an attacker.
        let alice = from(1, ALICE);
        for _ in 0..20 {
            let Turn::After(Duration::ZERO, counted) = guessing.turn(&alice, true) else { panic!("she waits") };
            assert_eq!(counted, Counted(false));
            guessing.take_back(&alice, counted);
        }
        assert_eq!(guessing.turn_of(2), Turn::Never);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_whose_password_was_not_checked_leaves_no_entry() {
        let guessing = Guessing::new(5, 20);
        assert_eq!(guessing.turn_of(1), after(0));
        guessing.take_back(&from(1, ALICE), COUNTED);
        assert!(lock(&guessing.state).accounts.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_with_too_many_wrong_passwords_is_refused_for_15_minutes() {
        let guessing = Guessing::new(5, 3);
        let turn = |number: u8, last| guessing.turn(&from(last, &format!("{number}@example.com")), false);
        assert_eq!(
            [1, 2, 3, 4, 5].map(|number| turn(number, 1)),
            [after(0); 5],
            "none of these passwords was wrong yet"
        );
        for _ in 0..3 {
            guessing.wrong(&from(1, ALICE));
        }
        assert_eq!(turn(6, 1), Turn::Refused);
        assert_eq!(turn(1, 2), after(0));
        tokio::time::advance(WINDOW).await;
        assert_eq!(turn(4, 1), after(0));
        assert_eq!(Guessing::new(5, 0).turn_of(1), Turn::Refused, "none are allowed");
    }

    #[tokio::test(start_paused = true)]
    async fn entries_that_no_longer_count_are_forgotten() {
        let guessing = Guessing::new(5, 20);
        for number in 0..Sweep::MIN_LEN {
            guessing.turn(&from(1, &format!("{number}@example.com")), false);
        }
        tokio::time::advance(WINDOW).await;
        guessing.turn_of(1);
        assert_eq!(lock(&guessing.state).accounts.len(), 1);
    }
}
