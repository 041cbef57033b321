//! The messages of users. An encoded message decodes to itself, and the crate encodes the messages in the reference
//! exactly as the reference shows them.

use std::fs;
use std::path::Path;

use msnp::message::Message;
use proptest::prelude::*;

use crate::strategies::message;

/// Returns the lines and the payloads of the examples in payloads.md.
fn examples() -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/payloads.md");
    let page = fs::read_to_string(path).unwrap();
    let blocks = page.split("```").filter_map(|block| block.strip_prefix('\n'));
    let examples = blocks.filter(|block| block.starts_with("MSG ")).map(|block| {
        let text = block.replace('\n', "").replace("\\r\\n", "\r\n").replace("\\t", "\t");
        let (line, payload) = text.split_once("\r\n").unwrap();
        (line.to_owned(), payload.as_bytes().to_vec())
    });
    examples.collect()
}

/// Returns the name of the variant.
fn name(message: &Message) -> &'static str {
    match message {
        Message::Text(_) => "Text",
        Message::Typing(_) => "Typing",
        Message::Recording(_) => "Recording",
        Message::Nudge => "Nudge",
        Message::Wink(_) => "Wink",
        Message::VoiceClip(_) => "VoiceClip",
        Message::Emoticons(_) => "Emoticons",
        Message::ClientCaps(_) => "ClientCaps",
        Message::PeerToPeer(_) => "PeerToPeer",
        Message::Invitation(_) => "Invitation",
        Message::ShutdownWarning { .. } => "ShutdownWarning",
        Message::Other(_) => "Other",
    }
}

#[test]
fn every_message_in_the_reference_is_read_and_written_unchanged() {
    let mut names = Vec::new();
    for (line, payload) in examples() {
        assert!(line.ends_with(&format!(" {}", payload.len())), "{line}: {} bytes", payload.len());
        let message = Message::parse(&payload);
        assert_eq!(message.encode().escape_ascii().to_string(), payload.escape_ascii().to_string(), "{line}");
        names.push(name(&message));
    }
    let users = ["Text", "Typing", "Nudge", "Wink", "VoiceClip", "Emoticons", "ClientCaps", "Invitation"];
    // Only servers send the profile and the notes about mail.
    let servers = ["Other", "Other", "Other", "Other", "Other", "ShutdownWarning"];
    assert_eq!(names, [users.as_slice(), &servers].concat());
}

#[test]
fn the_lengths_of_recording_and_peer_to_peer_messages_match_the_reference() {
    let alice = msnp::Handle::parse("alice@example.com").unwrap();
    let recording = Message::Recording(Some(alice.clone())).encode();
    assert_eq!(recording.len(), 93);
    let piece = Message::PeerToPeer(msnp::message::PeerToPeer { destination: alice, data: vec![0; 48 + 650 + 4] });
    assert_eq!(piece.encode().len(), 792);
}

proptest! {
    #[test]
    fn every_message_is_read_back_unchanged(message in message()) {
        prop_assert_eq!(Message::parse(&message.encode()), message);
    }

    #[test]
    fn a_message_read_from_any_payload_can_be_written_and_read_again(
        head in "(MIME-Version: 1.0\r?\n)?Content-Type: ?(text/plain|text/x-msmsgscontrol|text/x-msnmsgr-datacast|text/x-mms-emoticon|text/x-clientcaps|application/x-msnmsgrp2p|text/x-msmsgsinvite|application/x-msmsgssystemmessage)(; a=b)?\r?\n",
        tail in "((TypingUser|P2P-Dest|ID|Data|Client-Name|Chat-Logging|Invitation-Command|Invitation-Cookie|Type|Arg1): ?|[123]|INVITE|a@b\\.c|\r?\n|\t|<msnobj Size=\"1\" Type=\"8\" SHA1D=\"6zdVQEW8Rph/v1Olo1R3o1T7PuU=\"/>|\\PC|\r|\0){0,30}",
    ) {
        let message = Message::parse(format!("{head}{tail}").as_bytes());
        prop_assert_eq!(Message::parse(&message.encode()), message);
    }

    #[test]
    fn a_payload_never_causes_a_panic_and_debug_output_does_not_show_its_text(noise: Vec<u8>) {
        let payload = [b"Content-Type: text/plain\r\n\r\nsecret".as_slice(), &noise].concat();
        let _ = Message::parse(&noise);
        let shown = format!("{:?}", Message::parse(&payload));
        prop_assert!(!shown.contains("secret"), "{}", shown);
    }
}
