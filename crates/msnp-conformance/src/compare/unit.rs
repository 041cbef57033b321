//! Compares a unit with its record. A unit is a line with its payload, or an HTTP answer.

use super::mismatch::Mismatch;
use super::payload::payload;
use super::{http, line};
use crate::script::Message;
use crate::vars::Vars;
use crate::wire::{Service, Unit};

/// Compares a whole unit. Stores new values in `vars` on success, and does not change `vars` on failure.
pub(crate) fn unit(service: Service, expected: &Message, got: &Unit, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    check_line_end(got)?;
    let mut tried = vars.clone();
    let masked = match service {
        Service::Http => http::answer(expected, got, &mut tried)?,
        Service::Ns | Service::Sb => command(expected, got, &mut tried)?,
    };
    *vars = tried;
    Ok(masked)
}

/// Compares the head of an HTTP answer without its body. Changes `vars` in the same cases as
/// [`unit`].
pub(crate) fn head(expected: &Message, got: &Unit, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    let mut tried = vars.clone();
    check_line_end(got)?;
    let masked = http::head(expected, got, &mut tried)?;
    *vars = tried;
    Ok(masked)
}

fn check_line_end(got: &Unit) -> Result<(), Mismatch> {
    if got.bare_lf { Err("the line ends with LF instead of CR LF".to_owned()) } else { Ok(()) }
}

/// Returns whether the first line of a unit fits an expected message. A caller that expects several
/// messages in any order uses this function to find the message that the unit is for.
pub(crate) fn head_fits(expected: &Message, got: &Unit, vars: &Vars) -> bool {
    line::line(expected.line(), got.line(), got.payload.len(), &mut vars.clone()).is_ok()
}

/// Compares a line word by word, and its payload byte for byte.
fn command(expected: &Message, got: &Unit, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    let mut masked = line::line(expected.line(), got.line(), got.payload.len(), vars)?;
    masked.extend(b"\r\n");
    masked.extend(payload(&expected.payload_text(), &got.payload, vars)?);
    Ok(masked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    fn message(line: &str, payload: Option<&str>) -> Message {
        let parse = |text: &str| Template::parse(text).unwrap();
        Message { lines: vec![parse(line)], payload: payload.map(parse).into_iter().collect() }
    }

    fn got(line: &str, payload: &[u8]) -> Unit {
        Unit { lines: vec![line.as_bytes().to_vec()], payload: payload.to_vec(), ..Unit::default() }
    }

    #[test]
    fn payloads_are_compared_byte_for_byte_and_their_variables_are_remembered() {
        let expected = message("MSG Hotmail Hotmail {len}", Some(r"LoginTime: {t}\r\nKid: 0\r\n\r\n"));
        let mut vars = Vars::default();
        let good = b"LoginTime: 12\r\nKid: 0\r\n\r\n";
        let masked = unit(Service::Ns, &expected, &got("MSG Hotmail Hotmail 25", good), &mut vars).unwrap();
        assert_eq!(masked, b"MSG Hotmail Hotmail {len}\r\nLoginTime: {t}\r\nKid: 0\r\n\r\n");
        assert_eq!(vars.get("t"), Some(&b"12"[..]));
        let bad = b"LoginTime: 12\r\nKid: 1\r\n\r\n";
        let why = unit(Service::Ns, &expected, &got("MSG Hotmail Hotmail 25", bad), &mut vars).unwrap_err();
        assert!(why.contains("payload differs"), "{why}");
    }

    #[test]
    fn an_extra_or_missing_payload_is_a_failure() {
        let none = message("UBX a@b {len}", None);
        assert!(unit(Service::Ns, &none, &got("UBX a@b 0", b""), &mut Vars::default()).is_ok());
        assert!(unit(Service::Ns, &none, &got("UBX a@b 1", b"x"), &mut Vars::default()).is_err());
        let some = message("UBX a@b {len}", Some("x"));
        assert!(unit(Service::Ns, &some, &got("UBX a@b 0", b""), &mut Vars::default()).is_err());
    }

    #[test]
    fn a_line_feed_without_a_carriage_return_is_a_failure() {
        let unit_lf = Unit { bare_lf: true, ..got("OUT", b"") };
        assert!(unit(Service::Ns, &message("OUT", None), &unit_lf, &mut Vars::default()).unwrap_err().contains("LF"));
    }

    #[test]
    fn a_unit_that_does_not_match_sets_no_variables() {
        let mut vars = Vars::default();
        let expected = message("UBX {who} {len}", Some("x"));
        assert!(unit(Service::Ns, &expected, &got("UBX a 1", b"y"), &mut vars).is_err());
        assert_eq!(vars, Vars::default());
    }
}
