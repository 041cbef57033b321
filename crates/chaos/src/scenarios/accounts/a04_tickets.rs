//! Tickets that were never valid, or are not valid any more. The server must answer each of them
//! with 911, and send nothing else.
//!
//! A ticket may be used again after a sign-out, because clients reconnect with it (security.md
//! section 1). All tickets and connections of an account end if its password changes or the account
//! is removed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use msnp::Handle;
use swallowtail_base::utc::Utc;
use swallowtail_store::accounts::{Claims, TicketLife, Tickets};
use swallowtail_store::database::{Account as Row, Store};

use super::proof::{ask_for_ticket, present};
use crate::bed::Bed;
use crate::client::http::ticket_in;
use crate::client::{Account, PASSWORD, Person, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "A04",
    "Clients present tickets that are expired, forged, truncated, of another user, or of a changed account",
    |bed| Box::pin(run(bed)),
)
.accounts(4)
.smoke();

/// The number of forged tickets that are tried. The same number of truncated tickets is tried.
const FORGED: usize = 100;
/// The number of additional tickets that an account has before the scenario changes its password or
/// removes it.
const TICKETS: usize = 5;
/// After the password of an account was changed, or the account was removed, the server must close
/// the connections of the account within this time.
const CLOSED: Duration = Duration::from_secs(2);
/// The remaining life, in seconds, of a ticket that must still be valid. The scenario must use the
/// ticket within this time.
const MARGIN: u64 = 300;
const NEW_PASSWORD: &str = "chaos-password-8";

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut refused = wrong(bed).await?;
    refused += old(bed).await?;
    let changed = change(bed, 1, Change::Password).await?;
    let removed = change(bed, 2, Change::Removal).await?;
    Ok(Measured::new()
        .count("refused tickets", refused + 2 * (TICKETS + 1))
        .millis("session closed after a new password", changed)
        .millis("session closed after a removal", removed))
}

/// Presents tickets that the server never issued. Returns the number of these tickets.
async fn wrong(bed: &mut Bed) -> Result<usize> {
    let [owner, other] = [Account::numbered(0), Account::numbered(3)];
    let genuine = bed.dialer.ticket(&owner).await?;
    let secret = genuine.trim_start_matches("t=").trim_end_matches("&p=").to_owned();
    let mut tickets = vec!["t=&p=".to_owned(), "t=x".to_owned(), "%".to_owned(), "t".repeat(513), format!("{secret}A")];
    for _ in 0..bed.size.of(FORGED) {
        let mut forged = secret.clone().into_bytes();
        let place = bed.random.index(forged.len());
        let others: Vec<_> = b"ABab01-_".iter().copied().filter(|byte| *byte != forged[place]).collect();
        forged[place] = bed.random.pick(&others).copied().context("no byte is left")?;
        tickets.push(format!("t={}&p=", String::from_utf8(forged)?));
        tickets.push(format!("t={}&p=", &secret[..bed.random.index(secret.len())]));
    }
    let claims = claims(&row(bed, &owner).await?.1);
    let foreign = Tickets::with_keys(vec![(1, vec![0; 32])]).context("no key")?;
    tickets.push(format!("t={}&p=", foreign.issue_at(claims, TicketLife::Rst, Utc::now()).secret()));
    for ticket in &tickets {
        let accepted = present(&bed.dialer, &owner.handle, ticket).await.with_context(|| ticket.clone())?;
        ensure!(accepted.is_none(), "the ticket {ticket} was accepted");
    }
    let accepted = present(&bed.dialer, &other.handle, &genuine).await?;
    ensure!(accepted.is_none(), "the ticket of another user was accepted");
    Ok(tickets.len() + 1)
}

/// Checks that a ticket can be used again and again until it expires, and not after that. Returns
/// how many tickets were refused.
async fn old(bed: &Bed) -> Result<usize> {
    let account = Account::numbered(0);
    let (tickets, row) = row(bed, &account).await?;
    let now = Utc::now().unix();
    let lives = [TicketLife::Rst, TicketLife::Passport14];
    for life in lives {
        let end = now - i64::try_from(life.seconds())?;
        for (issued, is_valid) in [(end, false), (end + i64::try_from(MARGIN)?, true)] {
            let ticket = tickets.issue_at(claims(&row), life, Utc::from_unix(issued));
            bed.dialer.keep_secret(ticket.secret());
            let word = format!("t={}&p=", ticket.secret());
            for _ in 0..2 {
                let accepted = present(&bed.dialer, &account.handle, &word).await?.is_some();
                ensure!(
                    accepted == is_valid,
                    "a {life:?} ticket that is {} s old: accepted = {accepted}, expected = {is_valid}",
                    now - issued
                );
            }
        }
    }
    Ok(2 * lives.len())
}

/// Returns the signer of this server's tickets, and the account as it is stored.
async fn row(bed: &Bed, account: &Account) -> Result<(Tickets, Row)> {
    let store = Store::open(&bed.server.data()).await?;
    let tickets = Tickets::open(&store).await?;
    let handle = Handle::parse(&account.handle).context("the address is not valid")?;
    let row = store.account(&handle).await?.context("the account is missing")?;
    store.close().await;
    Ok((tickets, row))
}

fn claims(row: &Row) -> Claims {
    Claims { account: row.id, password_version: row.password_version }
}

enum Change {
    Password,
    Removal,
}

/// Changes the password of an account, or removes the account, while it is signed in and in a
/// conversation. Returns the time until the last connection of the account was closed.
async fn change(bed: &Bed, number: usize, change: Change) -> Result<Duration> {
    let account = Account::numbered(number);
    let mut tickets = vec![bed.dialer.ticket(&account).await?];
    for _ in 0..TICKETS {
        tickets.push(bed.dialer.fetch_ticket(&account).await?);
    }
    let [mut person, mut other] = [bed.person(number).await?, bed.person(3).await?];
    let [mut board, _joined] = chat(&mut person, &mut other).await?;
    let handle = account.handle.as_str();
    match change {
        Change::Password => {
            let words = ["account", "password", handle, "--password-stdin"];
            bed.server.command_done_with(&words, &format!("{NEW_PASSWORD}\n")).await?;
        }
        Change::Removal => drop(bed.server.command_done(&["account", "remove", handle, "--yes"]).await?),
    }
    let done = Instant::now();
    for connection in [&mut person.notification, &mut board.connection] {
        connection.until_ended(CLOSED).await.with_context(|| format!("a connection of {handle}"))?;
    }
    let took = done.elapsed();
    for ticket in &tickets {
        ensure!(present(&bed.dialer, handle, ticket).await?.is_none(), "an old ticket of {handle} was accepted");
    }
    let answer = ask_for_ticket(&bed.dialer, handle, PASSWORD).await?;
    ensure!(answer.status() == 401, "the old password of {handle} was answered with {}", answer.status());
    if matches!(change, Change::Password) {
        bed.dialer.keep_secret(NEW_PASSWORD);
        let answer = ask_for_ticket(&bed.dialer, handle, NEW_PASSWORD).await?;
        bed.dialer.keep_ticket(&account, ticket_in(&answer).context("the answer to the new password has no ticket")?);
        Person::sign_in(&bed.dialer, &account).await?;
    }
    Ok(took)
}
