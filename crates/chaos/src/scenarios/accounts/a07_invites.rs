//! Many people sign up at the same time with the same invite code, which is valid for only one
//! account. Then two other IP addresses flood the sign-up form.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::proof::ask_for_ticket;
use crate::bed::Bed;
use crate::client::http::{Answer, escape, request};
use crate::client::{Account, Dialer, PASSWORD, PATIENCE};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("A07", "Many people use an invite code for one account at the same time", |bed| Box::pin(run(bed)))
        .setup(|| Setup {
            settings: "[limits]\nexempt = [\"127.0.0.1/32\"]\n[sign_up]\nnear = \"invite\"\n".into(),
            ..Setup::default()
        });

/// The number of people who use the code, each from an address of their own.
const PEOPLE: usize = 60;
/// The number of sign-up forms that one IP address sends.
const FORMS: usize = 200;
/// The largest number of accounts that one IP address may create (swallowtail.example.toml).
const MOST_ACCOUNTS: usize = 5;
/// The largest number of sign-up forms that one IP address may send (swallowtail.example.toml).
const MOST_FORMS: usize = 20;

async fn run(bed: &mut Bed) -> Result<Measured> {
    let before = accounts(bed).await?.len();
    let begun = Instant::now();
    let code = invite(bed, 1).await?;
    let statuses = redeem(bed, &code).await?;
    let took = begun.elapsed();
    let created = statuses.iter().filter(|status| **status == 200).count();
    ensure!(created == 1, "{created} people have signed up: {statuses:?}");
    let known = accounts(bed).await?;
    ensure!(known.len() == before + 1, "{} accounts were created", known.len() - before);
    let used = invites(bed).await?;
    ensure!(used.iter().all(|invite| invite.uses_left == 0), "the code can be used again");
    winner_signs_in(bed, &known).await?;
    let refused = flood(bed).await?;
    let all = accounts(bed).await?.len();
    ensure!(all == before + 1 + MOST_ACCOUNTS, "{} accounts were created", all - before);
    bed.server.command_done(&["store", "check"]).await?;
    Ok(Measured::new().count("people", statuses.len()).seconds("took", took).count("forms refused", refused))
}

#[derive(Deserialize)]
struct Listed {
    handle: String,
}

#[derive(Deserialize)]
struct Invite {
    uses_left: u32,
}

async fn accounts(bed: &Bed) -> Result<Vec<String>> {
    let listed: Vec<Listed> = serde_json::from_str(&bed.server.command_done(&["account", "list", "--json"]).await?)?;
    Ok(listed.into_iter().map(|account| account.handle).collect())
}

async fn invites(bed: &Bed) -> Result<Vec<Invite>> {
    Ok(serde_json::from_str(&bed.server.command_done(&["invite", "list", "--json"]).await?)?)
}

/// Creates an invite code.
async fn invite(bed: &Bed, uses: usize) -> Result<String> {
    let said = bed.server.command_done(&["invite", "add", "--uses", &uses.to_string()]).await?;
    let code = said.lines().next().context("no code was printed")?.to_owned();
    bed.dialer.keep_secret(&code);
    Ok(code)
}

/// A visitor of the sign-up page, and the form that the visitor fetched.
struct Visitor {
    dialer: Dialer,
    token: String,
}

impl Visitor {
    async fn open(dialer: Dialer) -> Result<Self> {
        let answer = ask(&dialer, "GET /signup", "").await?;
        ensure!(answer.status() == 200, "the page has the status {}", answer.status());
        let page = String::from_utf8_lossy(answer.body()).into_owned();
        let field =
            page.split("<input").find(|field| field.contains("name=\"token\"")).context("the form has no token")?;
        let token = field.split_once("value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let token = token.context("the token has no value")?.0.to_owned();
        Ok(Self { dialer, token })
    }

    /// Sends the sign-up form. Returns the status of the answer.
    async fn send(&self, handle: &str, code: &str) -> Result<u16> {
        let token = self.token.as_str();
        let fields = [
            ("address", handle),
            ("name", ""),
            ("password", PASSWORD),
            ("again", PASSWORD),
            ("code", code),
            ("token", token),
        ];
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        Ok(ask(&self.dialer, "POST /signup", &body.join("&")).await?.status())
    }
}

async fn ask(dialer: &Dialer, first: &str, body: &str) -> Result<Answer> {
    let host = dialer.addresses.http;
    let bytes = format!(
        "{first} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    request(dialer.dial(host), bytes.as_bytes(), PATIENCE).await
}

/// Lets all people send a sign-up form with the same code at the same time. Returns the statuses of
/// the answers.
async fn redeem(bed: &Bed, code: &str) -> Result<Vec<u16>> {
    let people = bed.size.of(PEOPLE).min(250);
    let together = Arc::new(Barrier::new(people));
    let mut running = JoinSet::new();
    for number in 0..people {
        let dialer = bed.dialer.from(IpAddr::V4(Ipv4Addr::new(127, 20, 0, u8::try_from(number)?)));
        let (together, code) = (together.clone(), code.to_owned());
        running.spawn(async move {
            let visitor = Visitor::open(dialer).await;
            together.wait().await;
            visitor?.send(&Account::named(&format!("new{number}")).handle, &code).await
        });
    }
    let mut statuses = Vec::new();
    while let Some(done) = running.join_next().await {
        statuses.push(done??);
    }
    Ok(statuses)
}

/// Checks that the only account that was created gets a ticket for its password.
async fn winner_signs_in(bed: &Bed, known: &[String]) -> Result<()> {
    let winner = known.iter().find(|handle| handle.starts_with("new")).context("nobody has signed up")?;
    let answer = ask_for_ticket(&bed.dialer, winner, PASSWORD).await?;
    ensure!(answer.status() == 200, "the password of {winner} was answered with {}", answer.status());
    Ok(())
}

/// Sends sign-up forms without pause. One IP address sends forms with a code for many accounts, and
/// another IP address sends forms with guessed codes. Returns the number of forms that the server
/// refused because their IP address had sent too many forms or created too many accounts.
async fn flood(bed: &Bed) -> Result<usize> {
    let code = invite(bed, 1000).await?;
    let visitor = Visitor::open(bed.dialer.from(IpAddr::V4(Ipv4Addr::new(127, 21, 0, 1)))).await?;
    let forms = bed.size.of(FORMS).max(MOST_FORMS * 2);
    let mut refused = 0;
    for number in 0..forms {
        let status = visitor.send(&Account::named(&format!("flood{number}")).handle, &code).await?;
        let expected = if number < MOST_ACCOUNTS { 200 } else { 429 };
        ensure!(status == expected, "form {number} was answered with {status} instead of {expected}");
        refused += usize::from(status == 429);
    }
    let guesser = Visitor::open(bed.dialer.from(IpAddr::V4(Ipv4Addr::new(127, 21, 0, 2)))).await?;
    for number in 0..MOST_FORMS * 2 {
        let status = guesser.send(&Account::named("guess").handle, &format!("{number:0>16}")).await?;
        let expected = if number < MOST_FORMS { 422 } else { 429 };
        ensure!(status == expected, "guess {number} was answered with {status} instead of {expected}");
    }
    Ok(refused + MOST_FORMS)
}
