//! Checks the parser of messages between users, and the splitting of texts.
//!
//! Any payload parses as a message. The encoded message must parse as the same message again. A
//! long text is split into pieces. Each piece must fit into the limit, and all pieces together must
//! be the whole text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::message::{Message, Mime, split_text};
use msnp::switchboard::MAX_MESSAGE;

fuzz_target!(|payload: &[u8]| {
    if let Some(mime) = Mime::parse(payload) {
        assert!(payload.ends_with(mime.body()));
        let _ = (mime.content_type(), mime.headers().iter().count(), mime.fields().iter().count());
    }
    let message = Message::parse(payload);
    assert_eq!(Message::parse(&message.encode()), message);
    if let Message::Text(text) = message {
        for max in [600, MAX_MESSAGE] {
            let pieces = split_text(&text.text, text.format.as_ref(), max);
            assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text.text);
            assert!(pieces.into_iter().all(|piece| Message::Text(piece).encode().len() <= max));
        }
    }
});
