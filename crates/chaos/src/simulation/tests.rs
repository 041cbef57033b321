use super::*;
use crate::history::write;
use crate::regressions::Regressions;

/// The number of schedules that the tests play. They take some seconds.
const SCHEDULES: u64 = 30;

fn bytes(history: &History) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(history, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_same_seed_gives_the_same_history_every_time() {
    for seed in 0..5 {
        let [one, other] = [(); 2].map(|()| bytes(&play(seed, STEPS).history));
        assert!(one == other, "seed {seed}");
        assert!(one.len() > 10_000, "seed {seed} gives a history of {} bytes", one.len());
    }
}

#[test]
fn every_promise_is_kept_in_many_random_schedules() {
    for seed in 0..SCHEDULES {
        let Played { violations, .. } = play(seed, STEPS);
        assert!(violations.is_empty(), "seed {seed}: {}", violations[0]);
    }
}

#[test]
fn every_seed_that_once_failed_passes_now() {
    for (seed, steps) in Regressions::read().unwrap().of("simulation") {
        let Played { violations, .. } = play(seed, steps);
        assert!(violations.is_empty(), "seed {seed} of {steps} steps: {}", violations[0]);
    }
}

#[test]
fn any_bytes_can_be_used_as_a_schedule() {
    let choices: Vec<u8> = (0..=255).cycle().take(1500).collect();
    let lines = b"CHG 7 NLN 0\r\nXFR 8 SB\r\nCAL 2 user0@example.com\r\nMSG 3 N 3\r\n\n\n\nVER 1 MSNP12 CVR0\r\n\0";
    let Played { history, violations } = play_bytes(&[&[5, 220], choices.as_slice(), lines].concat());
    assert_eq!(violations, []);
    assert!(history.events.len() > 20);
    for bytes in [&b""[..], b"\0", b"\xFF\xFF\x01"] {
        assert_eq!(play_bytes(bytes).violations, []);
    }
}
