//! Tests with a fault in each step of the sign-in.

use std::time::Duration;

use msnp::ErrorCode;
use msnp_client::Event;
use msnp_client::machine::SignedOut;
use msnp_client::machine::limits::STEP_TIMEOUT;
use tokio::time::{Instant, sleep};

use crate::support::{SIGN_IN, Step, Wire, World, answer, reach, sign_in};

/// What a faulty server does instead of sending an answer.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Silence,
    Close,
    HalfClose,
    Error,
    Control,
    EndlessLine,
    PayloadTooLong,
    PayloadMissing,
    OtherTransaction,
    BytePerSecond,
}

const FAULTS: [Fault; 10] = [
    Fault::Silence,
    Fault::Close,
    Fault::HalfClose,
    Fault::Error,
    Fault::Control,
    Fault::EndlessLine,
    Fault::PayloadTooLong,
    Fault::PayloadMissing,
    Fault::OtherTransaction,
    Fault::BytePerSecond,
];

impl Fault {
    /// Carries out the fault. Returns when the client has closed the connection.
    async fn commit(self, mut wire: Wire, step: Step, trid: u32) {
        match self {
            Self::Close => return,
            Self::Silence => {}
            Self::HalfClose => wire.half_close().await,
            Self::Error => drop(wire.say(&format!("500 {trid}\n")).await),
            Self::Control => drop(wire.send(b"a\0b\r\n").await),
            Self::EndlessLine => while wire.send(&[b'x'; 1024]).await {},
            Self::PayloadTooLong => drop(wire.say("MSG Hotmail Hotmail 4294967295\n").await),
            Self::PayloadMissing => drop(wire.say("MSG Hotmail Hotmail 60000\nabc").await),
            Self::OtherTransaction => drop(wire.say(&answer(step, trid + 7)).await),
            Self::BytePerSecond => {
                while wire.send(b"x").await {
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
        wire.until_closed().await;
    }

    fn is_reason(self, reason: &SignedOut) -> bool {
        match self {
            Self::Silence | Self::PayloadMissing | Self::OtherTransaction | Self::BytePerSecond => {
                *reason == SignedOut::TimedOut
            }
            Self::Close | Self::HalfClose => matches!(reason, SignedOut::Lost(_)),
            Self::Error => *reason == SignedOut::Code(ErrorCode::InternalServer),
            Self::Control | Self::EndlessLine | Self::PayloadTooLong => matches!(reason, SignedOut::Invalid(_)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_any_step_ends_the_first_sign_in_and_the_error_gives_the_reason() {
    let mut world = World::new();
    for (step, fault) in SIGN_IN.into_iter().flat_map(|step| FAULTS.map(|fault| (step, fault))) {
        let signing_in = world.begin();
        let mut wire = world.notification().await;
        let trid = reach(&mut wire, step).await;
        let start = Instant::now();
        fault.commit(wire, step, trid).await;
        let reason = signing_in.await.unwrap().unwrap_err();
        assert!(fault.is_reason(&reason), "{step:?}, {fault:?}: {reason:?}");
        assert!(start.elapsed() <= STEP_TIMEOUT + Duration::from_secs(1), "{step:?}, {fault:?}");
        // The caller has received an error, so the client must not try again by itself.
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(world.count(), 0, "{step:?}, {fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_fault_in_any_step_the_client_signs_in_again() {
    let mut world = World::new();
    for (step, fault) in SIGN_IN.into_iter().flat_map(|step| FAULTS.map(|fault| (step, fault))) {
        let (client, mut events, wire) = world.online().await;
        drop(wire);
        let mut wire = world.notification().await;
        let trid = reach(&mut wire, step).await;
        fault.commit(wire, step, trid).await;
        let mut wire = world.notification().await;
        sign_in(&mut wire).await;
        let mut reasons = Vec::new();
        loop {
            match events.next().await.unwrap() {
                Event::SignedOut { reason, retry } => {
                    assert!(retry.is_some_and(|retry| retry >= Duration::from_millis(500)), "{reason:?}");
                    reasons.push(reason);
                }
                Event::SignedIn if !reasons.is_empty() => break,
                _ => {}
            }
        }
        assert_eq!(reasons.len(), 2, "{step:?}, {fault:?}: {reasons:?}");
        assert!(fault.is_reason(&reasons[1]), "{step:?}, {fault:?}: {reasons:?}");
        assert!(client.is_signed_in());
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_answer_does_not_make_the_client_repeat_a_step() {
    let mut world = World::new();
    let signing_in = world.begin();
    let mut wire = world.notification().await;
    for step in SIGN_IN {
        let trid = wire.expect("").await;
        wire.say(&answer(step, trid).repeat(100)).await;
    }
    let (client, _events) = signing_in.await.unwrap().unwrap();
    assert_eq!(wire.lines, SIGN_IN.len());
    client.sign_out();
    assert_eq!(wire.line().await, "OUT");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_succeeds_even_if_the_server_sends_one_byte_per_second() {
    let mut world = World::new();
    let signing_in = world.begin();
    let mut wire = world.notification().await;
    for step in [Step::Ver, Step::Cvr, Step::Usr, Step::Ticket] {
        let trid = wire.expect("").await;
        for byte in answer(step, trid).replace('\n', "\r\n").bytes() {
            wire.send(&[byte]).await;
            sleep(Duration::from_secs(1)).await;
        }
    }
    for step in [Step::Syn, Step::Chg] {
        let trid = wire.expect("").await;
        wire.say(&answer(step, trid)).await;
    }
    assert!(signing_in.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_ends_in_time_if_the_connection_is_never_established() {
    struct Nowhere;
    impl msnp_client::transport::Connect for Nowhere {
        fn connect<'a>(&'a self, _: &'a msnp_client::machine::Target) -> msnp_client::transport::Connecting<'a> {
            Box::pin(std::future::pending())
        }
    }
    let mut world = World::new();
    world.server = world.server.connect_with(std::sync::Arc::new(Nowhere));
    let start = Instant::now();
    assert_eq!(world.begin().await.unwrap().unwrap_err(), SignedOut::TimedOut);
    assert!(start.elapsed() <= STEP_TIMEOUT + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_times_out_and_drops_the_future_of_a_ticket_source_that_never_answers() {
    let world = World::new();
    let dropped = std::sync::Arc::new(());
    let held = std::sync::Arc::downgrade(&dropped);
    let source = move |_: String| {
        let dropped = dropped.clone();
        Box::pin(async move {
            let _dropped = dropped;
            std::future::pending().await
        }) as msnp_client::TicketFuture
    };
    let handle = msnp::Handle::parse(crate::support::ALICE).unwrap();
    let account = msnp_client::Account::with_tickets(handle, std::sync::Arc::new(source));
    let server = world.server.clone();
    let signing_in = tokio::spawn(async move { msnp_client::Client::sign_in(&server, &account).await });
    let mut world = world;
    let mut wire = world.notification().await;
    for step in [Step::Ver, Step::Cvr, Step::Usr] {
        let trid = wire.expect("").await;
        wire.say(&answer(step, trid)).await;
    }
    assert_eq!(signing_in.await.unwrap().unwrap_err(), SignedOut::TimedOut);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(held.strong_count(), 0, "nothing waits for the ticket any longer");
}

#[tokio::test(start_paused = true)]
async fn the_client_disconnects_and_reconnects_if_the_server_stops_answering_pings() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    assert_eq!(wire.line().await, "PNG");
    wire.until_closed().await;
    let reason = loop {
        if let Event::SignedOut { reason, .. } = events.next().await.unwrap() {
            break reason;
        }
    };
    assert_eq!(reason, SignedOut::TimedOut);
    let mut wire = world.notification().await;
    sign_in(&mut wire).await;
    while !matches!(events.next().await.unwrap(), Event::SignedIn) {}
    assert!(client.is_signed_in());
}
