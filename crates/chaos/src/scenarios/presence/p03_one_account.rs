//! Many sign-ins to one account. One session must remain. If the connection of an older session
//! ends late, this end must not sign out the remaining session.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Dialer, Next, PATIENCE, Person, Received, SignIn, befriend};
use crate::measured::Measured;
use crate::proxy::Faults;
use crate::scenario::Scenario;

/// The number of clients that sign in at the same time.
const CLIENTS: usize = 40;
/// The number of times that an older connection ends late.
const LATE: usize = 20;
/// The time to wait after an older connection has ended late. If this end wrongly signed the
/// account out, a contact would see the account go offline within this time.
const SETTLE: Duration = Duration::from_millis(50);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("P03", "Many clients sign in to one account at the same time", |bed| Box::pin(run(bed)))
        .accounts(2)
        .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut friend = bed.person(1).await?;
    let mut one = bed.person(0).await?;
    befriend(&mut one, &mut friend).await?;
    drop(one);
    let clients = bed.size.of(CLIENTS);
    let (mut last, replaced) = all_at_once(&bed.dialer, clients).await?;
    ensure!(is_online(&friend.notification.before_pong().await?, true), "the contact does not see the session");
    let late = bed.size.of(LATE);
    for round in 0..late {
        last = end_late(bed, last, round).await?;
        sleep(SETTLE).await;
        let seen = friend.notification.before_pong().await?;
        ensure!(is_online(&seen, true), "after round {round}, the contact does not see the session");
    }
    last.notification.before_pong().await.context("the last session has ended")?;
    Ok(Measured::new().count("at the same time", clients).count("replaced", replaced).count("late ends", late))
}

/// Signs in many times at the same time. Returns the session that remains, and the number of other
/// sessions that received the reason for their end.
async fn all_at_once(dialer: &Dialer, clients: usize) -> Result<(Person, usize)> {
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let dialer = dialer.clone();
        running.spawn(async move { Person::sign_in(&dialer, &Account::numbered(0)).await });
    }
    let mut people = Vec::new();
    while let Some(signed_in) = running.join_next().await {
        // A sign-in fails if another sign-in replaces its session before the sign-in is complete.
        // That session has ended, so it is not counted here.
        people.extend(signed_in?.ok());
    }
    let (mut left, mut replaced) = (Vec::new(), 0);
    for mut person in people {
        if is_replaced(&mut person).await? { replaced += 1 } else { left.push(person) }
    }
    ensure!(left.len() == 1, "{} sessions of one account remain", left.len());
    Ok((left.remove(0), replaced))
}

/// Returns whether a session has ended. Checks that a session that ended has received the reason
/// (`OUT OTH`).
async fn is_replaced(person: &mut Person) -> Result<bool> {
    // Sending fails if the connection is closed.
    let _ = person.notification.send_bytes(b"PNG\r\n").await;
    let mut last = String::new();
    loop {
        match person.notification.next_within(PATIENCE).await {
            Next::Received(received) if received.verb() == "QNG" => return Ok(false),
            Next::Received(received) => last = received.line(),
            Next::Ended => {
                ensure!(last == "OUT OTH", "a session ended after {last:?}");
                return Ok(true);
            }
            Next::Nothing => anyhow::bail!("a session neither answers nor ends"),
        }
    }
}

/// Signs in through a proxy, then directly. Then the network of the first session fails, or its client leaves. Returns
/// the second session.
async fn end_late(bed: &mut Bed, before: Person, round: usize) -> Result<Person> {
    let (dialer, proxies) = bed.through_proxies(Faults::default()).await?;
    drop(before);
    let older = Person::sign_in_with(&dialer, &Account::numbered(0), SignIn::default()).await?;
    let newer = Person::sign_in(&bed.dialer, &Account::numbered(0)).await?;
    if round.is_multiple_of(2) {
        proxies.iter().for_each(crate::proxy::Proxy::cut);
        older.notification.reset();
    } else {
        drop(older);
    }
    Ok(newer)
}

/// Returns whether the account is online after these lines. `before` says whether the account was
/// online before these lines.
fn is_online(lines: &[Received], before: bool) -> bool {
    let account = Account::numbered(0).handle;
    lines.iter().fold(before, |online, line| match line.verb().as_str() {
        "NLN" if line.word(2) == account => true,
        "ILN" if line.word(3) == account => true,
        "FLN" if line.word(1) == account => false,
        _ => online,
    })
}
