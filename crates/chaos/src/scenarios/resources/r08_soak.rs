//! People sign in, chat and sign out during the whole run. Memory, open files and delays must not
//! grow.
//!
//! The first third of the run warms the server up. After it, the server has handled every kind of
//! action of this scenario.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use msnp_conformance::wire::Service;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};

use crate::bed::Bed;
use crate::client::http::request;
use crate::client::{Account, Board, Connection, Dialer, PATIENCE, Person, befriend, chat};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::observer::Watch;
use crate::random::Random;
use crate::scenario::Scenario;

/// The number of pairs of people.
const PAIRS: usize = 200;
/// The number of pairs whose lines the history records. A history of all pairs would fill the
/// memory in a run of days.
const IN_HISTORY: usize = 10;
/// The duration of the run, if the run has no `--minutes`.
const TIME: Duration = Duration::from_secs(60);
/// The longest pause of a pair between two actions.
const PAUSE: Duration = Duration::from_secs(2);
/// The time between two measurements of the server.
const LOOK: Duration = Duration::from_millis(500);
/// The allowed growth of the memory from the second third of the run to the last third: this
/// percentage of the memory in the second third, for each hour that a third lasts.
const GROWTH_AN_HOUR: f64 = 0.5;
/// The growth of the memory that is allowed in addition to `GROWTH_AN_HOUR`, in KiB.
const GROWTH_KIB: f64 = 3072.0;
/// Once in this many measurements, a client signs in with the password of an account outside of the
/// pairs. This happens every two seconds, so the server always keeps the memory for hashing
/// passwords. Otherwise, the server would have this memory only during some of the measurements.
const LOOKS: usize = 4;
/// The allowed growth of the mean number of open files: a percentage, and a number of files in
/// addition to this percentage. The number of open files depends on how many people chat at the
/// moment.
const FILES: (f64, f64) = (5.0, 16.0);
/// The p99 of the delivery time in the last third of the run may be twice the p99 in the first
/// third, plus this time. The machine may be busier than before.
const DELAY: Duration = Duration::from_millis(50);
/// The number of delivery times that a pair remembers from each third of the run.
const REMEMBERED: usize = 1000;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("R08", "Hundreds of people sign in, chat and sign out for a long time", |bed| Box::pin(run(bed)))
        .accounts(2 * PAIRS + 1)
        .connections(4 * PAIRS);

/// The duration of the run, in three parts.
#[derive(Clone, Copy)]
struct Clock {
    begun: Instant,
    length: Duration,
}

impl Clock {
    fn end(self) -> Instant {
        self.begun + self.length
    }

    /// Returns the current third: 0, 1 or 2.
    fn third(self) -> usize {
        let done = self.begun.elapsed().as_secs_f64() / self.length.as_secs_f64();
        if done < 1.0 / 3.0 { 0 } else { 1 + usize::from(done >= 2.0 / 3.0) }
    }
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let pairs = bed.size.of(PAIRS);
    let forgetful = Dialer::new(*bed.server.addresses(), Watch::new());
    let mut arriving = JoinSet::new();
    for number in 0..pairs {
        let dialer = if number < IN_HISTORY { &bed.dialer } else { &forgetful };
        for account in [2 * number, 2 * number + 1].map(Account::numbered) {
            forgetful.keep_ticket(&account, bed.dialer.ticket(&account).await?);
        }
        arriving.spawn(Pair::arrive(dialer.clone(), number, bed.random.fork()));
    }
    let mut living = JoinSet::new();
    let pairs = arriving.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let clock = Clock { begun: Instant::now(), length: bed.size.time(TIME) };
    for pair in pairs {
        living.spawn(pair.live(clock));
    }
    let (seen, pairs) = look(bed, &forgetful, clock, &mut living).await?;
    judge(clock, &seen, &pairs)
}

/// The memory and the files that the server used in one third of the run.
#[derive(Default)]
struct Use {
    looks: f64,
    /// The least memory. While a second thread hashes passwords, and for five seconds after that, the
    /// server uses 19 MiB more. This is not growth, because the server returns this memory. By
    /// chance, it can happen in only one of the thirds.
    kib: Option<u64>,
    files: f64,
}

/// Measures the server again and again, until all pairs have ended. Fails as soon as a pair fails.
async fn look(
    bed: &Bed,
    forgetful: &Dialer,
    clock: Clock,
    living: &mut JoinSet<Result<Pair>>,
) -> Result<([Use; 3], Vec<Pair>)> {
    let (mut seen, mut gone) = ([Use::default(), Use::default(), Use::default()], Vec::new());
    let mut next = Instant::now();
    let mut looks = 0_usize;
    while !living.is_empty() {
        if let Ok(Some(pair)) = timeout_at(next.into(), living.join_next()).await {
            gone.push(pair??);
            continue;
        }
        next += LOOK;
        looks += 1;
        if looks.is_multiple_of(LOOKS) {
            bed.dialer.fetch_ticket(&Account::numbered(2 * PAIRS)).await?;
        }
        drop(forgetful.watch().recorder().take());
        if Instant::now() < clock.end() {
            let figures = bed.server.figures()?;
            let third = &mut seen[clock.third()];
            third.looks += 1.0;
            third.kib = Some(third.kib.map_or(figures.anonymous_kib, |least| least.min(figures.anonymous_kib)));
            third.files += figures.files as f64;
        }
    }
    Ok((seen, gone))
}

fn judge(clock: Clock, seen: &[Use; 3], pairs: &[Pair]) -> Result<Measured> {
    let [_, middle, last] = seen;
    let figures = |used: &Use| (used.kib.unwrap_or_default() as f64, used.files / used.looks);
    let ((kib_before, files_before), (kib, files)) = (figures(middle), figures(last));
    let hours = clock.length.as_secs_f64() / 3.0 / 3600.0;
    let allowed = kib_before * GROWTH_AN_HOUR / 100.0 * hours + GROWTH_KIB;
    ensure!(
        kib <= kib_before + allowed,
        "the server used at least {kib_before:.0} KiB in the second third of the run, and at least {kib:.0} KiB in the \
         last third"
    );
    let allowed = files_before * FILES.0 / 100.0 + FILES.1;
    ensure!(
        files <= files_before + allowed,
        "the server had {files_before:.0} open files in the second third of the run, and {files:.0} in the last third"
    );
    let times = |third: usize| pairs.iter().flat_map(|pair| &pair.times[third]).copied().collect::<Vec<_>>();
    let [first, _, last] = [0, 1, 2].map(times);
    let (p99_before, p99) = (percentile(&first, 99), percentile(&last, 99));
    let allowed = p99_before * 2 + DELAY * SLOWNESS;
    ensure!(
        p99 <= allowed,
        "the p99 of the delivery time was {p99_before:.1?} in the first third of the run, and {p99:.1?} in the last \
         third"
    );
    let count = |what: fn(&Pair) -> usize| pairs.iter().map(what).sum::<usize>();
    let measured = Measured::new().count("people", 2 * pairs.len()).count("messages", count(|pair| pair.messages));
    let measured = measured.count("sign-ins", count(|pair| pair.sign_ins));
    let measured = measured.figure("memory", kib / 1024.0, "MiB").figure("growth", (kib - kib_before) / 1024.0, "MiB");
    let measured = measured.figure("files", files, "").figure("more files", files - files_before, "");
    Ok(measured.millis("first p99", p99_before).millis("last p99", p99))
}

/// Two people who know each other.
struct Pair {
    accounts: [Account; 2],
    dialer: Dialer,
    people: [Person; 2],
    conversation: Option<[Board; 2]>,
    random: Random,
    messages: usize,
    sign_ins: usize,
    /// The delivery times of messages, for each third of the run.
    times: [Vec<Duration>; 3],
}

impl Pair {
    async fn arrive(dialer: Dialer, number: usize, random: Random) -> Result<Self> {
        let accounts = [2 * number, 2 * number + 1].map(Account::numbered);
        let mut one = Person::sign_in(&dialer, &accounts[0]).await?;
        let mut other = Person::sign_in(&dialer, &accounts[1]).await?;
        befriend(&mut one, &mut other).await?;
        let (people, times) = ([one, other], [Vec::new(), Vec::new(), Vec::new()]);
        Ok(Self { accounts, dialer, people, conversation: None, random, messages: 0, sign_ins: 0, times })
    }

    async fn live(mut self, clock: Clock) -> Result<Self> {
        while Instant::now() < clock.end() {
            let pause = PAUSE.mul_f64(self.random.below(1000) as f64 / 1000.0);
            sleep(pause.min(clock.end().saturating_duration_since(Instant::now()))).await;
            self.act(clock.third()).await.with_context(|| self.accounts[0].handle.clone())?;
        }
        self.hang_up();
        Ok(self)
    }

    /// Carries out one random action. Actions that are common for real people are more likely than
    /// rare actions.
    async fn act(&mut self, third: usize) -> Result<()> {
        let who = self.random.index(2);
        match self.random.below(100) {
            0..60 => self.talk(third).await,
            60..70 => {
                self.hang_up();
                Ok(())
            }
            70..80 => {
                let status = *self.random.pick(&["BSY", "AWY", "NLN", "IDL"]).unwrap_or(&"NLN");
                self.people[who].notification.done("CHG", &format!("{status} 0")).await.map(drop)
            }
            80..90 => self.ping().await,
            90..95 => self.come_back(who).await,
            95..98 => self.strangers().await,
            _ => self.visit().await,
        }
    }

    async fn talk(&mut self, third: usize) -> Result<()> {
        let [one, other] = match &mut self.conversation {
            Some(boards) => boards,
            none => {
                let [one, other] = &mut self.people;
                none.insert(chat(one, other).await.context("a conversation")?)
            }
        };
        let took = one.exchange(other).await.context("a message")?;
        self.messages += 1;
        let times = &mut self.times[third];
        match times.len() {
            0..REMEMBERED => times.push(took),
            _ => times[self.random.index(REMEMBERED)] = took,
        }
        other.exchange(one).await.context("an answer").map(drop)
    }

    fn hang_up(&mut self) {
        self.conversation.take().into_iter().flatten().for_each(|board| board.connection.settle());
    }

    async fn ping(&mut self) -> Result<()> {
        for person in &mut self.people {
            person.notification.before_pong().await.with_context(|| format!("{} was signed out", person.handle()))?;
        }
        Ok(())
    }

    /// Signs out and in again, sometimes with the password.
    async fn come_back(&mut self, who: usize) -> Result<()> {
        self.hang_up();
        let notification = &mut self.people[who].notification;
        notification.send_bytes(b"OUT\r\n").await?;
        notification.until_ended(PATIENCE).await?;
        if self.random.chance(5) {
            self.dialer.fetch_ticket(&self.accounts[who]).await?;
        }
        self.people[who] = Person::sign_in(&self.dialer, &self.accounts[who]).await?;
        self.sign_ins += 1;
        Ok(())
    }

    /// Connects to each service without signing in.
    async fn strangers(&mut self) -> Result<()> {
        let mut connection = self.dialer.notification().await?;
        connection.done("VER", "MSNP12 CVR0").await?;
        drop(self.dialer.switchboard().await?);
        let http = self.dialer.dial(self.dialer.addresses.http);
        drop(Connection::open(Service::Http, http, self.dialer.watch()).await?);
        Ok(())
    }

    /// Requests a web page.
    async fn visit(&mut self) -> Result<()> {
        let page = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        match request(self.dialer.dial(self.dialer.addresses.http), page, PATIENCE).await?.status() {
            200 => Ok(()),
            status => bail!("a request for a page was answered with {status}"),
        }
    }
}
