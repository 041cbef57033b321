//! A user who sends statuses, messages and invitations as fast as the network allows.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, Board, Connection, Next, Person, befriend, chat, text};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The time for which each kind of command is sent.
const TIME: Duration = Duration::from_secs(5);
/// The address of the user. All other addresses are exempt from the limits.
const FROM: [u8; 4] = [127, 20, 0, 1];
/// The largest number of messages in a burst, and the largest number of messages in each second
/// after the burst. Both are the defaults of `[limits]`.
const MESSAGES: (usize, usize) = (20, 10);
/// The largest number of invitations that one account may send in a minute (the default of
/// `[limits]`).
const CALLS: usize = 60;
/// The number of commands that are sent before the answers are read.
const AT_ONCE: usize = 50;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("R05", "One user sends commands as fast as possible", |bed| Box::pin(run(bed)))
        .accounts(3)
        .setup(|| Setup { settings: "[limits]\nexempt = [\"127.0.0.1/32\"]\n".to_owned(), ..Setup::default() });

async fn run(bed: &mut Bed) -> Result<Measured> {
    let dialer = bed.dialer.from(FROM.into());
    let mut user = Person::sign_in(&dialer, &Account::numbered(0)).await?;
    let mut friend = bed.person(1).await?;
    befriend(&mut user, &mut friend).await?;
    let [mut board, mut joined] = chat(&mut user, &mut friend).await?;
    let (statuses, refused) =
        flood(&mut user.notification, |number| ("CHG", format!("{} 0", if number % 2 == 0 { "BSY" } else { "AWY" })))
            .await
            .context("statuses")?;
    ensure!(refused > 0 || statuses < 2000, "{statuses} changes of the status were carried out, and none was refused");
    let messages = flood_messages(&board, &mut joined).await?;
    let limit = MESSAGES.0 + MESSAGES.1 * usize::try_from(TIME.as_secs() + 1)?;
    ensure!(messages <= limit, "{messages} messages of one user arrived in {TIME:?}, but only {limit} are allowed");
    let callee = bed.person(2).await?;
    // The connection of the conversation is still full of messages, so a new conversation replaces
    // it.
    drop(board);
    board = user.open_board().await?;
    let (calls, refused_calls) =
        flood(&mut board.connection, |_| ("CAL", callee.handle().to_owned())).await.context("invitations")?;
    ensure!(calls <= CALLS, "{calls} invitations of one user were sent, but only {CALLS} are allowed in a minute");
    friend.notification.before_pong().await.context("the contact was signed out")?;
    let measured = Measured::new().count("statuses", statuses).count("refused", refused).count("messages", messages);
    Ok(measured.count("invitations", calls).count("refused invitations", refused_calls))
}

/// Sends a command again and again. Returns the number of commands that the server carried out, and
/// the number that it refused.
async fn flood(
    connection: &mut Connection,
    mut command: impl FnMut(usize) -> (&'static str, String),
) -> Result<(usize, usize)> {
    let begun = Instant::now();
    let (mut done, mut refused) = (0, 0);
    while begun.elapsed() < TIME {
        let mut last = 0;
        for number in 0..AT_ONCE {
            let (verb, words) = command(number);
            last = connection.send(verb, &words).await?;
        }
        loop {
            let line = connection.next().await?;
            refused += usize::from(line.code().is_some());
            done += usize::from(line.code().is_none());
            if line.word(1) == last.to_string() {
                break;
            }
        }
    }
    Ok((done, refused))
}

/// Sends messages for a while. Returns how many have arrived.
async fn flood_messages(board: &Board, joined: &mut Board) -> Result<usize> {
    let sender = board.connection.sender();
    let sending = tokio::spawn(async move {
        // The server slows the sender down. The task is aborted at the end.
        while sender.send_payload("MSG", "N", &text("flood")).await.is_ok() {}
    });
    let deadline = Instant::now() + TIME;
    let mut arrived = 0;
    while let Next::Received(line) = joined.connection.next_before(deadline).await {
        arrived += usize::from(line.verb() == "MSG");
    }
    sending.abort();
    Ok(arrived)
}
