//! The same script twice: with whole lines, and with every byte in a segment of its own.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::bed::Bed;
use crate::client::{Account, Board, Connection, Dialer, MARK, Person, Received, SignIn};
use crate::measured::Measured;
use crate::proxy::{Faults, Line};
use crate::scenario::Scenario;

/// The pause between two bytes.
const GAP: Duration = Duration::from_millis(1);
/// The number of messages that each participant sends.
const MESSAGES: usize = 3;
/// The words that mark the messages of the two runs. Both words have the same length.
const LABELS: [&str; 2] = ["whole", "bytes"];
/// The first message from the server has these headers. Their values differ in each session, so the
/// length of that message also differs.
const OF_THE_SESSION: [&str; 4] = ["LoginTime", "MSPAuth", "ClientIP", "ClientPort"];

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F01",
    "A sign-in, the lists and a chat are sent one byte at a time, and the answers are the same as to whole lines",
    |bed| Box::pin(run(bed)),
)
.accounts(2)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let (dialer, proxies) = bed.through_proxies(Faults::default()).await?;
    let whole = script(&dialer, LABELS[0]).await.context("with whole lines")?;
    let line = Line { segment: Some(1), gap: GAP, ..Line::default() };
    proxies.iter().for_each(|proxy| proxy.set(Faults { up: line, ..Faults::default() }));
    let cut = script(&dialer, LABELS[1]).await.context("with single bytes")?;
    for (one, other) in whole.iter().zip(&cut) {
        ensure!(one == other, "the server answered whole lines with {one:?}, and single bytes with {other:?}");
    }
    ensure!(
        whole.len() == cut.len(),
        "the server answered whole lines with {} lines, and single bytes with {} lines",
        whole.len(),
        cut.len()
    );
    Ok(Measured::new().count("equal lines", whole.len()).count("bytes", whole.iter().map(String::len).sum()))
}

/// Signs in, synchronises and chats. Returns everything that the server sent.
async fn script(dialer: &Dialer, label: &str) -> Result<Vec<String>> {
    let account = Account::numbered(0);
    let mut seen = Seen(Vec::new());
    let mut notification = sign_in(dialer, &account, &mut seen).await?;
    let mut other = Person::sign_in(dialer, &Account::numbered(1)).await?;
    let trid = notification.send("XFR", "SB").await?;
    let transfer = seen.until(&mut notification, &format!("XFR {trid}")).await?;
    let mut board = dialer.switchboard().await?;
    let trid = board.send("USR", &format!("{} {}", account.handle, transfer.word(5))).await?;
    seen.until(&mut board, &format!("USR {trid}")).await?;
    let trid = board.send("CAL", other.handle()).await?;
    seen.until(&mut board, &format!("CAL {trid}")).await?;
    let mut joined = other.answer().await?;
    seen.until(&mut board, "JOI").await?;
    for number in 0..MESSAGES {
        exchange(&mut board, &mut joined, &format!("{label} {number}"), &mut seen).await?;
    }
    for connection in [&mut board, &mut notification] {
        connection.send_bytes(b"OUT\r\n").await?;
        let rest = connection.until_ended(crate::client::PATIENCE).await?;
        rest.iter().for_each(|received| seen.add(received));
    }
    Ok(seen.0)
}

async fn sign_in(dialer: &Dialer, account: &Account, seen: &mut Seen) -> Result<Connection> {
    let ticket = dialer.ticket(account).await?;
    let mut connection = dialer.notification().await?;
    let sender = connection.sender();
    for command in SignIn::default().commands(&account.handle, &ticket) {
        let trid = sender.next_trid();
        sender.note_sent(&command, b"");
        sender.send_bytes(format!("{command}\r\n").as_bytes()).await?;
        let verb = &command[..3];
        seen.until(&mut connection, &format!("{verb} {trid}")).await?;
    }
    connection.send_bytes(b"PNG\r\n").await?;
    seen.until(&mut connection, "QNG").await?;
    Ok(connection)
}

async fn exchange(board: &mut Connection, joined: &mut Board, words: &str, seen: &mut Seen) -> Result<()> {
    let sent = body(words, "there");
    let trid = board.send_payload("MSG", "A", &sent).await?;
    ensure!(joined.message().await?.payload() == sent, "the message {words:?} arrived changed");
    seen.until(board, &format!("ACK {trid}")).await?;
    joined.post("A", &body(words, "back")).await?;
    seen.until(board, "MSG").await?;
    Ok(())
}

fn body(words: &str, direction: &str) -> Vec<u8> {
    format!("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{MARK} {words} {direction}")
        .into_bytes()
}

/// Everything that the server sent. Words that differ in each session are replaced by `*`.
struct Seen(Vec<String>);

impl Seen {
    /// Reads until a line begins with the words in `start`. Returns that line.
    async fn until(&mut self, connection: &mut Connection, start: &str) -> Result<Received> {
        loop {
            let received = connection.next().await.with_context(|| format!("{start:?} did not arrive"))?;
            self.add(&received);
            if received.starts_with(start) {
                return Ok(received);
            }
            if received.code().is_some() {
                bail!("{} arrived instead of {start:?}", received.line());
            }
        }
    }

    fn add(&mut self, received: &Received) {
        let line = received.line();
        let secret = match received.verb().as_str() {
            "CHL" => Some(2),
            "XFR" => Some(5),
            "CAL" => Some(3),
            "MSG" if received.word(1) == "Hotmail" => Some(3),
            _ => None,
        };
        let words = line.split(' ').enumerate().map(|(place, word)| if Some(place) == secret { "*" } else { word });
        self.0.push(words.collect::<Vec<_>>().join(" "));
        let payload = String::from_utf8_lossy(received.payload()).replace(LABELS[1], LABELS[0]);
        self.0.extend(payload.split_inclusive("\r\n").map(without_value));
    }
}

/// Returns a header line without its value, if the value differs in each session.
fn without_value(line: &str) -> String {
    match line.split_once(':') {
        Some((name, _)) if OF_THE_SESSION.contains(&name) => format!("{name}: *"),
        _ => line.to_owned(),
    }
}
