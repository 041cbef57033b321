//! Many clients act at random, and then stop. Two seconds later, each of them must show the state
//! that the server has. The rule G6 compares the lists that each client shows with the lists on the
//! disk. It also compares the contacts that each client shows with the presence that these contacts
//! have set.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Dialer, Next, Person, Received};
use crate::measured::Measured;
use crate::random::Random;
use crate::scenario::Scenario;

const CLIENTS: usize = 150;
/// The number of contacts that each client adds at the beginning.
const CONTACTS: usize = 8;
/// The time for which the clients act at random.
const TIME: Duration = Duration::from_secs(12);
/// The longest pause of a client between two actions, in milliseconds.
const PAUSE: u64 = 100;
/// The time after the last change within which every client must show the true state
/// (ARCHITECTURE.md promises the true state immediately).
const CONVERGENCE: Duration = Duration::from_secs(2);
/// The error codes for an edit that does not fit the lists (ns.md section 8), such as the removal
/// of an entry that does not exist.
const MISFITS: [u16; 4] = [208, 215, 216, 219];

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "P06",
    "Many clients act at random and stop, and two seconds later every client shows the state of the server",
    |bed| Box::pin(run(bed)),
)
.accounts(CLIENTS)
.connections(CLIENTS);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let clients = bed.size.of(CLIENTS).max(2 * CONTACTS);
    let time = bed.size.time(TIME);
    let mut running = JoinSet::new();
    for person in bed.people(clients).await? {
        let dialer = bed.dialer.clone();
        let client = Client { person, dialer, clients, contacts: BTreeSet::new(), last: 0, sessions: 1 };
        running.spawn(client.live(time, bed.random.fork()));
    }
    let mut clients = Vec::new();
    while let Some(client) = running.join_next().await {
        clients.push(client??);
    }
    sleep(CONVERGENCE).await;
    let (mut things, mut sessions, mut views) = (0, 0, 0);
    for client in &mut clients {
        client.read().await?;
        things += client.last;
        sessions += client.sessions;
        views += client.contacts.len();
    }
    ensure!(views > 0, "nobody has a contact");
    clients.into_iter().for_each(|client| client.person.notification.settle());
    Ok(Measured::new().count("actions", things).count("sessions", sessions).count("views compared", views))
}

/// A client that acts at random.
struct Client {
    person: Person,
    dialer: Dialer,
    /// The number of clients in the scenario.
    clients: usize,
    /// The GUIDs of the client's contacts.
    contacts: BTreeSet<String>,
    /// The number of the client's last action. No client sets the same status, message or name
    /// twice.
    last: usize,
    sessions: usize,
}

impl Client {
    async fn live(mut self, time: Duration, mut random: Random) -> Result<Self> {
        for _ in 0..CONTACTS {
            self.add(&mut random).await?;
        }
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.last += 1;
            self.act(&mut random).await.with_context(|| format!("action {}", self.last))?;
            self.read().await?;
            sleep(Duration::from_millis(random.below(PAUSE))).await;
        }
        Ok(self)
    }

    async fn act(&mut self, random: &mut Random) -> Result<()> {
        let number = self.last;
        match random.below(100) {
            0..40 => {
                let status = *random.pick(&["NLN", "BSY", "AWY", "HDN"]).context("no status")?;
                self.done("CHG", &format!("{status} {number}")).await
            }
            40..55 => {
                let message = format!("<Data><PSM>{number}</PSM><CurrentMedia></CurrentMedia></Data>");
                let trid = self.person.notification.send_payload("UUX", "", message.as_bytes()).await?;
                let answer = self.person.notification.answer(trid).await?;
                ensure!(answer.code().is_none(), "UUX was answered with {}", answer.line());
                Ok(())
            }
            55..62 => self.done("PRP", &format!("MFN name{number}")).await,
            62..70 => self.add(random).await,
            70..76 => self.remove().await,
            76..94 => {
                let other = self.somebody(random);
                let (verb, list) = *random
                    .pick(&[("ADC", "AL N="), ("REM", "AL "), ("ADC", "BL N="), ("REM", "BL "), ("REM", "BL ")])
                    .context("no list")?;
                self.try_to(verb, &format!("{list}{other}")).await.map(drop)
            }
            _ => self.sign_in_again(random).await,
        }
    }

    fn somebody(&self, random: &mut Random) -> String {
        loop {
            let account = Account::numbered(random.index(self.clients));
            if account.handle != self.person.handle() {
                return account.handle;
            }
        }
    }

    async fn done(&mut self, verb: &str, words: &str) -> Result<()> {
        self.person.notification.done(verb, words).await.map(drop)
    }

    /// Sends an edit, which need not fit the lists. Returns the answer if the edit fits.
    async fn try_to(&mut self, verb: &str, words: &str) -> Result<Option<Received>> {
        let answer = self.person.notification.ask(verb, words).await?;
        match answer.code() {
            None => Ok(Some(answer)),
            Some(code) if MISFITS.contains(&code) => Ok(None),
            Some(_) => bail!("{verb} {words} was answered with {}", answer.line()),
        }
    }

    async fn add(&mut self, random: &mut Random) -> Result<()> {
        let other = self.somebody(random);
        if let Some(answer) = self.try_to("ADC", &format!("FL N={other} F={other}")).await? {
            let guid = answer.word(5);
            let guid = guid.strip_prefix("C=").with_context(|| format!("no GUID in {}", answer.line()))?;
            self.contacts.insert(guid.to_owned());
        }
        Ok(())
    }

    async fn remove(&mut self) -> Result<()> {
        let Some(guid) = self.contacts.pop_first() else { return Ok(()) };
        self.done("REM", &format!("FL {guid}")).await
    }

    /// Leaves in one of three ways, or stays. Then signs in again.
    async fn sign_in_again(&mut self, random: &mut Random) -> Result<()> {
        let account = self.person.account.clone();
        if random.chance(50) {
            // The new session replaces the older session.
            let new = Person::sign_in(&self.dialer, &account).await?;
            std::mem::replace(&mut self.person, new).notification.until_ended(CONVERGENCE * 5).await?;
        } else {
            if random.chance(50) {
                self.person.notification.send_bytes(b"OUT\r\n").await?;
                self.person.notification.until_ended(CONVERGENCE * 5).await?;
            }
            self.person = Person::sign_in(&self.dialer, &account).await?;
        }
        self.sessions += 1;
        Ok(())
    }

    /// Reads what has arrived.
    async fn read(&mut self) -> Result<()> {
        loop {
            match self.person.notification.next_within(Duration::ZERO).await {
                Next::Received(_) => {}
                Next::Nothing => return Ok(()),
                Next::Ended => bail!("the session of {} ended", self.person.handle()),
            }
        }
    }
}
