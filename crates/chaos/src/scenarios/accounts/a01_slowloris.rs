//! Thousands of connections that stay open without a sign-in, while people sign in on other
//! connections.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use msnp_conformance::wire::Service;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Connection, Dialer, Next, Person};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::scenario::Scenario;
use crate::server::Setup;

/// The number of connections that stay open without a sign-in.
const CONNECTIONS: usize = 3000;
/// The number of connections without a sign-in that come from one address. The server allows 20.
const PER_ADDRESS: usize = 15;
/// The number of connections that are opened at the same time.
const AT_ONCE: usize = 50;
/// The time for which a connection without a sign-in may be open (`sign_in_seconds`).
const SIGN_IN: Duration = Duration::from_secs(60);
/// The server may close a connection without a sign-in this much later than [`SIGN_IN`].
const TOLERANCE: Duration = Duration::from_secs(5);
/// Half of the connections without a sign-in send single bytes. This is the pause between two such
/// bytes on one connection.
const BYTE: Duration = Duration::from_secs(10);
/// The number of people who sign in during the attack.
const PEOPLE: usize = 40;
/// The pause between two sign-ins of the people who sign in during the attack.
const PAUSE: Duration = Duration::from_millis(250);
/// The limit on the p99 of the time that a sign-in during the attack takes, including the check of
/// the password.
const LIMIT: Duration = Duration::from_secs(1);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("A01", "Thousands of connections stay silent, or send a byte every 10 s", |bed| Box::pin(run(bed)))
        .accounts(PEOPLE)
        .connections(CONNECTIONS)
        .setup(|| Setup { settings: "[limits]\nexempt = [\"127.0.0.0/24\"]\n".to_owned(), ..Setup::default() });

async fn run(bed: &mut Bed) -> Result<Measured> {
    let (finish, finished) = watch::channel(false);
    let people = tokio::spawn(sign_in_again_and_again(bed.dialer.clone(), finished));
    let mut opened = 0;
    let count = bed.size.of(CONNECTIONS);
    let (mut opening, mut waiting) = (JoinSet::new(), JoinSet::new());
    for number in 0..count {
        opening.spawn(open(bed.dialer.from(address(number)), number));
        if opening.len() >= AT_ONCE || number + 1 == count {
            while let Some(connection) = opening.join_next().await {
                let (number, connection) = connection??;
                opened += 1;
                waiting.spawn(wait(number, connection));
            }
        }
    }
    let mut longest = Duration::ZERO;
    while let Some(closed) = waiting.join_next().await {
        longest = longest.max(closed??);
    }
    finish.send_replace(true);
    let times = people.await??;
    let p99 = percentile(&times, 99);
    ensure!(p99 < LIMIT * SLOWNESS, "the p99 of a sign-in was {p99:.1?}");
    let measured = Measured::new().count("connections", opened).seconds("closed after at most", longest);
    Ok(measured.count("sign-ins", times.len()).millis("sign-in p99", p99))
}

fn address(number: usize) -> IpAddr {
    let [.., high, low] = u32::try_from(number / PER_ADDRESS).unwrap_or_default().to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 10, high, low))
}

async fn open(dialer: Dialer, number: usize) -> Result<(usize, Connection)> {
    let connection = match number % 3 {
        0 => dialer.notification().await?,
        1 => dialer.switchboard().await?,
        _ => Connection::open(Service::Http, dialer.dial(dialer.addresses.http), dialer.watch()).await?,
    };
    Ok((number, connection))
}

/// Waits until the server closes the connection. Half of the connections send bytes while they
/// wait. Returns how long the connection stayed open.
async fn wait(number: usize, mut connection: Connection) -> Result<Duration> {
    let begun = Instant::now();
    let deadline = begun + SIGN_IN + TOLERANCE;
    let is_silent = (number / 3).is_multiple_of(2);
    loop {
        let until = if is_silent { deadline } else { deadline.min(Instant::now() + BYTE) };
        match connection.next_before(until).await {
            Next::Ended => return Ok(begun.elapsed()),
            // The HTTP service may send an error before it closes the connection.
            Next::Received(_) => {}
            Next::Nothing => {
                ensure!(Instant::now() < deadline, "connection {number} is still open after {:?}", begun.elapsed());
                let _ = connection.send_bytes(b"V").await;
            }
        }
    }
}

async fn sign_in_again_and_again(dialer: Dialer, finished: watch::Receiver<bool>) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for account in (0..PEOPLE).cycle().map(Account::numbered) {
        if *finished.borrow() {
            break;
        }
        let begun = Instant::now();
        let signed_in = async {
            dialer.fetch_ticket(&account).await?;
            Person::sign_in(&dialer, &account).await
        };
        signed_in.await.with_context(|| format!("sign-in {}", times.len() + 1))?;
        times.push(begun.elapsed());
        sleep(PAUSE).await;
    }
    Ok(times)
}
