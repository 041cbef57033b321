//! The users of each pair edit their lists about each other at the same time, and change their
//! statuses and names. The rule G6 then checks three things. The lists at the end are the result of
//! all edits in some order. Each client shows the data that the server has on its disk. A blocked
//! user saw nothing after the answer to the block.

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::Person;
use crate::measured::Measured;
use crate::random::Random;
use crate::scenario::Scenario;

const PAIRS: usize = 5;
/// The number of commands that each user sends.
const ROUNDS: usize = 400;
/// The error codes for an edit that does not fit the lists (ns.md section 8): the entry does not
/// exist, already exists, or is on the opposite list (AL or BL).
const MISFITS: [u16; 4] = [208, 215, 216, 219];

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "P05",
    "Pairs add, remove, block and allow each other at the same time, and both clients show the correct lists at the end",
    |bed| Box::pin(run(bed)),
)
.accounts(2 * PAIRS)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let rounds = bed.size.of(ROUNDS);
    let people = bed.people(2 * PAIRS).await?;
    let handles: Vec<_> = people.iter().map(|person| person.handle().to_owned()).collect();
    let mut running = JoinSet::new();
    for (number, person) in people.into_iter().enumerate() {
        let editor = Editor { person, other: handles[number ^ 1].clone(), contact: None, done: 0, seen: 0 };
        running.spawn(editor.edit(rounds, bed.random.fork()));
    }
    let mut editors = Vec::new();
    while let Some(editor) = running.join_next().await {
        editors.push(editor??);
    }
    for editor in &mut editors {
        editor.read().await?;
    }
    let done = editors.iter().map(|editor| editor.done).sum();
    let seen = editors.iter().map(|editor| editor.seen).sum();
    ensure!(done > 0 && seen > 0, "{done} commands were carried out, and {seen} presence lines arrived");
    editors.into_iter().for_each(|editor| editor.person.notification.settle());
    Ok(Measured::new().count("commands", 2 * PAIRS * rounds).count("carried out", done).count("presence lines", seen))
}

/// One user of a pair.
struct Editor {
    person: Person,
    other: String,
    /// The GUID of the other user, if that user was ever added to FL.
    contact: Option<String>,
    /// The number of commands that the server has carried out.
    done: usize,
    /// The number of lines about the presence of the other user that have arrived.
    seen: usize,
}

impl Editor {
    async fn edit(mut self, rounds: usize, mut random: Random) -> Result<Self> {
        for round in 0..rounds {
            let (verb, words) = self.command(round, &mut random);
            let answer = self.person.notification.ask(verb, &words).await?;
            match answer.code() {
                None => {
                    self.done += 1;
                    let mut words = (0..answer.unit.words().len()).map(|index| answer.word(index));
                    let guid = words.find_map(|word| word.strip_prefix("C=").map(str::to_owned));
                    self.contact = guid.or(self.contact);
                }
                Some(code) => ensure!(MISFITS.contains(&code), "{verb} {words} was answered with {code}"),
            }
            if random.chance(10) {
                self.read().await?;
            }
        }
        Ok(self)
    }

    /// Returns a command. No user sets the same status or the same name twice, so that the checker
    /// can distinguish all values.
    fn command(&self, round: usize, random: &mut Random) -> (&'static str, String) {
        let Self { other, contact, .. } = self;
        let removal = || format!("FL {}", contact.as_deref().unwrap_or("00000000-0000-0000-0000-000000000000"));
        match random.below(100) {
            0..14 => ("ADC", format!("FL N={other} F=friend{round}")),
            14..22 => ("REM", removal()),
            22..34 => ("ADC", format!("AL N={other}")),
            34..46 => ("REM", format!("AL {other}")),
            46..56 => ("ADC", format!("BL N={other}")),
            56..68 => ("REM", format!("BL {other}")),
            68..74 => ("BLP", if random.chance(50) { "AL" } else { "BL" }.to_owned()),
            74..80 => ("PRP", format!("MFN name{round}")),
            80..84 => ("CHG", format!("HDN {}", round + 1)),
            _ => ("CHG", format!("NLN {}", round + 1)),
        }
    }

    /// Reads everything that has been sent to this client.
    async fn read(&mut self) -> Result<()> {
        let lines = self.person.notification.before_pong().await.context("an editor was signed out")?;
        self.seen += lines.iter().filter(|line| matches!(line.verb().as_str(), "NLN" | "ILN" | "FLN")).count();
        Ok(())
    }
}
