//! Tests with a fault in each step of a switchboard session.

use std::time::Duration;

use msnp::ErrorCode;
use msnp_client::machine::SendError;
use msnp_client::machine::limits::{ANSWER_TIMEOUT, ENTER_TIMEOUT, RING_TIMEOUT};
use msnp_client::{Client, Receipt, Undelivered};
use tokio::time::{Instant, sleep};

use crate::support::{Wire, World, bob};

/// What a faulty switchboard does instead of sending an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Silence,
    Close,
    HalfClose,
    Error,
    Control,
    EndlessLine,
    PayloadTooLong,
    BytePerSecond,
}

const FAULTS: [Fault; 8] = [
    Fault::Silence,
    Fault::Close,
    Fault::HalfClose,
    Fault::Error,
    Fault::Control,
    Fault::EndlessLine,
    Fault::PayloadTooLong,
    Fault::BytePerSecond,
];

/// The command that the switchboard does not answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Usr,
    Cal,
    Msg,
}

impl Fault {
    async fn commit(self, mut board: Wire, trid: u32) {
        match self {
            Self::Close => return,
            Self::Silence => {}
            Self::HalfClose => board.half_close().await,
            Self::Error => drop(board.say(&format!("500 {trid}\n")).await),
            Self::Control => drop(board.send(b"a\0b\r\n").await),
            Self::EndlessLine => while board.send(&[b'x'; 512]).await {},
            Self::PayloadTooLong => drop(board.say("MSG bob@example.com Bob 1665\n").await),
            Self::BytePerSecond => {
                while board.send(b"x").await {
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
        if self != Self::Error {
            board.until_closed().await;
        }
    }

    /// Returns the result that the sender of the message receives.
    fn result(self, step: Step) -> Undelivered {
        match (step, self) {
            (_, Self::Error) => Undelivered::Refused(SendError::Refused(ErrorCode::InternalServer)),
            (Step::Msg, _) => Undelivered::Unknown,
            (Step::Cal, Self::Silence | Self::BytePerSecond) => Undelivered::Refused(SendError::NoAnswer),
            (Step::Usr | Step::Cal, _) => Undelivered::Refused(SendError::NoSwitchboard),
        }
    }
}

/// Lets the client send a message. Answers the commands before `step`.
async fn reach(world: &mut World, client: &Client, wire: &mut Wire, step: Step) -> (Wire, u32, Receipt) {
    if step == Step::Msg {
        return world.talk(client, wire).await;
    }
    let receipt = client.conversation(&bob()).send_text("hi");
    let mut board = world.open_board(wire).await;
    if step == Step::Usr {
        return (board, 1, receipt);
    }
    board.say("USR 1 OK alice@example.com Alice\n").await;
    let trid = board.expect("CAL").await;
    (board, trid, receipt)
}

#[tokio::test(start_paused = true)]
async fn after_a_fault_in_any_step_a_message_gets_a_result_and_the_next_message_arrives() {
    for (step, fault) in
        [Step::Usr, Step::Cal, Step::Msg].into_iter().flat_map(|step| FAULTS.map(|fault| (step, fault)))
    {
        let mut world = World::new();
        let (client, _events, mut wire) = world.online().await;
        wire.say("QNG 600\n").await;
        let (board, trid, receipt) = reach(&mut world, &client, &mut wire, step).await;
        let start = Instant::now();
        fault.commit(board, trid).await;
        assert_eq!(receipt.await, Err(fault.result(step)), "{step:?}, {fault:?}");
        let limit = ENTER_TIMEOUT.max(RING_TIMEOUT).max(ANSWER_TIMEOUT) + Duration::from_secs(1);
        assert!(start.elapsed() <= limit, "{step:?}, {fault:?}");
        if (step, fault) == (Step::Msg, Fault::Error) {
            continue;
        }
        let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
        board.say(&format!("ACK {trid}\n")).await;
        assert_eq!(receipt.await, Ok(()), "{step:?}, {fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gets_no_answer_to_xfr_in_time_asks_again_and_ignores_a_late_answer() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    wire.say("QNG 600\n").await;
    let no_switchboard = Err(Undelivered::Refused(SendError::NoSwitchboard));
    assert_eq!(client.send_text(&bob(), "hi").await, no_switchboard);
    let late = wire.expect("XFR").await;
    wire.say(&format!("XFR {late} SB 192.0.2.1:1864 CKI late\n")).await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(world.count(), 0, "nobody waits for this switchboard");
    // If there are two answers, only the answer to the second request counts.
    let receipt = client.conversation(&bob()).send_text("hi");
    let trid = wire.expect("XFR").await;
    wire.say(&format!("XFR {late} SB 192.0.2.1:1864 CKI late\n913 {late}\n")).await;
    for _ in 0..2 {
        wire.say(&format!("XFR {trid} SB 192.0.2.1:1864 CKI cookie\n")).await;
    }
    let mut board = world.switchboard().await;
    board.expect("USR 1 alice@example.com cookie").await;
    board.say("USR 1 OK alice@example.com Alice\nJOI bob@example.com Bob 0\n").await;
    board.expect("CAL").await;
    let trid = board.expect_message().await;
    board.say(&format!("ACK {trid}\n")).await;
    assert_eq!(receipt.await, Ok(()));
    assert_eq!(world.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_incoming_call_ends_in_time_whatever_the_switchboard_does_wrong() {
    for fault in FAULTS {
        let mut world = World::new();
        let (client, _events, mut wire) = world.online().await;
        wire.say("QNG 600\nRNG 12 192.0.2.1:1864 CKI cookie bob@example.com Bob\n").await;
        let mut board = world.switchboard().await;
        board.expect("ANS 1 alice@example.com cookie 12").await;
        let start = Instant::now();
        fault.commit(board, 1).await;
        assert!(start.elapsed() <= ENTER_TIMEOUT + Duration::from_secs(1), "{fault:?}");
        sleep(Duration::from_secs(1)).await;
        let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
        board.say(&format!("ACK {trid}\n")).await;
        assert_eq!(receipt.await, Ok(()), "{fault:?}");
    }
}
