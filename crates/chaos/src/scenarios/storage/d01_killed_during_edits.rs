//! Edits of many people, and a server that is killed in the middle. The rule G6 compares what was acknowledged with what
//! is on the disk at the end.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Person, SignIn};
use crate::measured::{Measured, percentile};
use crate::random::Random;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// How many people edit at the same time.
const EDITORS: usize = 20;
/// How often the server is killed.
const KILLS: usize = 20;
/// When the server is killed, in milliseconds after all have begun.
const EARLIEST: u64 = 20;
const LATEST: u64 = 400;
/// How long a start may take.
const START: Duration = Duration::from_secs(5);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D01", "The server is killed again and again while people edit their lists", |bed| {
        Box::pin(run(bed))
    })
    .accounts(EDITORS)
    .except(&[(Rule::Process, "the server is killed"), (Rule::Bystanders, "the server is killed")])
    .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let kills = bed.size.of(KILLS);
    let (mut edits, mut starts) = (0, Vec::new());
    for kill in 1..=kills {
        edits += kill_during_edits(bed).await?;
        let checked = bed.server.command_done(&["store", "check"]).await;
        let said = checked.with_context(|| format!("after kill {kill}"))?;
        ensure!(said.contains("OK"), "after kill {kill}, the check of the database said {said}");
        let start = bed.server.restart().await?;
        ensure!(start <= START, "after kill {kill}, the start took {start:.1?}");
        starts.push(start);
    }
    let measured = Measured::new().count("kills", kills).count("acknowledged edits", edits);
    Ok(measured.millis("longest start", percentile(&starts, 100)))
}

/// Returns how many edits were acknowledged.
async fn kill_during_edits(bed: &mut Bed) -> Result<usize> {
    let people = bed.people_with(&bed.dialer, 0..EDITORS, SignIn::default()).await?;
    let mut running = JoinSet::new();
    for person in people {
        let random = bed.random.fork();
        running.spawn(edit_until_killed(person, random));
    }
    sleep(Duration::from_millis(EARLIEST + bed.random.below(LATEST - EARLIEST))).await;
    bed.server.kill().await?;
    let mut edits = 0;
    while let Some(done) = running.join_next().await {
        edits += done??;
    }
    Ok(edits)
}

/// Edits until the connection ends. Returns how many edits were acknowledged.
async fn edit_until_killed(mut person: Person, mut random: Random) -> Result<usize> {
    let mut editor = Editor::default();
    let mut acknowledged = 0;
    loop {
        let (verb, words) = editor.choose(&mut random);
        let Ok(answer) = person.notification.ask(verb, &words).await else { break };
        if answer.code().is_none() {
            acknowledged += 1;
            editor.learn(&answer.line());
        }
    }
    if !person.notification.has_ended() {
        bail!("an edit was not answered, and the connection is open");
    }
    Ok(acknowledged)
}

/// What an editor knows of its own lists.
#[derive(Default)]
struct Editor {
    contacts: Vec<String>,
    groups: Vec<String>,
}

impl Editor {
    fn choose(&mut self, random: &mut Random) -> (&'static str, String) {
        let who = Account::numbered(random.index(EDITORS)).handle;
        let list = if random.chance(50) { "AL" } else { "BL" };
        let value = if random.chance(50) { "AL" } else { "BL" };
        let number = random.below(20);
        match random.below(10) {
            0 | 1 => ("ADC", format!("{list} N={who}")),
            2 => ("REM", format!("{list} {who}")),
            3 | 4 => ("ADC", format!("FL N={who} F={who}")),
            5 => match take(&mut self.contacts, random) {
                Some(guid) => ("REM", format!("FL {guid}")),
                None => ("BLP", value.to_owned()),
            },
            6 => ("ADG", format!("Group%20{number} 0")),
            7 => match take(&mut self.groups, random) {
                Some(guid) => ("RMG", guid),
                None => ("BLP", value.to_owned()),
            },
            8 => ("PRP", format!("MFN Name%20{number}")),
            _ => ("PRP", format!("PHH 555%20{number}")),
        }
    }

    /// Learns the GUID in an answer.
    fn learn(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["ADC", _, "FL", rest @ ..] => {
                self.contacts.extend(rest.iter().find_map(|word| word.strip_prefix("C=")).map(str::to_owned));
            }
            ["ADG", _, _, guid, ..] => self.groups.push((*guid).to_owned()),
            _ => {}
        }
    }
}

fn take(guids: &mut Vec<String>, random: &mut Random) -> Option<String> {
    (!guids.is_empty()).then(|| guids.swap_remove(random.index(guids.len())))
}
