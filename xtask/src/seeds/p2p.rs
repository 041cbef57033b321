//! One seed for each kind of peer-to-peer message. No transcript contains such messages.

use anyhow::{Context, Result};
use msnp::p2p::slp::{ContentType, Fields, Message, Method, StartLine, Status};
use msnp::p2p::{Chunk, FileContext, Flags, Header, app_id};
use msnp::{Guid, Handle};

const OBJECT: &[u8] =
    b"<msnobj Creator=\"alice@example.com\" Size=\"12\" Type=\"3\" Location=\"TFR1.tmp\" Friendly=\"AAA=\"/>\0";

/// Returns the seeds of `slp` and `p2p_chunks`. Each seed has a target, a name and bytes.
pub(super) fn examples() -> Result<Vec<(&'static str, &'static str, Vec<u8>)>> {
    let mut seeds = Vec::new();
    for (name, message) in messages()? {
        let bytes = message.encode();
        let header = Header { identifier: 180_400_000, ack_id: 12_345_678, ..Header::default() };
        seeds.push(("p2p_chunks", name, chunk(header, &bytes, 0)));
        seeds.push(("slp", name, bytes));
    }
    let header = Header { session_id: 271_828_182, identifier: 180_400_001, ack_id: 9, ..Header::default() };
    let data = [
        ("ack", Header { flags: Flags::ACK, ack_size: 650, ..header }, b"".as_slice(), app_id::OBJECT),
        ("data-preparation", header, &[0; 4], app_id::OBJECT),
        ("object-data", Header { flags: Flags::OBJECT_DATA, ..header }, b"hello world!", app_id::OBJECT),
        ("file-data", Header { flags: Flags::FILE_DATA, ..header }, b"hello world!", app_id::FILE),
    ];
    for (name, header, data, footer) in data {
        seeds.push(("p2p_chunks", name, chunk(header, data, footer)));
    }
    seeds.push(("p2p_chunks", "file-context", file().encode()));
    Ok(seeds)
}

fn chunk(header: Header, data: &[u8], footer: u32) -> Vec<u8> {
    Chunk { header: Header { total_size: data.len() as u64, ..header }, data, footer }.encode()
}

fn file() -> FileContext {
    FileContext { name: "holiday.jpg".to_owned(), size: 5_000_000, preview: b"\x89PNG".to_vec() }
}

/// Returns an example of each message of payloads.md section 7.
fn messages() -> Result<Vec<(&'static str, Message)>> {
    let guid = |text: &str| Guid::parse(text.as_bytes()).context("the example contains an invalid GUID");
    let session = Fields::new().with_euf_guid(Fields::OBJECT).with_session_id(271_828_182).with_app_id(app_id::OBJECT);
    let invite = Message {
        start: StartLine::Request(Method::Invite),
        to: Handle::parse("alice@example.com")?,
        from: Handle::parse("bob@example.com")?,
        branch: guid("6E1B0C52-93F4-4A7D-8C21-0D5E9A3B7F46")?,
        cseq: 0,
        call_id: guid("2C9D4E71-58A0-4F3B-B6E2-71A4C0D8E935")?,
        content_type: ContentType::SessionRequest,
        body: session.with_context(OBJECT),
    };
    let session = Fields::new().with_euf_guid(Fields::FILE).with_session_id(314_159_265).with_app_id(app_id::FILE);
    let direct = Fields::new().with("Bridges", "TRUDPv1 TCPv1").with("NetID", "0").with("Conn-Type", "Direct-Connect");
    let accepted = Fields::new().with_session_id(271_828_182);
    let request = |content_type, body| Message { content_type, body, ..invite.clone() };
    let direct = request(ContentType::TransferRequest, direct.with("UPnPNat", "false").with("ICF", "false"));
    let bye = StartLine::Request(Method::Bye);
    Ok(vec![
        ("invite-file", request(ContentType::SessionRequest, session.with_context(&file().encode()))),
        (
            "direct-refused",
            direct.answer(Status::OK, ContentType::TransferResponse, Fields::without_direct_connection()),
        ),
        ("direct", direct),
        ("ok", invite.answer(Status::OK, ContentType::SessionRequest, accepted.clone())),
        ("decline", invite.answer(Status::DECLINE, ContentType::SessionRequest, accepted)),
        ("bye", Message { start: bye, ..request(ContentType::SessionClose, Fields::new()) }),
        ("invite-object", invite),
    ])
}
