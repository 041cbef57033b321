//! Checks the parser of MSNSLP messages.
//!
//! If the parser accepts a message, the target encodes the message again. The parser must read the
//! encoded message as the same message, unless the encoded message is too long.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::p2p::slp::{BadMessage, MAX_FIELDS, Message};

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Message::parse(bytes) else {
        return;
    };
    assert!(message.body.iter().count() <= MAX_FIELDS);
    if let Some(context) = message.body.context() {
        assert!(context.len() <= bytes.len());
    }
    let again = Message::parse(&message.encode());
    assert!(again == Ok(message) || again == Err(BadMessage::TooLong));
});
