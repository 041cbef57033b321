//! The endpoints over real sockets, against the golden transcripts.

use msnp::Handle;
use swallowtail_store::accounts::Claims;

use super::transcript::{self, PASSPORT14, RST};
use super::*;
use crate::http::testing::{Answer, TestServer, between};

const SAMPLE_TICKET: &str = "4gM2fTqkH9zXbB0Jr7uVwAyC1dEoPsLi";

#[tokio::test]
async fn the_answers_of_the_nexus_match_the_transcript() {
    let server = TestServer::start().await;
    let answer = server.play(PASSPORT14, "nx").await;
    let host = ("login.passport.com", "nexus.passport.com");
    assert_eq!(answer, Answer::expected(PASSPORT14, "nx", &[host]));
    // The request has no version and no host, so the answer has the address that the client dialled.
    let answer = server.play(PASSPORT14, "nx2").await;
    let host = ("login.passport.com", server.address.to_string());
    assert_eq!(answer, Answer::expected(PASSPORT14, "nx2", &[(host.0, &host.1)]));
}

#[tokio::test]
async fn the_nexus_repeats_the_requested_host_only_if_that_host_is_plausible() {
    let server = TestServer::start_with(|config| {
        config.advertise.passport = Some("public.example.com:8443".to_owned());
        config.http.names = ["a.example.com", "a.b"].map(str::to_owned).to_vec();
    })
    .await;
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
async fn the_login_page_issues_a_ticket_that_the_notification_server_accepts() {
    let server = TestServer::start().await;
    let answer = server.play(PASSPORT14, "lg").await;
    let ticket = between(answer.header("Authentication-Info"), "from-PP='t=", "&p='").to_owned();
    assert_eq!(answer, Answer::expected(PASSPORT14, "lg", &[(SAMPLE_TICKET, &ticket)]));
    let claims = server.service().tickets.verify(&Ticket::parse(&ticket).unwrap()).unwrap();
    let account = server.service().store.account(&Handle::parse("alice@example.com").unwrap()).await.unwrap().unwrap();
    let expected = Claims { account: account.id, password_version: account.password_version };
    assert_eq!(claims, expected);
    for path in ["/login.srf", "/ppsecure/login2.srf", "http://localhost/login2.srf?lc=1033"] {
        let request = transcript::message(PASSPORT14, "lg", '>').replace("/login2.srf", path);
        assert_eq!(server.ask(request).await.status, "HTTP/1.1 200 OK", "{path}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_password_and_an_unknown_account_get_identical_answers() {
    let page = "http://login.example.com/".to_owned();
    let server = TestServer::start_with(|config| config.sign_in.page = page).await;
    let expected = Answer::expected(PASSPORT14, "lf", &[]);
    assert_eq!(server.play(PASSPORT14, "lf").await, expected);
    assert_eq!(server.play(PASSPORT14, "ln").await, expected);
    let wrong = transcript::message(PASSPORT14, "lf", '>');
    for (part, other) in [("alice%40", "nobody%40"), ("Passport1.4 ", "Basic "), ("alice%40example.com", "")] {
        assert_eq!(server.ask(wrong.replace(part, other)).await, expected, "{other}");
    }
}

#[tokio::test]
async fn rst_answers_match_the_transcript_except_for_generated_values() {
    let server = TestServer::start().await;
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
    let claims = server.service().tickets.verify(&Ticket::parse(values[0].1).unwrap());
    assert_eq!(format!("{:016X}", swallowtail_store::accounts::member_id(claims.unwrap().account)), values[3].1);
}

/// Replaces the times in an answer with the times in the transcript.
fn without_times(mut answer: Answer) -> Answer {
    let stamp = between(&answer.body, "ServerTime=\"", "\"").to_owned();
    let dotted = between(&answer.body, "LOGIN1 ", "<").to_owned();
    answer.body = answer.body.replace(&stamp, "2005-11-22T05:10:00Z").replace(&dotted, "2005.11.22.05.10.00");
    answer
}

#[tokio::test]
async fn rst_faults_match_the_transcript() {
    let server = TestServer::start().await;
    let denied = Answer::expected(RST, "rst3", &[]);
    assert_eq!(without_times(server.play(RST, "rst3").await), denied);
    // The other address has the same length, so that Content-Length stays correct.
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
async fn a_sign_in_gets_503_and_not_the_answer_to_a_wrong_password_if_the_store_fails() {
    let server = TestServer::start().await;
    server.store().close().await;
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
async fn the_refusal_of_a_password_over_plain_http_names_the_setting_that_would_allow_it() {
    let server = TestServer::start().await;
    let site = server.site();
    for (verb, path, status) in [("GET", "/login2.srf", 403), ("POST", "/RST.srf", 403), ("GET", "/rdr/pprdr.asp", 200)]
    {
        let request = axum::http::Request::builder().method(verb).uri(path);
        let request = request.body(axum::body::Body::empty()).unwrap();
        let answer = site.routes.answer(server.caller("203.0.113.1:5000"), request).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        let advises = std::str::from_utf8(&body).unwrap().contains("insecure_http = true");
        assert_eq!(advises, status == 403, "{path}");
    }
}
