//! Finds the periods in which a state certainly held. Of each action that changes the state, only
//! the beginning and the end are known.

/// An action: the time at which it began, and the time at which it was certainly carried out.
pub(super) type Act = (u64, u64);

/// A period: it begins after the first time and ends before the second.
pub(super) type Span = (u64, u64);

/// Returns the periods, in order, in which a state certainly held. Each action in `on` began the
/// state and was acknowledged. Each action in `off` may have ended the state. Both lists are in the
/// order in which the actions began.
pub(super) fn certain(on: &[Act], off: &[Act]) -> Vec<Span> {
    // For each index, the latest end of the `off` actions up to that index. These values never
    // decrease, so a binary search works.
    let mut latest = 0;
    let mut ends = Vec::with_capacity(off.len());
    for (_, end) in off {
        latest = latest.max(*end);
        ends.push(latest);
    }
    let spans = on.iter().filter_map(|(start, end)| {
        // An `off` that ended before this `on` began cannot end the state. An `off` that overlaps
        // with this `on` can end the state.
        let first = ends.partition_point(|ended| ended < start);
        let until = off.get(first).map_or(u64::MAX, |(start, _)| *start);
        (until > *end).then_some((*end, until))
    });
    let mut merged: Vec<Span> = Vec::new();
    for (begin, end) in spans {
        match merged.last_mut() {
            Some(last) if last.1 >= begin => last.1 = last.1.max(end),
            _ => merged.push((begin, end)),
        }
    }
    merged
}

/// Returns the intersection of two lists of periods.
pub(super) fn both(one: &[Span], other: &[Span]) -> Vec<Span> {
    let (mut i, mut j) = (0, 0);
    let mut common = Vec::new();
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        let (begin, end) = (a.0.max(b.0), a.1.min(b.1));
        if begin < end {
            common.push((begin, end));
        }
        if a.1 < b.1 { i += 1 } else { j += 1 }
    }
    common
}

/// Returns the period that began before `time` and ends after it.
pub(super) fn containing(spans: &[Span], time: u64) -> Option<Span> {
    let after = spans.partition_point(|(begin, _)| *begin < time);
    spans[..after].last().copied().filter(|(_, end)| time < *end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_certain_between_its_acknowledgement_and_the_next_attempt_to_end_it() {
        assert_eq!(certain(&[(10, 20)], &[]), [(20, u64::MAX)]);
        assert_eq!(certain(&[(10, 20), (50, 60)], &[(30, 40)]), [(20, 30), (60, u64::MAX)]);
        assert_eq!(certain(&[(10, 20)], &[(15, 17)]), [], "at the same time");
        assert_eq!(certain(&[(10, 20)], &[(1, 12)]), [], "perhaps later");
        assert_eq!(certain(&[(10, 20)], &[(1, 10)]), [], "perhaps later, by a clock that stands still");
        assert_eq!(certain(&[(10, 20), (12, 22)], &[(1, 5), (40, 50)]), [(20, 40)], "twice");
    }

    #[test]
    fn periods_that_overlap_are_found_and_so_is_the_period_that_contains_a_given_time() {
        let (one, other) = ([(0, 10), (20, 30)], [(5, 25)]);
        assert_eq!(both(&one, &other), [(5, 10), (20, 25)]);
        assert_eq!(containing(&one, 9), Some((0, 10)));
        assert_eq!(containing(&one, 10), None);
        assert_eq!(containing(&one, 20), None);
        assert_eq!(containing(&one, 21), Some((20, 30)));
    }
}
