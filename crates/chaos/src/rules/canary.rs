//! G2: the canary pair, which shows that the server serves new people.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{Account, Dialer, Person, chat};
use crate::rule::{Broken, Rule};

/// The accounts of the pair.
pub(super) const ACCOUNTS: [&str; 2] = ["canary0", "canary1"];
/// How many messages the pair exchanges.
const MESSAGES: usize = 10;
/// How long signing in and all messages may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks that the pair signs in and exchanges messages in time.
pub(super) async fn check(dialer: &Dialer) -> Option<Broken> {
    let what = match timeout(PATIENCE, exchange(dialer)).await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => format!("{MESSAGES} messages took longer than {} s, sign-in included", PATIENCE.as_secs()),
    };
    Some(Broken::new(Rule::Canary, what))
}

/// Lets the server hash passwords in all its threads, each of which needs memory for that.
pub(super) async fn warm_up(dialer: &Dialer) -> Result<()> {
    let mut running = JoinSet::new();
    for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) * 2 {
        let dialer = dialer.clone();
        running.spawn(async move { dialer.fetch_ticket(&Account::named(ACCOUNTS[0])).await });
    }
    while let Some(fetched) = running.join_next().await {
        fetched??;
    }
    exchange(dialer).await
}

/// Signs in with passwords, opens a conversation, and exchanges messages in turns.
async fn exchange(dialer: &Dialer) -> Result<()> {
    let [mut one, mut other] = [sign_in(dialer, ACCOUNTS[0]).await?, sign_in(dialer, ACCOUNTS[1]).await?];
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    for _ in 0..MESSAGES / 2 {
        board.exchange(&mut joined).await?;
        joined.exchange(&mut board).await?;
    }
    Ok(())
}

async fn sign_in(dialer: &Dialer, name: &str) -> Result<Person> {
    let account = Account::named(name);
    dialer.fetch_ticket(&account).await?;
    Person::sign_in(dialer, &account).await
}
