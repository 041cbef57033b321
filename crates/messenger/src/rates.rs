//! Limits on how often an account or an address may do things that cause work for others. An
//! account that exceeds a limit receives the error 800 or 713. An address that exceeds a limit has
//! to wait. Other clients notice nothing.
//!
//! In normal use, no client comes close to these limits. The server does not count the acts of
//! peers whose rates are not limited (`limits.exempt`).

mod presence;
mod window;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use msnp::Handle;
use tokio::time::Instant;

use presence::PresenceBudgets;
pub use window::{Sweep, Window};

use crate::net::counted_address;
use swallowtail_base::lock;
use swallowtail_config::{Allowance, Rate, RateLimits};

/// An act that the server counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// PRP MFN, or REA with the account's own handle. The server sends the new name to everyone who
    /// sees the account.
    ChangeName,
    /// PRP of a telephone number.
    ChangeNumber,
    /// Adding an account to FL, AL, BL or RL, or removing an account from one of them.
    ChangeLists(Handle),
    /// USR with a valid ticket.
    SignIn,
    /// XFR SB, which issues a cookie.
    OpenSwitchboard,
    /// ADC or ADD of an address without an account. Without a limit, a user could find out which addresses have an
    /// account (security.md section 3).
    AddUnknown,
    /// CAL, on any switchboard connection.
    Call,
    /// CAL to one account.
    Ring(Handle),
    /// USR with an invalid ticket.
    FailSignIn,
    /// Creating an account on the sign-up page.
    SignUp(Proximity),
    /// Sending the form of the sign-up page, whether or not this creates an account.
    TrySignUp(Proximity),
}

/// The kind of address that a sign-up comes from. The server also counts sign-ups from exempt addresses.
/// Otherwise, if sign-up is open to private networks, one visitor from such a network could fill the server with
/// accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proximity {
    /// An address that is not exempt.
    Far,
    /// An address that is exempt from the limits on all other acts. A whole school may share such
    /// an address.
    Near,
}

impl Proximity {
    /// Returns the factor by which the limits on sign-ups are multiplied.
    const fn factor(self) -> usize {
        match self {
            Self::Far => 1,
            Self::Near => 20,
        }
    }
}

/// The account or address for which an act is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// An account, on all its connections.
    Account(Handle),
    /// The address of a client, for acts before it signs in to an account.
    Address(IpAddr),
}

impl From<&Handle> for Actor {
    fn from(handle: &Handle) -> Self {
        Self::Account(handle.clone())
    }
}

impl From<IpAddr> for Actor {
    fn from(address: IpAddr) -> Self {
        Self::Address(counted_address(address))
    }
}

/// Counts the recent acts of accounts and addresses.
#[derive(Debug, Default)]
pub struct Rates {
    limits: RateLimits,
    recent: Mutex<Recent>,
    presence: Mutex<PresenceBudgets>,
}

#[derive(Debug, Default)]
struct Recent {
    /// The recent acts. Each window contains at most as many acts as the limit allows.
    done: HashMap<(Actor, Act), Window>,
    sweep: Sweep,
}

impl Rates {
    /// Creates a counter that has counted no acts.
    #[must_use]
    pub fn new(limits: RateLimits) -> Self {
        Self { limits, recent: Mutex::default(), presence: Mutex::default() }
    }

    /// Returns whether `actor` has reached the limit of an act. Does not count the act.
    pub fn is_over(&self, actor: impl Into<Actor>, act: Act) -> bool {
        let most = Limit::of(&self.limits, &act).most();
        let mut recent = lock(&self.recent);
        let done = recent.done.get_mut(&(actor.into(), act));
        done.map_or(0, |window| window.count(Instant::now())) >= most
    }

    /// Counts an act of `actor`. Returns `false` without counting it if the limit is reached.
    pub fn admit(&self, actor: impl Into<Actor>, act: Act) -> bool {
        self.admit_or_when(actor, act).is_ok()
    }

    /// Counts an act of `actor`. If the limit is reached, does not count the act, and returns the
    /// time at which the caller can try again. The second call can fail too, because another act of
    /// the same kind may be counted before that call.
    ///
    /// # Errors
    /// If the limit is reached, returns the time at which the earliest counted act stops counting.
    pub fn admit_or_when(&self, actor: impl Into<Actor>, act: Act) -> Result<(), Instant> {
        let limit = Limit::of(&self.limits, &act);
        let now = Instant::now();
        let mut recent = lock(&self.recent);
        recent.sweep(now);
        let done = recent.done.entry((actor.into(), act)).or_default();
        if done.count(now) < limit.most() {
            limit.note(done, now);
            return Ok(());
        }
        Err(done.earliest().unwrap_or_else(|| now + limit.span()))
    }

    /// Charges an account for a change that sends a line of presence to each of its `watchers`.
    /// `bytes` is the length of the parts of the line that may be long. Returns `false` and charges
    /// nothing if the account has spent one of its budgets.
    pub fn admit_presence(&self, account: &Handle, bytes: usize, watchers: usize) -> bool {
        lock(&self.presence).admit(&self.limits, account, bytes, watchers)
    }
}

/// The limit of an act.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// A maximum number of acts in any period of a given length.
    Rate(Rate),
    /// A burst that refills over time.
    Allowance(Allowance),
}

impl Limit {
    /// Returns the limit of an act.
    const fn of(limits: &RateLimits, act: &Act) -> Self {
        let rate = match act {
            Act::ChangeName => limits.name_changes,
            Act::ChangeNumber => limits.number_changes,
            Act::ChangeLists(_) => limits.list_changes,
            Act::SignIn => limits.sign_ins,
            Act::OpenSwitchboard => limits.switchboards,
            Act::AddUnknown => return Self::Allowance(limits.unknown_accounts),
            Act::Call => limits.calls,
            Act::Ring(_) => limits.rings,
            Act::FailSignIn => limits.failed_sign_ins,
            Act::SignUp(proximity) => times(limits.sign_ups, *proximity),
            Act::TrySignUp(proximity) => times(limits.sign_up_attempts, *proximity),
        };
        Self::Rate(rate)
    }

    const fn most(self) -> usize {
        match self {
            Self::Rate(rate) => rate.most,
            Self::Allowance(allowance) => allowance.most,
        }
    }

    /// Returns how long a single act counts.
    const fn span(self) -> Duration {
        match self {
            Self::Rate(rate) => rate.span,
            Self::Allowance(allowance) => allowance.refill,
        }
    }

    fn note(self, done: &mut Window, now: Instant) {
        match self {
            Self::Rate(rate) => done.note(now, rate.span),
            Self::Allowance(allowance) => done.note_after_others(now, allowance.refill),
        }
    }
}

/// Returns `rate` with its number of acts multiplied by the factor of `proximity`.
const fn times(rate: Rate, proximity: Proximity) -> Rate {
    Rate { most: rate.most.saturating_mul(proximity.factor()), span: rate.span }
}

impl Recent {
    /// Removes entries that no longer count, if a sweep is due.
    fn sweep(&mut self, now: Instant) {
        if self.sweep.is_due(self.done.len()) {
            self.done.retain(|_, done| !done.is_over(now));
            self.sweep.done(self.done.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(number: usize) -> Handle {
        Handle::parse(&format!("a{number}@example.com")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_act_is_refused_if_it_exceeds_the_limit_for_a_period() {
        let rates = Rates::default();
        let change = || rates.admit(&handle(1), Act::ChangeName);
        assert_eq!([change(), change(), change(), change(), change(), change()], [true, true, true, true, true, false]);
        assert!(rates.admit(&handle(2), Act::ChangeName), "another account");
        assert!(rates.admit(&handle(1), Act::Call), "another act");
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(change());
    }

    #[tokio::test(start_paused = true)]
    async fn an_act_over_the_limit_may_be_tried_again_when_the_earliest_act_no_longer_counts() {
        let rates = Rates::default();
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let sign_in = || rates.admit_or_when(&handle(1), Act::SignIn);
        for _ in 0..10 {
            assert_eq!(sign_in(), Ok(()));
            tokio::time::advance(second / 2).await;
        }
        assert_eq!(sign_in(), Err(start + second * 10));
        tokio::time::advance(second * 5).await;
        assert_eq!([sign_in(), sign_in()], [Ok(()), Err(start + second * 21 / 2)]);
        let limits = RateLimits { sign_ins: Rate { most: 0, span: second }, ..RateLimits::default() };
        assert_eq!(Rates::new(limits).admit_or_when(&handle(1), Act::SignIn), Err(Instant::now() + second));
    }

    #[tokio::test(start_paused = true)]
    async fn an_allowance_permits_a_burst_and_then_refills() {
        let refill = Duration::from_secs(120);
        let limits = RateLimits { unknown_accounts: Allowance { most: 3, refill }, ..RateLimits::default() };
        let rates = Rates::new(limits);
        let add = || rates.admit(&handle(1), Act::AddUnknown);
        assert_eq!([add(), add(), add(), add()], [true, true, true, false]);
        tokio::time::advance(refill).await;
        assert!(!rates.is_over(&handle(1), Act::AddUnknown));
        assert_eq!([add(), add()], [true, false]);
        tokio::time::advance(refill * 10).await;
        assert_eq!([add(), add(), add(), add()], [true, true, true, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn entries_that_no_longer_count_are_removed() {
        let rates = Rates::default();
        for number in 0..Sweep::MIN_LEN {
            assert!(rates.admit(&handle(number), Act::Ring(handle(number + 1))));
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(rates.admit(&handle(0), Act::ChangeName));
        assert_eq!(lock(&rates.recent).done.len(), 1);
    }
}
