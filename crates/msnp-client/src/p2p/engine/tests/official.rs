//! Tests with messages of other clients: direct connections, flags, and messages that get no
//! answer.

use msnp::Guid;
use msnp::p2p::slp::{ContentType, Fields, Message, Method, StartLine, Status};
use msnp::p2p::{Header, app_id};

use super::*;
use crate::p2p::Failure;

/// A client whose messages are written by hand. It plays Bob, who talks to Alice's engine.
pub(super) struct Client {
    pub(super) alice: Side,
    pub(super) now: Instant,
    identifier: u32,
}

impl Client {
    pub(super) fn new() -> Self {
        Self { alice: Side::new("alice", 3), now: Instant::now(), identifier: 1000 }
    }

    /// Sends a chunk. Returns its header.
    pub(super) fn send(&mut self, header: Header, data: &[u8]) -> Header {
        self.identifier += 1;
        let identifier = if header.identifier == 0 { self.identifier } else { header.identifier };
        let total_size = if header.total_size == 0 { data.len() as u64 } else { header.total_size };
        let header = Header { identifier, total_size, ack_id: self.identifier + 7, ..header };
        let bytes = Chunk { header, data, footer: 0 }.encode();
        self.alice.engine.receive(&handle("bob"), &bytes, self.now);
        self.alice.handle_events(self.now);
        header
    }

    pub(super) fn say(&mut self, message: &Message) -> Header {
        self.send(Header::default(), &message.encode())
    }

    /// Acknowledges a message of Alice.
    fn acknowledge(&mut self, message: &[u8]) {
        let header = Chunk::parse(message).unwrap().header;
        self.identifier += 1;
        let bytes = Chunk { header: header.acknowledgement(self.identifier), data: b"", footer: 0 }.encode();
        self.alice.engine.receive(&handle("bob"), &bytes, self.now);
        self.alice.handle_events(self.now);
    }

    /// Returns everything that Alice has to send.
    pub(super) fn read(&mut self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(transmit) = self.alice.engine.poll_transmit(self.now) {
            self.alice.handle_events(self.now);
            all.push(transmit.bytes);
        }
        all
    }

    /// Returns the only MSNSLP message that Alice has to send.
    pub(super) fn read_slp(&mut self) -> Message {
        let all = self.read();
        let mut messages = all.iter().filter_map(|bytes| Message::parse(Chunk::parse(bytes).unwrap().data).ok());
        let first = messages.next().unwrap();
        assert_eq!(messages.next(), None);
        first
    }
}

pub(super) fn request(method: Method, content_type: ContentType, call: u8, body: Fields) -> Message {
    Message {
        start: StartLine::Request(method),
        to: handle("alice"),
        from: handle("bob"),
        branch: Guid::from_bytes([9; 16]),
        cseq: 0,
        call_id: Guid::from_bytes([call; 16]),
        content_type,
        body,
    }
}

/// Returns an INVITE for a session whose id is also its Call-ID.
pub(super) fn invite(kind: Guid, session: u8, context: &[u8]) -> Message {
    let body = Fields::new().with_euf_guid(kind).with_session_id(session.into()).with_app_id(2);
    request(Method::Invite, ContentType::SessionRequest, session, body.with_context(context))
}

fn file_chunk(session_id: u32, offset: u64, total_size: u64) -> Header {
    Header { session_id, identifier: 500, offset, total_size, flags: Flags::FILE_DATA, ..Header::default() }
}

#[test]
fn each_complete_message_is_acknowledged_once() {
    let mut client = Client::new();
    client.alice.accepts = false;
    let header = client.say(&invite(Fields::FILE, 5, &file("a", 3).encode()));
    let sent = client.read();
    let [ack] = &sent[..] else { panic!("{} messages", sent.len()) };
    let ack = Chunk::parse(ack).unwrap();
    let Header { identifier, ack_id, total_size, .. } = header;
    assert_eq!((ack.header.session_id, ack.header.flags, ack.header.length, ack.footer), (0, Flags::ACK, 0, 0));
    assert_eq!((ack.header.ack_id, ack.header.ack_unique_id, ack.header.ack_size), (identifier, ack_id, total_size));
    // An ACK is not acknowledged.
    client.acknowledge(&sent[0]);
    assert_eq!(client.read(), Vec::<Vec<u8>>::new());
}

#[test]
fn a_request_for_a_direct_connection_is_refused_and_the_file_arrives_over_the_switchboard() {
    let mut client = Client::new();
    client.say(&invite(Fields::FILE, 5, &file("a", 3).encode()));
    assert_eq!(client.read_slp().start, StartLine::Answer(Status::OK));
    let body = Fields::new().with("Bridges", "TCPv1").with("NetID", "0").with("Conn-Type", "Direct-Connect");
    client.say(&request(Method::Invite, ContentType::TransferRequest, 5, body));
    let answer = client.read_slp();
    assert_eq!((answer.start, answer.content_type), (StartLine::Answer(Status::OK), ContentType::TransferResponse));
    assert_eq!((answer.branch, answer.cseq), (Guid::from_bytes([9; 16]), 1));
    assert_eq!((answer.body.listening(), answer.body.nonce()), (Some(false), Some(Guid::from_bytes([0; 16]))));
    // After the refusal, aMSN sends its own address, and other clients send an ACK request. The
    // engine acknowledges both messages and does nothing else.
    let address = Fields::new().with("Bridge", "TCPv1").with("Listening", "true").with("IPv4Internal-Port", "6891");
    client.say(&request(Method::Invite, ContentType::TransferResponse, 5, address));
    client.say(&request(Method::Ack, ContentType::Other("x".to_owned()), 5, Fields::new()));
    assert_eq!(client.read().iter().map(|bytes| describe(bytes)).collect::<Vec<_>>(), ["ACK 0", "ACK 0"]);
    client.send(file_chunk(5, 0, 3), b"ab");
    client.send(file_chunk(5, 2, 3), b"c");
    assert_eq!(client.read().iter().map(|bytes| describe(bytes)).collect::<Vec<_>>(), ["ACK 5"]);
    assert_eq!(client.alice.received.values().collect::<Vec<_>>(), [b"abc"]);
    client.say(&request(Method::Bye, ContentType::SessionClose, 5, Fields::new()));
    assert_eq!(client.read().len(), 1);
    assert!(client.alice.engine.transfers.is_empty());
    assert!(matches!(client.alice.take_events()[..], [_, Event::Completed { .. }]));
}

#[test]
fn a_file_is_sent_over_the_switchboard_even_if_the_receiver_asks_for_a_direct_connection() {
    let mut client = Client::new();
    let id = client.alice.engine.offer_file(&handle("bob"), file("a", 3000), client.now);
    client.alice.files.insert(id, bytes(3000, 1));
    let invite = client.read_slp();
    client.say(&invite.answer(Status::OK, ContentType::SessionRequest, invite.body.clone()));
    let body = Fields::new().with("Bridges", "TCPv1");
    let ask = Message { call_id: invite.call_id, ..request(Method::Invite, ContentType::TransferRequest, 0, body) };
    client.say(&ask);
    let sent = client.read();
    let kinds: Vec<_> = sent.iter().map(|bytes| describe(bytes)).collect();
    let data = ["0x1000030 1202 2", "0x1000030 1202 2", "0x1000030 596 2"];
    assert_eq!(kinds, [&["ACK 0", "ACK 0", "200"][..], &data].concat());
    client.acknowledge(sent.last().unwrap());
    assert_eq!(client.alice.take_events(), [Event::Accepted { id }, Event::Completed { id }]);
    assert!(matches!(client.read_slp().start, StartLine::Request(Method::Bye)));
}

#[test]
fn object_data_may_arrive_without_a_preparation_message() {
    let mut client = Client::new();
    let id = client.alice.engine.request_object(&handle("bob"), "<msnobj/>", 3, app_id::OBJECT, client.now);
    let invite = client.read_slp();
    let session_id = invite.body.session_id().unwrap();
    client.say(&invite.answer(Status::OK, ContentType::SessionRequest, Fields::new()));
    client.send(Header { session_id, flags: Flags::OBJECT_DATA, ..Header::default() }, b"abc");
    let events = client.alice.take_events();
    assert_eq!(events, [Event::ObjectReceived { id, bytes: b"abc".to_vec() }, Event::Completed { id }]);
}

#[test]
fn every_refusal_that_is_not_a_decline_is_reported_as_an_unsupported_transfer() {
    let mut client = Client::new();
    let id = client.alice.engine.request_object(&handle("bob"), "<msnobj/>", 3, app_id::OBJECT, client.now);
    let invite = client.read_slp();
    client.say(&invite.answer(Status::INTERNAL_ERROR, ContentType::Other("null".to_owned()), Fields::new()));
    assert_eq!(client.alice.take_events(), [Event::Failed { id, reason: Failure::Unsupported }]);
}

#[test]
fn a_cancel_or_error_flag_in_a_chunk_header_cancels_the_transfer() {
    for (flags, expected) in [
        (Flags::CANCELLED, Failure::Cancelled),
        (Flags::TRANSPORT_ERROR, Failure::Cancelled),
        (Flags::ERROR, Failure::Cancelled),
    ] {
        let mut client = Client::new();
        client.say(&invite(Fields::FILE, 5, &file("a", 3).encode()));
        client.send(Header { session_id: 6, flags, ..Header::default() }, b"");
        client.send(Header { session_id: 0, flags, ..Header::default() }, b"");
        assert_eq!(client.alice.take_events().len(), 1);
        client.send(Header { session_id: 5, flags, ..Header::default() }, b"");
        let events = client.alice.take_events();
        assert!(matches!(events[..], [Event::Failed { reason, .. }] if reason == expected), "{events:?}");
    }
}

#[test]
fn a_nak_for_data_ends_the_transfer() {
    let mut client = Client::new();
    let id = client.alice.engine.offer_file(&handle("bob"), file("a", 3), client.now);
    client.alice.files.insert(id, b"abc".to_vec());
    let invite = client.read_slp();
    client.say(&invite.answer(Status::OK, ContentType::SessionRequest, Fields::new()));
    let sent = client.read();
    let data = Chunk::parse(sent.last().unwrap()).unwrap().header;
    let bytes =
        Chunk { header: Header { flags: Flags::NAK, ..data.acknowledgement(7) }, data: b"", footer: 2 }.encode();
    client.alice.engine.receive(&handle("bob"), &bytes, client.now);
    client.alice.handle_events(client.now);
    assert_eq!(client.alice.take_events().last(), Some(&Event::Failed { id, reason: Failure::Malformed }));
}

#[test]
fn unsupported_requests_are_refused() {
    let webcam = Guid::from_bytes([4; 16]);
    for (message, status) in [
        (invite(webcam, 5, b"x"), Status::INTERNAL_ERROR),
        (invite(Fields::OBJECT, 0, b"<msnobj/>"), Status::INTERNAL_ERROR),
        (invite(Fields::OBJECT, 5, b"\0"), Status::INTERNAL_ERROR),
        (invite(Fields::OBJECT, 5, b"\xff"), Status::INTERNAL_ERROR),
        (invite(Fields::OBJECT, 5, &[b'a'; 4097]), Status::INTERNAL_ERROR),
        (invite(Fields::FILE, 5, b"short"), Status::INTERNAL_ERROR),
        (request(Method::Invite, ContentType::SessionRequest, 5, Fields::new()), Status::INTERNAL_ERROR),
        (request(Method::Invite, ContentType::TransferRequest, 5, Fields::new()), Status::INTERNAL_ERROR),
        (request(Method::Invite, ContentType::Other("x".to_owned()), 5, Fields::new()), Status::INTERNAL_ERROR),
    ] {
        let mut client = Client::new();
        client.say(&message);
        let answer = client.read_slp();
        assert_eq!((answer.start, answer.call_id), (StartLine::Answer(status), message.call_id), "{message:?}");
        assert_eq!(client.alice.take_events(), []);
    }
}

#[test]
fn messages_for_others_are_ignored_and_messages_with_a_forged_sender_are_only_acknowledged() {
    let mut client = Client::new();
    let valid = invite(Fields::FILE, 5, &file("a", 3).encode());
    client.say(&Message { to: handle("carol"), ..valid.clone() });
    assert_eq!(client.read(), Vec::<Vec<u8>>::new());
    client.say(&Message { from: handle("carol"), ..valid });
    assert_eq!(client.read().len(), 1);
    assert_eq!(client.alice.take_events(), []);
}
