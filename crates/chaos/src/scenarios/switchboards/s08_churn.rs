//! People join and leave conversations all the time. At the end, every member of a conversation must know exactly the
//! other members.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Connection, Next, Person, SignIn, text};
use crate::measured::Measured;
use crate::random::Random;
use crate::scenario::Scenario;

const PEOPLE: usize = 80;
/// The largest number of conversations that one person is in.
const MOST: usize = 8;
/// The time for which people join and leave.
const TIME: Duration = Duration::from_secs(12);
/// The pause of one person between two actions.
const PAUSE: Duration = Duration::from_millis(25);
/// If no line arrives for this time, everything counts as arrived.
const QUIET: Duration = Duration::from_millis(500);
/// The longest time to wait until everything has arrived.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S08",
    "People join and leave dozens of conversations, and then every member knows exactly the other members",
    |bed| Box::pin(run(bed)),
)
.accounts(PEOPLE);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let count = bed.size.of(PEOPLE).max(10);
    let people = bed.people_with(&bed.dialer, 0..count, SignIn::default()).await?;
    let end = Instant::now() + bed.size.time(TIME);
    let mut running = JoinSet::new();
    for person in people {
        let guest = Guest { person, seats: Vec::new(), joined: 0, left: 0 };
        running.spawn(guest.take_part(count, end, bed.random.fork()));
    }
    let mut guests = Vec::new();
    while let Some(guest) = running.join_next().await {
        guests.push(guest??);
    }
    settle(&mut guests).await;
    let conversations = compare(&guests)?;
    let joined = guests.iter().map(|guest| guest.joined).sum();
    let left = guests.iter().map(|guest| guest.left).sum();
    guests.into_iter().flat_map(|guest| guest.seats).for_each(|seat| seat.connection.settle());
    Ok(Measured::new().count("joined", joined).count("left", left).count("conversations at the end", conversations))
}

/// The place of one person in one conversation.
struct Seat {
    connection: Connection,
    /// The id of the conversation, if the client has learned it.
    session: Option<String>,
    /// The other members, as this member sees them.
    others: BTreeSet<String>,
    /// The first line that the client received and must not receive.
    wrong: Option<String>,
}

impl Seat {
    fn new(connection: Connection, session: Option<String>) -> Self {
        Self { connection, session, others: BTreeSet::new(), wrong: None }
    }

    /// Reads the lines that have arrived. Returns the number of lines, or `None` if the
    /// conversation has ended.
    async fn read(&mut self) -> Option<usize> {
        let mut lines = 0;
        loop {
            let line = match self.connection.next_within(Duration::ZERO).await {
                Next::Received(line) => line,
                Next::Nothing => return Some(lines),
                Next::Ended => return None,
            };
            lines += 1;
            let changed = match line.verb().as_str() {
                "IRO" => self.others.insert(line.word(4)),
                "JOI" => self.others.insert(line.word(1)),
                "BYE" => line.word(2).is_empty() && self.others.remove(&line.word(1)),
                "CAL" => {
                    self.session = Some(line.word(3));
                    true
                }
                _ => true,
            };
            if !changed {
                self.wrong.get_or_insert_with(|| format!("{} with {:?}", line.line(), self.others));
            }
        }
    }
}

/// A person who joins and leaves.
struct Guest {
    person: Person,
    seats: Vec<Seat>,
    joined: usize,
    left: usize,
}

impl Guest {
    async fn take_part(mut self, count: usize, end: Instant, mut random: Random) -> Result<Self> {
        while Instant::now() < end {
            self.read().await?;
            self.act(count, &mut random).await?;
            sleep(PAUSE).await;
        }
        Ok(self)
    }

    /// Reads the lines that have arrived, and accepts invitations. Returns the number of lines.
    async fn read(&mut self) -> Result<usize> {
        let mut lines = 0;
        while let Next::Received(line) = self.person.notification.next_within(Duration::ZERO).await {
            lines += 1;
            if line.verb() == "RNG" && self.seats.len() < MOST {
                self.accept(line.word(1), &line.word(4)).await?;
            }
        }
        let mut at = 0;
        while at < self.seats.len() {
            match self.seats[at].read().await {
                Some(read) => {
                    lines += read;
                    at += 1;
                }
                None => drop(self.seats.swap_remove(at)),
            }
        }
        Ok(lines)
    }

    async fn accept(&mut self, session: String, cookie: &str) -> Result<()> {
        self.person.dialer.keep_secret(cookie);
        let mut connection = self.person.dialer.switchboard().await?;
        let answer = connection.ask("ANS", &format!("{} {cookie} {session}", self.person.handle())).await?;
        // 911 means that the conversation has ended since the invitation.
        ensure!(matches!(answer.code(), None | Some(911)), "ANS was answered with {}", answer.line());
        if answer.code().is_none() {
            self.joined += 1;
            self.seats.push(Seat::new(connection, Some(session)));
        }
        Ok(())
    }

    async fn act(&mut self, count: usize, random: &mut Random) -> Result<()> {
        if self.seats.is_empty() || random.chance(5) && self.seats.len() < MOST {
            let board = self.person.open_board().await?;
            self.seats.push(Seat::new(board.connection, None));
            return Ok(());
        }
        let place = random.index(self.seats.len());
        match random.below(100) {
            0..60 => {
                let callee = Account::numbered(random.index(count)).handle;
                self.seats[place].connection.send("CAL", &callee).await.ok();
            }
            60..75 => _ = self.seats[place].connection.send_payload("MSG", "U", &text("churn")).await,
            _ => self.leave(place, random).await,
        }
        Ok(())
    }

    /// Leaves in one of three ways.
    async fn leave(&mut self, place: usize, random: &mut Random) {
        let seat = self.seats.swap_remove(place);
        self.left += 1;
        match random.below(3) {
            // If the server has ended the conversation, OUT is not needed.
            0 => _ = seat.connection.send_bytes(b"OUT\r\n").await,
            1 => seat.connection.reset(),
            _ => {}
        }
    }
}

/// Reads until nothing arrives any more.
async fn settle(guests: &mut [Guest]) {
    let deadline = Instant::now() + PATIENCE;
    let mut quiet = Instant::now();
    while quiet.elapsed() < QUIET && Instant::now() < deadline {
        for guest in &mut *guests {
            if guest.read().await.unwrap_or_default() > 0 {
                quiet = Instant::now();
            }
        }
        sleep(PAUSE).await;
    }
}

/// Checks that every member of a conversation sees exactly the other members of that conversation.
/// Returns the number of conversations.
fn compare(guests: &[Guest]) -> Result<usize> {
    let mut members: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
    let mut seats = Vec::new();
    for guest in guests {
        for seat in &guest.seats {
            let handle = guest.person.handle();
            ensure!(seat.wrong.is_none(), "{handle} received {:?}", seat.wrong);
            let Some(session) = &seat.session else {
                ensure!(seat.others.is_empty(), "{handle} sees {:?}, but has invited nobody", seat.others);
                continue;
            };
            members.entry(session).or_default().insert(handle);
            seats.push((session.as_str(), handle, &seat.others));
        }
    }
    for (session, handle, others) in seats {
        let all = others.iter().map(String::as_str).chain([handle]).collect::<HashSet<_>>();
        ensure!(all == members[session], "{handle} sees {others:?} in a conversation of {:?}", members[session]);
    }
    Ok(members.len())
}
