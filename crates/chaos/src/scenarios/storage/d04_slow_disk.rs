//! A disk that takes 1 to 10 s for each read and each synchronisation, and later becomes fast
//! again.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Dialer, PASSWORD, PATIENCE, Person, SignIn, befriend, http};
use crate::measured::{Measured, percentile};
use crate::scenario::Scenario;
use crate::server::Setup;

/// The shortest and the longest time that one call to the disk takes.
const DELAY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];
/// The time for which the disk is slow.
const SLOW: Duration = Duration::from_secs(25);
/// The number of people who edit a list again and again.
const EDITORS: usize = 10;
/// The number of people who sign in with tickets again and again.
const NEWCOMERS: usize = 10;
/// The number of people who sign in with passwords again and again.
const PASSWORDS: usize = 3;
/// The time within which a sign-in must be answered, whether it succeeds or not.
const SIGN_IN: Duration = Duration::from_secs(10);
/// The time within which a change of presence must arrive.
const PRESENCE: Duration = Duration::from_secs(2);
/// The time within which an edit must be answered, if the disk becomes fast before the answer.
const EDIT: Duration = Duration::from_secs(120);
/// The time within which everything must work again. A call to the disk that began while the disk
/// was slow takes up to 10 s.
const RECOVERY: Duration = Duration::from_secs(20);
/// The code for a sign-in if the store does not answer (errors.md).
const BUSY: u16 = 600;
/// The code for an edit if the store does not answer (errors.md).
const NOT_STORED: u16 = 603;
/// The status for a sign-in with a password if the store does not answer.
const UNAVAILABLE: u16 = 503;

pub(super) const SCENARIO: Scenario = Scenario::runs("D04", "The disk is slow", |bed| Box::pin(run(bed)))
    .accounts(2 + EDITORS + NEWCOMERS + PASSWORDS)
    .setup(|| Setup { has_disk: true, ..Setup::default() });

/// The time from each request to its answer, and the number of requests that the server refused.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    refused: usize,
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let disk = bed.disk.take().context("the test bed has no disk")?;
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    let numbers = |first: usize, count: usize| first..first + bed.size.of(count);
    let (editors, newcomers) = (numbers(2, EDITORS), numbers(2 + bed.size.of(EDITORS), NEWCOMERS));
    let passwords = numbers(newcomers.end, PASSWORDS.min(bed.size.of(PASSWORDS)));
    let editors = bed.people_with(&bed.dialer, editors, SignIn::default()).await?;
    let (end, is_over) = watch::channel(false);
    disk.delay(DELAY[0], DELAY[1])?;
    let [mut edits, mut sign_ins, mut fetches] = [(); 3].map(|()| JoinSet::new());
    for person in editors {
        edits.spawn(edit(person, is_over.clone()));
    }
    for number in newcomers.clone() {
        sign_ins.spawn(sign_in_again(bed.dialer.clone(), Account::numbered(number), is_over.clone()));
    }
    for number in passwords {
        fetches.spawn(fetch_again(bed.dialer.clone(), Account::numbered(number), is_over.clone()));
    }
    let presence = presence(&mut one, &mut other, bed.size.time(SLOW)).await.context("while the disk is slow")?;
    disk.delay(Duration::ZERO, Duration::ZERO)?;
    end.send_replace(true);
    let healed = Instant::now();
    let (edits, sign_ins, fetches) = (all(edits).await?, all(sign_ins).await?, all(fetches).await?);
    let longest = |seen: &Seen| percentile(&seen.times, 100);
    ensure!(
        longest(&edits) >= DELAY[0],
        "the disk was not slow: the library that delays it has no effect on a statically linked server"
    );
    recover(bed, &mut one, newcomers.start, healed).await?;
    Ok(Measured::new()
        .count("edits", edits.times.len())
        .count("refused", edits.refused)
        .seconds("longest", longest(&edits))
        .count("sign-ins", sign_ins.times.len())
        .count("refused", sign_ins.refused)
        .seconds("longest", longest(&sign_ins))
        .count("sign-ins with passwords", fetches.times.len())
        .count("refused", fetches.refused)
        .seconds("longest", longest(&fetches))
        .millis("longest presence", presence)
        .seconds("recovered after", healed.elapsed()))
}

async fn all(mut running: JoinSet<Result<Seen>>) -> Result<Seen> {
    let mut all = Seen::default();
    while let Some(seen) = running.join_next().await {
        let mut seen = seen??;
        all.times.append(&mut seen.times);
        all.refused += seen.refused;
    }
    Ok(all)
}

/// Edits a list again and again. The server must answer each edit, even if the answer is late.
async fn edit(mut person: Person, is_over: watch::Receiver<bool>) -> Result<Seen> {
    let mut seen = Seen::default();
    let who = Account::numbered(0).handle;
    let mut is_allowed = false;
    while !*is_over.borrow() {
        let begun = Instant::now();
        let (verb, words) = if is_allowed { ("REM", format!("AL {who}")) } else { ("ADC", format!("AL N={who}")) };
        let trid = person.notification.send(verb, &words).await?;
        let answer = person.notification.answer_within(trid, EDIT).await.context("an edit")?;
        let code = answer.code();
        ensure!(code.is_none_or(|code| code == NOT_STORED), "an edit was answered with {}", answer.line());
        is_allowed ^= code.is_none();
        seen.refused += usize::from(code.is_some());
        seen.times.push(begun.elapsed());
    }
    Ok(seen)
}

/// Signs in with a ticket again and again.
async fn sign_in_again(dialer: Dialer, account: Account, is_over: watch::Receiver<bool>) -> Result<Seen> {
    let mut seen = Seen::default();
    while !*is_over.borrow() {
        let begun = Instant::now();
        let code = sign_in(&dialer, &account).await?;
        let took = begun.elapsed();
        ensure!(code.is_none_or(|code| code == BUSY), "a sign-in was answered with {code:?}");
        ensure!(took <= SIGN_IN, "a sign-in was answered with {code:?} only after {took:.1?}");
        seen.refused += usize::from(code.is_some());
        seen.times.push(took);
    }
    Ok(seen)
}

/// Signs in, and out again. Returns the error code, if the server refuses.
async fn sign_in(dialer: &Dialer, account: &Account) -> Result<Option<u16>> {
    let ticket = dialer.ticket(account).await?;
    let how = SignIn { synchronise: false, status: None, ..SignIn::default() };
    let mut connection = dialer.notification().await?;
    let mut code = None;
    for command in how.commands(&account.handle, &ticket) {
        let mut words = command.splitn(3, ' ');
        let verb = words.next().unwrap_or_default();
        code = connection.ask(verb, words.nth(1).unwrap_or_default()).await?.code();
    }
    Ok(code)
}

/// Fetches a ticket with a password again and again.
async fn fetch_again(dialer: Dialer, account: Account, is_over: watch::Receiver<bool>) -> Result<Seen> {
    let mut seen = Seen::default();
    while !*is_over.borrow() {
        let begun = Instant::now();
        let request = http::ticket_request(&account.handle, PASSWORD);
        let status = http::request(dialer.dial(dialer.addresses.http), &request, PATIENCE).await?.status();
        let took = begun.elapsed();
        ensure!([200, UNAVAILABLE].contains(&status), "a sign-in with a password was answered with {status}");
        ensure!(took <= SIGN_IN, "a sign-in with a password was answered with {status} only after {took:.1?}");
        seen.refused += usize::from(status == UNAVAILABLE);
        seen.times.push(took);
    }
    Ok(seen)
}

/// Lets one of two people change the status again and again. Returns the longest time that the
/// other person had to wait for a change.
async fn presence(one: &mut Person, other: &mut Person, how_long: Duration) -> Result<Duration> {
    let (begun, mut longest) = (Instant::now(), Duration::ZERO);
    for status in ["BSY", "AWY"].iter().cycle() {
        if begun.elapsed() >= how_long {
            break;
        }
        let changed = Instant::now();
        other.notification.done("CHG", &format!("{status} 0")).await?;
        one.notification.expect(&format!("NLN {status} {}", other.handle())).await?;
        longest = longest.max(changed.elapsed());
        ensure!(longest <= PRESENCE, "a change of presence took {longest:.1?}");
        sleep(Duration::from_millis(500)).await;
    }
    Ok(longest)
}

/// Tries until three things work: a sign-in with a ticket, a sign-in with a password, and an edit.
async fn recover(bed: &Bed, one: &mut Person, newcomer: usize, healed: Instant) -> Result<()> {
    let account = Account::numbered(newcomer);
    loop {
        let begun = Instant::now();
        let fetched = bed.dialer.fetch_ticket(&account).await.is_ok();
        let code = sign_in(&bed.dialer, &account).await?;
        let edited = one.notification.ask("PRP", "MFN Recovered").await?.code();
        // A call to the disk that began while the disk was slow may still delay the sign-ins and
        // the edit.
        if fetched && code.is_none() && edited.is_none() && begun.elapsed() < DELAY[0] * 2 {
            return Ok(());
        }
        let since = healed.elapsed();
        ensure!(
            since < RECOVERY,
            "{since:.0?} after the disk became fast, a sign-in got {code:?} and an edit got {edited:?}"
        );
        sleep(Duration::from_millis(200)).await;
    }
}
