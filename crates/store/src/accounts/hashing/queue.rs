//! The passwords that wait to be hashed, and which of them is next.

use super::origin::{Origin, Party};
use super::turns::Turns;

/// The maximum number of jobs that wait in each rank. At 30 milliseconds each, 64 jobs take two seconds on one thread,
/// or eight if the other ranks are full too. Clients wait that long.
pub(super) const MAX_WAITING: usize = 64;

/// How likely a password is to be right, before it is checked. The best rank comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::accounts) enum Rank {
    /// The account has signed in from this address lately. The operator's own passwords have this rank too.
    Familiar,
    /// The account has not, but the password resembles its last right one.
    Likely,
    /// Nothing is known.
    Stranger,
}

impl Rank {
    const ALL: [Self; 3] = [Self::Familiar, Self::Likely, Self::Stranger];
}

/// The ranks that are preferred, one after the other. Each rank is preferred from time to time, so that no rank can keep
/// another one waiting forever. If no job of the preferred rank waits, the best rank with jobs is next.
const PREFERRED: [Rank; 4] = [Rank::Familiar, Rank::Likely, Rank::Familiar, Rank::Stranger];

/// A job that waits.
pub(super) trait Waiting {
    /// Returns whether nobody waits for its result any more.
    fn is_abandoned(&self) -> bool;
}

/// The jobs that wait, in three ranks. Within a rank, the networks, addresses and accounts take turns.
#[derive(Debug)]
pub(super) struct Queue<T> {
    familiar: Turns<Party, T>,
    likely: Turns<Party, T>,
    strangers: Turns<Party, T>,
    /// The number of jobs that have arrived.
    arrived: u64,
    /// The position in [`PREFERRED`].
    next: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { familiar: Turns::default(), likely: Turns::default(), strangers: Turns::default(), arrived: 0, next: 0 }
    }
}

impl<T: Waiting> Queue<T> {
    /// Adds a job. If its rank is full, removes jobs that are abandoned. If it is still full, returns the newest job of
    /// the network, address and account that have the most jobs of this rank. That can be the added job itself.
    pub(super) fn push(&mut self, rank: Rank, origin: &Origin, job: T) -> Option<T> {
        let arrival = self.arrived;
        self.arrived += 1;
        let turns = self.of(rank);
        turns.push(&origin.parties(), arrival, job);
        if turns.len() > MAX_WAITING {
            turns.retain(&|job| !job.is_abandoned());
        }
        if turns.len() > MAX_WAITING { turns.displace() } else { None }
    }

    /// Removes the job that is next. It can be abandoned.
    pub(super) fn pop(&mut self) -> Option<T> {
        let preferred = PREFERRED.get(self.next).copied();
        let job = preferred.into_iter().chain(Rank::ALL).find_map(|rank| self.of(rank).pop())?;
        self.next = (self.next + 1) % PREFERRED.len();
        Some(job)
    }

    const fn of(&mut self, rank: Rank) -> &mut Turns<Party, T> {
        match rank {
            Rank::Familiar => &mut self.familiar,
            Rank::Likely => &mut self.likely,
            Rank::Stranger => &mut self.strangers,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::HashSet;
    use std::rc::Rc;

    use super::*;

    /// A job with a number, and whether its caller is gone.
    #[derive(Clone, Debug, Default)]
    struct Job(usize, Rc<Cell<bool>>);

    impl Waiting for Job {
        fn is_abandoned(&self) -> bool {
            self.1.get()
        }
    }

    fn job(number: usize) -> Job {
        Job(number, Rc::default())
    }

    fn origin(address: [u8; 4], account: usize) -> Origin {
        Origin::new(address.into(), &format!("user{account}@example.com"))
    }

    /// Pushes jobs 0 to `count` - 1 of strangers with this origin. Returns the numbers of the displaced jobs.
    fn flood(queue: &mut Queue<Job>, count: usize, origin: impl Fn(usize) -> Origin) -> Vec<usize> {
        (0..count)
            .filter_map(|number| queue.push(Rank::Stranger, &origin(number), job(number)))
            .map(|job| job.0)
            .collect()
    }

    const ATTACKER: [u8; 4] = [127, 0, 0, 1];
    const ELSEWHERE: [u8; 4] = [192, 0, 2, 1];

    #[test]
    fn a_stranger_waits_for_one_of_two_hundred_jobs_of_another_address() {
        let mut queue = Queue::default();
        let displaced = flood(&mut queue, 200, |number| origin(ATTACKER, number % 10));
        assert_eq!(displaced.len(), 200 - MAX_WAITING);
        assert!(queue.push(Rank::Stranger, &origin(ELSEWHERE, 0), job(999)).is_some_and(|displaced| displaced.0 < 200));
        assert_eq!([queue.pop().unwrap().0, queue.pop().unwrap().0], [0, 999]);
    }

    #[test]
    fn another_account_of_the_same_address_waits_for_one_job_of_each_account() {
        let mut queue = Queue::default();
        flood(&mut queue, 200, |number| origin(ATTACKER, number % 10));
        assert!(queue.push(Rank::Stranger, &origin(ATTACKER, 77), job(999)).is_some_and(|displaced| displaced.0 < 200));
        let before = std::iter::from_fn(|| queue.pop()).position(|job| job.0 == 999);
        assert_eq!(before, Some(10));
    }

    #[test]
    fn a_network_full_of_attackers_is_one_party() {
        let mut queue = Queue::default();
        // A whole network of 16 bits.
        flood(&mut queue, 40_000, |number| {
            let [.., high, low] = number.to_be_bytes();
            origin([10, 9, high, low], number)
        });
        queue.push(Rank::Stranger, &origin(ELSEWHERE, 0), job(99_999));
        assert_eq!([queue.pop().unwrap().0, queue.pop().unwrap().0], [0, 99_999]);
    }

    #[test]
    fn familiar_and_likely_passwords_pass_a_full_queue_of_strangers_from_everywhere() {
        let mut queue = Queue::default();
        let everywhere = |number: usize| {
            let [.., high, low] = number.to_be_bytes();
            origin([high, low, 1, 1], number)
        };
        let displaced = flood(&mut queue, 40_000, everywhere);
        assert_eq!(displaced, (MAX_WAITING..40_000).collect::<Vec<_>>(), "those who already wait keep their places");
        assert!(queue.push(Rank::Familiar, &origin(ELSEWHERE, 0), job(99_998)).is_none());
        assert!(queue.push(Rank::Likely, &origin(ELSEWHERE, 1), job(99_999)).is_none());
        assert_eq!([queue.pop().unwrap().0, queue.pop().unwrap().0], [99_998, 99_999]);
    }

    #[test]
    fn no_rank_keeps_another_one_waiting() {
        let mut queue = Queue::default();
        for number in 0..MAX_WAITING {
            queue.push(Rank::Familiar, &origin([number.to_be_bytes()[7], 0, 0, 1], number), job(number));
            queue.push(Rank::Likely, &origin(ELSEWHERE, number), job(100 + number));
        }
        queue.push(Rank::Stranger, &origin(ELSEWHERE, 0), job(999));
        let first: HashSet<_> = (0..PREFERRED.len()).map(|_| queue.pop().unwrap().0).collect();
        assert_eq!(first, HashSet::from([0, 1, 100, 999]));
    }

    #[test]
    fn abandoned_jobs_leave_before_any_other_is_displaced() {
        let mut queue = Queue::default();
        let abandoned = job(500);
        queue.push(Rank::Stranger, &origin(ELSEWHERE, 0), abandoned.clone());
        assert!(flood(&mut queue, MAX_WAITING - 1, |number| origin(ATTACKER, number)).is_empty());
        abandoned.1.set(true);
        assert!(queue.push(Rank::Stranger, &origin(ATTACKER, 999), job(999)).is_none());
        assert!(queue.push(Rank::Stranger, &origin(ATTACKER, 1000), job(1000)).is_some_and(|job| job.0 == 1000));
    }
}
