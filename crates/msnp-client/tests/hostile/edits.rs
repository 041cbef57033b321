//! Tests with servers that do not answer edits, or answer with wrong transaction ids.

use std::time::Duration;

use msnp::{ErrorCode, Status};
use msnp_client::machine::EditError;
use msnp_client::machine::limits::{EDIT_TIMEOUT, MAX_EDITS};
use tokio::time::{Instant, timeout};

use crate::support::World;

#[tokio::test(start_paused = true)]
async fn an_unanswered_edit_fails_in_time_and_the_next_edit_works() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    wire.say("QNG 600\n").await;
    let start = Instant::now();
    assert_eq!(client.set_name("A").await, Err(EditError::NoAnswer));
    assert!(start.elapsed() <= EDIT_TIMEOUT + Duration::from_secs(1));
    let late = wire.expect("PRP").await;
    let editing = tokio::spawn({
        let client = client.clone();
        async move { client.set_name("B").await }
    });
    let trid = wire.expect("PRP").await;
    // The late answer (209) belongs to the earlier edit, and not to this edit.
    wire.say(&format!("209 {late}\nPRP {trid} MFN B\n")).await;
    assert_eq!(editing.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn only_the_first_line_with_the_transaction_id_of_an_edit_counts_as_its_answer() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    let editing = tokio::spawn({
        let client = client.clone();
        async move { client.set_status(Status::Busy).await }
    });
    let trid = wire.expect("CHG").await;
    wire.say(&format!("CHG {} BSY 0\nCHG 0 BSY 0\n911 {}\n", trid + 1, trid + 2)).await;
    let mut editing = editing;
    assert!(timeout(Duration::from_secs(5), &mut editing).await.is_err());
    wire.say(&format!("600 {trid}\nCHG {trid} BSY 0\n600 {trid}\n")).await;
    assert_eq!(editing.await.unwrap(), Err(EditError::Refused(ErrorCode::parse(b"600").unwrap())));
    assert!(client.is_signed_in(), "an error after the sign-in does not end the session");
}

#[tokio::test(start_paused = true)]
async fn the_client_stays_signed_in_to_a_server_that_refuses_every_command() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    let server = tokio::spawn(async move {
        loop {
            let trid = wire.expect("").await;
            wire.say(&format!("500 {trid}\n")).await;
        }
    });
    let bob = crate::support::bob();
    let refused = Err(EditError::Refused(ErrorCode::InternalServer));
    for _ in 0..10 {
        assert_eq!(client.set_name("A").await, refused);
        assert_eq!(client.block(&bob).await, refused);
        assert_eq!(client.add_group("G").await, refused);
        assert!(client.send_text(&bob, "hi").await.is_err());
    }
    assert!(client.is_signed_in());
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn unanswered_edits_do_not_pile_up() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    wire.say("QNG 600\n").await;
    let edits: Vec<_> = (0..2 * MAX_EDITS)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.set_status(Status::Busy).await })
        })
        .collect();
    let mut refused = 0;
    for edit in edits {
        match edit.await.unwrap() {
            Err(EditError::TooMany) => refused += 1,
            other => assert_eq!(other, Err(EditError::NoAnswer)),
        }
    }
    assert_eq!(refused, MAX_EDITS);
}
