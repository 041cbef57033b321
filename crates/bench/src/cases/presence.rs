//! Status changes that many users see. The floor is one task that writes the same bytes to the same
//! number of connections.

use std::time::Instant;

use anyhow::Result;
use swallowtail_chaos::client::SignIn;
use tokio::task::JoinSet;

use crate::bench::Bench;
use crate::data::Data;
use crate::floor::{Floor, Kind};
use crate::person::sign_in_all;
use crate::series::{Series, Unit};
use crate::wire::{Service, Wire};

/// The numbers of users who see each change.
const WATCHERS: &[usize] = &[10, 150, 600];
const SMOKE_WATCHERS: usize = 10;
/// The number of changes in a round.
const CHANGES: usize = 200;
const SMOKE_CHANGES: usize = 10;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let most = bench.size(600, SMOKE_WATCHERS);
    for &watchers in WATCHERS.iter().filter(|watchers| **watchers <= most) {
        measure(bench, watchers).await?;
    }
    Ok(())
}

/// Measures the time from a change until the last watcher has received it.
async fn measure(bench: &mut Bench, watchers: usize) -> Result<()> {
    // Each of the `count` users has all other users on the contact list.
    let count = watchers + 1;
    let (running, data) = bench.serve(async |path| Data::create(path, count, watchers).await).await?;
    let how = SignIn { synchronise: false, ..SignIn::default() };
    let mut people = sign_in_all(running.server.addresses(), &data.accounts, how).await?;
    let mut source = people.remove(0);
    let floor = Floor::start(Kind::FanOut).await?;
    let mut floor_source = Wire::connect(Service::Notification, floor.address, 0).await?;
    floor_source.announce(u32::try_from(watchers)?).await?;
    let mut floor_people = Vec::new();
    for number in 0..watchers {
        floor_people.push(Wire::connect(Service::Notification, floor.address, number).await?);
    }
    let changes = bench.size(CHANGES, SMOKE_CHANGES);
    let mut series = Series::new(format!("to {watchers} watchers"), Unit::Milliseconds);
    for round in bench.rounds() {
        let line =
            |number: usize| format!("NLN {} user0@example.com user0 {}\r\n", status(number), mark(round, number));
        series.floor.push(send(&mut floor_source, &mut floor_people, changes, line).await?);
        let line = |number: usize| format!("CHG {} {} {}\r\n", number + 10, status(number), mark(round, number));
        series.server.push(send(&mut source, &mut people, changes, line).await?);
    }
    bench.add(series);
    Ok(())
}

/// Returns the status for a change. It differs from the status for the previous change.
const fn status(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "BSY" } else { "NLN" }
}

/// Returns a capabilities number that no earlier change had, so that a watcher can recognise each
/// change.
fn mark(round: u32, number: usize) -> usize {
    (round as usize + 1) * 1_000_000 + number
}

/// Sends changes one after another. Returns the mean time in milliseconds until all watchers have
/// received a change.
async fn send(
    source: &mut Wire,
    watchers: &mut Vec<Wire>,
    changes: usize,
    line: impl Fn(usize) -> String,
) -> Result<f64> {
    let begun = Instant::now();
    for number in 0..changes {
        let line = line(number);
        source.write(line.as_bytes()).await?;
        let words: Vec<_> = line.split_whitespace().collect();
        let seen = format!(" {}", words[words.len() - 1]);
        let mut seeing = JoinSet::new();
        for mut watcher in watchers.drain(..) {
            let seen = seen.clone();
            seeing.spawn(async move {
                while !watcher.expect("NLN").await?.ends_with(&seen) {}
                anyhow::Ok(watcher)
            });
        }
        for watcher in seeing.join_all().await {
            watchers.push(watcher?);
        }
    }
    Ok(begun.elapsed().as_secs_f64() * 1e3 / changes as f64)
}
