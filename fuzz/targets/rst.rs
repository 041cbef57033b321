//! What clients post as SOAP, to RST.srf and for MsgrConfig, and the query string of the latter: none panics, nothing
//! that is read is longer than it may be, and both readers agree on what is XML.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::client_config::ConfigRequest;
use msnp::passport::{MAX_TOKENS, parse_rst};

fuzz_target!(|body: &[u8]| {
    let asked = ConfigRequest::from_soap(body);
    if let Ok(request) = parse_rst(body) {
        assert!((1..=MAX_TOKENS).contains(&request.tokens.len()));
        assert!(asked.is_ok());
    }
    let queried = ConfigRequest::from_query(&String::from_utf8_lossy(body));
    for request in asked.into_iter().chain(queried) {
        for word in request.country.iter().chain(&request.version) {
            assert!((1..=16).contains(&word.len()));
        }
    }
});
