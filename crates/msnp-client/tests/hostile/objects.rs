//! Tests with users who describe one object and send another object.

use std::sync::Arc;
use std::time::Duration;

use msnp::message::{Message, PeerToPeer};
use msnp::{MsnObjectFields, ObjectKind};
use msnp_client::p2p::{Engine, Event, Failure};
use msnp_client::{Client, TransferError};
use tokio::time::{Instant, timeout};

use crate::support::{Wire, World, alice, bob};

/// Lets Bob answer a request for `described` with `data`, until the client has a result.
async fn fetch(described: &[u8], size_to_claim: usize, data: &[u8]) -> Result<Arc<[u8]>, TransferError> {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
    board.say(&format!("ACK {trid}\n")).await;
    receipt.await.unwrap();
    let object = MsnObjectFields::of(&bob(), ObjectKind::Emoticon, "x.png", "", described).unwrap();
    let claimed =
        object.to_xml().replace(&format!("Size=\"{}\"", described.len()), &format!("Size=\"{size_to_claim}\""));
    let object = MsnObjectFields::parse(&claimed).unwrap();
    let answers = serve(&mut board, data.into());
    tokio::select! {
        result = fetch_within_a_minute(&client, &object) => result,
        () = answers => panic!("the client left the session"),
    }
}

async fn fetch_within_a_minute(client: &Client, object: &MsnObjectFields) -> Result<Arc<[u8]>, TransferError> {
    let (conversation, from) = (client.conversation(&bob()), bob());
    // Two steps of a transfer may each wait for a minute, so a result arrives within 150 seconds.
    timeout(Duration::from_secs(150), conversation.fetch(&from, object)).await.expect("a result")
}

/// Acts as Bob in all transfers. Every request gets `data`.
async fn serve(board: &mut Wire, data: Arc<[u8]>) {
    let mut number = 0;
    let mut engine = Engine::new(bob(), move || {
        number += 7;
        number
    });
    while let Some(payload) = board.try_payload().await {
        let Message::PeerToPeer(piece) = Message::parse(&payload) else { continue };
        let now = Instant::now().into_std();
        engine.receive(&alice(), &piece.data, now);
        while let Some(event) = engine.poll_event() {
            if let Event::ObjectRequested { id, .. } = event {
                engine.serve(id, data.clone(), now);
            }
        }
        while let Some(answer) = engine.poll_transmit(now) {
            let body = Message::PeerToPeer(PeerToPeer { destination: answer.to, data: answer.bytes }).encode();
            let line = format!("MSG bob@example.com Bob {}\r\n", body.len());
            board.send(&[line.as_bytes(), &body].concat()).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_is_delivered_only_if_its_size_and_hash_match_its_description() {
    let drawing = [7; 3_000];
    assert_eq!(fetch(&drawing, 3_000, &drawing).await.as_deref(), Ok(&drawing[..]), "the object itself");
    let forged = [8; 3_000];
    assert_eq!(fetch(&drawing, 3_000, &forged).await, Err(TransferError::WrongObject), "other data of that size");
    assert_eq!(fetch(&drawing, 3_000, &drawing[1..]).await, Err(TransferError::WrongObject), "shorter data");
    let longer = fetch(&drawing, 2_000, &drawing).await;
    assert_eq!(longer, Err(TransferError::Failed(Failure::TooLarge)), "more data than announced");
    let huge = fetch(&drawing, 4_294_967_296, &drawing).await;
    assert_eq!(huge, Err(TransferError::Failed(Failure::TooLarge)), "4 GiB announced");
}
