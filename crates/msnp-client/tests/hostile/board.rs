//! Tests with switchboards that send invalid lines.

use std::time::Duration;

use msnp_client::machine::SendError;
use msnp_client::machine::limits::{ANSWER_TIMEOUT, MAX_IN_FLIGHT, MAX_MEMBERS};
use msnp_client::{Event, Undelivered};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Growth, World, bob};

#[tokio::test(start_paused = true)]
async fn invalid_lines_are_skipped_and_the_message_is_delivered() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
    for line in [
        "ACK 0",
        "ACK 4294967295",
        "ACK 99999999999",
        "ACK",
        "NAK 77",
        "BYE nobody@example.com",
        "BYE not-an-address",
        "BYE",
        "JOI",
        "JOI not-an-address x",
        "JOI bob@example.com %00 0",
        "JOI bob@example.com Bob 0",
        "IRO 1 4294967295 0 bob@example.com Bob 0",
        "USR 1 OK alice@example.com Alice",
        "ANS 1 OK",
        "CAL 2 RINGING 0",
        "999 0",
        "500 77",
        "XYZ 1 2 3",
        "UBM bob@example.com 1 3",
    ] {
        assert!(board.say(&format!("{line}\n")).await, "{line}");
    }
    board.say("MSG bob@example.com Bob 5\nhello").await;
    board.say(&format!("ACK {trid}\nACK {trid}\n")).await;
    assert_eq!(receipt.await, Ok(()));
    loop {
        if let Event::Message(message) = events.next().await.unwrap() {
            assert_eq!(message.from, bob());
            break;
        }
    }
    assert_eq!(client.conversation(&bob()).members(), [bob()]);
    assert_eq!(board.lines, 3, "no line of nonsense was answered");
}

#[tokio::test(start_paused = true)]
async fn messages_of_unknown_types_arrive_as_events() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    let (mut board, _, _receipt) = world.talk(&client, &mut wire).await;
    let end = "Content-Type: text/plain\r\n\r\nthis is the end";
    let payloads = [
        "",
        "\r\n",
        "no headers at all",
        "MIME-Version: 1.0\r\n\r\nno type",
        "MIME-Version: 1.0\r\nContent-Type: \r\n\r\n",
        "Content-Type: application/x-unknown\r\n\r\n\u{202e}",
        "Content-Type: text/plain; charset=UTF-16\r\n\r\nx",
        "Content-Type: text/x-msmsgscontrol\r\nTypingUser: \r\n\r\n",
        "Content-Type: application/x-msnmsgrp2p\r\n\r\nshort",
        end,
    ];
    for payload in payloads {
        board.say(&format!("MSG bob@example.com Bob {}\n", payload.len())).await;
        board.send(payload.as_bytes()).await;
    }
    loop {
        if let Event::Message(message) = events.next().await.unwrap()
            && message.text() == Some("this is the end")
        {
            break;
        }
    }
    assert!(client.is_signed_in());
}

#[tokio::test(start_paused = true)]
async fn the_client_leaves_a_switchboard_that_announces_too_many_members() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    let (mut board, _, receipt) = world.talk(&client, &mut wire).await;
    let reader = tokio::spawn(async move {
        let mut joined = 0;
        loop {
            match events.next().await.unwrap() {
                Event::Joined { .. } => joined += 1,
                Event::Quiet(_) => return joined,
                _ => {}
            }
        }
    });
    assert!(!board.flood(100_000, |number| format!("JOI u{number}@example.com U 0")).await);
    assert_eq!(reader.await.unwrap(), MAX_MEMBERS);
    assert_eq!(receipt.await, Err(Undelivered::Unknown));
    assert!(client.conversation(&bob()).members().is_empty());
}

#[tokio::test(start_paused = true)]
async fn members_who_come_and_go_do_not_use_up_memory_or_delay_a_result() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    wire.say("QNG 600\n").await;
    tokio::spawn(async move { while events.next().await.is_some() {} });
    let conversation = client.conversation(&bob());
    let (mut board, _, receipt) = world.talk(&client, &mut wire).await;
    let start = Instant::now();
    let mut number = 0;
    while board
        .say(&format!("JOI u{number}@example.com U 0\nBYE u{number}@example.com\nJOI bob@example.com Bob 0\n"))
        .await
    {
        number += 1;
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(receipt.await, Err(Undelivered::Unknown));
    assert!(start.elapsed() <= ANSWER_TIMEOUT + Duration::from_secs(2));
    assert_eq!(conversation.users(), [bob()]);
}

#[tokio::test(start_paused = true)]
async fn lines_after_the_end_of_a_session_are_ignored() {
    let mut world = World::new();
    let (client, mut events, mut wire) = world.online().await;
    let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
    board
        .say(&format!(
            "ACK {trid}\nBYE bob@example.com\nJOI carol@example.com Carol 0\nMSG carol@example.com Carol 2\nhi"
        ))
        .await;
    assert_eq!(receipt.await, Ok(()));
    let mut after = Vec::new();
    while let Ok(event) = timeout(Duration::from_secs(5), events.next()).await {
        after.push(event.unwrap());
    }
    assert!(matches!(after.last(), Some(Event::Quiet(_))), "{after:?}");
    assert!(client.conversation(&bob()).members().is_empty());
    assert_eq!(client.conversation(&bob()).users(), [bob()]);
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_acknowledgements_at_the_same_time_do_not_block_the_connection() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    let (mut board, first, receipt) = world.talk(&client, &mut wire).await;
    board.say(&format!("ACK {first}\n")).await;
    assert_eq!(receipt.await, Ok(()));
    let conversation = client.conversation(&bob());
    for _ in 0..3 {
        let receipts: Vec<_> = (0..400).map(|_| conversation.send_text("x")).collect();
        let mut answers = String::new();
        for _ in 0..400 {
            answers += &format!("ACK {}\n", board.expect_message().await);
        }
        board.say(&answers).await;
        for receipt in receipts {
            assert_eq!(timeout(Duration::from_secs(5), receipt).await, Ok(Ok(())));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn messages_to_a_switchboard_that_reads_nothing_are_refused_or_have_an_unknown_result() {
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    wire.say("QNG 600\n").await;
    let (board, _, _receipt) = world.talk(&client, &mut wire).await;
    let conversation = client.conversation(&bob());
    let receipts: Vec<_> = (0..10_000).map(|_| conversation.send_text(&"x".repeat(1400))).collect();
    let mut refused = 0;
    for receipt in receipts {
        match receipt.await.unwrap_err() {
            Undelivered::Refused(SendError::QueueFull) => refused += 1,
            other => assert_eq!(other, Undelivered::Unknown),
        }
    }
    assert!(refused >= 10_000 - MAX_IN_FLIGHT, "{refused}");
    drop(board);
}

/// Returns MSG with a piece of a transfer: a header of 48 bytes that contains `offset`, `total`,
/// `length` and `flags`, and then `data`.
fn piece(to: &str, [offset, total]: [u64; 2], length: u32, flags: u32, data: &[u8]) -> Vec<u8> {
    let mut body =
        format!("MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: {to}\r\n\r\n").into_bytes();
    for number in [7_u32, 9] {
        body.extend(number.to_le_bytes());
    }
    for number in [offset, total] {
        body.extend(number.to_le_bytes());
    }
    for number in [length, flags, 1, 2] {
        body.extend(number.to_le_bytes());
    }
    body.extend([0; 8]);
    body.extend(data);
    body.extend([0; 4]);
    [format!("MSG bob@example.com Bob {}\r\n", body.len()).as_bytes(), &body].concat()
}

#[tokio::test(start_paused = true)]
async fn transfer_chunks_with_false_headers_do_not_use_up_memory_or_end_the_session() {
    let growth = Growth::start();
    let mut world = World::new();
    let (client, _events, mut wire) = world.online().await;
    let (mut board, trid, receipt) = world.talk(&client, &mut wire).await;
    let sizes = [0, 1, 4, 1_200, u64::from(u32::MAX), u64::MAX / 2, u64::MAX];
    let data = [&b""[..], b"INVITE MSNMSGR:alice@example.com MSNSLP/1.0\r\n\r\n", &[0; 1_200]];
    for to in ["alice@example.com", "bob@example.com", "nobody"] {
        for (offset, total) in sizes.into_iter().flat_map(|offset| sizes.map(|total| (offset, total))) {
            for flags in [0, 2, 4, 0x20, 0x40, 0x80, 0x0100_0030, u32::MAX] {
                for data in data {
                    let length = data.len() as u32;
                    for length in [0, length, u32::MAX] {
                        assert!(board.send(&piece(to, [offset, total], length, flags, data)).await);
                    }
                }
            }
        }
    }
    board.say(&format!("ACK {trid}\n")).await;
    tokio::spawn(async move { board.until_closed().await });
    assert_eq!(timeout(Duration::from_secs(30), receipt).await, Ok(Ok(())));
    growth.assert_below(64 * 1024 * 1024);
}
