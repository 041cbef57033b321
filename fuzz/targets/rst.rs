//! The body of an RST request: none panics, and none asks for more tokens than are given out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::passport::{MOST_TOKENS, parse_rst};

fuzz_target!(|body: &[u8]| {
    if let Ok(request) = parse_rst(body) {
        assert!((1..=MOST_TOKENS).contains(&request.tokens.len()));
    }
});
