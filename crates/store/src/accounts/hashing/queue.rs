//! The passwords that wait to be hashed, and the order in which they are hashed.

use super::origin::{Origin, Party};
use super::turns::Turns;

/// The maximum number of waiting jobs of strangers ([`Rank::Stranger`]), however fast the threads
/// are. This maximum is higher than the maximum of the other ranks, because after a restart
/// everybody is a stranger, and many people sign in at the same time.
pub(super) const MAX_STRANGERS: usize = 256;
/// The maximum number of waiting jobs in each of the two better ranks, [`Rank::Familiar`] and
/// [`Rank::Likely`].
const MAX_KNOWN: usize = 64;

/// The likelihood that a password is correct, estimated before the server checks it. The best rank
/// comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::accounts) enum Rank {
    /// The account has lately signed in from the IP address that sent the password. Passwords that
    /// the operator sets have this rank too.
    Familiar,
    /// The account has not signed in from that IP address lately, but the password matches the hint
    /// of the account's last correct password. A hint is one byte of a keyed hash of a password
    /// (`accounts/familiar.rs`).
    Likely,
    /// Neither [`Self::Familiar`] nor [`Self::Likely`] applies.
    Stranger,
}

impl Rank {
    const ALL: [Self; 3] = [Self::Familiar, Self::Likely, Self::Stranger];
}

/// The preferred rank of each turn. After the last turn, the list starts again with its first turn.
/// The list contains every rank, so that no rank can keep another rank waiting forever. If no job
/// of the preferred rank waits, the next job comes from the best of the ranks in which jobs wait.
const PREFERRED: [Rank; 4] = [Rank::Familiar, Rank::Likely, Rank::Familiar, Rank::Stranger];
/// The number of recent jobs that determine each rank's share of the threads.
const RECENT: usize = 16;

/// The waiting jobs, in three ranks. Within a rank, the networks, addresses and accounts take
/// turns.
#[derive(Debug)]
pub(super) struct Queue<T> {
    familiar: Turns<Party, T>,
    likely: Turns<Party, T>,
    strangers: Turns<Party, T>,
    /// The number of jobs that have arrived.
    arrived: u64,
    /// The index of the next turn in [`PREFERRED`].
    next: usize,
    /// The ranks of the last [`RECENT`] jobs that [`Self::pop`] returned, oldest first.
    recent: [Rank; RECENT],
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            familiar: Turns::default(),
            likely: Turns::default(),
            strangers: Turns::default(),
            arrived: 0,
            next: 0,
            recent: [Rank::Stranger; RECENT],
        }
    }
}

/// A place in the queue.
#[derive(Debug)]
pub(super) struct Place {
    rank: Rank,
    parties: [Party; 4],
    arrival: u64,
}

impl<T> Queue<T> {
    /// Adds a job to `rank`. `room` is the number of jobs that the threads can do in the longest
    /// time that a job should wait. Each rank gets its share of `room`. As long as `rank` has more
    /// jobs than its share, this method also removes a job from `rank`. The method chooses the
    /// network that has the most jobs in `rank`, then the address with the most jobs in that
    /// network, and then the account with the most jobs at that address. It removes the newest job
    /// of that account, which can be the added job itself. Returns the place of the added job, and
    /// the removed jobs.
    pub(super) fn push(&mut self, rank: Rank, origin: &Origin, job: T, room: usize) -> (Place, Vec<T>) {
        let place = Place { rank, parties: origin.parties(), arrival: self.arrived };
        self.arrived += 1;
        let max = self.room_of(rank, room);
        let turns = self.of(rank);
        turns.push(&place.parties, place.arrival, job);
        // A share that has become smaller can displace many jobs.
        let excess = turns.len().saturating_sub(max);
        let displaced = (0..excess).filter_map(|_| turns.displace()).collect();
        (place, displaced)
    }

    /// Removes the job from its place, if the job is still there.
    pub(super) fn remove(&mut self, place: &Place) -> Option<T> {
        self.of(place.rank).remove(&place.parties, place.arrival)
    }

    /// Removes and returns the job that runs next.
    pub(super) fn pop(&mut self) -> Option<T> {
        let preferred = PREFERRED.get(self.next).copied();
        let (rank, job) = preferred.into_iter().chain(Rank::ALL).find_map(|rank| Some((rank, self.of(rank).pop()?)))?;
        self.next = (self.next + 1) % PREFERRED.len();
        self.recent.rotate_left(1);
        self.recent[RECENT - 1] = rank;
        Some(job)
    }

    /// Returns how many jobs of a rank may wait, which is the rank's share of `room`. The share is
    /// the larger of two: the rank's share of the recent jobs, and its share of [`PREFERRED`].
    fn room_of(&self, rank: Rank, room: usize) -> usize {
        let count = |ranks: &[Rank]| ranks.iter().filter(|other| **other == rank).count();
        let share = count(&self.recent).max(count(&PREFERRED) * RECENT / PREFERRED.len());
        let max = if rank == Rank::Stranger { MAX_STRANGERS } else { MAX_KNOWN };
        (room.saturating_mul(share) / RECENT).clamp(1, max)
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
    use std::collections::HashSet;

    use super::*;

    fn origin(address: [u8; 4], account: usize) -> Origin {
        Origin::new(address.into(), &format!("user{account}@example.com"))
    }

    /// A queue of numbered jobs.
    #[derive(Default)]
    struct Jobs(Queue<usize>);

    impl Jobs {
        /// Adds a job. Returns the number of the displaced job, if there is one.
        fn push(&mut self, rank: Rank, origin: &Origin, number: usize) -> Option<usize> {
            self.0.push(rank, origin, number, usize::MAX / 100).1.pop()
        }

        /// Adds jobs of strangers with the numbers 0 to `count` - 1. `origin` returns the origin of
        /// each number. Returns the numbers of the displaced jobs.
        fn flood(&mut self, count: usize, origin: impl Fn(usize) -> Origin) -> Vec<usize> {
            (0..count).filter_map(|number| self.push(Rank::Stranger, &origin(number), number)).collect()
        }

        fn next<const N: usize>(&mut self) -> [usize; N] {
            std::array::from_fn(|_| self.0.pop().unwrap())
        }
    }

    const ATTACKER: [u8; 4] = [127, 0, 0, 1];
    const ELSEWHERE: [u8; 4] = [192, 0, 2, 1];
    const FLOOD: usize = 1000;

    #[test]
    fn a_stranger_waits_for_only_one_of_the_thousand_jobs_that_another_address_has_queued() {
        let mut jobs = Jobs::default();
        let displaced = jobs.flood(FLOOD, |number| origin(ATTACKER, number % 10));
        assert_eq!(displaced.len(), FLOOD - MAX_STRANGERS);
        assert!(jobs.push(Rank::Stranger, &origin(ELSEWHERE, 0), 9999).is_some_and(|displaced| displaced < FLOOD));
        assert_eq!(jobs.next(), [0, 9999]);
    }

    #[test]
    fn an_account_at_a_flooding_address_waits_for_only_one_job_of_each_other_account_at_that_address() {
        let mut jobs = Jobs::default();
        jobs.flood(FLOOD, |number| origin(ATTACKER, number % 10));
        assert!(jobs.push(Rank::Stranger, &origin(ATTACKER, 77), 9999).is_some_and(|displaced| displaced < FLOOD));
        assert_eq!(jobs.next::<11>().iter().position(|number| *number == 9999), Some(10));
    }

    #[test]
    fn a_network_full_of_attackers_counts_as_one_party() {
        let mut jobs = Jobs::default();
        // All 40,000 addresses are in one /16 network.
        jobs.flood(40_000, |number| {
            let [.., high, low] = number.to_be_bytes();
            origin([10, 9, high, low], number)
        });
        jobs.push(Rank::Stranger, &origin(ELSEWHERE, 0), 99_999);
        assert_eq!(jobs.next(), [0, 99_999]);
    }

    #[test]
    fn familiar_and_likely_passwords_overtake_a_queue_full_of_strangers_from_many_networks() {
        let mut jobs = Jobs::default();
        let displaced = jobs.flood(40_000, |number| {
            let [.., high, low] = number.to_be_bytes();
            origin([high, low, 1, 1], number)
        });
        assert_eq!(displaced, (MAX_STRANGERS..40_000).collect::<Vec<_>>(), "those who already wait keep their places");
        assert_eq!(jobs.push(Rank::Familiar, &origin(ELSEWHERE, 0), 99_998), None);
        assert_eq!(jobs.push(Rank::Likely, &origin(ELSEWHERE, 1), 99_999), None);
        assert_eq!(jobs.next(), [99_998, 99_999]);
    }

    #[test]
    fn jobs_of_one_rank_cannot_block_jobs_of_another_rank() {
        let mut jobs = Jobs::default();
        for number in 0..MAX_KNOWN {
            jobs.push(Rank::Familiar, &origin([number.to_be_bytes()[7], 0, 0, 1], number), number);
            jobs.push(Rank::Likely, &origin(ELSEWHERE, number), 100 + number);
        }
        jobs.push(Rank::Stranger, &origin(ELSEWHERE, 0), 9999);
        assert_eq!(HashSet::from(jobs.next::<4>()), HashSet::from([0, 1, 100, 9999]));
    }

    #[test]
    fn a_removed_job_makes_room_for_another_job() {
        let mut jobs = Jobs::default();
        let (place, _) = jobs.0.push(Rank::Stranger, &origin(ELSEWHERE, 0), 9998, MAX_STRANGERS);
        assert!(jobs.flood(MAX_STRANGERS - 1, |number| origin(ATTACKER, number)).is_empty());
        assert_eq!([jobs.0.remove(&place), jobs.0.remove(&place)], [Some(9998), None]);
        assert_eq!(jobs.push(Rank::Stranger, &origin(ATTACKER, 9999), 9999), None);
    }
    #[test]
    fn each_rank_has_room_in_the_queue_in_proportion_to_its_share_of_the_threads() {
        const ROOM: usize = 16;
        let mut queue = Queue::default();
        // Adds `count` jobs of a rank. Returns how many of these jobs displaced no job.
        let fill = |queue: &mut Queue<usize>, rank, count: usize| {
            let push = |number: &usize| queue.push(rank, &origin(ELSEWHERE, *number), *number, ROOM).1.is_empty();
            (0..count).filter(push).count()
        };
        assert_eq!(fill(&mut queue, Rank::Stranger, 100), ROOM, "only strangers have come");
        assert_eq!(fill(&mut queue, Rank::Likely, 100), ROOM / 4);
        assert_eq!(fill(&mut queue, Rank::Familiar, 100), ROOM / 2);
        while queue.pop().is_some() {}
        // After this loop, the last [`RECENT`] jobs that left the queue are all jobs of the rank
        // `Familiar`.
        for _ in 0..RECENT {
            fill(&mut queue, Rank::Familiar, 1);
            queue.pop();
        }
        assert_eq!(fill(&mut queue, Rank::Stranger, 100), ROOM / 4);
        assert_eq!(fill(&mut queue, Rank::Familiar, 100), ROOM);
        while queue.pop().is_some() {}
        assert_eq!(queue.push(Rank::Stranger, &origin(ELSEWHERE, 0), 1, 0).1, [], "one job may always wait");
    }

    #[test]
    fn strangers_leave_the_queue_when_their_share_of_the_threads_becomes_smaller() {
        const ROOM: usize = 64;
        let mut queue = Queue::default();
        for number in 0..ROOM {
            assert_eq!(queue.push(Rank::Stranger, &origin(ELSEWHERE, number), number, ROOM).1, []);
        }
        // Many familiar accounts sign in, so that strangers get only every fourth turn.
        let (mut strangers, turns) = (ROOM, 4 * RECENT);
        for number in 0..turns {
            queue.push(Rank::Familiar, &origin(ATTACKER, number), ROOM + number, ROOM);
            strangers -= usize::from(queue.pop().is_some_and(|number| number < ROOM));
        }
        let (_, displaced) = queue.push(Rank::Stranger, &origin(ELSEWHERE, ROOM), ROOM, ROOM);
        let room = queue.room_of(Rank::Stranger, ROOM);
        assert!(room < strangers, "{room} and {strangers}");
        assert_eq!(strangers + 1 - displaced.len(), room);
    }
}
