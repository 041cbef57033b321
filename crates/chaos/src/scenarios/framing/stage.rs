//! Connections in each stage, for scenarios that send bytes that no real client sends.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::bed::Bed;
use crate::client::{Account, Board, Connection, Next, PATIENCE, Person, Received, SignIn};

/// The stage that a connection has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// A new notification connection, before the first command.
    Fresh,
    /// A notification connection on which VER was answered.
    Negotiated,
    /// A notification connection that is signed in and online.
    SignedIn,
    /// A new switchboard connection, before the first command.
    FreshBoard,
    /// A switchboard connection that is alone in its session.
    InSession,
}

impl Stage {
    /// Returns whether the connection is open to the notification server.
    pub(super) const fn is_notification(self) -> bool {
        matches!(self, Self::Fresh | Self::Negotiated | Self::SignedIn)
    }

    /// Opens a connection in this stage, for the account with this number. Reads everything that
    /// arrives until the connection reaches the stage.
    pub(super) async fn open(self, bed: &Bed, number: usize) -> Result<Open> {
        let connection = match self {
            Self::Fresh => bed.dialer.notification().await?,
            Self::Negotiated => {
                let mut connection = bed.dialer.notification().await?;
                connection.done("VER", "MSNP12 MSNP11").await?;
                connection
            }
            Self::SignedIn => signed_in(bed, number, SignIn::default()).await?,
            Self::FreshBoard => bed.dialer.switchboard().await?,
            Self::InSession => {
                let mut person = bed.person(number).await?;
                let Board { connection, .. } = person.open_board().await?;
                return Ok(Open { connection, _owner: Some(person) });
            }
        };
        Ok(Open { connection, _owner: None })
    }
}

/// A connection in a stage.
pub(super) struct Open {
    /// The connection.
    pub(super) connection: Connection,
    /// The person who is a member of a session. The person must stay signed in.
    _owner: Option<Person>,
}

/// Signs in, and reads everything that the server sends without a request.
pub(super) async fn signed_in(bed: &Bed, number: usize, how: SignIn) -> Result<Connection> {
    let person = Person::sign_in_with(&bed.dialer, &Account::numbered(number), how).await?;
    let mut connection = person.notification;
    connection.before_pong().await?;
    Ok(connection)
}

/// Sends bytes, and records the lines in them as commands.
///
/// The server may close the connection before it has read everything. This is not an error here.
pub(super) async fn throw(connection: &Connection, bytes: &[u8]) {
    let sender = connection.sender();
    for line in String::from_utf8_lossy(bytes).split('\n') {
        // The observer splits a line at each space and keeps empty words, but the server skips
        // empty words. So the recorded line has only single spaces. Then the observer finds the
        // same words as the server.
        let words: Vec<_> = line.split_whitespace().collect();
        if !words.is_empty() {
            sender.note_sent(&words.join(" "), b"");
        }
    }
    let _ = connection.send_bytes(bytes).await;
}

/// Reads until the server closes the connection. Returns the lines, except lines that the server
/// sends without a request.
pub(super) async fn last_lines(connection: &mut Connection) -> Result<Vec<String>> {
    let received = connection.until_ended(PATIENCE).await?;
    Ok(received.iter().filter(|received| !is_noise(received)).map(Received::line).collect())
}

/// The reaction of the server to a line.
#[derive(Clone, Debug)]
pub(super) enum Reaction {
    /// The server sent these lines, and the connection is still open.
    Answered(Vec<Received>),
    /// The server sent these lines, and closed the connection.
    Closed(Vec<Received>),
}

/// Waits until the server has closed the connection, or has answered the PNG that the client sent
/// last.
pub(super) async fn reaction(connection: &mut Connection, patience: Duration) -> Result<Reaction> {
    let mut lines = Vec::new();
    loop {
        match connection.next_within(patience).await {
            Next::Received(received) if received.verb() == "QNG" => return Ok(Reaction::Answered(lines)),
            Next::Received(received) if is_noise(&received) => {}
            Next::Received(received) => lines.push(received),
            Next::Ended => return Ok(Reaction::Closed(lines)),
            Next::Nothing => bail!("neither an answer nor the connection's end arrived in {} s", patience.as_secs()),
        }
    }
}

/// Returns true for lines that the server sends without a request, at any time.
pub(super) fn is_noise(received: &Received) -> bool {
    received.starts_with("CHL 0") || received.starts_with("MSG Hotmail")
}

/// Checks that the lines that arrived are the `expected` lines, which the protocol reference
/// demands.
pub(super) fn expect_lines(sent: &[u8], lines: &[String], expected: &[&str]) -> Result<()> {
    if lines == expected {
        return Ok(());
    }
    bail!("{:?} was answered with {lines:?} instead of {expected:?}", String::from_utf8_lossy(sent))
}

/// Opens a connection, sends bytes, and returns the lines that arrive until the server closes the
/// connection.
pub(super) async fn lines_after(bed: &Bed, stage: Stage, number: usize, bytes: &[u8]) -> Result<Vec<String>> {
    let mut open = stage.open(bed, number).await?;
    throw(&open.connection, bytes).await;
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
    last_lines(&mut open.connection).await.with_context(|| format!("after {shown:?} ({stage:?})"))
}
