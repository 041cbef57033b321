//! Compares payloads, and HTTP bodies that are not XML.

use super::mismatch::Mismatch;
use crate::template::Template;
use crate::template::matching::{Place, matches};
use crate::vars::Vars;
use crate::wire::show;

/// Compares a payload byte for byte with the expected text, except where the expected text has a
/// variable.
pub(super) fn payload(expected: &Template, got: &[u8], vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    if matches(expected, got, got.len(), Place::Payload, vars) {
        return Ok(expected.masked());
    }
    let wanted = expected.masked();
    let same = wanted.iter().zip(got).take_while(|(a, b)| a == b).count();
    let near = |bytes: &[u8]| show(&bytes[same.min(bytes.len())..bytes.len().min(same + 40)]);
    Err(format!(
        "the payload differs after {same} equal bytes: expected `{}` but received `{}`",
        near(&wanted),
        near(got)
    ))
}
