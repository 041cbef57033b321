//! The operator removes an account that is online in three conversations. The account must be gone immediately,
//! everywhere.
//!
//! The server does not yet offer a ban with a reason that the client shows.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::proof::{ask_for_ticket, present};
use crate::bed::Bed;
use crate::client::{Board, PASSWORD, Person, befriend, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "A05",
    "An account is removed while it is online in three conversations (the server has no bans yet)",
    |bed| Box::pin(run(bed)),
)
.accounts(1 + FRIENDS)
.smoke();

/// The number of people who have the account on their lists and talk to it.
const FRIENDS: usize = 3;
/// The time within which all of this must happen.
const LIMIT: Duration = Duration::from_secs(2);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut gone = bed.person(0).await?;
    let mut friends = bed.people_with(&bed.dialer, 1..=FRIENDS, crate::client::SignIn::default()).await?;
    let mut boards = Vec::new();
    for friend in &mut friends {
        befriend(&mut gone, friend).await?;
        friend.notification.before_pong().await?;
        boards.push(chat(&mut gone, friend).await?);
    }
    let ticket = bed.dialer.ticket(&gone.account).await?;
    let handle = gone.handle().to_owned();
    bed.server.command_done(&["account", "remove", &handle, "--yes"]).await?;
    let done = Instant::now();
    let deadline = done + LIMIT;
    ended(&mut gone, &mut boards, deadline).await?;
    for friend in &mut friends {
        told(friend, &handle).await?;
    }
    let took = done.elapsed();
    ensure!(took <= LIMIT, "it took {took:.1?}");
    stays_out(bed, &handle, &ticket).await?;
    others_go_on(&handle, &mut friends).await?;
    Ok(Measured::new().count("conversations", boards.len()).millis("gone after", took))
}

/// Checks that all connections of the account end, and that the other members are told.
async fn ended(gone: &mut Person, boards: &mut [[Board; 2]], deadline: Instant) -> Result<()> {
    let left = || deadline.saturating_duration_since(Instant::now());
    gone.notification.until_ended(left()).await.context("the notification connection")?;
    for [own, other] in boards {
        own.connection.until_ended(left()).await.context("a conversation")?;
        let next = other.connection.expect(&format!("BYE {}", gone.handle())).await?;
        ensure!(next.unit.words().len() == 2, "a member received {}", next.line());
    }
    Ok(())
}

/// Checks that a contact sees the account offline, and that the contact receives a line that says that the account has
/// left the contact's lists.
async fn told(friend: &mut Person, handle: &str) -> Result<()> {
    let mut missing = vec![format!("FLN {handle}"), format!("REM 0 RL {handle}")];
    while !missing.is_empty() {
        let received = friend.notification.next().await.with_context(|| format!("{missing:?} did not arrive"))?;
        missing.retain(|line| *line != received.line());
    }
    Ok(())
}

/// Checks that neither the ticket nor the password signs in, and that the answer to the password has a text, which a
/// client shows.
async fn stays_out(bed: &Bed, handle: &str, ticket: &str) -> Result<()> {
    ensure!(present(&bed.dialer, handle, ticket).await?.is_none(), "the ticket was accepted");
    let answer = ask_for_ticket(&bed.dialer, handle, PASSWORD).await?;
    ensure!(answer.status() == 401, "the password got {}", answer.status());
    let said = answer.header("WWW-Authenticate").unwrap_or_default();
    ensure!(said.contains("cbtxt="), "the answer has no text to show: {said}");
    Ok(())
}

/// Checks that the contacts can still talk to each other, and that they cannot reach the account.
async fn others_go_on(handle: &str, friends: &mut [Person]) -> Result<()> {
    let [one, other, ..] = friends else { anyhow::bail!("two friends were expected") };
    let [mut board, mut joined] = chat(one, other).await?;
    board.exchange(&mut joined).await?;
    let answer = board.connection.ask("CAL", handle).await?;
    ensure!(answer.code() == Some(217), "CAL was answered with {}", answer.line());
    Ok(())
}
