//! People behind a proxy of a company. The proxy passes only HTTP, buffers whole requests and
//! answers, and cuts connections after a while.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::http::request;
use crate::client::{Account, Board, Carrier, Dial, Dialer, PATIENCE, Person, befriend, chat};
use crate::measured::{Measured, percentile};
use crate::proxy::{HttpFaults, HttpProxy};
use crate::scenario::Scenario;

/// The number of conversations. In half of them, one side is not behind the proxy.
const PAIRS: usize = 6;
/// The time for which people chat.
const TIME: Duration = Duration::from_secs(20);
/// The age at which the proxy cuts connections. A real proxy waits 30 s, and clients poll every 2 s. Here, the two
/// times are shorter by the same factor.
const CUT: Duration = Duration::from_millis(1500);
/// The interval at which the clients poll.
const POLL: Duration = Duration::from_millis(100);
/// The percentage of requests that are lost. The same percentage of requests lose their answers,
/// and the same percentage arrive twice.
const LOST: u64 = 2;
/// The largest number of times that a person tries to get a ticket.
const ATTEMPTS: usize = 5;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "N05",
    "A proxy passes only HTTP on port 80, cuts connections, and loses and repeats requests",
    |bed| Box::pin(run(bed)),
)
.accounts(2 * PAIRS);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let faults = HttpFaults { lose_request: LOST, lose_answer: LOST, duplicate: LOST, cut_after: Some(CUT) };
    let proxy = HttpProxy::start(bed.server.addresses().http, faults, bed.random.fork()).await?;
    let tunnel = request(Dial::to(proxy.address()), b"CONNECT x:1863 HTTP/1.1\r\n\r\n", PATIENCE).await?;
    ensure!(tunnel.status() == 403, "the proxy answered CONNECT with {}", tunnel.status());
    let carriers =
        [Carrier::start(proxy.address(), "NS", POLL).await?, Carrier::start(proxy.address(), "SB", POLL).await?];
    let mut behind = bed.dialer.clone();
    behind.addresses.http = proxy.address();
    behind.addresses.notification = carriers[0].address();
    behind.addresses.switchboard = carriers[1].address();
    behind.switchboards = Some(carriers[1].address());

    let pairs = bed.size.of(PAIRS);
    let end = Instant::now() + bed.size.time(TIME);
    let mut running = JoinSet::new();
    for pair in 0..pairs {
        let other = if pair % 2 == 0 { behind.clone() } else { bed.dialer.clone() };
        running.spawn(talk([behind.clone(), other], pair, end));
    }
    let mut times = Vec::new();
    while let Some(talked) = running.join_next().await {
        times.append(&mut talked??);
    }
    let (cuts, repeated) = (proxy.cuts(), carriers.iter().map(Carrier::repeated).sum());
    ensure!(
        cuts >= pairs && repeated >= pairs,
        "the proxy cut {cuts} connections, and {repeated} requests were repeated"
    );
    let measured = Measured::new().count("conversations", pairs).count("messages", times.len());
    let measured = measured.count("connections cut", cuts).count("requests repeated", repeated);
    Ok(measured.millis("p50", percentile(&times, 50)).millis("longest", percentile(&times, 100)))
}

/// Signs in two people, and lets them send messages to each other alternately. Returns the delivery
/// time of each message.
async fn talk(dialers: [Dialer; 2], pair: usize, end: Instant) -> Result<Vec<Duration>> {
    let [one, other] = &dialers;
    let (mut one, mut other) = (sign_in(one, 2 * pair).await?, sign_in(other, 2 * pair + 1).await?);
    befriend(&mut one, &mut other).await?;
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    let mut times = Vec::new();
    while Instant::now() < end {
        times.push(board.exchange(&mut joined).await?);
        times.push(joined.exchange(&mut board).await?);
    }
    for person in [&mut one, &mut other] {
        person.notification.before_pong().await.with_context(|| format!("{} was signed out", person.handle()))?;
    }
    ensure!(!times.is_empty(), "{} and {} exchanged no message", one.handle(), other.handle());
    [board, joined].into_iter().for_each(|board: Board| board.connection.settle());
    Ok(times)
}

/// Signs in with the password. Tries again if the proxy loses the request or its answer.
async fn sign_in(dialer: &Dialer, number: usize) -> Result<Person> {
    let account = Account::numbered(number);
    let mut attempt = 1;
    while let Err(error) = dialer.fetch_ticket(&account).await {
        ensure!(attempt < ATTEMPTS, "no ticket after {attempt} attempts: {error:#}");
        attempt += 1;
    }
    Person::sign_in(dialer, &account).await
}
