//! Floods of wrong passwords for the accounts of people who sign in with the correct passwords
//! during the flood. The server hashes passwords in a fixed number of threads, and locks nobody out
//! (security.md sections 2 and 3).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::proof::ask_for_ticket;
use crate::bed::Bed;
use crate::client::http::ticket_in;
use crate::client::{Account, Dialer, PASSWORD};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::server::Setup;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "A03",
    "Wrong passwords come from one address and then from thousands of addresses, while people sign in",
    |bed| Box::pin(run(bed)),
)
.accounts(PEOPLE)
.except(&[(Rule::Memory, "the server counts the wrong passwords from each address for 15 minutes")])
.setup(|| Setup { settings: "[limits]\nexempt = [\"127.0.0.1/32\"]\n".into(), ..Setup::default() });

/// The number of people who sign in. Each of them has a home: an IP address that no other person
/// uses.
const PEOPLE: usize = 20;
/// The pause between two sign-ins.
const PAUSE: Duration = Duration::from_millis(250);
/// The time that each of the two floods takes.
const FLOOD: Duration = Duration::from_secs(10);
/// The number of attempts that a flood makes in a second.
const RATE: u32 = 1000;
/// The largest number of attempts that wait for an answer at the same time.
const AT_ONCE: usize = 200;
/// The number of addresses from which the second flood comes.
const ADDRESSES: usize = 10_000;
/// The time within which the server must accept 99 of 100 correct passwords.
const LIMIT: Duration = Duration::from_secs(3);
/// The limit on the growth of the memory, in MiB: the buffers of the hashing threads, and the counters for each
/// address.
const GROWTH_MIB: u64 = 64;
/// The number of threads that the server may have in addition to its threads before the floods. The
/// additional threads can be threads that the async runtime starts for access to files, and ends
/// when they have nothing to do.
const THREADS: u64 = 4;

async fn run(bed: &mut Bed) -> Result<Measured> {
    // Before the floods, each person signs in from their home address.
    for number in 0..PEOPLE {
        right(&bed.dialer, number).await?;
    }
    let before = bed.server.figures()?;
    let mut measured = Measured::new();
    for (name, p99_name, addresses) in
        [("from one address", "p99 of first", 1), ("from thousands", "p99 of second", ADDRESSES)]
    {
        let (attempts, times) =
            flood(bed, addresses, before.threads).await.with_context(|| format!("a flood {name}"))?;
        let p99 = percentile(&times, 99);
        ensure!(p99 < LIMIT * SLOWNESS, "during a flood {name}, the p99 of a sign-in was {p99:.1?}");
        measured = measured.count(name, attempts).count("sign-ins", times.len()).millis(p99_name, p99);
    }
    let grown = bed.server.figures()?.anonymous_kib.saturating_sub(before.anonymous_kib) / 1024;
    ensure!(grown <= GROWTH_MIB, "the memory grew by {grown} MiB");
    Ok(measured)
}

/// Sends wrong passwords while people sign in. Returns the number of wrong passwords, and the time that each correct
/// password took.
async fn flood(bed: &mut Bed, addresses: usize, threads: u64) -> Result<(usize, Vec<Duration>)> {
    let answered = Arc::new(AtomicUsize::new(0));
    let length = bed.size.time(FLOOD);
    let attack = tokio::spawn(attack(bed.dialer.clone(), addresses, answered.clone()));
    let begun = Instant::now();
    let mut running = JoinSet::new();
    let mut most = 0;
    for number in (0..PEOPLE).cycle() {
        if begun.elapsed() >= length {
            break;
        }
        let dialer = bed.dialer.clone();
        running.spawn(async move { right(&dialer, number).await });
        sleep(PAUSE).await;
        most = most.max(bed.server.figures()?.threads);
    }
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        times.push(done??);
    }
    if attack.is_finished() {
        attack.await??;
    } else {
        attack.abort();
    }
    ensure!(most <= threads + THREADS, "the server had {threads} threads before the flood and {most} during the flood");
    let answered = answered.load(Ordering::Relaxed);
    ensure!(answered > 0, "the server answered none of the wrong passwords");
    Ok((answered, times))
}

/// Signs in with the correct password, from the home address of the person. Returns how long the
/// sign-in took.
async fn right(dialer: &Dialer, number: usize) -> Result<Duration> {
    let home = IpAddr::V4(Ipv4Addr::new(127, 40, 0, u8::try_from(number + 1)?));
    let begun = Instant::now();
    let handle = Account::numbered(number).handle;
    let answer = ask_for_ticket(&dialer.from(home), &handle, PASSWORD).await?;
    let took = begun.elapsed();
    ensure!(answer.status() == 200, "the correct password of {handle} was answered with {}", answer.status());
    dialer.keep_ticket(&Account::numbered(number), ticket_in(&answer).context("the answer has no ticket")?);
    Ok(took)
}

/// Sends wrong passwords until the task is aborted. The server must refuse each of them.
async fn attack(dialer: Dialer, addresses: usize, answered: Arc<AtomicUsize>) -> Result<()> {
    let mut pace = interval(Duration::from_secs(1) / RATE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running = JoinSet::new();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for number in 0_usize.. {
        pace.tick().await;
        if running.len() >= AT_ONCE
            && let Some(done) = running.join_next().await
        {
            let status: Result<u16> = done?;
            *statuses.entry(status?).or_default() += 1;
            answered.fetch_add(1, Ordering::Relaxed);
            ensure!(statuses.keys().all(|status| [401, 503].contains(status)), "the answers were {statuses:?}");
        }
        let [.., middle, low] = u32::try_from(number % addresses)?.to_be_bytes();
        let from = dialer.from(IpAddr::V4(Ipv4Addr::new(127, 50, middle, low.max(1))));
        running.spawn(async move {
            let handle = Account::numbered(number % (2 * PEOPLE)).handle;
            Ok(ask_for_ticket(&from, &handle, &format!("wrong-{number}")).await?.status())
        });
    }
    Ok(())
}
