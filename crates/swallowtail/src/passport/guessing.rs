//! Slows down who guesses passwords (docs/protocol/security.md section 3).
//!
//! Wrong passwords are counted by account, whether it exists or not, and by address. Attempts on an account that has too many take turns, with
//! a pause before each that doubles up to a minute; an address that has too many hears 503. Nobody can lock somebody else out for good: an
//! address from which the account has signed in lately does not wait, and a ticket that was given goes on working.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::net::counted_address;
use crate::sync::lock;

/// How long a wrong password counts.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// The first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long an address is known as one of an account's own.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 3600);
/// Below so many entries there is nothing to gain from looking for old ones.
const SWEEP_FROM: usize = 1024;
/// The most accounts and addresses that are remembered; then the oldest knowledge is not worth its memory (some 20 MiB).
const MOST: usize = 100_000;

/// The wrong passwords of late.
#[derive(Debug)]
pub struct Guessing {
    per_account: usize,
    per_address: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accounts: HashMap<String, Account>,
    addresses: HashMap<IpAddr, VecDeque<Instant>>,
    /// Addresses from which an account has signed in.
    known: HashMap<(String, IpAddr), Instant>,
    /// The size at which what is over is thrown out next.
    sweep_at: usize,
}

#[derive(Debug)]
struct Account {
    wrong: VecDeque<Instant>,
    /// When the next attempt may be made.
    next: Instant,
}

/// What is to be done with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Make it after this pause.
    After(Duration),
    /// Too many others wait already: it is as good as wrong.
    Never,
}

impl Guessing {
    /// Nobody has guessed yet. The numbers are those of the settings.
    #[must_use]
    pub fn new(per_account: usize, per_address: usize) -> Self {
        Self { per_account, per_address, state: Mutex::default() }
    }

    /// Whether an address has had too many wrong passwords.
    pub(super) fn refuses(&self, address: IpAddr) -> bool {
        let now = Instant::now();
        let mut state = lock(&self.state);
        let wrong = state.addresses.get_mut(&counted_address(address)).map_or(0, |wrong| fresh(wrong, now));
        wrong >= self.per_address
    }

    /// When an attempt on `account` may be made from `address`.
    pub(super) fn turn(&self, account: &str, address: IpAddr) -> Turn {
        let now = Instant::now();
        let mut state = lock(&self.state);
        let key = (account.to_owned(), counted_address(address));
        if state.known.get(&key).is_some_and(|at| now.duration_since(*at) < KNOWN) {
            return Turn::After(Duration::ZERO);
        }
        let Some(known) = state.accounts.get_mut(account) else { return Turn::After(Duration::ZERO) };
        let over = fresh(&mut known.wrong, now).checked_sub(self.per_account);
        let Some(over) = over else { return Turn::After(Duration::ZERO) };
        let doublings = u32::try_from(over).unwrap_or(u32::MAX).min(6);
        let pause = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
        let start = known.next.max(now) + pause;
        if start.duration_since(now) > LONGEST_PAUSE {
            return Turn::Never;
        }
        known.next = start;
        Turn::After(start.duration_since(now))
    }

    /// The password was wrong.
    pub(super) fn wrong(&self, account: &str, address: IpAddr) {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.sweep(now);
        let of_address = state.addresses.entry(counted_address(address)).or_default();
        push(of_address, now, self.per_address);
        let of_account = state.accounts.entry(account.to_owned());
        let of_account = of_account.or_insert_with(|| Account { wrong: VecDeque::new(), next: now });
        // Ten more than are free are as good as all of them.
        push(&mut of_account.wrong, now, self.per_account + 10);
    }

    /// The password was right.
    pub(super) fn right(&self, account: &str, address: IpAddr) {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.sweep(now);
        state.known.insert((account.to_owned(), counted_address(address)), now);
    }
}

/// How many of these still count; the others are thrown out.
fn fresh(wrong: &mut VecDeque<Instant>, now: Instant) -> usize {
    while wrong.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
        wrong.pop_front();
    }
    wrong.len()
}

fn push(wrong: &mut VecDeque<Instant>, now: Instant, most: usize) {
    wrong.push_back(now);
    if wrong.len() > most.max(1) {
        wrong.pop_front();
    }
}

impl State {
    /// Throws out what is over, whenever there is twice as much as after the last time: in all no more work than putting it in was.
    fn sweep(&mut self, now: Instant) {
        let size = |state: &Self| state.accounts.len() + state.addresses.len() + state.known.len();
        if size(self) < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        let is_fresh = |wrong: &VecDeque<Instant>| wrong.back().is_some_and(|at| now.duration_since(*at) < WINDOW);
        self.accounts.retain(|_, account| is_fresh(&account.wrong));
        self.addresses.retain(|_, wrong| is_fresh(wrong));
        self.known.retain(|_, at| now.duration_since(*at) < KNOWN);
        if size(self) > MOST {
            *self = Self::default();
        }
        self.sweep_at = size(self) * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "alice@example.com";

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn after(seconds: u64) -> Turn {
        Turn::After(Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_on_an_account_take_turns_with_growing_pauses() {
        let guessing = Guessing::new(5, 20);
        for last in 0..4 {
            guessing.wrong(ALICE, address(last));
        }
        assert_eq!(guessing.turn(ALICE, address(9)), after(0));
        guessing.wrong(ALICE, address(4));
        // At once: each waits for the one before.
        assert_eq!(guessing.turn(ALICE, address(9)), after(1));
        assert_eq!(guessing.turn(ALICE, address(9)), after(2));
        guessing.wrong(ALICE, address(5));
        assert_eq!(guessing.turn(ALICE, address(9)), after(4));
        for last in 6..20 {
            guessing.wrong(ALICE, address(last));
        }
        assert_eq!(guessing.turn(ALICE, address(9)), Turn::Never, "another 60 s after those 4");
        assert_eq!(guessing.turn("bob@example.com", address(9)), after(0));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(guessing.turn(ALICE, address(9)), after(60));
        tokio::time::advance(WINDOW).await;
        assert_eq!(guessing.turn(ALICE, address(9)), after(0));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_can_lock_out_an_account_where_it_is_at_home() {
        let guessing = Guessing::new(5, 20);
        guessing.right(ALICE, address(1));
        for last in 10..60 {
            guessing.wrong(ALICE, address(last));
        }
        assert_eq!(guessing.turn(ALICE, address(1)), after(0));
        assert_ne!(guessing.turn(ALICE, address(2)), after(0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_with_too_many_wrong_passwords_is_refused_for_a_quarter_of_an_hour() {
        let guessing = Guessing::new(5, 3);
        for number in 0..3 {
            assert!(!guessing.refuses(address(1)));
            guessing.wrong(&format!("{number}@example.com"), address(1));
        }
        assert!(guessing.refuses(address(1)) && !guessing.refuses(address(2)));
        tokio::time::advance(WINDOW).await;
        assert!(!guessing.refuses(address(1)));
        assert!(Guessing::new(5, 0).refuses(address(1)), "none are allowed");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_forgotten() {
        let guessing = Guessing::new(5, 20);
        // With the one address so many entries.
        for number in 1..SWEEP_FROM {
            guessing.wrong(&format!("{number}@example.com"), address(1));
        }
        tokio::time::advance(WINDOW).await;
        guessing.wrong(ALICE, address(1));
        assert_eq!(lock(&guessing.state).accounts.len(), 1);
    }
}
