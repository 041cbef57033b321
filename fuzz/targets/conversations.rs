//! Plays whole conversations of several clients with the messenger, and checks what the clients saw.
//!
//! The first two bytes of the input are a length. That many bytes follow. They decide the actions
//! of the clients, the failures of the networks and the store, and the steps of the clock. A client
//! that follows no rules sends all remaining bytes to the server, line by line. The checker of the
//! simulation must find no violation.

#![no_main]

use libfuzzer_sys::fuzz_target;
use swallowtail_chaos::simulation::play_bytes;

fuzz_target!(|input: &[u8]| {
    let played = play_bytes(input);
    assert!(played.violations.is_empty(), "{:#?}", played.violations);
});
