//! Many connections from one address, from many addresses, and from an exempt network.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Connection, Dialer, Person};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The number of connections from one address.
const CONNECTIONS: usize = 2000;
/// The number of connections from the exempt address.
const EXEMPT: usize = 500;
/// The largest number of connections without a sign-in that one address may have
/// (`anonymous_per_address`).
const ANONYMOUS: usize = 64;
/// The time within which the server closes the connections above the limit.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "R06",
    "Thousands of connections come from one address, and hundreds from an address that is exempt from the limits",
    |bed| Box::pin(run(bed)),
)
.accounts(2)
.connections(CONNECTIONS)
.setup(|| Setup { settings: "[limits]\nexempt = [\"127.0.0.1/32\"]\n".to_owned(), ..Setup::default() })
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let crowded = bed.dialer.from(address(1));
    let mut many = open(&crowded, bed.size.of(CONNECTIONS)).await;
    sleep(SETTLE).await;
    let kept = still_open(&mut many).await;
    ensure!(kept <= ANONYMOUS, "{kept} connections of one address are open, but only {ANONYMOUS} are allowed");
    // The many connections from one address must not affect people at another address or at an
    // exempt address. After these connections have ended, people at their address must be able to
    // sign in again.
    let neighbour = Person::sign_in(&bed.dialer.from(address(2)), &Account::numbered(0)).await;
    drop(neighbour.context("a sign-in from another address")?);
    let expected = bed.size.of(EXEMPT);
    let mut exempt = open(&bed.dialer, expected).await;
    sleep(SETTLE).await;
    let exempt_kept = still_open(&mut exempt).await;
    ensure!(exempt_kept == expected, "{exempt_kept} of {expected} connections of an exempt address are open");
    drop(many);
    sleep(SETTLE).await;
    let again = Person::sign_in(&crowded, &Account::numbered(1)).await;
    drop(again.context("a sign-in from the address whose connections have ended")?);
    let measured = Measured::new().count("connections", bed.size.of(CONNECTIONS)).count("kept", kept);
    Ok(measured.count("connections kept from the exempt address", exempt_kept))
}

fn address(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 30, 0, last))
}

/// Opens connections to the notification server. The server may close some of them immediately.
async fn open(dialer: &Dialer, count: usize) -> Vec<Connection> {
    let mut open = Vec::new();
    for _ in 0..count {
        open.extend(dialer.notification().await);
    }
    open
}

async fn still_open(connections: &mut [Connection]) -> usize {
    let mut open = 0;
    for connection in connections {
        open += usize::from(connection.until_ended(Duration::ZERO).await.is_err());
    }
    open
}
