//! Transfers that end early.

use super::*;
use crate::p2p::Failure;
use crate::p2p::limits::{ANSWER_TIME, MAX_OBJECT, MAX_PICTURE, STEP_TIME};

/// Returns the last event of each side.
fn endings(pair: &mut Pair) -> [Option<Event>; 2] {
    [ALICE, BOB].map(|side| pair.sides[side].take_events().pop())
}

fn reason(event: Option<&Event>) -> Option<Failure> {
    match event {
        Some(Event::Failed { reason, .. }) => Some(*reason),
        _ => None,
    }
}

/// Sends the first half of a file from Bob to Alice. Returns the id of the transfer at Alice and at
/// Bob.
fn half_way(pair: &mut Pair) -> [TransferId; 2] {
    let id = pair.offer(BOB, "big", bytes(200_000, 1));
    pair.run_for(80);
    let theirs = *pair.sides[ALICE].received.keys().next().unwrap();
    assert!(pair.sides[ALICE].received[&theirs].len() > 50_000);
    [theirs, id]
}

#[test]
fn either_side_can_cancel_a_transfer_that_has_started() {
    for canceller in [ALICE, BOB] {
        let mut pair = Pair::new();
        let ids = half_way(&mut pair);
        pair.sides[canceller].engine.cancel(ids[canceller]);
        pair.run();
        for event in endings(&mut pair) {
            assert_eq!(reason(event.as_ref()), Some(Failure::Cancelled));
        }
        pair.assert_idle();
        assert!(pair.sides[ALICE].received[&ids[ALICE]].len() < 200_000);
    }
}

#[test]
fn an_offer_can_be_cancelled_before_it_is_answered() {
    let mut pair = Pair::new();
    pair.sides[ALICE].accepts = false;
    let id = pair.offer(BOB, "a", b"abc".to_vec());
    pair.run();
    pair.sides[BOB].engine.cancel(id);
    pair.run();
    for event in endings(&mut pair) {
        assert_eq!(reason(event.as_ref()), Some(Failure::Cancelled));
    }
    pair.assert_idle();
}

#[test]
fn files_and_objects_can_be_declined() {
    let mut pair = Pair::new();
    pair.sides[ALICE].accepts = false;
    let ids = [pair.offer(BOB, "a", b"abc".to_vec()), pair.request(BOB, 12)];
    pair.run();
    let theirs: Vec<_> = pair.sides[ALICE].engine.transfers.keys().copied().collect();
    pair.sides[ALICE].take_events();
    for id in &theirs {
        pair.sides[ALICE].engine.decline(*id);
    }
    pair.run();
    let declined = |ids: &[TransferId]| ids.iter().map(|id| Event::Declined { id: *id }).collect::<Vec<_>>();
    assert_eq!(pair.sides[ALICE].take_events(), declined(&theirs));
    assert_eq!(pair.sides[BOB].take_events(), declined(&ids));
    pair.assert_idle();
}

#[test]
fn method_calls_at_the_wrong_step_of_a_transfer_have_no_effect() {
    let mut pair = Pair::new();
    let [theirs, id] = half_way(&mut pair);
    let now = pair.now;
    let queued = pair.sides.each_ref().map(|side| side.engine.transfers.len());
    pair.sides[ALICE].engine.accept(theirs, now);
    pair.sides[ALICE].engine.decline(theirs);
    pair.sides[ALICE].engine.serve(theirs, [1].as_slice().into(), now);
    assert_eq!(pair.sides[ALICE].engine.supply(theirs, b"x"), 0);
    pair.sides[BOB].engine.decline(id);
    pair.sides[BOB].engine.accept(TransferId(99), now);
    pair.sides[BOB].engine.cancel(TransferId(99));
    assert_eq!(pair.sides[BOB].engine.supply(TransferId(99), b"x"), 0);
    assert_eq!(pair.sides.each_ref().map(|side| side.engine.transfers.len()), queued);
    pair.run();
    assert!(pair.sides[ALICE].received[&theirs] == bytes(200_000, 1));
}

#[test]
fn a_transfer_is_cancelled_if_the_file_is_shorter_than_its_offer_says() {
    let mut pair = Pair::new();
    let id = pair.sides[BOB].engine.offer_file(&handle("alice"), file("a", 100_000), pair.now);
    pair.sides[BOB].files.insert(id, vec![0; 1000]);
    pair.run();
    for event in endings(&mut pair) {
        assert_eq!(reason(event.as_ref()), Some(Failure::Cancelled));
    }
    pair.assert_idle();
}

#[test]
fn a_transfer_ends_when_the_other_member_leaves_or_the_connection_is_lost() {
    for lost in [false, true] {
        let mut pair = Pair::new();
        half_way(&mut pair);
        let now = pair.now;
        for side in [ALICE, BOB] {
            let other = pair.sides[1 - side].handle.clone();
            let engine = &mut pair.sides[side].engine;
            if lost {
                engine.connection_lost();
            } else {
                engine.peer_left(&other);
            }
            assert_eq!((engine.poll_transmit(now), engine.poll_timeout()), (None, None));
        }
        pair.assert_idle();
        let expected = if lost { Failure::ConnectionLost } else { Failure::PeerLeft };
        for event in endings(&mut pair) {
            assert_eq!(reason(event.as_ref()), Some(expected));
        }
    }
}

#[test]
fn transfers_with_other_members_continue_when_one_member_leaves() {
    let mut pair = Pair::new();
    let [theirs, _] = half_way(&mut pair);
    pair.sides[ALICE].engine.peer_left(&handle("carol"));
    pair.run();
    assert!(pair.sides[ALICE].received[&theirs] == bytes(200_000, 1));
}

#[test]
fn every_step_of_a_transfer_times_out_if_no_answer_arrives() {
    let messages_of_an_object = 8;
    for lost_after in 0..=messages_of_an_object {
        let mut pair = Pair::new();
        pair.sides[ALICE].object = Some(bytes(3, 1).into());
        pair.request(BOB, 3);
        pair.run_for(lost_after);
        // After this point, every message gets lost.
        for side in &mut pair.sides {
            while side.engine.poll_transmit(pair.now).is_some() {}
            side.take_events();
        }
        let open = pair.sides.each_ref().map(|side| !side.engine.transfers.is_empty());
        pair.wait(STEP_TIME.checked_sub(Duration::from_millis(1)).unwrap());
        assert_eq!(endings(&mut pair), [None, None], "{lost_after}");
        pair.wait(Duration::from_millis(1));
        let failed = endings(&mut pair).map(|event| reason(event.as_ref()));
        let expected = open.map(|open| open.then_some(Failure::TimedOut));
        assert_eq!(failed, expected, "{lost_after}");
        assert!(pair.sides.iter().all(|side| side.engine.transfers.is_empty()));
    }
}

#[test]
fn a_person_has_ten_minutes_to_answer_an_offer() {
    let mut pair = Pair::new();
    pair.sides[ALICE].accepts = false;
    pair.offer(BOB, "a", b"abc".to_vec());
    pair.run();
    pair.sides[ALICE].take_events();
    assert_eq!(pair.sides[ALICE].engine.poll_timeout(), Some(pair.now + ANSWER_TIME));
    pair.wait(ANSWER_TIME.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(endings(&mut pair), [None, None]);
    pair.sides[ALICE].engine.handle_timeout(pair.now + Duration::from_secs(1));
    pair.run();
    let [alice, bob] = endings(&mut pair);
    assert_eq!(reason(alice.as_ref()), Some(Failure::TimedOut));
    assert!(matches!(bob, Some(Event::Declined { .. })));
    pair.assert_idle();
}

#[test]
fn a_transfer_over_a_slow_connection_does_not_time_out() {
    let mut pair = Pair::new();
    pair.offer(BOB, "a", bytes(20_000, 1));
    pair.run_for(6);
    for _ in 0..18 {
        pair.wait(STEP_TIME.checked_sub(Duration::from_secs(1)).unwrap());
        pair.run_for(1);
    }
    pair.run();
    assert!(matches!(endings(&mut pair), [Some(Event::Completed { .. }), Some(Event::Completed { .. })]));
}

#[test]
fn an_object_larger_than_the_limit_is_neither_requested_nor_received() {
    for (app_id, limit) in [(1, MAX_OBJECT), (12, MAX_PICTURE)] {
        let mut pair = Pair::new();
        let now = pair.now;
        let bob = &mut pair.sides[BOB].engine;
        bob.request_object(&handle("alice"), "<msnobj/>", limit + 1, app_id, now);
        assert_eq!((reason(bob.poll_event().as_ref()), bob.poll_transmit(now)), (Some(Failure::TooLarge), None));
        bob.request_object(&handle("alice"), "<msnobj/>", limit, app_id, now);
        assert!(bob.poll_transmit(now).is_some());
    }
    let mut pair = Pair::new();
    pair.sides[ALICE].object = Some(bytes(13, 1).into());
    pair.request(BOB, 12);
    pair.run();
    let [alice, bob] = endings(&mut pair);
    assert_eq!(reason(bob.as_ref()), Some(Failure::TooLarge));
    assert_eq!(reason(alice.as_ref()), Some(Failure::Cancelled));
    pair.assert_idle();
}
