//! Tests of one session, with queues in memory instead of sockets.

use std::thread;

use super::*;
use crate::switchboard::testing::{handle, participant, unread};

/// The size of a queue in bytes: more than any test needs.
const ROOM: usize = 1 << 20;
const TRID: TrId = TrId::new(2);

struct Guest {
    outbox: Arc<Outbox>,
    id: MemberId,
}

impl Guest {
    fn reads(&self) -> String {
        unread(&self.outbox)
    }

    fn is_closed(&self) -> bool {
        self.outbox.own_unsent().is_none()
    }
}

fn newcomer(name: &str, dialect: Dialect, outbox: &Arc<Outbox>) -> Newcomer {
    Newcomer { who: participant(name), dialect, outbox: outbox.clone() }
}

fn join_as(board: &Board, name: &str, dialect: Dialect, room: usize) -> Option<Guest> {
    let outbox = Outbox::new(room);
    let id = board.join(TRID, newcomer(name, dialect, &outbox))?;
    Some(Guest { outbox, id })
}

fn join(board: &Board, name: &str) -> Guest {
    join_as(board, name, Dialect::Msnp12, ROOM).unwrap()
}

/// Opens a session that has room for three members. The first member is alice.
fn open() -> (Board, Guest) {
    let board = Board::new(7, 3);
    let outbox = Outbox::new(ROOM);
    let id = board.open(TrId::new(1), newcomer("alice", Dialect::Msnp12, &outbox));
    (board, Guest { outbox, id })
}

/// Sends a text.
fn send(board: &Board, from: MemberId, text: &[u8]) -> Delivery {
    board.message(from, AckFlag::Always, text, 0, Instant::now())
}

/// Reads and ignores everything that was sent so far.
fn skip(guests: &[&Guest]) {
    for guest in guests {
        guest.reads();
    }
}

/// Returns the messages in `text`. `text` contains the lines that a member has read from its queue.
fn messages(text: &str) -> Vec<&str> {
    text.split("MSG ").skip(1).collect()
}

#[test]
fn a_new_member_gets_a_list_of_the_earlier_members_in_joining_order_and_each_earlier_member_gets_one_joi() {
    let (board, alice) = open();
    assert_eq!(alice.reads(), "USR 1 OK alice@example.com alice\r\n");
    let bob = join(&board, "bob");
    assert_eq!(bob.reads(), "IRO 2 1 1 alice@example.com alice 4\r\nANS 2 OK\r\n");
    assert_eq!(alice.reads(), "JOI bob@example.com bob 4\r\n");
    let carol = join_as(&board, "carol", Dialect::Msnp8, ROOM).unwrap();
    let roster = "IRO 2 1 2 alice@example.com alice\r\nIRO 2 2 2 bob@example.com bob\r\nANS 2 OK\r\n";
    assert_eq!(carol.reads(), roster, "capabilities are for MSNP12");
    for other in [&alice, &bob] {
        assert_eq!(other.reads(), "JOI carol@example.com carol 4\r\n");
    }
}

#[test]
fn an_account_cannot_join_twice() {
    let (board, alice) = open();
    alice.reads();
    assert!(join_as(&board, "alice", Dialect::Msnp12, ROOM).is_none());
    assert_eq!(alice.reads(), "", "no JOI is sent");
}

#[test]
fn a_message_goes_to_every_member_except_its_sender() {
    let (board, alice) = open();
    let (bob, carol) = (join(&board, "bob"), join(&board, "carol"));
    skip(&[&alice, &bob, &carol]);
    let delivery = send(&board, bob.id, b"hello");
    let line = "MSG bob@example.com bob 5\r\nhello";
    assert!(delivery.queued && delivery.pause.is_none());
    assert_eq!([alice.reads(), bob.reads(), carol.reads()], [line, "", line]);
}

#[test]
fn all_members_read_messages_in_the_same_order() {
    const EACH: usize = 200;
    let board = Board::new(7, 50);
    let [alice, bob, carol, dave, eve] = ["alice", "bob", "carol", "dave", "eve"].map(|name| join(&board, name));
    let senders = [(&alice, "alice"), (&bob, "bob"), (&carol, "carol")];
    skip(&[&alice, &bob, &carol, &dave, &eve]);
    thread::scope(|scope| {
        for (sender, _) in senders {
            let board = &board;
            scope.spawn(move || {
                for number in 0..EACH {
                    assert!(send(board, sender.id, number.to_string().as_bytes()).queued);
                }
            });
        }
    });
    let all = dave.reads();
    let all = messages(&all);
    assert_eq!(all.len(), senders.len() * EACH);
    assert_eq!(messages(&eve.reads()), all);
    for (sender, name) in senders {
        let by_others: Vec<&str> = all.iter().filter(|message| !message.starts_with(name)).copied().collect();
        assert_eq!(messages(&sender.reads()), by_others, "{name} reads the others in the same order");
        let own: Vec<String> =
            all.iter().filter(|message| message.starts_with(name)).map(|own| number_in(own)).collect();
        assert!(
            own.iter().eq((0..EACH).map(|number| number.to_string()).collect::<Vec<_>>().iter()),
            "{name}: {own:?}"
        );
    }
}

fn number_in(message: &str) -> String {
    message.rsplit("\r\n").next().unwrap_or_default().to_owned()
}

#[test]
fn a_member_that_does_not_read_is_disconnected_and_the_lost_message_is_reported() {
    let (board, alice) = open();
    let slow = join_as(&board, "bob", Dialect::Msnp12, 50).unwrap();
    let carol = join(&board, "carol");
    skip(&[&alice, &slow, &carol]);
    assert!(send(&board, alice.id, b"fits").queued);
    assert!(!slow.is_closed());
    let delivery = send(&board, alice.id, b"does not fit");
    assert!(!delivery.queued);
    assert!(slow.is_closed());
    assert_eq!(messages(&carol.reads()).len(), 2, "carol still receives both messages");
    assert!(!send(&board, alice.id, b"").queued, "bob has not left yet");
    board.leave(slow.id);
    assert!(send(&board, alice.id, b"").queued);
}

#[test]
fn a_message_without_recipients_is_not_queued() {
    let (board, alice) = open();
    assert!(!send(&board, alice.id, b"hello").queued);
    let bob = join(&board, "bob");
    board.leave(alice.id);
    assert!(!send(&board, alice.id, b"hello").queued, "from a member that has left");
    assert!(!bob.reads().contains("MSG"));
}

/// A chunk of a file. `to` is the header `P2P-Dest`, if there is one.
fn chunk(to: &str) -> Vec<u8> {
    let head = format!("MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\n{to}\r\n");
    [head.as_bytes(), &[b'x'; 1254]].concat()
}

#[test]
fn the_sender_of_data_pauses_sooner_for_a_slow_destination_than_for_another_slow_member() {
    use AckFlag::{Always, Data};
    // bob reads everything, and carol reads nothing.
    let (soon, late) = (true, false);
    let table = [
        ("data for carol", Data, chunk("P2P-Dest: CAROL@example.com\r\n"), soon),
        ("data for bob", Data, chunk("P2P-Dest: bob@example.com\r\n"), late),
        ("data for nobody", Data, chunk(""), soon),
        ("data for a stranger", Data, chunk("P2P-Dest: dave@example.com\r\n"), soon),
        ("data for the sender", Data, chunk("P2P-Dest: alice@example.com\r\n"), soon),
        ("other data that names bob", Data, b"P2P-Dest: bob@example.com\r\n\r\n".repeat(40), soon),
        ("a message that is no data", Always, chunk("P2P-Dest: bob@example.com\r\n"), late),
    ];
    for (what, flag, payload, expected) in table {
        let (board, alice) = open();
        let (bob, _carol) = (join(&board, "bob"), join(&board, "carol"));
        let reading = |_: &usize| {
            bob.reads();
            board.message(alice.id, flag, &payload, 2048, Instant::now()).pause.is_some()
        };
        // For data, the sender pauses when 2 KiB are queued for the reader or 32 KiB for another
        // member. For chat, the sender pauses when 128 KiB are queued for a member.
        let sent = (0..200_000).step_by(payload.len()).find(reading).unwrap();
        assert_eq!(sent < 10_000, expected, "{what}: {sent}");
    }
}

#[test]
fn each_departure_is_announced_once_and_the_session_ends_when_the_last_member_leaves() {
    let (board, alice) = open();
    let (bob, carol) = (join(&board, "bob"), join(&board, "carol"));
    skip(&[&alice, &bob, &carol]);
    assert!(!board.leave(bob.id));
    for other in [&alice, &carol] {
        assert_eq!(other.reads(), "BYE bob@example.com\r\n");
    }
    assert!(!board.leave(bob.id));
    assert_eq!([alice.reads(), bob.reads(), carol.reads()], ["", "", ""]);
    assert!(!board.leave(alice.id));
    assert!(board.leave(carol.id), "the last member");
    assert!(join_as(&board, "dave", Dialect::Msnp12, ROOM).is_none());
}

#[test]
fn accounts_that_are_being_rung_count_towards_the_maximum_number_of_members() {
    let (board, _alice) = open();
    assert_eq!(board.begin_ring(&handle("alice")), Err(NotCallable::There));
    assert_eq!(board.begin_ring(&handle("bob")), Ok(()));
    assert_eq!(board.begin_ring(&handle("bob")), Err(NotCallable::Rung));
    assert_eq!(board.begin_ring(&handle("carol")), Ok(()));
    for name in ["dave", "bob", "alice"] {
        assert_eq!(board.begin_ring(&handle(name)), Err(NotCallable::Full), "{name}: a full session is checked first");
    }
    board.cancel_ring(&handle("carol"));
    let bob = join(&board, "bob");
    assert_eq!(board.begin_ring(&handle("bob")), Err(NotCallable::There));
    assert_eq!(board.begin_ring(&handle("dave")), Ok(()), "two members have joined");
    assert_eq!(board.begin_ring(&handle("carol")), Err(NotCallable::Full));
    board.leave(bob.id);
    assert_eq!(board.begin_ring(&handle("carol")), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_ring_frees_its_place_when_its_cookie_expires() {
    let (board, _alice) = open();
    assert_eq!(board.begin_ring(&handle("bob")), Ok(()));
    tokio::time::advance(COOKIE_LIFE - Duration::from_secs(1)).await;
    assert_eq!(board.begin_ring(&handle("bob")), Err(NotCallable::Rung));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(board.begin_ring(&handle("bob")), Ok(()));
}

const IDLE: Duration = Duration::from_secs(300);

#[tokio::test(start_paused = true)]
async fn an_idle_session_sends_bye_for_every_member_and_closes_all_connections() {
    let (board, alice) = open();
    let (bob, carol) = (join(&board, "bob"), join(&board, "carol"));
    skip(&[&alice, &bob, &carol]);
    tokio::time::advance(IDLE).await;
    assert_eq!(board.close_if_idle(IDLE), None);
    assert!(alice.is_closed() && bob.is_closed() && carol.is_closed());
    assert_eq!(alice.reads(), "BYE bob@example.com 1\r\nBYE carol@example.com 1\r\n");
    assert_eq!(bob.reads(), "BYE alice@example.com 1\r\nBYE carol@example.com 1\r\n");
    assert_eq!(carol.reads(), "BYE alice@example.com 1\r\nBYE bob@example.com 1\r\n");
    assert!(!board.leave(alice.id), "no member is left");
    assert!(join_as(&board, "dave", Dialect::Msnp12, ROOM).is_none());
}

#[tokio::test(start_paused = true)]
async fn the_only_member_of_an_idle_session_is_disconnected_without_bye() {
    let (board, alice) = open();
    alice.reads();
    tokio::time::advance(IDLE).await;
    assert_eq!(board.close_if_idle(IDLE), None);
    assert!(alice.is_closed());
    assert_eq!(alice.reads(), "");
}

#[tokio::test(start_paused = true)]
async fn only_accepted_commands_keep_a_session_open() {
    type Act = fn(&Board, MemberId);
    let table: [(&str, bool, bool, Act); 6] = [
        ("a message", true, true, |board, alice| {
            send(board, alice, b"");
        }),
        ("a message without recipients", false, false, |board, alice| {
            send(board, alice, b"");
        }),
        ("a join", false, true, |board, _| drop(join(board, "carol"))),
        ("a join that is refused", true, false, |board, _| drop(join_as(board, "bob", Dialect::Msnp12, ROOM))),
        ("a ring", false, true, |board, _| {
            board.begin_ring(&handle("carol")).unwrap();
            board.note_ring(&handle("carol"), AppearanceWatch::default());
        }),
        ("a ring that was not sent", false, false, |board, _| {
            board.begin_ring(&handle("carol")).unwrap();
            board.cancel_ring(&handle("carol"));
        }),
    ];
    for (what, in_company, counts, act) in table {
        let (board, alice) = open();
        let _bob = in_company.then(|| join(&board, "bob"));
        let opened = Instant::now();
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(board.close_if_idle(IDLE), Some(opened + IDLE), "{what}");
        act(&board, alice.id);
        let last = if counts { Instant::now() } else { opened };
        assert_eq!(board.close_if_idle(IDLE), Some(last + IDLE), "{what}");
    }
}
