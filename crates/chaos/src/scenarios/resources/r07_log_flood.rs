//! Clients send input that causes lines in the log, as fast as possible.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use msnp_conformance::wire::Service;
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Account, Connection, Dialer, SignIn, http};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The time for which the input arrives.
const TIME: Duration = Duration::from_secs(10);
/// The number of bytes by which the log may grow in a minute. Ten minutes may fill 10 MB.
const PER_MINUTE: f64 = 1_000_000.0;
/// The number of clients of each kind that send at the same time.
const CLIENTS: usize = 3;
/// The time for which a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("R07", "Hostile input arrives as fast as possible, and the log stays small", |bed| {
        Box::pin(run(bed))
    })
    .accounts(1)
    .smoke();

/// The kind of input that a client sends.
#[derive(Clone, Copy)]
enum Kind {
    /// A line that is not a command.
    Rubbish,
    /// A dialect that does not exist.
    Dialect,
    /// A ticket that is forged.
    Ticket,
    /// A request that is not valid HTTP.
    Request,
    /// A wrong password.
    Password,
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let before = log_size(bed)?;
    let deadline = Instant::now() + bed.size.time(TIME);
    let mut running = JoinSet::new();
    for kind in [Kind::Rubbish, Kind::Dialect, Kind::Ticket, Kind::Request, Kind::Password] {
        for _ in 0..CLIENTS {
            running.spawn(send_until(bed.dialer.clone(), kind, deadline));
        }
    }
    let sent: usize = running.join_all().await.into_iter().sum();
    let grown = log_size(bed)? - before;
    let per_minute = grown / (bed.size.time(TIME).as_secs_f64() / 60.0);
    ensure!(per_minute <= PER_MINUTE, "the log grows by {:.0} KB in a minute", per_minute / 1000.0);
    Ok(Measured::new().count("attacks", sent).figure("log", grown, "B"))
}

fn log_size(bed: &Bed) -> Result<f64> {
    Ok(std::fs::metadata(bed.server.log_path())?.len() as f64)
}

/// Sends the input again and again. Returns how many times the input was sent.
async fn send_until(dialer: Dialer, kind: Kind, deadline: Instant) -> usize {
    let mut sent = 0;
    while Instant::now() < deadline {
        // The server may refuse or slow down any of this input.
        let _ = send(&dialer, kind).await;
        sent += 1;
    }
    sent
}

async fn send(dialer: &Dialer, kind: Kind) -> Result<()> {
    let account = Account::numbered(0);
    let forged = SignIn::default().commands(&account.handle, "t=forged&p=").join("\r\n");
    let (service, bytes) = match kind {
        Kind::Rubbish => (Service::Ns, b"\x1b[31m\xff\x00 GET / HTTP/1.1\r\n".to_vec()),
        Kind::Dialect => (Service::Ns, b"VER 1 MSNP99 MSNP98 CVR0\r\n".to_vec()),
        Kind::Ticket => (Service::Ns, format!("{forged}\r\n").into_bytes()),
        Kind::Request => (Service::Http, b"\x00\xff /\x1b[2J HTTP/9.9\r\n\r\n".to_vec()),
        Kind::Password => (Service::Http, http::ticket_request(&account.handle, "wrong")),
    };
    let to = if service == Service::Ns { dialer.addresses.notification } else { dialer.addresses.http };
    let mut connection = Connection::open(service, dialer.dial(to), dialer.watch()).await?;
    connection.send_bytes(&bytes).await?;
    connection.next_within(PATIENCE).await;
    Ok(())
}
