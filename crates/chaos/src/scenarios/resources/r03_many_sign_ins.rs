//! Clients send five times as many sign-ins with passwords as the server can check. The server must
//! check as many as it can. It must refuse the others soon, so that nobody waits in vain.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::bed::Bed;
use crate::client::http::{request, ticket_in, ticket_request};
use crate::client::{Account, Dialer, PASSWORD, PATIENCE};
use crate::measured::{Measured, percentile};
use crate::scenario::Scenario;
use crate::server::{Setup, idle_seconds};

/// The number of people who sign in during the overload. Each of them has a home: an IP address
/// that no other person uses. On a fast machine, some of them sign in twice.
const ACCOUNTS: usize = 6000;
/// The number of people who sign in while the capacity is measured.
const KNOWN: usize = 100;
/// The time for which the capacity is measured, before the overload and again after it.
const CAPACITY: Duration = Duration::from_secs(5);
/// The number of sign-ins in progress, in addition to one for each processor, while the capacity is measured.
const WAITING: usize = 2;
/// The time for which there are too many sign-ins.
const TIME: Duration = Duration::from_secs(20);
/// The rate of sign-ins during the overload, as a multiple of the rate that the server can check.
const FACTOR: f64 = 5.0;
/// The length of the period in which the speed of the machine is measured. The fastest period
/// counts.
const MOMENT: Duration = Duration::from_secs(2);
/// The share of its capacity that the server must still reach during the overload.
const GOODPUT: f64 = 0.8;
/// The limit on the p99 of the time until a sign-in is accepted.
const ACCEPTED: Duration = Duration::from_secs(5);
/// The limit on the p95 of the time until a sign-in is refused.
const REFUSED: Duration = Duration::from_secs(1);
/// The limit on the longest time until a sign-in is refused. A stranger can lose its place in the
/// queue after it has waited: if many known people sign in, strangers get a smaller share of the
/// threads. No password waits for much longer than 3 seconds.
const LATEST_REFUSED: Duration = Duration::from_secs(4);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("R03", "Sign-ins arrive five times as fast as the server can check them", |bed| Box::pin(run(bed)))
        .accounts(ACCOUNTS)
        .connections(1000)
        .setup(|| Setup { settings: "[limits]\nexempt = [\"127.0.0.1/32\"]\n".to_owned(), ..Setup::default() });

/// The sign-ins of a period: the moment at which each began, and the moment at which it was answered.
#[derive(Default)]
struct Answers {
    accepted: Vec<(Instant, Instant)>,
    refused: Vec<(Instant, Instant)>,
}

/// A moment, and the processor time that was available to the server until that moment.
struct Available {
    now: Instant,
    seconds: f64,
}

impl Available {
    /// Returns the current moment and the available time: the processor time that the server used,
    /// plus the time for which the cores were idle. The processor time that other programs used
    /// does not count.
    fn now(bed: &Bed) -> Result<Self> {
        Ok(Self { now: Instant::now(), seconds: bed.server.figures()?.processor_seconds + idle_seconds()? })
    }
}

/// The number of sign-ins that the server has checked in a second of real time, and in a second of
/// the processor time that was available to it.
struct Speed {
    in_a_second: f64,
    in_available_time: f64,
}

impl Speed {
    fn of(count: usize, since: &Available, bed: &Bed) -> Result<Self> {
        let Available { now, seconds } = Available::now(bed)?;
        let per = |seconds: f64| count as f64 / seconds.max(f64::MIN_POSITIVE);
        Ok(Self { in_a_second: per((now - since.now).as_secs_f64()), in_available_time: per(seconds - since.seconds) })
    }
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let before = capacity(bed).await?;
    let time = Available::now(bed)?;
    let Answers { accepted, refused } = overload(bed, before.in_a_second * FACTOR).await?;
    let goodput = Speed::of(accepted.len(), &time, bed)?;
    let after = capacity(bed).await?;
    // The hashing of passwords depends on the speed of the memory, which other programs slow down.
    // The available time does not show this. So the goodput is compared with the slower of the two
    // measurements of the capacity.
    let share = goodput.in_available_time / before.in_available_time.min(after.in_available_time);
    let p99 = percentile(&at_constant_speed(&accepted), 99);
    let took: Vec<_> = refused.iter().map(|(begun, answered)| *answered - *begun).collect();
    let (refused_p95, latest_refused) = (percentile(&took, 95), percentile(&took, 100));
    let measured = Measured::new().figure("capacity", before.in_a_second, "/s");
    let measured = measured.figure("goodput", goodput.in_a_second, "/s").figure("share", share, "");
    let measured = measured.count("refused", refused.len()).seconds("accepted p99", p99);
    let measured = measured.millis("refused p95", refused_p95).seconds("latest refused", latest_refused);
    ensure!(share >= GOODPUT, "the server reached only {share:.2} of its capacity during the overload: {measured}");
    ensure!(p99 < ACCEPTED, "the p99 of a sign-in was {p99:.1?}: {measured}");
    ensure!(
        !refused.is_empty() && refused_p95 < REFUSED && latest_refused < LATEST_REFUSED,
        "the server refused no sign-in, or refused sign-ins too late: {measured}"
    );
    Ok(measured)
}

/// Returns how long the sign-ins would have taken if the machine had always been as fast as in its
/// best moment. A busy machine has no constant speed, and the server cannot know how fast the
/// machine will be.
fn at_constant_speed(accepted: &[(Instant, Instant)]) -> Vec<Duration> {
    let mut answered: Vec<_> = accepted.iter().map(|(_, answered)| *answered).collect();
    answered.sort_unstable();
    let between = |from: Instant, to: Instant| {
        answered.partition_point(|time| *time <= to) - answered.partition_point(|time| *time <= from)
    };
    let most = answered.iter().map(|time| between(*time, *time + MOMENT)).max().unwrap_or_default();
    let each = MOMENT.div_f64(most.max(1) as f64);
    accepted.iter().map(|(begun, answered)| each.mul_f64(between(*begun, *answered) as f64)).collect()
}

/// Measures how many sign-ins with passwords the server can check in a second.
async fn capacity(bed: &mut Bed) -> Result<Speed> {
    let at_once = std::thread::available_parallelism()?.get() + WAITING;
    let (begun, time) = (Instant::now(), Available::now(bed)?);
    let mut running = JoinSet::new();
    for _ in 0..at_once {
        let (dialer, mut random) = (bed.dialer.clone(), bed.random.fork());
        running.spawn(async move {
            let mut count = 0;
            while begun.elapsed() < CAPACITY {
                let status = sign_in(&dialer, random.index(KNOWN)).await?;
                ensure!(status == 200, "a sign-in was answered with {status}, although only {at_once} sign-ins wait");
                count += 1;
            }
            Ok(count)
        });
    }
    let mut count: usize = 0;
    while let Some(done) = running.join_next().await {
        count += done??;
    }
    Speed::of(count, &time, bed)
}

/// Begins `rate` sign-ins in each second. Returns the answers as soon as all of them have arrived.
async fn overload(bed: &Bed, rate: f64) -> Result<Answers> {
    let mut pace = interval(Duration::from_secs_f64(1.0 / rate));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let end = Instant::now() + bed.size.time(TIME);
    let mut running = JoinSet::new();
    for number in (KNOWN..ACCOUNTS).cycle() {
        pace.tick().await;
        if Instant::now() >= end {
            break;
        }
        let dialer = bed.dialer.clone();
        running.spawn(async move {
            let begun = Instant::now();
            let status = sign_in(&dialer, number).await?;
            anyhow::Ok((status, (begun, Instant::now())))
        });
    }
    let mut answers = Answers::default();
    while let Some(done) = running.join_next().await {
        match done?? {
            (200, times) => answers.accepted.push(times),
            (503, times) => answers.refused.push(times),
            (status, _) => bail!("a sign-in was answered with {status}"),
        }
    }
    Ok(answers)
}

/// Signs in with the password. Returns the status.
async fn sign_in(dialer: &Dialer, number: usize) -> Result<u16> {
    // The home addresses of the people are in the networks of different providers.
    let [provider, customer] = [60 + number % 50, number / 50].map(u8::try_from);
    let home = dialer.from(IpAddr::V4(Ipv4Addr::new(127, provider?, customer?, 1)));
    let account = Account::numbered(number);
    let asked = ticket_request(&account.handle, PASSWORD);
    let answer = request(home.dial(home.addresses.http), &asked, PATIENCE).await?;
    if let Some(ticket) = ticket_in(&answer) {
        dialer.keep_ticket(&account, ticket);
    }
    Ok(answer.status())
}
