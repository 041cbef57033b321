use super::*;
use crate::history::write;
use crate::regressions::Regressions;

/// The schedules that the tests play: some seconds' worth.
const SCHEDULES: u64 = 30;

fn bytes(history: &History) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(history, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_seed_gives_the_same_history_every_time() {
    for seed in 0..5 {
        let [one, other] = [(); 2].map(|()| bytes(&play(seed, STEPS).history));
        assert!(one == other, "seed {seed}");
        assert!(one.len() > 10_000, "seed {seed} gives a history of {} bytes", one.len());
    }
}

#[test]
fn the_messenger_keeps_its_promises() {
    for seed in 0..SCHEDULES {
        let Played { violations, .. } = play(seed, STEPS);
        assert!(violations.is_empty(), "seed {seed}: {}", violations[0]);
    }
}

#[test]
fn seeds_that_have_failed_do_not_fail_again() {
    for (seed, steps) in Regressions::read().unwrap().of("simulation") {
        let Played { violations, .. } = play(seed, steps);
        assert!(violations.is_empty(), "seed {seed} of {steps} steps: {}", violations[0]);
    }
}

#[test]
fn bytes_decide_a_schedule_too() {
    let bytes: Vec<u8> = (0..=255).cycle().take(2000).collect();
    let Played { history, violations } = play_bytes(&bytes);
    assert_eq!(violations, []);
    assert!(history.events.len() > 20);
    assert_eq!(play_bytes(&[]).violations, []);
}
