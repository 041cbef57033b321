//! Tests with members who do not follow the rules.

use msnp::p2p::slp::{ContentType, Fields, Method, StartLine, Status};
use msnp::p2p::{Header, MAX_DATA};
use proptest::prelude::*;

use super::official::{Client, invite, request};
use super::*;
use crate::p2p::Failure;
use crate::p2p::limits::{MAX_EVENTS, MAX_INVITATIONS, MAX_PEERS, MAX_QUEUED};

/// The maximum number of bytes that an engine may store if two members send arbitrary bytes, and
/// nobody answers the messages of the engine. Most of these bytes are unfinished MSNSLP messages.
/// The engine stores up to eight unfinished messages of each member, and each message has up to
/// 64 KiB. While a message grows, its buffer may be twice as large.
const BOUND: usize = 4 * 1024 * 1024;

impl Engine {
    /// Returns roughly how many bytes are stored.
    fn stored(&self) -> usize {
        let events = self.events.iter().map(|event| {
            size_of::<Event>()
                + match event {
                    Event::Data { bytes, .. } | Event::ObjectReceived { bytes, .. } => bytes.capacity(),
                    Event::FileOffered { name, preview, .. } => name.capacity() + preview.capacity(),
                    Event::ObjectRequested { context, .. } => context.capacity(),
                    _ => 0,
                }
        });
        let peers: usize = self.peers.values().map(crate::p2p::peer::Peer::stored).sum();
        let transfers: usize = self.transfers.values().map(crate::p2p::transfer::Transfer::stored).sum();
        events.sum::<usize>() + peers + transfers
    }
}

fn offer(session: u8, size: u64) -> slp::Message {
    invite(Fields::FILE, session, &FileContext { size, ..file("a", 0) }.encode())
}

fn data(identifier: u32, offset: u64, total_size: u64) -> Header {
    Header { session_id: 5, identifier, offset, total_size, flags: Flags::FILE_DATA, ..Header::default() }
}

#[test]
fn a_transfer_ends_if_its_chunks_arrive_in_the_wrong_order() {
    let table: [(&str, Header, &[u8]); 7] = [
        ("a gap", data(500, 3, 10), b"def"),
        ("a duplicate", data(500, 0, 10), b"ab"),
        ("an overlap", data(500, 1, 10), b"bc"),
        ("another message", data(501, 2, 10), b"cd"),
        ("another size", data(500, 2, 11), b"cd"),
        ("no data", data(500, 2, 10), b""),
        ("no data at the end", data(500, 10, 10), b""),
    ];
    for (what, header, bytes) in table {
        let mut client = Client::new();
        client.say(&offer(5, 10));
        client.send(data(500, 0, 10), b"ab");
        client.read();
        client.send(header, bytes);
        let events = client.alice.take_events();
        assert!(matches!(events[..], [_, Event::Failed { reason: Failure::Malformed, .. }]), "{what}: {events:?}");
        assert!(matches!(client.read_slp().start, StartLine::Request(Method::Bye)), "{what}");
    }
}

#[test]
fn a_transfer_fails_if_the_size_of_the_file_differs_from_the_offer() {
    for (announced, sent) in [(10, 11), (10, 9), (u64::MAX, 1 << 32), (1 << 32, u64::MAX)] {
        let mut client = Client::new();
        client.say(&offer(5, announced));
        client.send(data(500, 0, sent), b"ab");
        let events = client.alice.take_events();
        assert!(matches!(events[..], [_, Event::Failed { reason: Failure::Malformed, .. }]), "{events:?}");
    }
}

#[test]
fn a_transfer_fails_if_its_first_chunk_does_not_start_at_0() {
    let mut client = Client::new();
    client.say(&offer(5, 10));
    client.send(data(500, 2, 10), b"ab");
    assert!(matches!(client.alice.take_events()[..], [_, Event::Failed { reason: Failure::Malformed, .. }]));
}

#[test]
fn invitations_beyond_the_limit_are_declined() {
    let mut client = Client::new();
    client.alice.accepts = false;
    for session in 1..=250 {
        client.say(&offer(session, u64::MAX));
        let declined = client.read().iter().any(|bytes| describe(bytes) == "603");
        assert_eq!(declined, usize::from(session) > MAX_INVITATIONS, "{session}");
    }
    assert_eq!(client.alice.take_events().len(), MAX_INVITATIONS);
}

#[test]
fn a_repeated_invitation_or_a_used_session_id_does_not_open_a_second_transfer() {
    let mut client = Client::new();
    client.alice.accepts = false;
    client.say(&offer(5, 3));
    client.say(&offer(5, 3));
    assert_eq!(client.read().len(), 2);
    let other = request(Method::Invite, ContentType::SessionRequest, 6, offer(5, 3).body);
    client.say(&other);
    assert_eq!(client.read_slp().start, StartLine::Answer(Status::INTERNAL_ERROR));
    assert_eq!(client.alice.take_events().len(), 1);
}

#[test]
fn a_member_cannot_affect_the_transfers_of_another_member() {
    let mut client = Client::new();
    client.say(&offer(5, 10));
    client.read();
    let carol = handle("carol");
    let bye = request(Method::Bye, ContentType::SessionClose, 5, Fields::new());
    let bye = slp::Message { from: carol.clone(), ..bye }.encode();
    let length = u32::try_from(bye.len()).unwrap();
    let slp = Header { identifier: 1, total_size: length.into(), length, ..Header::default() };
    for (header, bytes) in [
        (slp, &bye[..]),
        (Header { length: 2, ..data(500, 0, 10) }, b"ab"),
        (Header { session_id: 5, flags: Flags::CANCELLED, ..Header::default() }, b""),
    ] {
        let bytes = Chunk { header, data: bytes, footer: 2 }.encode();
        client.alice.engine.receive(&carol, &bytes, client.now);
        client.alice.handle_events(client.now);
    }
    assert_eq!(client.alice.take_events().len(), 1);
    client.send(data(500, 0, 10), b"0123456789");
    assert!(matches!(client.alice.take_events()[..], [Event::Completed { .. }]));
}

#[test]
fn chunks_of_unknown_sessions_and_of_huge_messages_are_not_stored() {
    let mut client = Client::new();
    for identifier in 1..2000 {
        client.send(data(identifier, 0, u64::MAX), &[7; MAX_DATA]);
        client.send(Header { identifier, total_size: 1 << 32, ..Header::default() }, &[7; MAX_DATA]);
    }
    assert!(client.alice.engine.stored() < 1000, "{}", client.alice.engine.stored());
    assert_eq!(client.read(), Vec::<Vec<u8>>::new());
}

#[test]
fn unfinished_messages_and_unread_queues_use_only_limited_memory() {
    let mut alice = Engine::new(handle("alice"), numbers(1));
    let now = Instant::now();
    let bob = handle("bob");
    for identifier in 1..3000u32 {
        let (length, total_size) = (1202, 64 * 1024);
        for offset in [0, 1202, 2404] {
            let header = Header { identifier, offset, total_size, length, ..Header::default() };
            alice.receive(&bob, &Chunk { header, data: &[7; 1202], footer: 0 }.encode(), now);
        }
        let whole = Header { identifier: identifier + 10_000, total_size: 1, length: 1, ..Header::default() };
        alice.receive(&bob, &Chunk { header: whole, data: b"x", footer: 0 }.encode(), now);
    }
    assert!(alice.stored() < 100_000, "{}", alice.stored());
    let mut queued = 0;
    while alice.poll_transmit(now).is_some() {
        queued += 1;
    }
    assert_eq!(queued, MAX_QUEUED);
}

#[test]
fn unread_events_use_only_limited_memory_whatever_the_number_of_members() {
    let mut alice = Engine::new(handle("alice"), numbers(1));
    let now = Instant::now();
    for number in 0..200 {
        let from = handle(&format!("m{number}"));
        for session in 1..=4 {
            let message = slp::Message { from: from.clone(), ..offer(session, 3) }.encode();
            let total_size = message.len() as u64;
            for (index, part) in message.chunks(MAX_DATA).enumerate() {
                let header = Header {
                    identifier: session.into(),
                    offset: (index * MAX_DATA) as u64,
                    total_size,
                    ..Header::default()
                };
                let length = u32::try_from(part.len()).unwrap();
                let bytes = Chunk { header: Header { length, ..header }, data: part, footer: 0 }.encode();
                alice.receive(&from, &bytes, now);
            }
        }
    }
    assert!(alice.peers.len() <= MAX_PEERS);
    assert!(alice.events.len() <= MAX_EVENTS, "{}", alice.events.len());
}

/// A chunk that is plausible enough to pass the first checks of the engine.
fn chunks() -> impl Strategy<Value = Vec<u8>> {
    let small = || prop_oneof![Just(0u64), Just(4), Just(10), Just(1202), 0u64..3000, any::<u64>()];
    let flags = prop_oneof![Just(0), Just(0x20), Just(0x0100_0030), Just(2), Just(1), Just(0x40), any::<u32>()];
    let texts = prop_oneof![
        (1u8..40, 0u64..20).prop_map(|(session, size)| offer(session, size).encode()),
        (1u8..40).prop_map(|session| invite(Fields::OBJECT, session, b"<msnobj/>").encode()),
        (1u8..40).prop_map(|call| request(Method::Bye, ContentType::SessionClose, call, Fields::new()).encode()),
        (1u8..40).prop_map(|call| request(Method::Invite, ContentType::TransferRequest, call, Fields::new()).encode()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let whole = texts.prop_map(|data| {
        let length = u32::try_from(data.len()).unwrap();
        let header = Header { identifier: 77, total_size: length.into(), length, ..Header::default() };
        Chunk { header, data: &data, footer: 0 }.encode()
    });
    let part = (0u32..40, 0u32..20, small(), small(), flags, any::<u32>(), 0usize..1202).prop_map(
        |(session_id, identifier, offset, total_size, flags, ack_id, length)| {
            let data = vec![0; length];
            let flags = Flags(flags);
            let header = Header { session_id, identifier, offset, total_size, flags, ack_id, ..Header::default() };
            Chunk { header, data: &data, footer: 0 }.encode()
        },
    );
    prop_oneof![3 => whole, 3 => part, 1 => proptest::collection::vec(any::<u8>(), 0..100)]
}

proptest! {
    #[test]
    fn the_engine_never_panics_and_stores_only_a_limited_amount_whatever_message_it_gets(
        messages in proptest::collection::vec((chunks(), 0u8..6), 1..300),
        reads_events: bool,
    ) {
        let mut side = Side::new("alice", 1);
        side.object = Some(bytes(5000, 1).into());
        let mut now = Instant::now();
        let members = [handle("bob"), handle("carol")];
        side.engine.request_object(&members[0], "<msnobj/>", 3000, 1, now);
        let id = side.engine.offer_file(&members[0], file("a", 3000), now);
        side.files.insert(id, bytes(3000, 1));
        for (bytes, action) in messages {
            side.engine.receive(&members[usize::from(action == 5)], &bytes, now);
            if reads_events {
                side.handle_events(now);
            }
            match action {
                0 => drop(side.engine.poll_transmit(now)),
                1 => now += Duration::from_secs(20),
                2 => side.engine.handle_timeout(now),
                _ => {}
            }
            prop_assert!(side.engine.stored() < BOUND);
            prop_assert!(side.engine.poll_timeout().is_some() || side.engine.transfers.values().all(|it| it.deadline.is_none()));
        }
        side.engine.connection_lost();
        prop_assert_eq!((side.engine.transfers.len(), side.engine.poll_transmit(now)), (0, None));
    }
}
