//! The endpoints over real sockets, against the golden transcripts.

mod server;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use msnp::Handle;
use server::{Answer, Server, between};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::transcript::{self, PASSPORT14, RST};
use super::*;

const SAMPLE_TICKET: &str = "4gM2fTqkH9zXbB0Jr7uVwAyC1dEoPsLi";

#[tokio::test]
async fn the_nexus_answers_as_the_transcript_says() {
    let server = Server::start(PassportSettings::default()).await;
    let answer = server.play(PASSPORT14, "nx").await;
    let host = ("login.passport.com", "nexus.passport.com");
    assert_eq!(answer, Answer::expected(PASSPORT14, "nx", &[host]));
    // Without a version and without a host: the address that the client dialled.
    let answer = server.play(PASSPORT14, "nx2").await;
    let host = ("login.passport.com", server.address.to_string());
    assert_eq!(answer, Answer::expected(PASSPORT14, "nx2", &[(host.0, &host.1)]));
}

#[tokio::test]
async fn the_exact_bytes_of_an_answer() {
    let server = Server::start(PassportSettings::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /rdr/pprdr.asp HTTP/1.0\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let date = between(&text, "Date: ", "\r\n").to_owned();
    let expected = format!(
        "HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Type: text/html\r\n\
         PassportURLs: DALogin={}/login2.srf\r\nContent-Length: 0\r\nConnection: close\r\nDate: {date}\r\n\r\n",
        server.address
    );
    // The order of the lines is hyper's own.
    let sorted = |text: &str| text.split_inclusive("\r\n").map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&text), sorted(&expected));
    assert_eq!(text.len(), expected.len());
}

#[tokio::test]
async fn the_nexus_repeats_only_hosts_that_look_like_one() {
    let public_host = Some("public.example.com:8443".to_owned());
    let server = Server::start(PassportSettings { public_host, ..Default::default() }).await;
    let table = [
        ("GET /rdr/pprdr.asp HTTP/1.1\r\nHost: login.example.com:81\r\n\r\n", "login.example.com:81/login2.srf"),
        ("GET http://a.example.com/rdr/pprdr.asp HTTP/1.1\r\nHost: b\r\n\r\n", "a.example.com/login2.srf"),
        ("GET http://a.example.com/rdr/pprdr.asp\r\n\r\n", "a.example.com/login2.srf"),
        ("GET /rdr/pprdr.asp HTTP/1.1\r\nHost: a,DARealm=x\r\n\r\n", "public.example.com:8443/login2.srf"),
        ("GET /rdr/pprdr.asp HTTP/1.1\r\nHost:\r\n\r\n", "public.example.com:8443/login2.srf"),
        ("GET /rdr/pprdr.asp\r\n\r\n", "public.example.com:8443/login2.srf"),
        ("GET /rdr/pprdr-url.asp HTTP/1.1\r\nHost: a.b\r\n\r\n", "http://a.b/login2.srf"),
        ("GET https://a.b/rdr/pprdr-url.asp HTTP/1.1\r\n\r\n", "https://a.b/login2.srf"),
    ];
    for (request, expected) in table {
        let answer = server.ask(request).await;
        assert_eq!(answer.header("PassportURLs"), format!("DALogin={expected}"), "{request}");
    }
}

#[tokio::test]
async fn the_login_page_gives_a_ticket_that_the_notification_server_takes() {
    let server = Server::start(PassportSettings::default()).await;
    let answer = server.play(PASSPORT14, "lg").await;
    let ticket = between(answer.header("Authentication-Info"), "from-PP='t=", "&p='").to_owned();
    assert_eq!(answer, Answer::expected(PASSPORT14, "lg", &[(SAMPLE_TICKET, &ticket)]));
    let claims = server.passport.tickets.verify(&Ticket::parse(&ticket).unwrap()).unwrap();
    let account = server.store.account(&Handle::parse("alice@example.com").unwrap()).await.unwrap().unwrap();
    let expected = Claims { account: account.id, password_version: account.password_version };
    assert_eq!(claims, expected);
    for path in ["/login.srf", "/ppsecure/login2.srf", "http://x/login2.srf?lc=1033"] {
        let request = transcript::message(PASSPORT14, "lg", '>').replace("/login2.srf", path);
        assert_eq!(server.ask(request).await.status, "HTTP/1.1 200 OK", "{path}");
    }
}

#[tokio::test]
async fn wrong_unknown_and_missing_get_the_same_bytes() {
    let page = Some("http://login.example.com/".to_owned());
    let server = Server::start(PassportSettings { failure_page: page, ..Default::default() }).await;
    let expected = Answer::expected(PASSPORT14, "lf", &[]);
    assert_eq!(server.play(PASSPORT14, "lf").await, expected);
    assert_eq!(server.play(PASSPORT14, "ln").await, expected);
    let wrong = transcript::message(PASSPORT14, "lf", '>');
    for (part, other) in [("alice%40", "nobody%40"), ("Passport1.4 ", "Basic "), ("alice%40example.com", "")] {
        assert_eq!(server.ask(wrong.replace(part, other)).await, expected, "{other}");
    }
    // Without a page of the operator's: a page on the host that was asked.
    let server = Server::start(PassportSettings::default()).await;
    let host = ("login.example.com", "login.passport.com");
    assert_eq!(server.play(PASSPORT14, "lf").await, Answer::expected(PASSPORT14, "lf", &[host]));
}

#[tokio::test]
async fn rst_gives_the_tokens_of_the_transcript() {
    let server = Server::start(PassportSettings::default()).await;
    let answer = server.play(RST, "rst").await;
    let sample = transcript::body(RST, "rst <| ");
    let parts = [
        ("<wsse:BinarySecurityToken Id=\"Compact1\">t=", "&amp;p=</wsse:BinarySecurityToken>"),
        ("<CipherValue>", "</CipherValue>"),
        ("<wst:BinarySecret>", "</wst:BinarySecret>"),
        ("<psf:PUID>", "</psf:PUID>"),
        ("LOGIN1 ", "</psf:serverInfo>"),
        ("<wsu:Created>", "</wsu:Created>"),
        ("<wsu:Expires>", "</wsu:Expires>"),
    ];
    let values: Vec<_> = parts
        .iter()
        .map(|(before, after)| (between(&sample, before, after), between(&answer.body, before, after)))
        .chain([("Content-Length: 3196", "Content-Length: 3255")])
        .collect();
    assert_eq!(answer, Answer::expected(RST, "rst", &values));
    assert!(answer.body.len() < 8000);
    let claims = server.passport.tickets.verify(&Ticket::parse(values[0].1).unwrap());
    assert_eq!(format!("{:016X}", crate::accounts::member_id(claims.unwrap().account)), values[3].1);
}

/// The answer with its times made those of the transcript.
fn without_times(mut answer: Answer) -> Answer {
    let stamp = between(&answer.body, "ServerTime=\"", "\"").to_owned();
    let dotted = between(&answer.body, "LOGIN1 ", "<").to_owned();
    answer.body = answer.body.replace(&stamp, "2005-11-22T05:10:00Z").replace(&dotted, "2005.11.22.05.10.00");
    answer
}

#[tokio::test]
async fn rst_faults_are_those_of_the_transcript() {
    let server = Server::start(PassportSettings::default()).await;
    let denied = Answer::expected(RST, "rst3", &[]);
    assert_eq!(without_times(server.play(RST, "rst3").await), denied);
    // Of the same length, so that Content-Length stays right.
    let unknown = transcript::message(RST, "rst3", '>').replace("alice@", "nobod@");
    assert_eq!(without_times(server.ask(unknown).await), denied);
    let empty = transcript::message(RST, "rst3", '>').replace(">wrong<", "><").replace(": 815", ": 810");
    assert_eq!(without_times(server.ask(empty).await), denied);

    let invalid = Answer::expected(RST, "rst4", &[]);
    assert_eq!(server.play(RST, "rst4").await, invalid);
    let long = format!("POST /RST.srf HTTP/1.1\r\nContent-Length: 65537\r\n\r\n{}", "x".repeat(65537));
    assert_eq!(server.ask(long).await, invalid);
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000)).repeat(3);
    let chunked = format!("POST /RST.srf HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
    assert_eq!(server.ask(chunked).await, invalid);
}

#[tokio::test]
async fn the_port_check_and_paths_that_are_not_ours() {
    let server = Server::start(PassportSettings::default()).await;
    let table = [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK"),
        ("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("GET /RST.srf HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        ("POST /login2.srf HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 405 Method Not Allowed"),
    ];
    for (request, status) in table {
        let answer = server.ask(request).await;
        assert_eq!((answer.status.as_str(), answer.body.as_str()), (status, ""), "{request}");
        assert_eq!((answer.header("Content-Length"), answer.header("Connection")), ("0", "close"), "{request}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_refusal_arrives() {
    let server = Server::start(PassportSettings::default()).await;
    let long = "x".repeat(20_000);
    let table = [
        (format!("GET / HTTP/1.1\r\nX: {long}\r\n\r\n"), "HTTP/1.1 431 Request Header Fields Too Large"),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), "HTTP/1.1 431 Request Header Fields Too Large"),
        ("hello\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request"),
    ];
    for (request, status) in table {
        assert_eq!(server.ask(request).await.status, status);
    }
}

#[tokio::test]
async fn a_store_that_fails_is_503_and_not_a_wrong_password() {
    let server = Server::start(PassportSettings::default()).await;
    server.store.close().await;
    let answer = server.play(PASSPORT14, "lg").await;
    let headers = ["Retry-After: 60", "Content-Length: 0", "Connection: close"];
    let expected = Answer {
        status: "HTTP/1.1 503 Service Unavailable".into(),
        headers: headers.iter().map(ToString::to_string).collect(),
        body: String::new(),
    };
    assert_eq!(answer, expected);
    assert_eq!(server.play(RST, "rst").await, expected);
}

#[tokio::test]
async fn a_request_under_way_is_answered_when_the_server_stops() {
    let server = Server::start(PassportSettings::default()).await;
    let request = transcript::message(RST, "rst", '>');
    let (head, tail) = request.split_at(request.len() - 10);
    let mut busy = TcpStream::connect(server.address).await.unwrap();
    busy.write_all(head.as_bytes()).await.unwrap();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    let begun = Instant::now();
    server.stop.send(true).unwrap();
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    busy.write_all(tail.as_bytes()).await.unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("Compact1"), "{answer}");
    drop(busy);
    server.task.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn passwords_in_clear_are_taken_from_near_only() {
    let mut server = Server::start(PassportSettings::default()).await;
    let passport = &server.passport;
    for near in ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1"] {
        assert!(passport.takes_passwords_from(near.parse().unwrap()), "{near}");
    }
    assert!(passport.takes_passwords_from("::ffff:10.0.0.1".parse().unwrap()));
    for far in ["203.0.113.1", "172.32.0.1", "2001:db8::1", "::ffff:203.0.113.1"] {
        assert!(!passport.takes_passwords_from(far.parse().unwrap()), "{far}");
    }
    let settings = PassportSettings { insecure_http_login: true, ..Default::default() };
    server = Server::start(settings).await;
    assert!(server.passport.takes_passwords_from("203.0.113.1".parse().unwrap()));
}

#[tokio::test]
async fn from_afar_the_answer_says_what_to_do() {
    let server = Server::start(PassportSettings::default()).await;
    let routes = routes::Routes::new(Arc::clone(&server.passport)).await;
    let caller = serve::Caller { peer: "203.0.113.1:5000".parse().unwrap(), local: server.address };
    for (verb, path, status) in [("GET", "/login2.srf", 403), ("POST", "/RST.srf", 403), ("GET", "/rdr/pprdr.asp", 200)]
    {
        let request = axum::http::Request::builder().method(verb).uri(path);
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(caller);
        let answer = routes.clone().answer(request).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        let advises = std::str::from_utf8(&body).unwrap().contains("insecure_http = true");
        assert_eq!(advises, status == 403, "{path}");
    }
}

/// What a client that sends `request` and then falls silent gets, and after how many seconds.
async fn silent_after(request: &str) -> (String, u64) {
    let server = Server::start(PassportSettings::default()).await;
    let routes = routes::Routes::new(Arc::clone(&server.passport)).await;
    let caller = serve::Caller { peer: server.address, local: server.address };
    // From here on only timers are waited for, and the clock jumps to the next one.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let (mut client, end) = tokio::io::duplex(4096);
    let task = tokio::spawn(serve::connection(end, caller, routes, server.stop.subscribe()));
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    let seconds = begun.elapsed().as_secs();
    tokio::time::resume();
    drop(client);
    task.await.unwrap();
    (answer, seconds)
}

#[tokio::test]
async fn a_head_may_take_10_seconds_and_a_body_20() {
    for head in ["", "GET /login2.srf", "GET /login2.srf HTTP/1.1\r\nHost: x\r\n"] {
        let (answer, seconds) = silent_after(head).await;
        assert_eq!((answer.as_str(), seconds), ("", 10), "{head:?}");
    }
    let (answer, seconds) = silent_after("POST /RST.srf HTTP/1.1\r\nContent-Length: 9\r\n\r\n<").await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert_eq!(seconds, 20);
}
