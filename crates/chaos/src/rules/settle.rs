//! G3 and G4: memory and open files.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::bed::{Bed, Size};
use crate::measured::Measured;
use crate::rule::{Broken, Rule};
use crate::scenario::Scenario;
use crate::server::Figures;

/// The time within which the server must release memory and files. It is long enough for the timers
/// of the server's connections.
const PATIENCE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(250);
/// The limit on the growth of the memory, in percent of the memory before the scenario.
const GROWTH: u64 = 10;
/// The growth of the memory that is allowed in any case. A server that has just started uses about
/// 2 MiB. Later, SQLite fills the page caches of the store (2 MiB for the connection that writes,
/// and 1 MiB for each of the four others), and the allocator keeps some memory. Both stop growing.
/// The command `growth` checks that the memory then stays the same.
const FLOOR_KIB: u64 = 8 * 1024;
/// The memory that the allocator may keep for each of the connections that were open at the same
/// time. The allocator reuses this memory for later connections. So this allowance does not hide a
/// leak in a scenario that opens connections again and again.
const CONNECTION_KIB: u64 = 4;
/// The number of additional files that may be open. The store opens its reading connections when it
/// needs them, and each connection opens two files.
const FILES: usize = 8;

/// Waits until the memory and the number of open files are back near their values before the
/// scenario. Adds a figure to `measured`: how much larger the memory is after the wait than before
/// the scenario.
pub(super) async fn check(
    scenario: &Scenario,
    bed: &Bed,
    before: &Figures,
    measured: Measured,
) -> (Measured, Vec<Broken>) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = match bed.server.figures() {
            Ok(now) => now,
            Err(error) => return (measured, vec![Broken::new(Rule::Process, format!("{error:#}"))]),
        };
        let broken = broken(scenario, bed.size, before, &now);
        if broken.is_empty() || Instant::now() >= deadline {
            let grown = (now.anonymous_kib as f64 - before.anonymous_kib as f64) / 1024.0;
            return (measured.figure("memory grown by", grown, "MiB"), broken);
        }
        sleep(INTERVAL).await;
    }
}

fn broken(scenario: &Scenario, size: Size, before: &Figures, now: &Figures) -> Vec<Broken> {
    let mut broken = Vec::new();
    let (was, is) = (before.anonymous_kib, now.anonymous_kib);
    let connections = if scenario.connections == 0 { 0 } else { size.of(scenario.connections) as u64 };
    let allowed = (was * GROWTH / 100).max(FLOOR_KIB) + connections * CONNECTION_KIB;
    if scenario.applies(Rule::Memory) && is > was + allowed {
        broken.push(Broken::new(Rule::Memory, format!("the server used {was} KiB at first and {is} KiB at the end")));
    }
    let (was, is) = (before.files, now.files);
    if scenario.applies(Rule::Files) && is > was + FILES {
        broken.push(Broken::new(Rule::Files, format!("the server had {was} open files at first and {is} at the end")));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Figures =
        Figures { resident_kib: 0, anonymous_kib: 100_000, peak_kib: 0, files: 20, threads: 4, processor_seconds: 0.0 };

    fn rules(scenario: &Scenario, now: Figures) -> Vec<String> {
        broken(scenario, Size::new(100, None), &BEFORE, &now).into_iter().map(|broken| broken.rule).collect()
    }

    #[test]
    fn memory_and_the_number_of_open_files_may_grow_only_a_little() {
        let scenario = Scenario::not_yet("T00", "", "");
        assert!(rules(&scenario, Figures { anonymous_kib: 110_000, files: 28, ..BEFORE }).is_empty());
        let now = Figures { anonymous_kib: 110_001, files: 29, ..BEFORE };
        assert_eq!(rules(&scenario, now), ["G3 memory", "G4 files"]);
        assert_eq!(rules(&scenario.connections(1), now), ["G4 files"]);
        assert_eq!(rules(&scenario.except(&[(Rule::Memory, "test")]), now), ["G4 files"]);
    }
}
