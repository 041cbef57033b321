//! All ways in which a session ends, and two ways in which the network fails but the session must
//! stay. A watcher sees when each contact goes offline.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep_until;

use crate::bed::Bed;
use crate::client::{Next, Person, SignIn};
use crate::loss::Loss;
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The number of sessions that end in each way.
const SESSIONS: usize = 5;
/// The number of the watcher's account. All accounts with lower numbers have a session that ends or
/// is disturbed.
const WATCHER: usize = Way::ALL.len() * SESSIONS;
/// The time within which other users must see the end of a session.
const NOTICE: Duration = Duration::from_secs(2);
/// The time for which sent bytes may stay unacknowledged (ARCHITECTURE.md, "Promises").
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// The delay with which the kernel may notice that `USER_TIMEOUT` has passed. The kernel waits
/// twice as long before each further retransmission.
const RETRY: Duration = Duration::from_secs(5);
/// The idle timeout (framing.md section 10).
const IDLE: Duration = Duration::from_secs(180);
/// The time for which a laptop sleeps.
const SLEEP: Duration = Duration::from_secs(40);
/// The time for which a laptop sleeps while the server sends something to it. The kernel waits
/// twice as long before each further retransmission, so at least one retransmission happens between
/// 6 s and 20 s.
const NAP: Duration = Duration::from_secs(6);
/// The pause between two pings of the watcher.
const PING: Duration = Duration::from_secs(50);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "P01",
    "Sessions end by RST, FIN and silence, contacts see each end in time, and a short sleep ends no session",
    |bed| Box::pin(run(bed)),
)
.accounts(WATCHER + 1);

/// A way in which a session ends, or is disturbed and stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    /// The client process is killed.
    Reset,
    /// The client closes its connection.
    Close,
    /// The network is gone, and the server has something to send.
    Cut,
    /// The network is gone, and the server has nothing to send.
    CutAndQuiet,
    /// The client hangs. Its system still acknowledges everything.
    Hang,
    /// The network is gone for 40 s, during which the server has nothing to send.
    Sleep,
    /// The network is gone for 6 s, during which the server has something to send.
    Nap,
}

impl Way {
    const ALL: [Self; 7] = [Self::Reset, Self::Close, Self::Cut, Self::CutAndQuiet, Self::Hang, Self::Sleep, Self::Nap];

    /// Returns the time within which the watcher must see the end of the session, counted from the
    /// moment at which the scenario closes its connection, cuts its network or hangs its client.
    /// Returns `None` if the session must stay.
    const fn latest(self) -> Option<Duration> {
        match self {
            Self::Reset | Self::Close => Some(NOTICE),
            Self::Cut => Some(Duration::from_secs((USER_TIMEOUT.as_secs() + RETRY.as_secs()) + NOTICE.as_secs())),
            Self::CutAndQuiet | Self::Hang => Some(Duration::from_secs(IDLE.as_secs() + NOTICE.as_secs())),
            Self::Sleep | Self::Nap => None,
        }
    }

    /// Returns whether the watcher is a contact of this client. If so, the server has something to send to the client.
    const fn sees_watcher(self) -> bool {
        matches!(self, Self::Cut | Self::Nap)
    }
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut people = bed.people_with(&bed.dialer, 0..=WATCHER, SignIn::default()).await?;
    let mut watcher = people.pop().context("the watcher is missing")?;
    let ways: HashMap<String, Way> =
        people.iter().enumerate().map(|(n, person)| (person.handle().to_owned(), Way::ALL[n / SESSIONS])).collect();
    for person in &mut people {
        let (handle, other) = (person.handle().to_owned(), watcher.handle().to_owned());
        watcher.notification.done("ADC", &format!("FL N={handle} F={handle}")).await?;
        if ways[&handle].sees_watcher() {
            person.notification.done("ADC", &format!("FL N={other} F={other}")).await?;
        }
        // Reads everything that the server has sent so far.
        person.notification.before_pong().await?;
    }
    watcher.notification.before_pong().await?;
    let begun = Instant::now();
    let mut staying = begin(people, &ways)?;
    // The server now has something to send to the clients that see the watcher.
    watcher.notification.done("CHG", "BSY 0").await?;
    let watching = tokio::spawn(watch(watcher, begun));
    for (way, sleep) in [(Way::Nap, NAP), (Way::Sleep, SLEEP)] {
        sleep_until((begun + sleep).into()).await;
        wake(&mut staying, way).await.with_context(|| format!("after {sleep:?} of sleep"))?;
    }
    let (_watcher, ends) = watching.await??;
    judge(&ways, &ends)
}

/// Ends the session of each person in the way that `ways` names for that person. Returns the
/// clients that keep their connections.
fn begin(people: Vec<Person>, ways: &HashMap<String, Way>) -> Result<Vec<(Way, Person)>> {
    let mut staying = Vec::new();
    for person in people {
        let way = ways[person.handle()];
        match way {
            Way::Reset => {
                person.notification.reset();
                continue;
            }
            Way::Close => continue,
            Way::Hang => {}
            Way::Cut | Way::CutAndQuiet | Way::Sleep | Way::Nap => person.notification.lose(Loss::All)?,
        }
        staying.push((way, person));
    }
    Ok(staying)
}

/// Gives the network back to all clients that have slept, at the same time. Checks that their
/// sessions are still there.
async fn wake(people: &mut [(Way, Person)], way: Way) -> Result<()> {
    let mut woken: Vec<_> = people.iter_mut().filter(|(other, _)| *other == way).map(|(_, person)| person).collect();
    for person in &woken {
        person.notification.lose(Loss::None)?;
    }
    for person in &mut woken {
        let lines = person.notification.before_pong().await?;
        let has_news = lines.iter().any(|line| line.starts_with("NLN BSY"));
        ensure!(has_news == way.sees_watcher(), "{} received {lines:?}", person.handle());
    }
    Ok(())
}

/// Watches until all timeouts are over. Returns, for each contact that went offline, the time from
/// `begun` until then.
async fn watch(mut watcher: Person, begun: Instant) -> Result<(Person, HashMap<String, Duration>)> {
    let mut ends = HashMap::new();
    let end = begun + IDLE + NOTICE;
    let mut ping = begun;
    loop {
        match watcher.notification.next_before(ping.min(end)).await {
            Next::Received(line) if line.verb() == "FLN" => {
                let contact = line.word(1);
                ensure!(ends.insert(contact.clone(), line.at - begun).is_none(), "{contact} went offline twice");
            }
            Next::Received(_) => {}
            Next::Ended => bail!("the session of the watcher ended"),
            Next::Nothing if Instant::now() >= end => return Ok((watcher, ends)),
            Next::Nothing => {
                watcher.notification.send_bytes(b"PNG\r\n").await?;
                ping += PING;
            }
        }
    }
}

fn judge(ways: &HashMap<String, Way>, ends: &HashMap<String, Duration>) -> Result<Measured> {
    let mut slowest: HashMap<Way, Duration> = HashMap::new();
    for (contact, way) in ways {
        match (way.latest(), ends.get(contact)) {
            (None, None) => {}
            (Some(latest), Some(end)) => {
                ensure!(*end <= latest, "{contact} ({way:?}) went offline only after {end:?}");
                let slowest = slowest.entry(*way).or_default();
                *slowest = (*slowest).max(*end);
            }
            (None, Some(end)) => bail!("{contact} ({way:?}) had to stay online, but went offline after {end:?}"),
            (Some(latest), None) => bail!("{contact} ({way:?}) was still online after {latest:?}"),
        }
    }
    let of = |way| slowest.get(&way).copied().unwrap_or_default();
    Ok(Measured::new()
        .millis("RST", of(Way::Reset))
        .millis("FIN", of(Way::Close))
        .seconds("silence with traffic", of(Way::Cut))
        .seconds("without", of(Way::CutAndQuiet))
        .seconds("hanging client", of(Way::Hang)))
}
