//! Peer-to-peer data in messages with the flag `D`: the parts that a server reads (docs/protocol/sb.md section 6).
//!
//! A server reads only the headers, which are short, and copies nothing.

/// The content type of peer-to-peer data.
const TYPE: &[u8] = b"application/x-msnmsgrp2p";
/// The length of the binary header and footer that every peer-to-peer message has, in bytes
/// (payloads.md section 7.1).
const FRAME: usize = 48 + 4;

/// Returns the address in the header `P2P-Dest`, as the sender wrote it. It is the address of the
/// participant that the peer-to-peer data is for. Returns `None` if the payload is not peer-to-peer
/// data, or has no such header.
///
/// Clients ignore data that is for another participant. The sender can write any address, so the
/// address may not belong to a participant.
#[must_use]
pub fn data_destination(payload: &[u8]) -> Option<&[u8]> {
    let (head, _) = split(payload);
    is_data(head).then(|| values(head, b"P2P-Dest").next()).flatten()
}

/// Returns whether a payload claims to be peer-to-peer data, but is shorter than such data can be.
pub(super) fn is_broken_data(payload: &[u8]) -> bool {
    let (head, body) = split(payload);
    is_data(head) && body.is_none_or(|body| body.len() < FRAME)
}

/// Returns the lines before the first blank line, and the bytes after it if there is one.
fn split(payload: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memmem::find(payload, b"\r\n\r\n") {
        Some(end) => (&payload[..end], Some(&payload[end + 4..])),
        None => (payload, None),
    }
}

fn is_data(head: &[u8]) -> bool {
    values(head, b"Content-Type").any(|value| value.eq_ignore_ascii_case(TYPE))
}

/// Returns the values of all headers with this name. The case of the name does not matter.
fn values<'a>(head: &'a [u8], name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let lines = head.split(|byte| *byte == b'\n');
    lines.filter_map(move |line| {
        let (start, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":")?;
        start.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Handle;
    use crate::message::{Message, PeerToPeer};

    #[test]
    fn the_destination_is_read_only_from_the_headers_of_peer_to_peer_data() {
        let body = [0; FRAME];
        let destination = |head: &str| {
            let payload = [head.as_bytes(), b"\r\n\r\n", b"P2P-Dest: no@example.com\r\n", &body].concat();
            data_destination(&payload).map(|address| String::from_utf8(address.to_vec()).unwrap())
        };
        let data = "MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: Bob@example.com";
        assert_eq!(destination(data).as_deref(), Some("Bob@example.com"));
        let other = "p2p-dest:bob@example.com \ncontent-type:\tApplication/X-MSNMSGRP2P";
        assert_eq!(destination(other).as_deref(), Some("bob@example.com"));
        assert_eq!(destination("Content-Type: application/x-msnmsgrp2p"), None);
        assert_eq!(destination("Content-Type: text/plain\r\nP2P-Dest: bob@example.com"), None);
        assert_eq!(destination("Content-Type: application/x-msnmsgrp2p\r\nX-P2P-Dest: bob@example.com"), None);
    }

    proptest! {
        #[test]
        fn the_server_and_a_client_find_the_same_destination_in_peer_to_peer_data(name in "[a-z]{1,9}", data in any::<[u8; FRAME]>()) {
            let destination = Handle::parse_lax(&format!("{name}@example.com")).unwrap();
            let message = Message::PeerToPeer(PeerToPeer { destination: destination.clone(), data: data.to_vec() });
            let payload = message.encode();
            prop_assert_eq!(data_destination(&payload), Some(destination.as_str().as_bytes()));
            prop_assert!(!is_broken_data(&payload));
            prop_assert!(is_broken_data(&payload[..payload.len() - 1]));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(address) = data_destination(&payload) {
                prop_assert!(address.is_empty() || payload.windows(address.len()).any(|part| part == address));
            }
            is_broken_data(&payload);
        }
    }
}
