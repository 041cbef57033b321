//! Many users change their status as fast as they can. Watchers that read their connections must
//! see the final state soon. Watchers that do not read must stay connected, and must see the final
//! state later. If a user is not exempt from the limits, the server must at some point refuse the
//! user's changes.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::bed::Bed;
use crate::client::{Account, Next, PATIENCE, Person, SignIn};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The number of users. They form circles in which everybody sees everybody.
const USERS: usize = 100;
/// The number of users in a circle.
const CIRCLE: usize = 5;
/// The number of the account that watches all users. It does not read its connection while the
/// users change their status.
const SLOW: usize = USERS;
/// The size of the receive buffer of the account [`SLOW`], in bytes. It is small, so that the
/// server soon notices that the account does not read.
const BUFFER: u32 = 4096;
/// The number of the account that sends a flood of statuses, from an address whose rates are
/// limited.
const LIMITED: usize = USERS + 1;
/// The IP address of the account [`LIMITED`].
const LIMITED_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 7, 1));
/// The number of the account that watches the account [`LIMITED`].
const WATCHER: usize = USERS + 2;
/// The pause between two status changes of a user.
const PAUSE: Duration = Duration::from_millis(20);
/// The time for which users change their status.
const TIME: Duration = Duration::from_secs(5);
/// The time after the last answer to a status change within which the watchers must see the final
/// state.
const CONVERGENCE: Duration = Duration::from_secs(2);
/// The number of statuses with a picture that the account [`LIMITED`] sends. The first 128 KiB are
/// allowed (framing.md section 11).
const FLOOD: usize = 150;
/// The size of the picture, in bytes.
const PICTURE: usize = 2000;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "P04",
    "A hundred users change their status fifty times a second, the final state is correct, and the rate limits hold",
    |bed| Box::pin(run(bed)),
)
.accounts(WATCHER + 1)
.setup(|| Setup { settings: "[limits]\nexempt = [\"127.0.0.0/24\"]\n".into(), ..Setup::default() });

async fn run(bed: &mut Bed) -> Result<Measured> {
    // The number of users is rounded up, so that each circle is complete.
    let users = bed.size.of(USERS).div_ceil(CIRCLE) * CIRCLE;
    let people = bed.people(users).await?;
    let slow = bed.dialer.with_receive_buffer(BUFFER);
    let mut slow = Person::sign_in(&slow, &Account::numbered(SLOW)).await?;
    for number in 0..users {
        add(&mut slow, number).await?;
    }
    let people = befriend_circles(people).await?;
    slow.notification.before_pong().await?;
    let time = bed.size.time(TIME);
    let mut running = JoinSet::new();
    for person in people {
        running.spawn(flap(person, time));
    }
    let refused = limited(bed).await?;
    let mut flapping = Vec::new();
    while let Some(person) = running.join_next().await {
        flapping.push(person??);
    }
    let mut last = HashMap::new();
    let mut slowest = Duration::ZERO;
    for Flapped { person, number, .. } in &flapping {
        last.insert(person.handle().to_owned(), number.to_string());
    }
    // This loop reads the connections one after the other, but each line contains the time of its
    // arrival.
    let ended = flapping.iter().map(|flapped| flapped.answered).max().context("there are no users")?;
    for flapped in &mut flapping {
        slowest = slowest.max(flapped.converge(&last, CIRCLE - 1).await?.saturating_duration_since(ended));
    }
    ensure!(slowest <= CONVERGENCE, "the final state was seen {slowest:?} after the last answer");
    let changes: usize = flapping.iter().map(|flapped| flapped.number).sum();
    let lines = catch_up(slow, &last).await?;
    for flapped in flapping {
        flapped.person.notification.settle();
    }
    Ok(Measured::new()
        .count("changes", changes)
        .millis("final state after", slowest)
        .figure("changes that the slow watcher received", 100.0 * lines as f64 / changes as f64, "%")
        .figure("changes refused to the limited user", 100.0 * refused as f64 / FLOOD as f64, "%"))
}

async fn add(person: &mut Person, number: usize) -> Result<()> {
    let handle = Account::numbered(number).handle;
    person.notification.done("ADC", &format!("FL N={handle} F={handle}")).await?;
    Ok(())
}

/// Puts each user on the contact lists of the other users in the same circle.
async fn befriend_circles(people: Vec<Person>) -> Result<Vec<Person>> {
    let mut running = JoinSet::new();
    for (number, mut person) in people.into_iter().enumerate() {
        running.spawn(async move {
            let first = number / CIRCLE * CIRCLE;
            for other in (first..first + CIRCLE).filter(|other| *other != number) {
                add(&mut person, other).await?;
            }
            anyhow::Ok(person)
        });
    }
    let mut people = Vec::new();
    while let Some(person) = running.join_next().await {
        people.push(person??);
    }
    Ok(people)
}

/// A user after its changes.
struct Flapped {
    person: Person,
    /// The number of the last change, which the user has sent as the capabilities.
    number: usize,
    /// The time at which the last change was answered.
    answered: Instant,
    /// The capabilities that the user last saw of each contact, and the time at which they arrived.
    seen: HashMap<String, (String, Instant)>,
}

/// Changes the status of a user all the time, and reads everything that the user receives. The
/// server must accept every change.
async fn flap(person: Person, time: Duration) -> Result<Flapped> {
    let begun = Instant::now();
    let mut flapped = Flapped { person, number: 0, answered: begun, seen: HashMap::new() };
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while begun.elapsed() < time {
        ticks.tick().await;
        flapped.number += 1;
        let number = flapped.number;
        flapped.person.notification.done("CHG", &format!("NLN {number}")).await?;
        flapped.answered = Instant::now();
        while flapped.read(Instant::now()).await? {}
    }
    Ok(flapped)
}

impl Flapped {
    /// Reads one line. Returns whether a line arrived.
    async fn read(&mut self, deadline: Instant) -> Result<bool> {
        match self.person.notification.next_before(deadline).await {
            Next::Received(line) => {
                if line.verb() == "NLN" {
                    self.seen.insert(line.word(2), (line.word(4), line.at));
                }
                Ok(true)
            }
            Next::Nothing => Ok(false),
            Next::Ended => bail!("the session of {} ended", self.person.handle()),
        }
    }

    /// Reads until all contacts are shown with their last status. Returns the time at which the last line arrived.
    async fn converge(&mut self, last: &HashMap<String, String>, contacts: usize) -> Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let is_last = |(contact, (seen, _)): (&String, &(String, Instant))| last.get(contact) == Some(seen);
            if self.seen.iter().filter(|entry| is_last(*entry)).count() >= contacts {
                return self.seen.values().map(|(_, at)| *at).max().context("there are no contacts");
            }
            ensure!(self.read(deadline).await?, "{} shows {:?} instead of {last:?}", self.person.handle(), self.seen);
        }
    }
}

/// Lets the watcher that has not read catch up. Returns how many lines it received.
async fn catch_up(slow: Person, last: &HashMap<String, String>) -> Result<usize> {
    let mut notification = slow.notification;
    let mut lines = 0;
    let mut seen: HashMap<String, String> = HashMap::new();
    for line in notification.before_pong().await.context("the watcher that had not read could not catch up")? {
        if line.verb() == "NLN" {
            lines += 1;
            seen.insert(line.word(2), line.word(4));
        }
    }
    ensure!(seen == *last, "the slow watcher shows {seen:?} instead of {last:?}");
    notification.settle();
    Ok(lines)
}

/// Lets a user whose rates are limited flood its contacts. Returns how many times the server
/// refused a status.
async fn limited(bed: &Bed) -> Result<usize> {
    let dialer = bed.dialer.from(LIMITED_ADDRESS);
    let mut people = bed.people_with(&dialer, [LIMITED], SignIn::default()).await?;
    let mut limited = people.pop().context("there are no users")?;
    let mut watcher = bed.person(WATCHER).await?;
    add(&mut watcher, LIMITED).await?;
    let (mut refused, mut last) = (0, String::new());
    for number in 1..=FLOOD {
        let status = format!("NLN {number} {}", "x".repeat(PICTURE));
        let answer = limited.notification.ask("CHG", &status).await?;
        match answer.code() {
            None => last = number.to_string(),
            Some(800) => refused += 1,
            Some(_) => bail!("CHG was answered with {}", answer.line()),
        }
    }
    ensure!(refused > 0, "{FLOOD} statuses with a picture of {PICTURE} bytes were all accepted");
    ensure!(refused < FLOOD, "no status with a picture of {PICTURE} bytes was accepted");
    let lines = watcher.notification.before_pong().await?;
    let seen = lines.iter().rfind(|line| line.verb() == "NLN").map(|line| line.word(4));
    ensure!(seen.as_deref() == Some(&last), "the watcher shows {seen:?} for the limited user instead of {last}");
    Ok(refused)
}
