//! The program is replaced by a new program with the same ports and the same data, as in an upgrade
//! (docs/operator.md, "Upgrade").
//!
//! The clients reconnect after the same pauses as clients that use the client SDK `msnp-client`.
//! Each client has the next client as a contact. Some clients edit their lists all the time. The
//! rule G6 compares the acknowledged edits, and the lists that each client shows, with the lists on
//! the disk.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Dialer, Person, Received, SignIn};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::random::Random;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The number of people who are signed in.
const PEOPLE: usize = 2000;
/// One client in this many is an editor: a client that edits its allow list, its groups and its
/// display name.
const EDITORS: usize = 20;
/// The pause of an editor between two edits.
const PAUSE: Duration = Duration::from_millis(50);
/// The time for which the editors make edits before the program is replaced.
const TIME: Duration = Duration::from_secs(3);
/// The longest time that a client may be away, if the server is optimised. A restart that takes a
/// little longer costs one more pause, and each pause is twice as long as the previous pause.
const GAP: Duration = Duration::from_secs(10);
/// The longest pause of the client SDK `msnp-client` before its first attempt to reconnect. The
/// pause doubles with each failure, and half of each pause is random.
const FIRST: Duration = Duration::from_secs(1);
/// The number of attempts to reconnect that may fail for one client.
const FAILURES: u32 = 6;
/// The largest number of groups of an editor.
const GROUPS: usize = 20;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("O04", "The program is replaced by a new version while thousands of clients are connected", |bed| {
        Box::pin(run(bed))
    })
    .accounts(PEOPLE)
    // The number of connections is doubled, so that rule G3 allows more memory. Rule G3 compares
    // the memory of the new process with the memory that the old process had before the scenario.
    // At that time, the old process had done nothing and its caches were empty.
    .connections(PEOPLE * 2)
    .except(&[(Rule::Process, "the server is replaced"), (Rule::Bystanders, "the server is replaced")]);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let count = bed.size.of(PEOPLE).max(2);
    let (finish, finished) = watch::channel(false);
    let mut running = JoinSet::new();
    for (number, person) in link(bed.people(count).await?).await?.into_iter().enumerate() {
        let edits = (number % EDITORS == 0).then_some(0);
        let client = Client { person, count, edits, gap: Duration::ZERO, random: bed.random.fork() };
        running.spawn(client.live(finished.clone()));
    }
    sleep(TIME).await;
    let begun = Instant::now();
    bed.server.replace_program().await?;
    let replaced = begun.elapsed();
    // After this time, every client has reconnected or failed.
    sleep(GAP).await;
    finish.send_replace(true);
    let mut clients = Vec::new();
    while let Some(client) = running.join_next().await {
        clients.push(client??);
    }
    let gaps: Vec<_> = clients.iter().map(|client| client.gap).collect();
    let edits = clients.iter().filter_map(|client| client.edits).sum();
    let longest = percentile(&gaps, 100);
    ensure!(longest <= GAP * SLOWNESS.min(2), "a client was away for {longest:.1?}");
    for client in &mut clients {
        client.sees_contact().await?;
    }
    clients.into_iter().for_each(|client| client.person.notification.settle());
    let measured = Measured::new().count("sessions", count).count("edits", edits).seconds("replaced in", replaced);
    Ok(measured.seconds("gap p50", percentile(&gaps, 50)).seconds("longest gap", longest))
}

/// Makes each person a contact of the previous person.
async fn link(people: Vec<Person>) -> Result<Vec<Person>> {
    let count = people.len();
    let mut running = JoinSet::new();
    for (number, mut person) in people.into_iter().enumerate() {
        running.spawn(async move {
            let next = Account::numbered((number + 1) % count).handle;
            person.notification.done("ADC", &format!("FL N={next} F={next}")).await?;
            anyhow::Ok((number, person))
        });
    }
    let mut linked = Vec::new();
    while let Some(done) = running.join_next().await {
        linked.push(done??);
    }
    linked.sort_unstable_by_key(|(number, _)| *number);
    Ok(linked.into_iter().map(|(_, person)| person).collect())
}

/// A client that reconnects.
struct Client {
    person: Person,
    /// The number of clients in the scenario.
    count: usize,
    /// The number of edits that were acknowledged. `None` if this client makes no edits.
    edits: Option<usize>,
    /// The time for which the client was away.
    gap: Duration,
    random: Random,
}

impl Client {
    async fn live(mut self, finished: watch::Receiver<bool>) -> Result<Self> {
        self.until_gone().await?;
        let gone = Instant::now();
        self = self.come_back().await?;
        self.gap = gone.elapsed();
        while !*finished.borrow() {
            if self.edits.is_some() {
                ensure!(self.edit().await?, "the session of {} ended again", self.person.handle());
            }
            sleep(PAUSE).await;
        }
        Ok(self)
    }

    /// If this client makes edits, makes them until the connection ends. Then reads until the
    /// server closes the connection.
    async fn until_gone(&mut self) -> Result<()> {
        if self.edits.is_some() {
            while self.edit().await? {
                sleep(PAUSE).await;
            }
        }
        let lines = self.person.notification.until_ended(GAP * 6).await?;
        let was_told = lines.last().is_some_and(|line| line.line() == "OUT SSD");
        ensure!(was_told || self.edits.is_some(), "{} was not told that the server stops", self.person.handle());
        Ok(())
    }

    /// Makes an edit. Returns `false` if the connection ended before the answer.
    async fn edit(&mut self) -> Result<bool> {
        let edits = self.edits.unwrap_or_default();
        let somebody = Account::numbered(self.random.index(self.count)).handle;
        let (verb, words) = match self.random.below(4) {
            0 => ("ADC", format!("AL N={somebody}")),
            1 => ("REM", format!("AL {somebody}")),
            2 if edits < GROUPS => ("ADG", format!("group{edits}")),
            _ => ("PRP", format!("MFN name{edits}")),
        };
        let Ok(answer) = self.person.notification.ask(verb, &words).await else {
            ensure!(self.person.notification.has_ended(), "{verb} {words} was not answered");
            return Ok(false);
        };
        let is_done = answer.code().is_none();
        self.edits = Some(edits + usize::from(is_done));
        Ok(true)
    }

    /// Signs in again, with the same pauses as the client SDK `msnp-client`.
    async fn come_back(self) -> Result<Self> {
        let Self { person, count, edits, gap, mut random } = self;
        let (account, dialer): (Account, Dialer) = (person.account.clone(), person.dialer.clone());
        drop(person);
        let (mut longest, mut failures) = (FIRST, 0);
        loop {
            sleep(longest / 2 + (longest / 2).mul_f64(random.below(1000) as f64 / 1000.0)).await;
            match Person::sign_in_with(&dialer, &account, SignIn::default()).await {
                Ok(person) => return Ok(Self { person, count, edits, gap, random }),
                Err(error) if failures == FAILURES => return Err(error).context("a client could not reconnect"),
                Err(_) => (longest, failures) = (longest * 2, failures + 1),
            }
        }
    }

    /// Checks that, since the client reconnected, the server has shown its contact online.
    async fn sees_contact(&mut self) -> Result<()> {
        let mut online = None;
        for line in
            self.person.notification.before_pong().await.context("a session ended after the client reconnected")?
        {
            online = seen(&line).or(online);
        }
        ensure!(online == Some(true), "{} does not see its contact", self.person.handle());
        Ok(())
    }
}

/// Returns whether a line shows a contact online or offline, or `None` if the line shows no
/// contact.
fn seen(line: &Received) -> Option<bool> {
    match line.verb().as_str() {
        "ILN" | "NLN" => Some(true),
        "FLN" => Some(false),
        _ => None,
    }
}
