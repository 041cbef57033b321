//! A client downloads its lists again and again while others change them, and while it changes them
//! itself. Each download must be one version of the lists: exactly the result of the previous
//! download and of all lines since then.

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Account, Dialer, Person, Received, SignIn};
use crate::measured::Measured;
use crate::observer::Lists;
use crate::random::Random;
use crate::scenario::Scenario;

/// The number of other users who add and remove the client all the time.
const EDITORS: usize = 6;
/// The number of times that the client signs in.
const SESSIONS: usize = 20;
/// The number of times that the client downloads its lists in each session.
const DOWNLOADS: usize = 15;
/// The verbs of the lines of a download (ns.md section 6).
const BURST: [&str; 6] = ["GTC", "BLP", "PRP", "LSG", "LST", "BPR"];
const DIALECT: u32 = 12;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "P07",
    "A client downloads its lists while others edit them, and each download agrees with the lines that follow it",
    |bed| Box::pin(run(bed)),
)
.accounts(EDITORS + 1)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let (stop, stopped) = watch::channel(false);
    let mut editing = JoinSet::new();
    for number in 1..=EDITORS {
        editing.spawn(edit(bed.person(number).await?, stopped.clone()));
    }
    let mut seen = Seen::default();
    for session in 0..bed.size.of(SESSIONS) {
        let downloads = download(&bed.dialer, &mut bed.random, &mut seen).await;
        downloads.with_context(|| format!("in session {session}"))?;
    }
    stop.send_replace(true);
    while let Some(edited) = editing.join_next().await {
        edited??.notification.settle();
    }
    ensure!(
        seen.changes > 0 && seen.short > 0,
        "the lists never changed between downloads, or the server never said that the client's copy is current"
    );
    Ok(Measured::new()
        .count("downloads", seen.downloads)
        .count("changes between downloads", seen.changes)
        .count("current copies", seen.short))
}

/// The observations of the client.
#[derive(Default)]
struct Seen {
    downloads: usize,
    /// The number of lines that changed the lists outside of a download.
    changes: usize,
    /// The number of answers in which the server said that the client's copy of the lists is
    /// current.
    short: usize,
}

/// Adds the client to FL and removes it again, all the time.
async fn edit(mut person: Person, stopped: watch::Receiver<bool>) -> Result<Person> {
    let client = Account::numbered(0).handle;
    while !*stopped.borrow() {
        let added = person.notification.done("ADC", &format!("FL N={client} F={client}")).await?;
        let guid = added.word(5);
        let guid = guid.strip_prefix("C=").with_context(|| format!("no GUID in {}", added.line()))?.to_owned();
        person.notification.done("REM", &format!("FL {guid}")).await?;
        person.notification.before_pong().await?;
    }
    Ok(person)
}

/// Signs in, and downloads the lists several times.
async fn download(dialer: &Dialer, random: &mut Random, seen: &mut Seen) -> Result<()> {
    let how = SignIn { synchronise: false, ..SignIn::default() };
    let person = Person::sign_in_with(dialer, &Account::numbered(0), how).await?;
    let mut reader = Reader { person, lists: Lists::default(), stamps: None, is_changed: false };
    for _ in 0..DOWNLOADS {
        // One write contains the request for the download, with the client's own edits before and
        // after it.
        let other = Account::numbered(random.index(EDITORS) + 1).handle;
        let list = if random.chance(50) { "AL" } else { "BL" };
        if random.chance(50) {
            reader.person.notification.send("ADC", &format!("{list} N={other}")).await?;
        }
        let stamps = reader.stamps.clone().filter(|_| random.chance(50)).unwrap_or_else(|| "0 0".to_owned());
        let trid = reader.person.notification.send("SYN", &stamps).await?;
        if random.chance(50) {
            reader.person.notification.send("REM", &format!("{list} {other}")).await?;
        }
        reader.read(&trid.to_string(), seen).await?;
    }
    reader.person.notification.before_pong().await?;
    Ok(())
}

/// The client that downloads.
struct Reader {
    person: Person,
    /// The lists that the client shows.
    lists: Lists,
    /// The words that the client sends in SYN to name the version of the last download.
    stamps: Option<String>,
    /// True if the lists have changed since the last download.
    is_changed: bool,
}

impl Reader {
    /// Reads until the download is complete, and compares it with the lists that the client showed
    /// before.
    async fn read(&mut self, trid: &str, seen: &mut Seen) -> Result<()> {
        let answer = loop {
            let line = self.person.notification.next().await?;
            if line.verb() == "SYN" && line.word(1) == trid {
                break line;
            }
            self.change(&line, seen)?;
        };
        let before = self.lists.parts();
        self.apply(&answer)?;
        self.stamps = Some(format!("{} {}", answer.word(2), answer.word(3)));
        seen.downloads += 1;
        if answer.word(4).is_empty() {
            seen.short += 1;
            ensure!(
                !self.is_changed,
                "the server said that the client's lists are current, but they have changed since the last download"
            );
            return Ok(());
        }
        while !self.lists.are_complete() {
            let line = self.person.notification.next().await?;
            ensure!(BURST.contains(&line.verb().as_str()), "{} arrived in the middle of a download", line.line());
            self.apply(&line)?;
        }
        self.is_changed = false;
        if let Some(before) = before {
            let after = self.lists.parts().context("the download is incomplete")?;
            ensure!(before == after, "the client showed {before:?} before the download, and downloaded {after:?}");
        }
        Ok(())
    }

    /// Applies a line that is not part of a download.
    fn change(&mut self, line: &Received, seen: &mut Seen) -> Result<()> {
        match line.verb().as_str() {
            "ADC" | "REM" => {
                self.is_changed = true;
                seen.changes += 1;
                self.apply(line)
            }
            "VER" | "CVR" | "USR" | "SBS" | "MSG" | "CHL" => Ok(()),
            _ if matches!(line.code(), Some(215 | 216 | 219)) => Ok(()),
            _ => bail!("the client received {}", line.line()),
        }
    }

    fn apply(&mut self, line: &Received) -> Result<()> {
        let applied = self.lists.apply(&line.unit, DIALECT, self.person.handle());
        applied.map_err(|why| anyhow::anyhow!("{}: {why}", line.line()))
    }
}
