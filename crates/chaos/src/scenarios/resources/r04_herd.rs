//! A server is killed and restarted while thousands of clients are signed in. All these clients
//! sign in again.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Person, SignIn};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The number of people who are signed in.
const PEOPLE: usize = 2000;
/// The longest random pause of clients with jitter before they return.
const JITTER: Duration = Duration::from_secs(10);
/// The pause after a sign-in that failed.
const RETRY: Duration = Duration::from_secs(1);
/// The time within which all clients must be signed in again, without and with jitter.
const LIMITS: [Duration; 2] = [Duration::from_secs(120), Duration::from_secs(60)];

pub(super) const SCENARIO: Scenario =
    Scenario::runs("R04", "The server is killed and restarted, and thousands of clients return immediately", |bed| {
        Box::pin(run(bed))
    })
    .accounts(PEOPLE)
    .connections(PEOPLE)
    .except(&[(Rule::Process, "the server is killed"), (Rule::Bystanders, "the server is killed")]);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let count = bed.size.of(PEOPLE);
    let begun = Instant::now();
    let people = bed.people(count).await?;
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    let (people, immediately) = restart_under(bed, people, Duration::ZERO).await?;
    ensure!(immediately <= LIMITS[0], "all clients were signed in again only after {immediately:.0?}");
    let (mut people, with_jitter) = restart_under(bed, people, JITTER).await?;
    ensure!(with_jitter <= LIMITS[1], "with jitter, all clients were signed in again only after {with_jitter:.0?}");
    for person in &mut people {
        person.notification.before_pong().await.context("a session ended after the client had signed in again")?;
    }
    let measured = Measured::new().count("sessions", count).figure("first sign-ins", rate, "/s");
    Ok(measured.seconds("all back after", immediately).seconds("with jitter", with_jitter))
}

/// Kills and restarts the server. Waits until all people are signed in again. Returns the people,
/// and the time from the restart until then.
async fn restart_under(bed: &mut Bed, people: Vec<Person>, jitter: Duration) -> Result<(Vec<Person>, Duration)> {
    bed.server.kill().await?;
    let mut running = JoinSet::new();
    for person in people {
        let pause = jitter.mul_f64(bed.random.below(1000) as f64 / 1000.0);
        running.spawn(async move {
            sleep(pause).await;
            come_back(person).await
        });
    }
    bed.server.restart().await?;
    let begun = Instant::now();
    let mut people = Vec::new();
    while let Some(person) = running.join_next().await {
        people.push(person??);
    }
    Ok((people, begun.elapsed()))
}

/// Signs in again. Repeats this until the sign-in succeeds.
async fn come_back(gone: Person) -> Result<Person> {
    let (account, dialer) = (gone.account.clone(), gone.dialer.clone());
    drop(gone);
    let deadline = Instant::now() + LIMITS[0] * 2;
    loop {
        match Person::sign_in_with(&dialer, &account, SignIn::default()).await {
            Ok(person) => return Ok(person),
            Err(error) => ensure!(Instant::now() < deadline, "{} is not signed in again: {error:#}", account.handle),
        }
        sleep(RETRY).await;
    }
}
