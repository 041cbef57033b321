//! The operator removes an account that is online in three conversations. The account must
//! disappear immediately and everywhere.
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

/// The number of people who have the account on their lists and chat with it.
const FRIENDS: usize = 3;
/// The time within which the account must disappear everywhere.
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
    ensure!(took <= LIMIT, "the account disappeared only after {took:.1?}");
    stays_out(bed, &handle, &ticket).await?;
    others_go_on(&handle, &mut friends).await?;
    Ok(Measured::new().count("conversations", boards.len()).millis("gone after", took))
}

/// Checks that all connections of the removed account end, and that the other member of each of its
/// conversations receives BYE.
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

/// Checks the lines that a contact receives. One line must show the account offline. Another line
/// must remove the account from the contact's list RL.
async fn told(friend: &mut Person, handle: &str) -> Result<()> {
    let mut missing = vec![format!("FLN {handle}"), format!("REM 0 RL {handle}")];
    while !missing.is_empty() {
        let received = friend.notification.next().await.with_context(|| format!("{missing:?} did not arrive"))?;
        missing.retain(|line| *line != received.line());
    }
    Ok(())
}

/// Checks that neither the ticket nor the password signs in. The answer to the password must have a
/// text that a client can show.
async fn stays_out(bed: &Bed, handle: &str, ticket: &str) -> Result<()> {
    let accepted = present(&bed.dialer, handle, ticket).await?;
    ensure!(accepted.is_none(), "the ticket of the removed account was accepted");
    let answer = ask_for_ticket(&bed.dialer, handle, PASSWORD).await?;
    ensure!(answer.status() == 401, "the password of the removed account was answered with {}", answer.status());
    let said = answer.header("WWW-Authenticate").unwrap_or_default();
    ensure!(said.contains("cbtxt="), "the answer has no text that a client can show: {said}");
    Ok(())
}

/// Checks that the friends of the removed account can still talk to each other, and that they
/// cannot call the removed account.
async fn others_go_on(handle: &str, friends: &mut [Person]) -> Result<()> {
    let [one, other, ..] = friends else { anyhow::bail!("two friends were expected") };
    let [mut board, mut joined] = chat(one, other).await?;
    board.exchange(&mut joined).await?;
    let answer = board.connection.ask("CAL", handle).await?;
    ensure!(answer.code() == Some(217), "CAL was answered with {}", answer.line());
    Ok(())
}
