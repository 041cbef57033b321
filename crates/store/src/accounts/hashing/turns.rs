//! Jobs of parties that take turns.

use std::collections::VecDeque;

/// Jobs of parties, and of the parties within these, and so on. On every level the parties take turns, so a party with
/// many jobs delays another party by one job at a time. The jobs of one innermost party run in the order of arrival.
///
/// Operations take time proportional to the number of jobs, which [`super::queue`] limits.
#[derive(Debug)]
pub(super) struct Turns<K, T> {
    /// The parties that have jobs. The first has the next turn.
    parties: VecDeque<(K, Self)>,
    /// The jobs of an innermost party, with the number of their arrival, oldest first.
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

    /// Adds a job of the innermost party of `path`, which names the largest party first. All paths have the same length.
    /// A later job has a higher number of arrival.
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

    /// Removes the job that runs next.
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

    /// Removes the newest job of the party with the most jobs. Within this party, chooses the party with the most jobs
    /// again, and so on. Of parties with equally many jobs, chooses the one with the newest job.
    pub(super) fn displace(&mut self) -> Option<T> {
        let most = (0..self.parties.len()).max_by_key(|index| {
            let jobs = self.parties.get(*index).map(|(_, jobs)| jobs);
            jobs.map(|jobs| (jobs.len, jobs.newest()))
        });
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

    /// Removes the jobs for which `keep` returns `false`.
    pub(super) fn retain(&mut self, keep: &impl Fn(&T) -> bool) {
        for (_, jobs) in &mut self.parties {
            jobs.retain(keep);
        }
        self.parties.retain(|(_, jobs)| jobs.len > 0);
        self.jobs.retain(|(_, job)| keep(job));
        self.len = self.jobs.len() + self.parties.iter().map(|(_, jobs)| jobs.len).sum::<usize>();
    }

    /// Returns the number of arrival of the newest job.
    fn newest(&self) -> Option<u64> {
        let own = self.jobs.back().map(|(arrival, _)| *arrival);
        self.parties.iter().filter_map(|(_, jobs)| jobs.newest()).max().max(own)
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
        /// Removes the jobs of this account, wherever they are.
        Abandon(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        let path = [0..4_u8, 0..3_u8, 0..3_u8];
        prop_oneof![
            4 => path.prop_map(Step::Push),
            3 => Just(Step::Pop),
            1 => Just(Step::Displace),
            1 => (0..3_u8).prop_map(Step::Abandon),
        ]
    }

    /// The jobs that wait, oldest first, as a plain list. A job is its path and its number of arrival.
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

        /// Asserts that on every level, `job` belongs to a party that has as many jobs as any other, and that it is the
        /// newest of its innermost party.
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
        fn a_job_waits_for_at_most_one_job_of_each_other_party_and_leaves_once(
            steps in proptest::collection::vec(step(), 0..80)
        ) {
            let mut turns = Turns::default();
            let mut model = Model::default();
            // For each waiting job, the networks that had a turn since its own network was last served or arrived.
            let mut passed: Vec<(u8, Vec<u8>)> = Vec::new();
            for (arrival, step) in (0..).zip(steps) {
                match step {
                    Step::Push(path) => {
                        turns.push(&path, arrival, (path, arrival));
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
                    Step::Abandon(account) => {
                        turns.retain(&|(path, _)| path[2] != account);
                        model.0.retain(|(path, _)| path[2] != account);
                    }
                }
                passed.retain(|(network, _)| model.count(&[*network]) > 0);
                prop_assert_eq!(turns.len(), model.0.len());
            }
        }
    }

    #[test]
    fn within_an_address_the_accounts_take_turns() {
        let mut turns = Turns::default();
        for (arrival, path) in (0..).zip(["xa", "xa", "xa", "xb", "ya"]) {
            let path: Vec<_> = path.chars().collect();
            turns.push(&path, arrival, (path.clone(), arrival));
        }
        let order: Vec<_> = std::iter::from_fn(|| turns.pop()).map(|(_, arrival)| arrival).collect();
        assert_eq!(order, [0, 4, 3, 1, 2]);
    }

    #[test]
    fn of_equally_many_jobs_the_newest_is_displaced() {
        let mut turns = Turns::default();
        for (arrival, party) in [(0, 'a'), (1, 'b'), (2, 'c'), (3, 'b'), (4, 'a')] {
            turns.push(&[party], arrival, arrival);
        }
        let order: Vec<_> = std::iter::from_fn(|| turns.displace()).collect();
        assert_eq!(order, [4, 3, 2, 1, 0]);
    }
}
