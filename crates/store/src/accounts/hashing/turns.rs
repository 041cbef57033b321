//! A queue of jobs. Each job belongs to a party, and the parties take turns.

use std::collections::VecDeque;

/// Jobs that are grouped by the party that they belong to. A party can consist of smaller parties.
/// On every level the parties take turns. So between two turns of a party, each other party of the
/// same level has at most one turn, however many jobs it has. The jobs of one innermost party run
/// in the order of arrival.
///
/// An operation takes time in proportion to the number of jobs. [`super::queue`] limits that
/// number.
#[derive(Debug)]
pub(super) struct Turns<K, T> {
    /// The parties that have jobs. The first party has the next turn.
    parties: VecDeque<(K, Self)>,
    /// The jobs of an innermost party, oldest first, each with its arrival number.
    jobs: VecDeque<(u64, T)>,
    len: usize,
}

impl<K, T> Default for Turns<K, T> {
    fn default() -> Self {
        Self { parties: VecDeque::new(), jobs: VecDeque::new(), len: 0 }
    }
}

impl<K: Clone + PartialEq, T> Turns<K, T> {
    /// Returns the number of jobs.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds a job of the innermost party of `path`. Each path names the largest party first, and
    /// all paths have the same length. A later job has a higher arrival number.
    pub(super) fn push(&mut self, path: &[K], arrival: u64, job: T) {
        self.len += 1;
        let Some((party, rest)) = path.split_first() else {
            self.jobs.push_back((arrival, job));
            return;
        };
        match self.parties.iter_mut().find(|(key, _)| key == party) {
            Some((_, jobs)) => jobs.push(rest, arrival, job),
            None => {
                let mut jobs = Self::default();
                jobs.push(rest, arrival, job);
                // A new party has its first turn after one turn of each other party.
                self.parties.push_back((party.clone(), jobs));
            }
        }
    }

    /// Removes and returns the job that runs next.
    pub(super) fn pop(&mut self) -> Option<T> {
        let job = match self.parties.pop_front() {
            Some((party, mut jobs)) => {
                let job = jobs.pop();
                if jobs.len > 0 {
                    self.parties.push_back((party, jobs));
                }
                job
            }
            None => self.jobs.pop_front().map(|(_, job)| job),
        };
        self.len -= usize::from(job.is_some());
        job
    }

    /// Removes the newest job of the party with the most jobs. If that party consists of smaller
    /// parties, the job comes from the smaller party with the most jobs, and so on. If several
    /// parties have equally many jobs, the party whose turn comes last loses the job.
    pub(super) fn displace(&mut self) -> Option<T> {
        let most = self.parties.iter().enumerate().max_by_key(|(_, (_, jobs))| jobs.len).map(|(index, _)| index);
        let job = match most.and_then(|index| Some((index, self.parties.get_mut(index)?))) {
            Some((index, (_, jobs))) => {
                let job = jobs.displace();
                if jobs.len == 0 {
                    self.parties.remove(index);
                }
                job
            }
            None => self.jobs.pop_back().map(|(_, job)| job),
        };
        self.len -= usize::from(job.is_some());
        job
    }

    /// Removes the job that has this path and this arrival number, if the job still waits.
    pub(super) fn remove(&mut self, path: &[K], arrival: u64) -> Option<T> {
        let job = match path.split_first() {
            Some((party, rest)) => {
                let index = self.parties.iter().position(|(key, _)| key == party)?;
                let (_, jobs) = self.parties.get_mut(index)?;
                let job = jobs.remove(rest, arrival);
                if jobs.len == 0 {
                    self.parties.remove(index);
                }
                job
            }
            None => {
                let index = self.jobs.iter().position(|(other, _)| *other == arrival)?;
                self.jobs.remove(index).map(|(_, job)| job)
            }
        };
        self.len -= usize::from(job.is_some());
        job
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A path of three levels, in the form `[network, address, account]`.
    type Path = [u8; 3];

    #[derive(Clone, Debug)]
    enum Step {
        Push(Path),
        Pop,
        Displace,
        /// Removes one of the last jobs that arrived, if that job still waits.
        Remove(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let path = [0..4_u8, 0..3_u8, 0..3_u8];
        prop_oneof![
            4 => path.prop_map(Step::Push),
            3 => Just(Step::Pop),
            1 => Just(Step::Displace),
            1 => (1..10_u64).prop_map(Step::Remove),
        ]
    }

    /// The waiting jobs as a plain list, oldest first. Each job is represented by its path and its
    /// arrival number.
    #[derive(Default)]
    struct Model(Vec<(Path, u64)>);

    impl Model {
        fn count(&self, prefix: &[u8]) -> usize {
            self.0.iter().filter(|(path, _)| path.starts_with(prefix)).count()
        }

        fn remove(&mut self, job: (Path, u64)) {
            let index = self.0.iter().position(|other| *other == job).expect("a job that waits");
            self.0.remove(index);
        }

        /// Asserts that on every level, no party has more jobs than the party of this job. Also
        /// asserts that this job is the newest of its innermost party.
        fn assert_displaceable(&self, (path, arrival): (Path, u64)) {
            for level in 1..=path.len() {
                let (outer, own) = (&path[..level - 1], self.count(&path[..level]));
                let others = self.0.iter().filter(|(path, _)| path.starts_with(outer));
                assert!(others.map(|(path, _)| self.count(&path[..level])).all(|other| other <= own));
            }
            let newest = self.0.iter().filter(|(other, _)| *other == path).map(|(_, arrival)| *arrival).max();
            assert_eq!(newest, Some(arrival));
        }
    }

    proptest! {
        #[test]
        fn a_job_waits_for_at_most_one_job_of_each_other_party_and_leaves_the_queue_only_once(
            steps in proptest::collection::vec(step(), 0..80)
        ) {
            let mut turns = Turns::default();
            let mut model = Model::default();
            let mut arrivals: Vec<(Path, u64)> = Vec::new();
            // One item for each network that waits. The item contains the other networks that have
            // had a turn since the last turn of the waiting network. If the waiting network has not
            // had a turn yet, the item contains those that have had a turn since its arrival.
            let mut passed: Vec<(u8, Vec<u8>)> = Vec::new();
            for (arrival, step) in (0..).zip(steps) {
                match step {
                    Step::Push(path) => {
                        turns.push(&path, arrival, (path, arrival));
                        arrivals.push((path, arrival));
                        model.0.push((path, arrival));
                        if !passed.iter().any(|(network, _)| *network == path[0]) {
                            passed.push((path[0], Vec::new()));
                        }
                    }
                    Step::Pop => {
                        let Some((path, arrival)) = turns.pop() else {
                            prop_assert!(model.0.is_empty());
                            continue;
                        };
                        let oldest = model.0.iter().find(|(other, _)| *other == path);
                        prop_assert_eq!(oldest, Some(&(path, arrival)), "one party's jobs run in order");
                        model.remove((path, arrival));
                        for (network, others) in &mut passed {
                            if *network == path[0] {
                                others.clear();
                            } else {
                                prop_assert!(!others.contains(&path[0]), "a network had two turns while another waited");
                                others.push(path[0]);
                            }
                        }
                    }
                    Step::Displace => match turns.displace() {
                        Some(job) => {
                            model.assert_displaceable(job);
                            model.remove(job);
                        }
                        None => prop_assert!(model.0.is_empty()),
                    },
                    Step::Remove(age) => {
                        let Some((path, number)) = arrivals.iter().copied().rfind(|(_, number)| number + age <= arrival) else {
                            continue;
                        };
                        let waits = model.0.contains(&(path, number));
                        prop_assert_eq!(turns.remove(&path, number), waits.then_some((path, number)));
                        model.0.retain(|job| *job != (path, number));
                    }
                }
                passed.retain(|(network, _)| model.count(&[*network]) > 0);
                prop_assert_eq!(turns.len(), model.0.len());
            }
        }
    }

    #[test]
    fn accounts_at_the_same_address_take_turns() {
        let mut turns = Turns::default();
        for (arrival, path) in (0..).zip(["xa", "xa", "xa", "xb", "ya"]) {
            let path: Vec<_> = path.chars().collect();
            turns.push(&path, arrival, (path.clone(), arrival));
        }
        let order: Vec<_> = std::iter::from_fn(|| turns.pop()).map(|(_, arrival)| arrival).collect();
        assert_eq!(order, [0, 4, 3, 1, 2]);
    }

    #[test]
    fn among_parties_with_the_same_number_of_jobs_the_newest_job_is_displaced() {
        let mut turns = Turns::default();
        for (arrival, party) in (0..).zip("abcba".chars()) {
            turns.push(&[party], arrival, (party, arrival));
        }
        assert_eq!(turns.pop(), Some(('a', 0)));
        let order: Vec<_> = std::iter::from_fn(|| turns.displace()).collect();
        assert_eq!(order, [('b', 3), ('a', 4), ('c', 2), ('b', 1)]);
    }
}
