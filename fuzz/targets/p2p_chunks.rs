//! Checks the chunks of peer-to-peer messages, and the descriptions of offered files.
//!
//! A chunk must encode to the bytes that it was read from, and must lie inside its message. The
//! target also reads the same bytes, and the data of the chunk, as the description of a file. The
//! name of this file must become safe.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::p2p::{Chunk, FileContext, MAX_FILE_NAME, safe_file_name};

fuzz_target!(|bytes: &[u8]| {
    file_context(bytes);
    let Ok(chunk) = Chunk::parse(bytes) else {
        return;
    };
    assert_eq!(chunk.encode(), bytes);
    assert_eq!(chunk.data.len(), chunk.header.length as usize);
    assert!(chunk.header.total_size - chunk.header.offset >= u64::from(chunk.header.length));
    file_context(chunk.data);
});

fn file_context(bytes: &[u8]) {
    let Ok(context) = FileContext::parse(bytes) else {
        return;
    };
    assert!(context.preview.len() < bytes.len());
    let name = safe_file_name(&context.name);
    assert!((1..=MAX_FILE_NAME).contains(&name.len()));
    assert!(!name.contains(['/', '\\', '\0']) && name != "." && name != "..");
    let short = FileContext { name, ..context };
    assert_eq!(FileContext::parse(&short.encode()), Ok(short));
}
