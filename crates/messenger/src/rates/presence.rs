//! Limits the bytes of presence that an account makes the server send. One short command of a
//! client causes a line for each of the account's watchers (the accounts that have it on FL), so it
//! is not enough to limit the number of commands.

use std::collections::HashMap;

use msnp::Handle;
use swallowtail_config::{Budget, RateLimits};
use tokio::time::Instant;

use super::Sweep;
use crate::net::Bucket;

/// The number of bytes that are charged for each line in addition to its long parts. These bytes
/// stand for the short words of the line, and for the work of waking the receiver.
const LINE: usize = 256;

/// The budgets of the accounts that have changed their presence lately.
#[derive(Debug, Default)]
pub(super) struct PresenceBudgets {
    left: HashMap<Handle, Left>,
    sweep: Sweep,
}

/// The bytes of presence lines that an account may still make the server send.
#[derive(Debug)]
struct Left {
    /// The budget for the lines to a single watcher. One such budget is enough for all watchers,
    /// because all watchers receive the same lines.
    each: Bucket,
    /// The budget for the lines to all watchers together.
    total: Bucket,
}

impl PresenceBudgets {
    /// Charges the budgets of `account` for a change of its presence. Returns `false` and charges
    /// nothing if one of these budgets is spent.
    pub(super) fn admit(&mut self, limits: &RateLimits, account: &Handle, bytes: usize, watchers: usize) -> bool {
        let now = Instant::now();
        if self.sweep.is_due(self.left.len()) {
            self.left.retain(|_, left| !left.is_full(now));
            self.sweep.done(self.left.len());
        }
        let left = self.left.entry(account.clone()).or_insert_with(|| Left::new(limits));
        let (each, total) = (cost(bytes, 1), cost(bytes, watchers));
        let admitted = left.each.can_pay(each, now) && left.total.can_pay(total, now);
        if admitted {
            left.each.charge(each, now);
            left.total.charge(total, now);
        }
        admitted
    }
}

impl Left {
    fn new(limits: &RateLimits) -> Self {
        let bucket = |budget: Budget| Bucket::new(budget.burst, budget.per_second);
        Self { each: bucket(limits.presence), total: bucket(limits.presence_in_total) }
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.each.is_full(now) && self.total.is_full(now)
    }
}

fn cost(bytes: usize, watchers: usize) -> f64 {
    let cost = bytes.saturating_add(LINE).saturating_mul(watchers);
    f64::from(u32::try_from(cost).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn account(number: usize) -> Handle {
        Handle::parse(&format!("a{number}@example.com")).unwrap()
    }

    /// Returns how many changes of this length an account with this number of watchers may make at
    /// the same time.
    fn burst(bytes: usize, watchers: usize) -> usize {
        let (mut budgets, limits) = (PresenceBudgets::default(), RateLimits::default());
        (0..10_000).take_while(|_| budgets.admit(&limits, &account(1), bytes, watchers)).count()
    }

    #[tokio::test(start_paused = true)]
    async fn the_cost_of_a_presence_change_depends_on_its_bytes_and_on_the_number_of_receivers() {
        assert_eq!(burst(4096, 1), 30, "long personal messages");
        assert_eq!(burst(6000, 1), 20, "long pictures");
        assert_eq!(burst(0, 1), 512);
        assert_eq!(burst(0, 1000), 131);
        assert_eq!(burst(4096, 1000), 7);
        assert_eq!(burst(0, 0), 512, "a change that nobody sees costs the server work too");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_shows_a_new_song_each_second_to_a_thousand_watchers_is_never_refused() {
        let (mut budgets, limits) = (PresenceBudgets::default(), RateLimits::default());
        for _ in 0..600 {
            assert!(budgets.admit(&limits, &account(1), 600, 1000));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_spent_budget_refills_and_does_not_affect_other_accounts() {
        let (mut budgets, limits) = (PresenceBudgets::default(), RateLimits::default());
        let mut change = |account: &Handle| budgets.admit(&limits, account, 6000, 1);
        while change(&account(1)) {}
        assert!(change(&account(2)));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(change(&account(1)));
        assert!(!change(&account(1)), "2 KiB a second");
    }

    #[tokio::test(start_paused = true)]
    async fn budgets_that_are_full_again_are_removed() {
        let (mut budgets, limits) = (PresenceBudgets::default(), RateLimits::default());
        for number in 0..Sweep::MIN_LEN {
            budgets.admit(&limits, &account(number), 0, 1);
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        budgets.admit(&limits, &account(0), 0, 1);
        assert_eq!(budgets.left.len(), 1);
    }
}
