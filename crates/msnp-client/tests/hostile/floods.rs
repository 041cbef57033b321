//! Tests with servers that send more than the program reads.

use std::time::Duration;

use msnp_client::machine::limits::MAX_CONVERSATIONS;
use msnp_client::machine::{EditError, RosterChange};
use msnp_client::{Bot, Event};
use tokio::time::{sleep, timeout};

use crate::support::{Growth, Step, World, answer, bob, reach};

/// The maximum number of bytes that a client may read while the program reads no events. Each line
/// becomes a small event.
const SMALL: usize = 256 * 1024;
/// The number of lines of a flood. This is far more than a client may store.
const LINES: usize = 50_000;

/// Returns a line with the presence of Bob.
fn presence(number: usize) -> String {
    let status = if number.is_multiple_of(2) { "AWY" } else { "BSY" };
    format!("NLN {status} bob@example.com Bob{number} 0")
}

#[tokio::test(start_paused = true)]
async fn the_client_stops_reading_until_its_unread_events_have_been_read() {
    let growth = Growth::start();
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    let flood = timeout(Duration::from_secs(5), wire.flood(LINES, presence)).await;
    assert!(flood.is_err(), "the client has read everything");
    assert!(wire.sent < SMALL, "{} bytes were read", wire.sent);
    growth.assert_below(64 * 1024 * 1024);
    // The events of the lines that the client has already read are not lost. After them, the
    // client reads the second flood.
    let reader = tokio::spawn(async move {
        let mut seen = 0;
        loop {
            match events.next().await.unwrap() {
                Event::Roster(RosterChange::Presence { now: None, .. }) => return seen,
                Event::Roster(RosterChange::Presence { .. }) => seen += 1,
                _ => {}
            }
        }
    });
    // The first flood stopped in the middle of a line. This is the end of that line.
    wire.say("\n").await;
    assert!(wire.flood(LINES, presence).await);
    wire.say("FLN bob@example.com\n").await;
    assert!(timeout(Duration::from_secs(5), reader).await.unwrap().unwrap() >= LINES);
    assert!(client.is_signed_in());
}

#[tokio::test(start_paused = true)]
async fn unread_messages_and_alerts_are_limited_by_their_total_size() {
    let growth = Growth::start();
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
    board.say(&format!("ACK {trid}\n")).await;
    assert_eq!(receipt.await, Ok(()));
    let text = "x".repeat(1600);
    let flood = board.flood(LINES, |_| format!("MSG bob@example.com Bob 1602\r\n{text}"));
    assert!(timeout(Duration::from_secs(5), flood).await.is_err());
    assert!(board.sent < 2 * 1024 * 1024, "{} bytes were read", board.sent);
    let mut world = World::new();
    let (_client, _events, mut wire) = world.online().await;
    let alert = format!("NOT 60000\r\n{}", "x".repeat(59_998));
    assert!(timeout(Duration::from_secs(5), wire.flood(LINES, |_| alert.clone())).await.is_err());
    assert!(wire.sent < 16 * 1024 * 1024, "{} bytes were read", wire.sent);
    growth.assert_below(128 * 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_read_and_discarded_if_the_program_has_dropped_the_event_stream() {
    let mut world = World::new();
    let (client, events, mut wire) = world.online().await;
    drop(events);
    assert!(timeout(Duration::from_secs(5), wire.flood(LINES, presence)).await.unwrap());
    assert!(client.is_signed_in());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_calls_opens_no_more_than_the_maximum_number_of_conversations() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    tokio::spawn(async move { while events.next().await.is_some() {} });
    wire.say("QNG 600\n").await;
    let call = |number| format!("RNG {number} 192.0.2.1:1864 CKI cookie u{number}@example.com U");
    assert!(wire.flood(10_000, call).await);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.count(), MAX_CONVERSATIONS);
    // `world.count` has dropped the server's ends of the connections. So the conversations have
    // ended, and there is room for new conversations.
    sleep(Duration::from_secs(1)).await;
    let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
    board.say(&format!("ACK {trid}\n")).await;
    assert_eq!(receipt.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn incoming_calls_before_the_sign_in_are_ignored() {
    let mut world = World::new();
    let signing_in = world.begin();
    let mut wire = world.notification().await;
    let trid = reach(&mut wire, Step::Ticket).await;
    wire.say("RNG 12 192.0.2.1:1864 CKI cookie bob@example.com Bob\n").await;
    wire.say(&answer(Step::Ticket, trid)).await;
    for step in [Step::Syn, Step::Chg] {
        let trid = wire.expect("").await;
        wire.say(&answer(step, trid)).await;
    }
    assert!(signing_in.await.unwrap().is_ok());
    assert_eq!(world.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_edit_works_even_if_a_flood_of_unread_events_arrives_before_the_answer() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    let editing = tokio::spawn({
        let client = client.clone();
        async move { client.set_name("A").await }
    });
    let trid = wire.expect("PRP").await;
    let flood = timeout(Duration::from_secs(5), wire.flood(5_000, presence)).await;
    assert_eq!(flood, Ok(true), "the user waits for a result, so the client reads");
    wire.say(&format!("PRP {trid} MFN A\n")).await;
    assert_eq!(timeout(Duration::from_secs(5), editing).await.unwrap().unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_client_reads_only_a_limited_part_of_an_endless_flood_while_it_waits_for_an_answer() {
    let growth = Growth::start();
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    wire.say("QNG 600\n").await;
    let editing = tokio::spawn({
        let client = client.clone();
        async move { client.set_name("A").await }
    });
    wire.expect("PRP").await;
    let flood = timeout(Duration::from_secs(5), wire.flood(1_000_000, presence)).await;
    assert!(flood.is_err() && wire.sent < 8 * 1024 * 1024, "{} bytes were read", wire.sent);
    assert_eq!(editing.await.unwrap(), Err(EditError::NoAnswer));
    growth.assert_below(128 * 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_fails_in_time_if_the_server_sends_a_flood_of_service_messages() {
    let mut world = World::new();
    let signing_in = world.begin();
    let mut wire = world.notification().await;
    reach(&mut wire, Step::Ver).await;
    wire.flood(LINES, |_| "MSG Hotmail Hotmail 2\r\n".to_owned()).await;
    assert!(signing_in.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_bot_accepts_a_thousand_contact_requests_and_still_answers_messages() {
    const USERS: usize = 1_000;
    let mut world = World::new();
    let (server, account) = (world.server.clone(), World::account());
    let running = tokio::spawn(async move {
        let bot = Bot::sign_in(&server, &account).await?;
        bot.run(async |message| {
            let _ = message.reply("pong").await;
        })
        .await
    });
    let mut wire = world.notification().await;
    let trid = reach(&mut wire, Step::Syn).await;
    wire.say(&format!("SYN {trid} a b {USERS} 0\n")).await;
    wire.flood(USERS, |number| format!("LST N=u{number}@example.com F=U 16 1")).await;
    let trid = wire.expect("CHG").await;
    wire.say(&answer(Step::Chg, trid)).await;
    for _ in 0..3 * USERS {
        // For each user, the bot sends three commands: one for AL, one for RL, and one for PL.
        let line = wire.line().await;
        wire.say(&format!("{line}\n")).await;
    }
    wire.say("RNG 12 192.0.2.1:1864 CKI cookie bob@example.com Bob\n").await;
    let mut board = world.switchboard().await;
    board.expect("ANS").await;
    board.say("IRO 1 1 1 bob@example.com Bob 0\nANS 1 OK\n").await;
    board.say("MSG bob@example.com Bob 32\nContent-Type: text/plain\n\nping").await;
    let trid = board.expect_message().await;
    board.say(&format!("ACK {trid}\n")).await;
    wire.say("OUT OTH\n").await;
    let ended = timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
    assert_eq!(ended, Err(msnp_client::machine::SignedOut::Elsewhere));
    let _ = bob();
}
