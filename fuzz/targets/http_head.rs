//! The Authorization header of Passport 1.4: no value panics, and what is read is no longer than what came.

#![no_main]

use libfuzzer_sys::fuzz_target;
use swallowtail::passport::parse_authorization;

fuzz_target!(|value: &[u8]| {
    if let Some(credentials) = parse_authorization(value) {
        assert!(credentials.password.len() <= value.len());
    }
});
