//! Transfers that succeed.

use std::collections::BTreeSet;

use msnp::p2p::MAX_DATA;
use proptest::prelude::*;

use super::*;
use crate::p2p::limits::{CLOSE_TIME, MAX_SUPPLY};

#[test]
fn the_messages_of_an_object_transfer_follow_the_order_in_the_reference() {
    let mut pair = Pair::new();
    pair.sides[ALICE].object = Some(b"hello world!".as_slice().into());
    let id = pair.request(BOB, 12);
    pair.run();
    let session = pair.wire[5].split_once("ACK ").unwrap().1;
    let expected = [
        "bob INVITE MSNMSGR:alice@example.com".to_owned(),
        "alice ACK 0".to_owned(),
        "alice 200".to_owned(),
        "bob ACK 0".to_owned(),
        "alice 0x0 4 1".to_owned(),
        format!("bob ACK {session}"),
        "alice 0x20 12 1".to_owned(),
        format!("bob ACK {session}"),
        "bob BYE MSNMSGR:alice@example.com".to_owned(),
        "alice ACK 0".to_owned(),
    ];
    assert!(pair.wire.iter().zip(&expected).all(|(found, expected)| found.starts_with(expected)), "{:#?}", pair.wire);
    assert_eq!(pair.wire.len(), expected.len());
    assert_eq!(
        pair.sides[BOB].take_events(),
        [Event::ObjectReceived { id, bytes: b"hello world!".to_vec() }, Event::Completed { id }]
    );
    let requested = &pair.sides[ALICE].take_events()[..];
    let [Event::ObjectRequested { id, from, context }, Event::Completed { id: completed }] = requested else {
        panic!("{requested:?}");
    };
    assert_eq!((id, from, context.as_str()), (completed, &handle("bob"), "<msnobj/>"));
    pair.assert_idle();
}

#[test]
fn objects_of_all_sizes_arrive_unchanged() {
    for size in [0, 1, 3, 4, 5, 1201, 1202, 1203, 2404, 24_576, 102_400] {
        let mut pair = Pair::new();
        let object = bytes(size, 5);
        pair.sides[ALICE].object = Some(object.as_slice().into());
        let id = pair.request(BOB, size);
        pair.run();
        assert_eq!(pair.sides[BOB].received.get(&id), Some(&object), "{size}");
        pair.assert_idle();
    }
}

#[test]
fn an_object_of_four_zero_bytes_can_be_transferred() {
    let mut pair = Pair::new();
    pair.sides[ALICE].object = Some([0; 4].as_slice().into());
    let id = pair.request(BOB, 4);
    pair.run();
    assert_eq!(pair.sides[BOB].received[&id], [0; 4]);
    assert_eq!(pair.wire.iter().filter(|line| line.starts_with("alice 0x")).count(), 2);
}

#[test]
fn a_file_of_5_mb_arrives_unchanged() {
    let mut pair = Pair::new();
    let data = bytes(5_000_000, 9);
    let id = pair.offer(BOB, "holiday.avi", data.clone());
    pair.run();
    let received: Vec<_> = pair.sides[ALICE].received.values().collect();
    assert!(received == [&data]);
    assert_eq!(pair.sides[BOB].last_progress[&id], (5_000_000, 5_000_000));
    assert_eq!(pair.sides[BOB].take_events(), [Event::Accepted { id }, Event::Completed { id }]);
    let events = pair.sides[ALICE].take_events();
    let [Event::FileOffered { id, name, size, .. }, Event::Completed { id: completed }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!((id, name.as_str(), *size), (completed, "holiday.avi", 5_000_000));
    pair.assert_idle();
    let kinds: BTreeSet<_> = pair.wire.iter().filter(|line| line.starts_with("bob 0x")).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["bob 0x1000030 1202 2", "bob 0x1000030 882 2"]);
    assert!(pair.wire.iter().any(|line| line.starts_with("bob BYE")));
    assert!(!pair.wire.iter().any(|line| line.starts_with("alice BYE")), "aMSN would show the file as cancelled");
}

#[test]
fn files_of_all_sizes_arrive_unchanged() {
    for size in [0, 1, 4, 1202, 1203, MAX_SUPPLY, MAX_SUPPLY + 1] {
        let mut pair = Pair::new();
        let data = bytes(size, 3);
        pair.offer(ALICE, "a", data.clone());
        pair.run();
        let received: Vec<u8> = pair.sides[BOB].received.values().flatten().copied().collect();
        assert_eq!(received, data, "{size}");
        assert!(matches!(pair.sides[BOB].take_events()[..], [_, Event::Completed { .. }]), "{size}");
        pair.assert_idle();
    }
}

#[test]
fn an_offer_with_a_preview_is_split_into_chunks() {
    let mut pair = Pair::new();
    pair.sides[ALICE].accepts = false;
    let preview = bytes(9000, 4);
    let context = FileContext { preview: preview.clone(), ..file("é.png", 7) };
    pair.sides[BOB].engine.offer_file(&handle("alice"), context, pair.now);
    pair.run();
    let events = pair.sides[ALICE].take_events();
    let [Event::FileOffered { name, size: 7, preview: received, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert!(name == "é.png" && *received == preview);
    assert_eq!(pair.wire.iter().filter(|line| line.starts_with("alice ACK")).count(), 1);
}

#[test]
fn transfers_share_the_connection_equally() {
    let mut pair = Pair::new();
    let (first, second) = (bytes(300_000, 1), bytes(300_000, 2));
    let ids = [pair.offer(BOB, "1", first.clone()), pair.offer(BOB, "2", second.clone())];
    pair.sides[BOB].object = Some(bytes(60_000, 7).into());
    let object = pair.request(ALICE, 60_000);
    pair.run_for(300);
    let done: Vec<_> = ids.iter().map(|id| pair.sides[BOB].last_progress[id].0).collect();
    assert!(done[0].abs_diff(done[1]) <= 1202, "{done:?}");
    assert!(done[0] > 0 && pair.sides[ALICE].received.contains_key(&object), "the small object is not last");
    pair.run();
    let received = &pair.sides[ALICE].received;
    assert!(received.values().any(|data| *data == first) && received.values().any(|data| *data == second));
    pair.assert_idle();
}

#[test]
fn answers_are_sent_before_queued_file_data() {
    let mut pair = Pair::new();
    pair.offer(BOB, "big", bytes(100_000, 1));
    pair.run_for(20);
    pair.request(ALICE, 5);
    pair.wire.clear();
    while !pair.wire.iter().any(|line| line.starts_with("alice INVITE")) {
        pair.step(ALICE);
    }
    pair.step(BOB);
    assert_eq!(pair.wire.last().unwrap(), "bob ACK 0");
}

#[test]
fn the_receiver_closes_a_file_transfer_if_the_sender_does_not_close_it() {
    let mut pair = Pair::new();
    pair.offer(BOB, "a", b"abc".to_vec());
    while !pair.wire.iter().any(|line| line.starts_with("bob 0x1000030")) {
        assert!(pair.step(ALICE) || pair.step(BOB));
    }
    assert!(matches!(pair.sides[ALICE].take_events()[..], [_, Event::Completed { .. }]));
    // The sender's BYE has not been sent yet, because the ACK of the data has not been sent.
    pair.wait(CLOSE_TIME);
    pair.step(ALICE);
    pair.step(ALICE);
    assert!(pair.wire.last().unwrap().starts_with("alice BYE"));
    pair.run();
    assert!(matches!(pair.sides[BOB].take_events()[..], [_, Event::Completed { .. }]));
    assert_eq!(pair.sides[ALICE].take_events(), []);
    pair.assert_idle();
}

#[test]
fn progress_events_do_not_pile_up_while_nobody_reads_them() {
    let mut pair = Pair::new();
    pair.sides[ALICE].object = Some(bytes(50_000, 7).into());
    pair.request(BOB, 50_000);
    pair.run_for(7);
    let alice = &mut pair.sides[ALICE].engine;
    while alice.poll_transmit(pair.now).is_some() {}
    assert_eq!(alice.events.len(), 1);
}

#[test]
fn chunks_to_different_members_alternate() {
    let now = Instant::now();
    let mut alice = Engine::new(handle("alice"), numbers(1));
    let context = FileContext { preview: vec![0; 3 * MAX_DATA], ..file("a", 3) };
    for name in ["bob", "carol"] {
        alice.offer_file(&handle(name), context.clone(), now);
    }
    let order: Vec<_> = std::iter::from_fn(|| alice.poll_transmit(now)).map(|transmit| transmit.to).collect();
    assert!(order.len() > 8);
    assert!(order.windows(2).all(|pair| pair[0] != pair[1]), "{order:?}");
}

proptest! {
    #[test]
    fn all_transfers_succeed_whatever_the_order_of_messages(
        files in proptest::collection::vec((0usize..2, 0usize..6000), 0..4),
        object in 0usize..6000,
        order in proptest::collection::vec(0usize..2, 0..60),
    ) {
        let mut pair = Pair::new();
        let expected: Vec<_> = files.iter().zip(1..).map(|((from, size), seed)| (*from, bytes(*size, seed))).collect();
        for (from, data) in &expected {
            pair.offer(*from, "a", data.clone());
        }
        let object = bytes(object, 99);
        pair.sides[ALICE].object = Some(object.as_slice().into());
        let id = pair.request(BOB, object.len());
        for from in order {
            pair.step(from);
        }
        pair.run();
        prop_assert_eq!(pair.sides[BOB].received.get(&id), Some(&object));
        for (from, data) in expected.iter().filter(|(_, data)| !data.is_empty()) {
            prop_assert!(pair.sides[1 - *from].received.values().any(|received| received == data));
        }
        let failed = |event: &Event| matches!(event, Event::Failed { .. } | Event::Declined { .. });
        prop_assert!(!pair.sides.iter().any(|side| side.events.iter().any(failed)));
        pair.assert_idle();
    }
}
