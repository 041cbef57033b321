//! Tests many clients in one conversation or on one list. Messages must stay complete and in order.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use crate::support::people::{self, join_board, open_board};
use crate::support::time::eventually;
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

const MEMBERS: usize = 10;
const MESSAGES: usize = 200;

fn name(number: usize) -> String {
    format!("user{number}")
}

/// Signs in ten users, and opens one conversation with all of them. Returns their notification and
/// switchboard connections.
async fn ten_people(server: &TestServer) -> (Vec<Wire>, Vec<Wire>) {
    let mut people = Vec::new();
    for number in 0..MEMBERS {
        server.account(&name(number)).await;
        people.push(server.online(&name(number)).await);
    }
    let mut boards = vec![open_board(&address(&name(0)), &mut people[0]).await];
    for (number, person) in people.iter_mut().enumerate().skip(1) {
        let joined = join_board(&mut boards[0], &address(&name(number)), person).await;
        for earlier in &mut boards[1..] {
            earlier.expect(&format!("JOI {} ", address(&name(number)))).await;
        }
        boards.push(joined);
    }
    (people, boards)
}

/// Sends all messages of one member, and receives the messages of the nine other members. Returns
/// the sender and the number of each received message.
async fn talk(mut board: Wire, me: usize) -> Vec<(String, usize)> {
    let mut sent = String::new();
    for index in 0..MESSAGES {
        let text = index.to_string();
        sent += &format!("MSG {index} A {}\r\n{text}", text.len());
    }
    board.send(sent).await;
    let mut received = Vec::new();
    let mut acknowledged = 0;
    while received.len() < (MEMBERS - 1) * MESSAGES || acknowledged < MESSAGES {
        let frame = board.next().await.unwrap();
        if frame.word(0) == "ACK" {
            assert_eq!(frame.word(1), acknowledged.to_string(), "of {me}");
            acknowledged += 1;
        } else {
            let text = String::from_utf8(frame.payload.clone()).unwrap();
            received.push((frame.word(1).to_owned(), text.parse().unwrap()));
        }
    }
    received
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn messages_of_ten_simultaneous_senders_reach_all_members_in_the_same_order() {
    let server = TestServer::start().await;
    let (_people, boards) = ten_people(&server).await;
    let talking: Vec<_> = boards.into_iter().enumerate().map(|(me, board)| tokio::spawn(talk(board, me))).collect();
    let mut received = Vec::new();
    for task in talking {
        received.push(task.await.unwrap());
    }
    for messages in &received {
        let mut next = BTreeMap::new();
        for (sender, index) in messages {
            let expected = next.entry(sender).or_insert(0);
            assert_eq!(index, expected, "from {sender}");
            *expected += 1;
        }
    }
    // Any two members received the messages of the eight others in the same order.
    for (one, received_by_one) in received.iter().enumerate() {
        for (other, received_by_other) in received.iter().enumerate().skip(one + 1) {
            let both = [address(&name(one)), address(&name(other))];
            let common = |received: &[(String, usize)]| -> Vec<_> {
                received.iter().filter(|(sender, _)| !both.contains(sender)).cloned().collect()
            };
            assert_eq!(common(received_by_one), common(received_by_other), "{one} and {other}");
        }
    }
}

/// Half of the members leave while the others chat. A member leaves in one of four ways. Each
/// remaining member is notified once of each departure.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_departure_is_announced_once() {
    let server = TestServer::start().await;
    let (_people, mut boards) = ten_people(&server).await;
    let leavers: Vec<_> = boards.drain(MEMBERS / 2..).enumerate().collect();
    let mut tasks = JoinSet::new();
    for (way, mut board) in leavers {
        tasks.spawn(async move {
            match way % 4 {
                0 => board.line("OUT").await,
                1 => board.reset(),
                2 => board.send("MSG 1 A 1000\r\nhalf a message").await,
                _ => board.line("NONSENSE").await,
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    for (number, board) in boards.iter_mut().enumerate() {
        let mut gone = Vec::new();
        while gone.len() < MEMBERS / 2 {
            let frame = board.next().await.unwrap();
            assert_eq!(frame.line, format!("BYE {}", frame.word(1)), "nothing follows the handle, to {number}");
            gone.push(frame.word(1).to_owned());
        }
        gone.sort();
        let expected: Vec<_> = (MEMBERS / 2..MEMBERS).map(|number| address(&name(number))).collect();
        assert_eq!(gone, expected);
    }
    assert_eq!(boards[0].message(b"still here").await.word(0), "ACK");
    for board in &mut boards[1..] {
        assert_eq!(board.next().await.unwrap().payload, b"still here");
    }
}

/// Thirty users add Bob while he reads his list. The server either includes a user in the list or
/// announces the user after the list, but never both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_list_that_changes_while_it_is_read_is_complete_and_has_no_duplicates() {
    for _ in 0..5 {
        let server = TestServer::start().await;
        let bob = server.account("bob").await;
        let ticket = server.ticket("bob").await;
        let mut tasks = JoinSet::new();
        for number in 0..30 {
            server.account(&name(number)).await;
            let mut wire = server.sign_in(&name(number)).await;
            let bob = bob.clone();
            tasks.spawn(async move {
                wire.done("ADC", format!("FL N={bob} F=Bob")).await;
            });
        }
        let mut wire = people::sign_in(server.notification(), &bob, &ticket).await;
        let mut lines = people::synchronize(&mut wire).await;
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        lines.extend(wire.before_pong().await.into_iter().map(|frame| frame.line));
        for number in 0..30 {
            let word = format!("N={} ", address(&name(number)));
            let count = lines.iter().filter(|line| line.contains(&word)).count();
            assert_eq!(count, 1, "{word} in {lines:?}");
        }
        let counts: Vec<_> = lines.iter().filter(|line| line.starts_with("LST ")).collect();
        let again = people::synchronize(&mut wire).await;
        assert_eq!(again.iter().filter(|line| line.starts_with("LST ")).count(), 30, "after {counts:?}");
    }
}

/// A client sends commands much faster than it reads the answers. The server delays the commands and serves the other
/// clients. In the end all answers arrive, in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_commands_is_answered_in_order_and_other_clients_are_still_served() {
    const QUESTIONS: usize = 100_000;
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.account("mallory").await;
    let mallory = server.online("mallory").await;
    let (read, mut write) = mallory.into_stream().into_split();
    let asking = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let questions: String = (0..QUESTIONS).map(|trid| format!("GCF {trid} Shields.xml\r\n")).collect();
        write.write_all(questions.as_bytes()).await.unwrap();
        write
    });
    for _ in 0..50 {
        bystanders.are_untouched().await;
    }
    let mut answers = tokio::io::BufReader::new(read);
    let mut document = Vec::new();
    for trid in 0..QUESTIONS {
        use tokio::io::{AsyncBufReadExt, AsyncReadExt};
        let mut line = String::new();
        answers.read_line(&mut line).await.unwrap();
        let length = line.trim_end().strip_prefix(&format!("GCF {trid} Shields.xml "));
        document.resize(length.unwrap_or_else(|| panic!("{line:?} in place of {trid}")).parse().unwrap(), 0);
        answers.read_exact(&mut document).await.unwrap();
    }
    drop(asking.await.unwrap());
    bystanders.are_untouched().await;
}

/// Switchboard sessions, cookies and connections are freed when their users are gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn finished_conversations_use_no_memory() {
    let server = TestServer::start().await;
    let [alice, bob] = server.accounts(["alice", "bob"]).await;
    let (mut alices, mut bobs) = server.friends("alice", "bob").await;
    for _ in 0..100 {
        let mut chat = people::Chat::open((&alice, &mut alices), (&bob, &mut bobs)).await;
        chat.exchange("short").await;
        chat.caller.line("OUT").await;
        chat.callee.expect("BYE").await;
    }
    eventually("only the two users are connected", || server.server().connections() <= 2).await;
    assert_eq!(server.server().service().switchboard.len(), 0);
}
