//! Tests with futures that are dropped before they are ready.

use std::time::Duration;

use msnp_client::machine::RosterChange;
use msnp_client::{Account, Bot, Client, Conversation, Event, Events, Incoming, Receipt, Server};
use tokio::time::timeout;

use crate::support::{SIGN_IN, World, bob, reach};

fn is_send<T: Send>(_: T) {}
fn is_shared<T: Send + Sync + 'static>() {}

/// This function is never called. It compiles only if the futures can be moved between threads.
#[allow(dead_code)]
fn every_future_is_send(server: &Server, account: &Account, client: &Client, events: &mut Events, bot: Bot) {
    let (handle, guid) = (bob(), msnp::Guid::parse(crate::support::FRIENDS.as_bytes()).unwrap());
    is_send(Client::sign_in(server, account));
    is_send(Client::builder(server, account).sign_in());
    is_send(Bot::sign_in(server, account));
    is_send(bot.run(async |_| {}));
    is_send(events.next());
    is_send(client.set_status(msnp::Status::Busy));
    is_send(client.set_name(""));
    is_send(client.set_personal_message(""));
    is_send(client.set_picture(None));
    is_send(client.set_phone(msnp::notification::Phone::Home, ""));
    is_send(client.set_privacy(msnp::notification::Privacy::Allow));
    is_send(client.add_contact(&handle));
    is_send(client.remove_contact(&handle));
    is_send(client.accept(&handle));
    is_send(client.block(&handle));
    is_send(client.unblock(&handle));
    is_send(client.set_nickname(&handle, ""));
    is_send(client.add_group(""));
    is_send(client.rename_group(guid, ""));
    is_send(client.delete_group(guid));
    is_send(client.add_to_group(&handle, guid));
    is_send(client.remove_from_group(&handle, guid));
    is_send(client.send_text(&handle, ""));
    is_send(client.conversation(&handle).nudge());
    is_shared::<(Server, Account, Client, Conversation, Event, Incoming, Receipt)>();
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_a_sign_in_at_any_step_closes_the_connection() {
    let mut world = World::new();
    for step in SIGN_IN {
        let signing_in = world.begin();
        let mut wire = world.notification().await;
        reach(&mut wire, step).await;
        signing_in.abort();
        timeout(Duration::from_secs(6), wire.until_closed()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(world.count(), 0, "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_whose_future_is_dropped_is_still_carried_out_and_the_next_edit_works() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    for _ in 0..100 {
        let short = Duration::from_millis(1);
        assert!(timeout(short, client.set_name("A")).await.is_err());
        let dropped = wire.expect("PRP").await;
        let editing = tokio::spawn({
            let client = client.clone();
            async move { client.set_name("B").await }
        });
        let trid = wire.expect("PRP").await;
        wire.say(&format!("209 {dropped}\nPRP {trid} MFN B\n")).await;
        assert_eq!(editing.await.unwrap(), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_not_lost_when_a_future_that_waits_for_it_is_dropped() {
    const EVENTS: usize = 500;
    let mut world = World::new();
    let (_client, mut events, mut wire) = world.online().await;
    let server = tokio::spawn(async move {
        for number in 0..EVENTS {
            wire.say(&format!("NLN NLN bob@example.com Bob{number} 0\n")).await;
            tokio::time::sleep(Duration::from_micros(700)).await;
        }
        wire
    });
    let mut seen = 0;
    while seen < EVENTS {
        // `timeout` drops the future of `next` after 500 microseconds. Most of these futures are
        // dropped while they wait for an event, and some just before they would be ready.
        if let Ok(event) = timeout(Duration::from_micros(500), events.next()).await {
            seen += usize::from(matches!(event.unwrap(), Event::Roster(RosterChange::Presence { .. })));
        }
    }
    drop(server.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_receipt_is_dropped_is_still_sent() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    drop(client.conversation(&bob()).send_text("one"));
    let mut board = world.open_board(&mut wire).await;
    board.say("USR 1 OK alice@example.com Alice\n").await;
    board.expect("CAL").await;
    board.say("JOI bob@example.com Bob 0\n").await;
    let trid = board.expect_message().await;
    board.say(&format!("ACK {trid}\n")).await;
    let mut receipt = client.conversation(&bob()).send_text("two");
    assert!(timeout(Duration::from_secs(1), &mut receipt).await.is_err());
    let trid = board.expect_message().await;
    board.say(&format!("ACK {trid}\n")).await;
    assert_eq!(receipt.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_client_signs_it_out_and_ends_its_pending_receipts() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    let (mut board, _, receipt) = world.talk(&client, &mut wire).await;
    drop(client);
    assert!(receipt.await.is_err());
    assert_eq!(board.line().await, "OUT");
    assert_eq!(wire.line().await, "OUT");
    while events.next().await.is_some() {}
    assert_eq!((board.until_closed().await, wire.until_closed().await), (0, 0));
}
