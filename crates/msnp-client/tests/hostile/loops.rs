//! Tests with servers that make the client connect again and again.

use std::time::Duration;

use msnp_client::Event;
use msnp_client::machine::SignedOut;
use msnp_client::machine::limits::{MAX_REDIRECTS, RING_TIMEOUT};
use tokio::time::{sleep, timeout};

use crate::support::{Growth, Step, World, reach, sign_in};

/// A long time. A client without pauses would connect thousands of times in an hour.
const HOUR: Duration = Duration::from_secs(3600);

/// Calls `play` with each connection for an hour, and returns the number of connections.
async fn connections_in_an_hour(world: &mut World, play: impl AsyncFn(&mut crate::support::Wire)) -> usize {
    let mut count = 0;
    let _ = timeout(HOUR, async {
        loop {
            let mut wire = world.notification().await;
            count += 1;
            play(&mut wire).await;
        }
    })
    .await;
    count
}

/// Reads all events, so that the client never has to wait for the program.
fn read_all(mut events: msnp_client::Events) {
    tokio::spawn(async move { while events.next().await.is_some() {} });
}

#[tokio::test(start_paused = true)]
async fn the_client_follows_at_most_five_redirects_during_the_sign_in() {
    let mut world = World::new();
    let signing_in = world.begin();
    for _ in 0..=MAX_REDIRECTS {
        let mut wire = world.notification().await;
        let trid = reach(&mut wire, Step::Usr).await;
        wire.say(&format!("XFR {trid} NS 192.0.2.9:1863 0 192.0.2.1:1863\n")).await;
    }
    assert_eq!(signing_in.await.unwrap().unwrap_err(), SignedOut::TooManyRedirects);
}

#[tokio::test(start_paused = true)]
async fn pauses_before_reconnecting_grow_if_a_server_redirects_every_session() {
    let mut world = World::new();
    let (client, events, mut wire) = world.online().await;
    read_all(events);
    let redirect = "XFR 0 NS 192.0.2.9:1863 0 192.0.2.1:1863\n";
    wire.say(redirect).await;
    let count = connections_in_an_hour(&mut world, async |wire| {
        sign_in(wire).await;
        wire.say(redirect).await;
    })
    .await;
    assert!((10..250).contains(&count), "{count}");
    let mut wire = world.notification().await;
    sign_in(&mut wire).await;
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn pauses_before_reconnecting_grow_if_a_server_ends_every_session() {
    for line in ["", "OUT\n", "OUT SSD\n", "OUT RCT 0\n", "a\0\n"] {
        let mut world = World::new();
        let (_client, events, wire) = world.online().await;
        read_all(events);
        drop(wire);
        let count = connections_in_an_hour(&mut world, async |wire| {
            sign_in(wire).await;
            wire.say(line).await;
        })
        .await;
        let most = if line == "OUT RCT 0\n" { HOUR.as_secs() / (RING_TIMEOUT.as_secs() / 2) + 2 } else { 50 };
        assert!((10..=most).contains(&(count as u64)), "{line:?}: {count}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_stable_session_the_client_reconnects_within_a_second() {
    let mut world = World::new();
    let (_client, events, wire) = world.online().await;
    read_all(events);
    drop(wire);
    let mut wire = world.notification().await;
    sign_in(&mut wire).await;
    wire.say("QNG 600\n").await;
    sleep(Duration::from_secs(61)).await;
    drop(wire);
    timeout(Duration::from_secs(1), world.notification()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_can_keep_a_client_away_for_at_most_a_day() {
    let mut world = World::new();
    let (_client, mut events, mut wire) = world.online().await;
    wire.say("OUT RCT 4294967295\n").await;
    loop {
        if let Event::SignedOut { reason, retry } = events.next().await.unwrap() {
            assert_eq!(reason, SignedOut::ClosedFor(u32::MAX));
            assert!(retry.unwrap() <= Duration::from_secs(24 * 3600 + 60), "{retry:?}");
            break;
        }
    }
    timeout(Duration::from_secs(25 * 3600), world.notification()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_challenge_is_answered_if_the_server_reads_the_answers() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    for _ in 0..50 {
        wire.say(&"CHL 0 15570131571988941333\n".repeat(20)).await;
        for _ in 0..20 {
            let line = wire.line().await;
            assert!(line.starts_with("QRY ") || line.contains("QRY"), "{line}");
        }
    }
    assert!(client.is_signed_in());
}

#[tokio::test(start_paused = true)]
async fn the_client_leaves_a_server_that_sends_challenges_but_does_not_read_the_answers() {
    let mut world = World::new();
    let growth = Growth::start();
    let (_client, mut events, mut wire) = world.online().await;
    let all_read = wire.flood(1_000_000, |_| "CHL 0 15570131571988941333".to_owned()).await;
    assert!(!all_read && wire.sent < 4 * 1024 * 1024, "{} bytes were read", wire.sent);
    while !matches!(events.next().await.unwrap(), Event::SignedOut { reason: SignedOut::TimedOut, .. }) {}
    growth.assert_below(64 * 1024 * 1024);
    let mut wire = world.notification().await;
    sign_in(&mut wire).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_ticket_is_replaced_once_and_a_second_refusal_ends_the_retries() {
    let mut world = World::new();
    let (_client, mut events, wire) = world.online().await;
    drop(wire);
    for _ in 0..2 {
        let mut wire = world.notification().await;
        let trid = reach(&mut wire, Step::Ticket).await;
        wire.say(&format!("911 {trid}\n")).await;
    }
    loop {
        if let Event::SignedOut { reason: SignedOut::Code(_), retry } = events.next().await.unwrap() {
            assert_eq!(retry, None, "a wrong password is not tried again");
            break;
        }
    }
    sleep(HOUR).await;
    assert_eq!(world.count(), 0);
}
