//! Checks whether one common order explains what several observers saw.

use std::collections::VecDeque;

/// Returns the elements of a contradiction, or `None` if there is an order of all elements that
/// agrees with every chain. Elements are numbers below `count`. A chain is the order in which one
/// observer saw some of the elements.
pub(super) fn contradiction(count: usize, chains: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut after = vec![Vec::new(); count];
    let mut before = vec![0_usize; count];
    for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
        after[pair[0]].push(pair[1]);
        before[pair[1]] += 1;
    }
    let mut ready: VecDeque<usize> = (0..count).filter(|element| before[*element] == 0).collect();
    let mut placed = 0;
    while let Some(element) = ready.pop_front() {
        placed += 1;
        for &next in &after[element] {
            before[next] -= 1;
            if before[next] == 0 {
                ready.push_back(next);
            }
        }
    }
    if placed == count {
        return None;
    }
    Some(cycle(&after, &before))
}

/// Returns a cycle of elements that could not be placed in a common order. Such a cycle exists,
/// because each element that could not be placed comes after another element that could not be
/// placed.
fn cycle(after: &[Vec<usize>], before: &[usize]) -> Vec<usize> {
    let mut predecessor = vec![None; after.len()];
    for (element, next) in after.iter().enumerate().filter(|(element, _)| before[*element] > 0) {
        next.iter().for_each(|next| predecessor[*next] = Some(element));
    }
    let mut seen_at = vec![None; after.len()];
    let mut path = Vec::new();
    let mut at = before.iter().position(|left| *left > 0);
    while let Some(element) = at {
        if let Some(start) = seen_at[element] {
            let mut cycle = path.split_off(start);
            cycle.reverse();
            return cycle;
        }
        seen_at[element] = Some(path.len());
        path.push(element);
        at = predecessor[element];
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observers_that_saw_the_same_order_do_not_contradict_each_other() {
        for chains in [vec![], vec![vec![0, 1, 3], vec![0, 2, 3], vec![1, 2]], vec![vec![3, 2, 1, 0], vec![3, 1]]] {
            assert_eq!(contradiction(4, &chains), None, "{chains:?}");
        }
    }

    #[test]
    fn a_contradiction_between_the_orders_of_several_observers_is_found() {
        let found = |chains: &[Vec<usize>]| {
            let mut found = contradiction(5, chains).unwrap();
            found.sort_unstable();
            found
        };
        assert_eq!(found(&[vec![0, 1], vec![1, 0]]), [0, 1]);
        assert_eq!(found(&[vec![4, 0, 1], vec![1, 2], vec![2, 0, 3]]), [0, 1, 2], "0 < 1 < 2 < 0");
        assert_eq!(found(&[vec![1, 2, 1]]), [1, 2], "one observer saw an element again");
    }
}
