use std::time::Duration;

use super::super::testing::{Client, Server, handle};
use super::*;

/// Asks for a switchboard, and returns the answer without the cookie.
async fn xfr(client: &mut Client) -> String {
    let lines = client.say("XFR 9 SB").await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let words: Vec<_> = lines[0].split(' ').filter(|word| word.len() != 32).collect();
    words.join(" ")
}

const GRANTED: &str = "XFR 9 SB 192.0.2.2:1864 CKI";

#[tokio::test]
async fn an_account_gets_a_switchboard_only_if_it_appears_online_and_accepts_calls() {
    let server = Server::new();
    let mut alice = server.sign_in("alice", "MSNP12").await;
    assert_eq!(xfr(&mut alice).await, "913 9", "before the first CHG");
    for (command, answer) in [
        ("CHG 4 NLN 0", GRANTED),
        ("CHG 5 HDN 0", "913 9"),
        ("CHG 6 AWY 0", GRANTED),
        ("IMS 7 OFF", "913 9"),
        ("IMS 8 ON", GRANTED),
    ] {
        alice.say(command).await;
        assert_eq!(xfr(&mut alice).await, answer, "{command}");
    }
}

#[tokio::test]
async fn ims_is_echoed() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice.expect(&[("IMS 6 OFF", "IMS 6 0 OFF"), ("IMS 7 ON", "IMS 7 0 ON"), ("XFR 8 NS", "201 8")]).await;
}

#[tokio::test]
async fn a_stopping_server_opens_no_switchboard() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    server.service.draining.store(true, Ordering::Release);
    assert_eq!(xfr(&mut alice).await, "500 9");
    alice.say("CHG 6 HDN 0").await;
    assert_eq!(xfr(&mut alice).await, "913 9");
}

#[tokio::test(start_paused = true)]
async fn after_too_many_switchboard_requests_further_ones_are_refused_for_a_minute() {
    let server = Server::with(|config| config.limits.switchboards_per_minute = 2);
    let mut alice = server.online("alice", "MSNP12").await;
    for answer in [GRANTED, GRANTED, "800 9"] {
        assert_eq!(xfr(&mut alice).await, answer);
    }
    alice.after(Duration::from_secs(60)).await;
    assert_eq!(xfr(&mut alice).await, GRANTED);
}

#[tokio::test]
async fn an_account_with_too_many_switchboard_connections_cannot_open_another() {
    let server = Server::with(|config| {
        config.limits.switchboard_connections = 0;
        (config.helper.enabled, config.helper.address) = (true, Some(handle("bob")));
    });
    assert_eq!(xfr(&mut server.online("alice", "MSNP12").await).await, "800 9");
    assert_eq!(xfr(&mut server.online("bob", "MSNP12").await).await, GRANTED, "the helper has no such limit");
}

#[tokio::test]
async fn an_account_with_too_many_unused_cookies_gets_no_more_cookies() {
    let server = Server::with(|config| config.limits.switchboards_per_minute = 10 * MAX_UNUSED);
    let mut alice = server.online("alice", "MSNP12").await;
    for _ in 0..MAX_UNUSED {
        assert_eq!(xfr(&mut alice).await, GRANTED);
    }
    assert_eq!(xfr(&mut alice).await, "800 9");
    server.service.switchboard.cookies.forget(&handle("alice"));
    assert_eq!(xfr(&mut alice).await, GRANTED);
}

#[tokio::test]
async fn a_cookie_contains_the_name_and_capabilities_that_others_see() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP11").await;
    alice.say("CHG 6 NLN 12").await;
    alice.say("PRP 7 MFN Alice%20A").await;
    let answer = alice.say("XFR 8 SB").await.remove(0);
    let cookie = msnp::switchboard::Cookie(answer.split(' ').next_back().unwrap().to_owned());
    let claims = server.service.switchboard.cookies.redeem(&cookie, Some(&handle("alice"))).unwrap();
    assert_eq!((claims.right, claims.dialect), (Right::Open, msnp::Dialect::Msnp11));
    assert_eq!(claims.who.name.as_str(), "Alice A");
    assert_eq!(claims.who.capabilities, Some(msnp::Capabilities(12)));
}
