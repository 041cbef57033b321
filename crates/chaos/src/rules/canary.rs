//! G2: the canary pair. Two people sign in and chat after the scenario, which shows that the server
//! still serves new clients.

use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use crate::client::{Account, Dialer, Person, chat};
use crate::rule::{Broken, Rule};

/// The accounts of the canary pair.
pub(super) const ACCOUNTS: [&str; 2] = ["canary0", "canary1"];
/// The number of messages that the canary pair exchanges.
const MESSAGES: usize = 10;
/// The total time limit for the sign-in and all messages.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks that the canary pair signs in with passwords and exchanges all messages within
/// [`PATIENCE`].
pub(super) async fn check(dialer: &Dialer) -> Option<Broken> {
    let what = match timeout(PATIENCE, with_passwords(dialer)).await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => format!("the sign-ins and {MESSAGES} messages together took longer than {} s", PATIENCE.as_secs()),
    };
    Some(Broken::new(Rule::Canary, what))
}

async fn with_passwords(dialer: &Dialer) -> Result<()> {
    for name in ACCOUNTS {
        dialer.fetch_ticket(&Account::named(name)).await?;
    }
    exchange(dialer).await
}

/// Signs in with tickets, opens a conversation, and sends messages alternately in both directions.
pub(super) async fn exchange(dialer: &Dialer) -> Result<()> {
    let mut one = Person::sign_in(dialer, &Account::named(ACCOUNTS[0])).await?;
    let mut other = Person::sign_in(dialer, &Account::named(ACCOUNTS[1])).await?;
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    for _ in 0..MESSAGES / 2 {
        board.exchange(&mut joined).await?;
        joined.exchange(&mut board).await?;
    }
    Ok(())
}
