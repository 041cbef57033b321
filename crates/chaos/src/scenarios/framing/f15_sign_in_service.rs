//! Hostile requests to the sign-in service. The server must sign nobody in, and answer each request
//! within a second (security.md section 4, http.md section 2). It must keep no memory for the
//! requests, and resolve no XML entity.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::bed::Bed;
use crate::client::http::{Answer, request, ticket_request};
use crate::client::{Account, Connection, PASSWORD};
use crate::measured::Measured;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F15",
    "The sign-in service receives oversized passwords, deep XML, entities and endless bodies",
    |bed| Box::pin(run(bed)),
)
.accounts(1)
.smoke();

/// The time within which a request must be answered.
const QUICK: Duration = Duration::from_secs(1);
/// The limit on the growth of the server's memory, in KiB.
const GROWTH_KIB: u64 = 2 * 1024;
/// The time for which an endless body is sent. The server must answer before this time is over.
const ENDLESS: Duration = Duration::from_secs(10);

const RST: &str = "POST /RST.srf HTTP/1.1\r\nHost: login.live.com\r\n";

/// A request, the status that the answer must have, and a text that the body of the answer must
/// contain.
#[derive(Clone)]
struct Row {
    name: &'static str,
    bytes: Vec<u8>,
    status: u16,
    says: &'static str,
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let listener = TcpListener::bind("127.0.97.1:0").await?;
    let outside = listener.local_addr()?.to_string();
    let fetched = Arc::new(AtomicUsize::new(0));
    let counter = fetched.clone();
    let watching = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let rows = [passport_rows(), xml_rows(&outside)].concat();
    // This first pass is not measured. During this pass, the allocator of each thread takes memory
    // that it keeps afterwards.
    for row in &rows {
        send(bed, row).await.with_context(|| row.name)?;
    }
    let before = bed.server.figures()?.anonymous_kib;
    let mut slowest = Duration::ZERO;
    for row in &rows {
        slowest = slowest.max(send(bed, row).await.with_context(|| row.name)?);
    }
    let answered = endless(bed).await?;
    let grown = bed.server.figures()?.anonymous_kib.saturating_sub(before);
    watching.abort();
    ensure!(slowest < QUICK, "an answer took {slowest:.1?}");
    ensure!(grown <= GROWTH_KIB, "the memory grew by {grown} KiB");
    ensure!(fetched.load(Ordering::Relaxed) == 0, "the server fetched an external entity");
    signs_in(bed).await?;
    let kib = grown as f64;
    Ok(Measured::new()
        .count("requests", rows.len())
        .millis("slowest", slowest)
        .millis("endless body answered after", answered)
        .figure("grown by", kib, "KiB"))
}

/// Sends a request. Returns how long the answer took.
async fn send(bed: &Bed, row: &Row) -> Result<Duration> {
    let begun = Instant::now();
    let answer = request(bed.dialer.dial(bed.dialer.addresses.http), &row.bytes, QUICK * 10).await?;
    let took = begun.elapsed();
    refused(&answer)?;
    ensure!(answer.status() == row.status, "the status was {} instead of {}", answer.status(), row.status);
    let said = String::from_utf8_lossy(answer.body()).into_owned();
    ensure!(said.contains(row.says), "the answer does not contain {:?}: {said:.300}", row.says);
    Ok(took)
}

fn refused(answer: &Answer) -> Result<()> {
    let said = String::from_utf8_lossy(answer.body()).into_owned();
    let has_ticket = answer.header("Authentication-Info").is_some() || said.contains("BinarySecurityToken");
    ensure!(!has_ticket, "the answer to a hostile request contains a ticket");
    Ok(())
}

/// Returns hostile Passport 1.4 requests.
fn passport_rows() -> Vec<Row> {
    let handle = Account::numbered(0).handle;
    let login = |value: &str| {
        let head = "GET /login2.srf HTTP/1.1\r\nHost: login.passport.com\r\n";
        format!("{head}Authorization: Passport1.4 {value}\r\n\r\n").into_bytes()
    };
    let row = |name, bytes, status| Row { name, bytes, status, says: "" };
    let long = "p".repeat(64 * 1024);
    vec![
        row("a password of 64 KiB", ticket_request(&handle, &long), 431),
        row("a password of 10 KiB", login(&format!("sign-in={handle},pwd={}", &long[..10_240])), 401),
        row("a password of 257 bytes", login(&format!("sign-in={handle},pwd={}", &long[..257])), 401),
        row("no password", login(&format!("sign-in={handle}")), 401),
        row("nothing", login(""), 401),
        row("only commas", login(&",".repeat(8000)), 401),
        row("broken escapes", login(&format!("sign-in={handle}%,pwd=%%%zz%4")), 401),
        row("NUL in the address", login(&format!("sign-in={handle}%00,pwd={PASSWORD}")), 401),
        row("two addresses", login(&format!("sign-in=x,sign-in=y,pwd={PASSWORD}")), 401),
        row(
            "another scheme",
            b"GET /login2.srf HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eDp5\r\n\r\n".to_vec(),
            401,
        ),
        row("no authorization", b"GET /login2.srf HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), 401),
    ]
}

/// Returns hostile RST requests, which have a body of XML. In the reference, an answer that
/// contains a fault has the status 200 (http.md section 2).
fn xml_rows(outside: &str) -> Vec<Row> {
    let handle = Account::numbered(0).handle;
    let entity = |declaration: &str| {
        let prolog = format!("<?xml version=\"1.0\"?><!DOCTYPE Envelope [{declaration}]>");
        format!("{prolog}{}", envelope(&handle, "&p;")).into_bytes()
    };
    let bomb: String = (1..10).fold("<!ENTITY p0 \"lol\">".to_owned(), |text, level| {
        let many = format!("&p{};", level - 1).repeat(10);
        let name = if level == 9 { "p".to_owned() } else { format!("p{level}") };
        format!("{text}<!ENTITY {name} \"{many}\">")
    });
    let long = "p".repeat(60 * 1024);
    let row = |name, body: &[u8], says| Row { name, bytes: with_length(body), status: 200, says };
    vec![
        row("an entity with the correct password", &entity(&format!("<!ENTITY p \"{PASSWORD}\">")), "Invalid Request"),
        row("an external entity", &entity(&format!("<!ENTITY p SYSTEM \"http://{outside}/\">")), "Invalid Request"),
        row("a file", &entity("<!ENTITY p SYSTEM \"file:///etc/hostname\">"), "Invalid Request"),
        row("an external DTD", &entity(&format!("<!ENTITY % d SYSTEM \"http://{outside}/\"> %d;")), "Invalid Request"),
        row("a billion entities", &entity(&bomb), "Invalid Request"),
        row("an entity that is not declared", envelope(&handle, "&p;").as_bytes(), "Invalid Request"),
        row("21,000 levels", "<a>".repeat(21_000).as_bytes(), "Invalid Request"),
        row("100,000 levels", "<a>".repeat(100_000).as_bytes(), "Invalid Request"),
        row("many attributes", many_attributes().as_bytes(), "Invalid Request"),
        row("a password of 60 KiB", envelope(&handle, &long).as_bytes(), ""),
        row("no XML", &[0xFF; 1000], "Invalid Request"),
        row("nothing", b"", "Invalid Request"),
        row("10 MiB", &vec![b' '; 10 << 20], "Invalid Request"),
    ]
}

fn many_attributes() -> String {
    let attributes: String = (0..5000).map(|number| format!(" a{number}=\"\"")).collect();
    format!("<Envelope{attributes}/>")
}

fn with_length(body: &[u8]) -> Vec<u8> {
    [format!("{RST}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// Returns a request for a token. The password is inserted as XML, without escapes.
fn envelope(handle: &str, password: &str) -> String {
    format!(
        "<Envelope><Header><Security><UsernameToken><Username>{handle}</Username><Password>{password}</Password>\
         </UsernameToken></Security></Header><Body><RequestSecurityToken Id=\"RST0\"><AppliesTo><EndpointReference>\
         <Address>messenger.msn.com</Address></EndpointReference></AppliesTo></RequestSecurityToken></Body></Envelope>"
    )
}

/// Sends a body that never ends. Checks that the server answers while the client is still sending.
/// Returns the time until the answer.
async fn endless(bed: &Bed) -> Result<Duration> {
    let begun = Instant::now();
    let dial = bed.dialer.dial(bed.dialer.addresses.http);
    let mut connection =
        Connection::open(msnp_conformance::wire::Service::Http, dial, &crate::observer::Watch::new()).await?;
    let sender = connection.sender();
    let sending = tokio::spawn(async move {
        let chunk = [b"8000\r\n".as_slice(), &[b'x'; 0x8000], b"\r\n"].concat();
        sender.send_bytes(format!("{RST}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await?;
        while sender.send_bytes(&chunk).await.is_ok() {}
        anyhow::Ok(())
    });
    let ended = timeout(ENDLESS, connection.until_ended(ENDLESS)).await;
    sending.abort();
    ended.context("the server reads an endless body")??;
    Ok(begun.elapsed())
}

/// Checks that the server accepts a valid request. All hostile requests are variants of this one.
async fn signs_in(bed: &Bed) -> Result<()> {
    let account = Account::numbered(0);
    bed.dialer.fetch_ticket(&account).await?;
    let bytes = with_length(envelope(&account.handle, PASSWORD).as_bytes());
    let answer = request(bed.dialer.dial(bed.dialer.addresses.http), &bytes, QUICK * 30).await?;
    let said = String::from_utf8_lossy(answer.body()).into_owned();
    let ticket = said.split_once("t=").and_then(|(_, rest)| rest.split_once("&amp;p=")).map(|(ticket, _)| ticket);
    bed.dialer.keep_secret(
        ticket.with_context(|| format!("the correct password was answered without a ticket: {said:.300}"))?,
    );
    Ok(())
}
