//! Checks three parsers: one for SOAP requests to RST.srf, one for SOAP requests for MsgrConfig,
//! and one for the query string of MsgrConfig.
//!
//! No input may cause a panic, and no parsed value may exceed its limit. Every body that the RST parser
//! accepts must also be XML for the MsgrConfig parser.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::client_config::ConfigRequest;
use msnp::passport::{MAX_TOKENS, parse_rst};

fuzz_target!(|body: &[u8]| {
    let posted = ConfigRequest::from_soap(body);
    if let Ok(request) = parse_rst(body) {
        assert!((1..=MAX_TOKENS).contains(&request.tokens.len()));
        assert!(posted.is_ok());
    }
    let queried = ConfigRequest::from_query(&String::from_utf8_lossy(body));
    for request in posted.into_iter().chain(queried) {
        for word in request.country.iter().chain(&request.version) {
            assert!((1..=16).contains(&word.len()));
        }
    }
});
