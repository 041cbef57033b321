//! A server with little memory, and clients that need more memory than it has. Some clients send
//! requests with large bodies that never end, and others sign in. The server must refuse some of
//! the sign-ins. Users who are online must notice nothing.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use msnp_conformance::wire::Service;
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Account, Connection, Dialer, chat};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The memory of the server, in MiB. This is a limit on heap and stacks together. If the server
/// asks for more, the kernel refuses, and the process ends. The resident part of heap and stacks is
/// therefore never larger.
const MEMORY_MIB: u64 = 256;
/// The number of requests that do not end.
const REQUESTS: usize = 5000;
/// Each address sends this many requests that do not end. The server allows 128 HTTP connections
/// from one address.
const PER_ADDRESS: usize = 100;
/// The number of bytes of a request body that a client sends. The server accepts a body of 64 KiB.
const BODY: usize = 65_000;
/// The number of people who try to sign in.
const PEOPLE: usize = 4000;
/// The number of people who try to sign in at the same time.
const AT_ONCE: usize = 64;
/// The number of refused sign-ins after which no further person tries to sign in.
const REFUSALS: usize = 50;
/// One session in this many is checked at the end: it must still exist.
const SAMPLE: usize = 20;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("R02", "The server has 256 MiB of memory, and clients connect until it refuses", |bed| {
        Box::pin(run(bed))
    })
    .accounts(PEOPLE)
    .except(&[(Rule::Memory, "the allocator keeps the memory that it had at the limit, for the next connections")])
    .setup(|| Setup {
        settings: "[limits]\nexempt = [\"127.0.0.1/32\"]\n".to_owned(),
        wrapper: ["prlimit".to_owned(), format!("--data={}", MEMORY_MIB << 20)].into(),
        ..Setup::default()
    });

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    let mut requests = begin_requests(&bed.dialer).await;
    board.exchange(&mut joined).await.context("a conversation ended because of the requests")?;
    let (mut people, refused) = sign_in_until_refused(bed).await?;
    let most = bed.server.figures()?.peak_kib;
    ensure!(refused > 0, "the server refused none of {} people", people.len());
    ensure!(most <= MEMORY_MIB * 1024, "the server used {most} KiB");
    board.exchange(&mut joined).await.context("a conversation ended because of the sign-ins")?;
    for person in people.iter_mut().step_by(SAMPLE).chain([&mut one.notification, &mut other.notification]) {
        person.before_pong().await.context("a session ended")?;
    }
    let mut open = 0;
    for request in &mut requests {
        open += usize::from(request.until_ended(Duration::ZERO).await.is_err());
    }
    let measured = Measured::new().count("requests", requests.len()).count("requests still open", open);
    let measured = measured.count("people", people.len()).count("refused", refused);
    Ok(measured.figure("memory", most as f64 / 1024.0, "MiB"))
}

/// Sends requests that do not end, from many addresses. The server may close some of them.
async fn begin_requests(dialer: &Dialer) -> Vec<Connection> {
    let head = format!("POST /RST.srf HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", BODY + 1);
    let request = [head.into_bytes(), vec![b' '; BODY]].concat();
    let mut open = Vec::new();
    for number in 0..REQUESTS {
        let address = u8::try_from(1 + number / PER_ADDRESS).unwrap_or(u8::MAX);
        let from = dialer.from(IpAddr::V4(Ipv4Addr::new(127, 70, 0, address)));
        let http = Connection::open(Service::Http, from.dial(from.addresses.http), from.watch()).await;
        if let Ok(connection) = http
            && connection.send_bytes(&request).await.is_ok()
        {
            open.push(connection);
        }
    }
    open
}

/// Signs people in, until the server has refused some of them. Returns the connections of the
/// people who signed in, and the number of people who were refused.
async fn sign_in_until_refused(bed: &Bed) -> Result<(Vec<Connection>, usize)> {
    let mut running = JoinSet::new();
    let (mut people, mut refused) = (Vec::new(), 0);
    for number in 2..PEOPLE {
        let dialer = bed.dialer.clone();
        running.spawn(async move { sign_in(&dialer, &Account::numbered(number)).await });
        while running.len() >= AT_ONCE || number + 1 == PEOPLE || refused >= REFUSALS {
            let Some(signed_in) = running.join_next().await else { break };
            match signed_in?? {
                Some(person) => people.push(person),
                None => refused += 1,
            }
        }
        if refused >= REFUSALS {
            break;
        }
    }
    Ok((people, refused))
}

/// Signs in with the ticket. Returns `None` if the server says that it is full (600).
async fn sign_in(dialer: &Dialer, account: &Account) -> Result<Option<Connection>> {
    let ticket = dialer.ticket(account).await?;
    let mut connection = dialer.notification().await?;
    let handle = &account.handle;
    let commands = [
        ("VER", "MSNP12 MSNP11 CVR0".to_owned()),
        ("USR", format!("TWN I {handle}")),
        ("USR", format!("TWN S {ticket}")),
    ];
    for (verb, words) in commands {
        let answer = connection.ask(verb, &words).await.with_context(|| format!("the sign-in of {handle}"))?;
        match answer.code() {
            None => {}
            Some(600) => return Ok(None),
            Some(_) => bail!("the sign-in of {handle} was answered with {}", answer.line()),
        }
    }
    Ok(Some(connection))
}
