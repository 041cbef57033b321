//! The server side of the tests.

mod http;
mod memory;
mod wire;
mod world;

use msnp::Handle;

pub(crate) use http::{Page, Pages, page};
pub(crate) use memory::Growth;
pub(crate) use wire::Wire;
pub(crate) use world::{ALICE, FRIENDS, SIGN_IN, Step, World, answer, reach, sign_in};

/// Returns Alice, who signs in.
pub(crate) fn alice() -> Handle {
    Handle::parse(ALICE).unwrap()
}

/// Returns Bob, who is on Alice's list.
pub(crate) fn bob() -> Handle {
    Handle::parse("bob@example.com").unwrap()
}
