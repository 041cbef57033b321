//! Checks our own parsers of an HTTP head.
//!
//! The parsers read the first line, the query of a gateway request, and the Authorization header of Passport 1.4.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::gateway::{GatewayRequest, SessionId};
use msnp::passport::{complete_request_line, parse_authorization};

fuzz_target!(|head: &[u8]| {
    if let Some(credentials) = parse_authorization(head) {
        assert!(credentials.password.len() <= head.len());
    }
    if let Ok(query) = std::str::from_utf8(head)
        && let Ok(GatewayRequest::Session(id)) = GatewayRequest::parse(query)
    {
        let name = id.to_string();
        assert_eq!((name.matches('.').count(), SessionId::parse(&name)), (1, Some(id)), "an id has one spelling");
        assert!(query.contains(&name));
    }
    if let Some(end) = head.iter().position(|&byte| byte == b'\n') {
        let mut completed = head.to_vec();
        complete_request_line(&mut completed, end);
        assert!(completed.ends_with(&head[end..]), "the bytes after the line do not change");
        // The function must not change a line that is already complete.
        let end = completed.iter().position(|&byte| byte == b'\n').unwrap_or_default();
        let mut again = completed.clone();
        complete_request_line(&mut again, end);
        assert_eq!(again, completed);
    }
});
