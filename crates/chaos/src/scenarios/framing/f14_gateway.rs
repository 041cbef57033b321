//! Requests over the gateway that use stolen session ids, are repeated, are sent at the same time,
//! or are malformed.
//!
//! No session may receive bytes of another session. The server must carry out a repeated request
//! only once. It must answer a request that it refuses within a second (http.md sections 0 and 5).

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::gateway::{Session, post};
use crate::client::http::{Answer, request};
use crate::client::{Account, Board, Dialer, Person, SignIn, text};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F14",
    "Gateway requests have stolen ids, are repeated, come two at a time, or are malformed",
    |bed| Box::pin(run(bed)),
)
.accounts(PEOPLE)
.except(&[(Rule::History, "the history does not record commands over the gateway")]);

/// The number of people who use the gateway at the same time.
const PEOPLE: usize = 30;
/// The number of requests that each person sends after the sign-in.
const REQUESTS: usize = 25;
/// The time within which a malformed request must be answered.
const QUICK: Duration = Duration::from_secs(1);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let requests = crowd(bed).await.context("many sessions")?;
    stolen(bed).await.context("stolen ids")?;
    repeated(bed).await.context("repeated requests")?;
    doubled(bed).await.context("two requests at the same time")?;
    let (malformed, slowest) = malformed(bed).await.context("malformed requests")?;
    ensure!(slowest < QUICK, "an answer took {slowest:.1?}");
    Ok(Measured::new().count("requests", requests).count("malformed", malformed).millis("slowest", slowest))
}

/// Lets many people sign in and send requests at the same time. Checks that each of them receives only the answers to
/// their own requests, in order. Returns the number of requests.
async fn crowd(bed: &mut Bed) -> Result<usize> {
    let mut running = JoinSet::new();
    for number in 0..PEOPLE {
        let (dialer, requests) = (bed.dialer.clone(), bed.size.of(REQUESTS));
        running.spawn(async move {
            let account = Account::numbered(number);
            let mut session = sign_in(&dialer, &account).await?;
            for trid in 100..100 + requests {
                session.send(format!("PRP {trid} PHH {number}-{trid}\r\n").as_bytes()).await?;
                let line = session.line("PRP").await?;
                ensure!(line == format!("PRP {trid} PHH {number}-{trid}"), "user{number} received {line:?}");
            }
            session.end().await?;
            Ok(requests)
        });
    }
    let mut requests = 0;
    while let Some(done) = running.join_next().await {
        requests += done??;
    }
    Ok(requests)
}

/// Signs in over the gateway.
async fn sign_in(dialer: &Dialer, account: &Account) -> Result<Session> {
    let ticket = dialer.ticket(account).await?;
    let how = SignIn { synchronise: false, status: None, ..SignIn::default() };
    let commands = how.commands(&account.handle, &ticket).join("\r\n");
    let mut session = Session::open(dialer, "NS", format!("{commands}\r\n").as_bytes()).await?;
    let line = session.line("USR 4").await?;
    ensure!(line.starts_with(&format!("USR 4 OK {} ", account.handle)), "the answer was {line:?}");
    Ok(session)
}

/// Checks that no session matches a guessed id, an old id, or the id of a session that has ended.
async fn stolen(bed: &Bed) -> Result<()> {
    let mut own = sign_in(&bed.dialer, &Account::numbered(0)).await?;
    let (key, counter) = own.id().split_once('.').context("a session id has no dot")?;
    let key: u64 = key.parse()?;
    let mut guesses: Vec<_> = (1..50).map(|step| format!("{}.{counter}", key.wrapping_add(step))).collect();
    guesses.extend([format!("{key}.99"), format!("{key}"), format!("{key}.{counter}.1"), format!("0{key}.{counter}")]);
    for guess in guesses {
        let answer = post(&bed.dialer, &format!("SessionID={guess}"), b"OUT\r\n").await?;
        ensure!(
            answer.status() == 400 && answer.body().is_empty(),
            "the guessed id {guess} was answered with {}",
            answer.status()
        );
    }
    own.send(b"PNG\r\n").await?;
    own.line("QNG").await?;
    let id = own.id().to_owned();
    own.end().await?;
    let answer = post(&bed.dialer, &format!("Action=poll&SessionID={id}"), b"").await?;
    ensure!(answer.status() == 400, "a poll of a session that has ended was answered with {}", answer.status());
    Ok(())
}

/// Checks that a repeated request gets the same answer, and that its message arrives only once.
async fn repeated(bed: &Bed) -> Result<()> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let (mut board, mut joined) = over_gateway(&bed.dialer, &mut one, &mut other).await?;
    for (place, payload) in [text("once"), text("and another")].iter().enumerate() {
        let command = [format!("MSG {} A {}\r\n", place + 10, payload.len()).as_bytes(), payload].concat();
        let before = board.id().to_owned();
        let query = format!("SessionID={before}");
        let answers = [post(&bed.dialer, &query, &command).await?, post(&bed.dialer, &query, &command).await?];
        for answer in &answers {
            let said = String::from_utf8_lossy(answer.body()).into_owned();
            ensure!(answer.status() == 200 && said == format!("ACK {}\r\n", place + 10), "the answer was {said:?}");
        }
        board.follow(&answers[1])?;
        let received = joined.connection.expect("MSG user0@example.com").await?;
        ensure!(received.payload() == payload, "another message arrived");
    }
    board.send(b"OUT\r\n").await?;
    // The other member must receive each of the two messages only once, so the next line must be
    // BYE.
    let rest = joined.connection.next().await?;
    ensure!(rest.starts_with("BYE user0@example.com"), "{} arrived", rest.line());
    Ok(())
}

/// Opens a conversation of two people, the first of whom uses the gateway.
async fn over_gateway(dialer: &Dialer, one: &mut Person, other: &mut Person) -> Result<(Session, Board)> {
    let (_, cookie) = one.board_cookie().await?;
    let usr = format!("USR 1 {} {cookie}\r\nCAL 2 {}\r\n", one.handle(), other.handle());
    let mut session = Session::open(dialer, "SB", usr.as_bytes()).await?;
    session.line("CAL 2 RINGING").await?;
    let joined = other.answer().await?;
    session.line("JOI").await?;
    Ok((session, joined))
}

/// Sends two different requests of one session at the same time, again and again. Checks that the
/// server either answers a request completely, or refuses it without carrying it out.
async fn doubled(bed: &Bed) -> Result<()> {
    let mut session = sign_in(&bed.dialer, &Account::numbered(2)).await?;
    for round in 0..20 {
        let query = format!("SessionID={}", session.id());
        let bodies = [format!("URL {} INBOX\r\n", 100 + round), format!("URL {} INBOX\r\n", 200 + round)];
        let [first, second] = [&bodies[0], &bodies[1]].map(|body| post(&bed.dialer, &query, body.as_bytes()));
        let (first, second) = tokio::join!(first, second);
        for (answer, body) in [first?, second?].iter().zip(&bodies) {
            let trid = body.split(' ').nth(1).unwrap_or_default();
            match answer.status() {
                400 => ensure!(answer.body().is_empty(), "the answer to a refused request has a body"),
                200 => {
                    session.follow(answer)?;
                    // If the server carried out the other request first, this HTTP answer also
                    // contains the line that answers the other request. `line` skips that line.
                    session.line(&format!("URL {trid} ")).await?;
                }
                status => anyhow::bail!("one of two simultaneous requests was answered with {status}"),
            }
        }
    }
    session.end().await
}

/// Checks the statuses of requests that HTTP or the gateway forbids. Returns the number of requests, and the longest
/// time until an answer.
async fn malformed(bed: &Bed) -> Result<(usize, Duration)> {
    let open = "POST /gateway/gateway.dll?Action=open&Server=NS&IP=x";
    let body = "VER 1 MSNP12\r\n";
    let wide = "x".repeat(1 << 20);
    let table: &[(String, &[u16])] = &[
        (format!("{open} HTTP/1.1\r\nHost: x\r\nA: {wide}\r\nContent-Length: 0\r\n\r\n"), &[431]),
        (format!("{open} HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n{}", "x".repeat(16385)), &[413]),
        (format!("{open} HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n"), &[413]),
        (format!("{open} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"), &[400]),
        (format!("{open} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), &[400]),
        (format!("{open} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), &[400]),
        ("POST /gateway/gateway.dll?Action=close HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".into(), &[400]),
        ("POST /gateway/gateway.dll HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".into(), &[400]),
        ("GET /gateway/gateway.dll?Action=open&Server=NS&IP=x HTTP/1.1\r\nHost: x\r\n\r\n".into(), &[404, 405]),
    ];
    let mut slowest = Duration::ZERO;
    for (bytes, statuses) in table {
        let begun = Instant::now();
        let shown = format!("{bytes:.120}");
        let answer = request(bed.dialer.dial(bed.dialer.addresses.http), bytes.as_bytes(), QUICK * 10).await;
        let status = answer.with_context(|| shown.clone())?.status();
        ensure!(statuses.contains(&status), "{shown:?} was answered with {status}");
        slowest = slowest.max(begun.elapsed());
    }
    // These requests are unusual, but valid HTTP.
    let chunked = format!("Transfer-Encoding: chunked\r\n\r\ne\r\n{body}\r\n0\r\n\r\n");
    for (version, rest) in [("1.1", chunked), ("1.0", format!("Content-Length: {}\r\n\r\n{body}", body.len()))] {
        let bytes = format!("{open} HTTP/{version}\r\nHost: x\r\n{rest}");
        let answer = request(bed.dialer.dial(bed.dialer.addresses.http), bytes.as_bytes(), QUICK * 10).await?;
        close(bed, &answer, "VER 1 MSNP12").await.with_context(|| bytes)?;
    }
    // Without a length, the request has no body, so the commands are not carried out.
    let bytes = format!("{open} HTTP/1.1\r\nHost: x\r\n\r\n{body}");
    let answer = request(bed.dialer.dial(bed.dialer.addresses.http), bytes.as_bytes(), QUICK * 10).await?;
    close(bed, &answer, "").await.context(bytes)?;
    Ok((table.len() + 3, slowest))
}

/// Checks the body of the first answer of a session, and ends the session.
async fn close(bed: &Bed, answer: &Answer, expected: &str) -> Result<()> {
    let said = String::from_utf8_lossy(answer.body()).into_owned();
    ensure!(answer.status() == 200 && said.trim_end() == expected, "the answer was {} {said:?}", answer.status());
    Session::of(&bed.dialer, answer)?.end().await
}
