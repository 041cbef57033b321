//! Compares an HTTP answer with its record (docs/protocol/transcripts/README.md section 3, HTTP; http.md section 0).

use super::mismatch::Mismatch;
use super::payload::payload;
use super::xml;
use crate::script::Message;
use crate::template::matching::{Place, matches};
use crate::template::{Piece, Template};
use crate::vars::Vars;
use crate::wire::{Unit, show};

/// Header values that the server chooses. Each entry has the header, the text before the value, the
/// name of the value in reports, and the bytes that end the value.
const FREE: &[(&str, &str, &str, &[u8])] = &[
    ("PassportURLs", "DALogin=", "login-host", b"/, "),
    ("PassportURLs", "/", "login-path", b", "),
    ("Authentication-Info", "from-PP='t=", "ticket", b"&', "),
    ("WWW-Authenticate", "cburl=", "cburl", b", "),
    ("WWW-Authenticate", "cbtxt=", "cbtxt", b" "),
    ("X-Token", "", "ticket", b" "),
];

/// Headers that contain a ticket. If the file does not have them, the answer must not have them either.
const TICKETS: &[&str] = &["X-Token: ", "Authentication-Info: "];

/// Compares the head, then the body.
pub(super) fn answer(expected: &Message, got: &Unit, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    let mut masked = head(expected, got, vars)?;
    masked.extend(body(expected, got, vars)?);
    Ok(masked)
}

/// Compares the status line exactly, and the headers in any order. The answer may have further
/// headers.
pub(super) fn head(expected: &Message, got: &Unit, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    if let Some(fault) = &got.fault {
        return Err(fault.clone());
    }
    let size = got.payload.len();
    if !matches(expected.line(), got.line(), size, Place::Payload, vars) {
        return Err(format!("the status line should be `{}`", show(&expected.line().masked())));
    }
    let mut masked = expected.line().masked();
    masked.extend(b"\r\n");
    for wanted in &expected.lines[1..] {
        masked.extend(header(wanted, got, vars)?);
        masked.extend(b"\r\n");
    }
    for &name in TICKETS {
        let has = |line: &[u8]| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
        if got.lines.iter().any(|line| has(line)) && !expected.lines.iter().any(|line| has(&line.masked())) {
            return Err(format!("the answer has the header `{name}`, but must not contain a ticket here"));
        }
    }
    masked.extend(b"\r\n");
    Ok(masked)
}

/// Finds one header by its exact name and compares it.
fn header(wanted: &Template, got: &Unit, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    let shown = show(&wanted.masked());
    let name = shown.split(": ").next().unwrap_or_default();
    let start = format!("{name}: ");
    let Some(line) = got.lines[1..].iter().find(|line| line.starts_with(start.as_bytes())) else {
        return Err(missing(name, got));
    };
    let wanted = with_free_values(name, wanted);
    if name == "PassportURLs" && line.windows(3).any(|window| window == b"://") {
        return Err(format!("`{}` has a scheme, which breaks clients (http.md section 1.1)", show(line)));
    }
    if matches(&wanted, line, got.payload.len(), Place::Line, vars) {
        return Ok(wanted.masked());
    }
    Err(format!("the header should be `{}` but is `{}`", show(&wanted.masked()), show(line)))
}

fn missing(name: &str, got: &Unit) -> Mismatch {
    let lower = name.to_ascii_lowercase();
    let similar =
        got.lines[1..].iter().find(|line| String::from_utf8_lossy(line).to_ascii_lowercase().starts_with(&lower));
    match similar {
        Some(line) => {
            format!("the answer has `{}`, but clients look for exactly `{name}: ` (http.md section 0)", show(line))
        }
        None => format!("the header `{name}` is missing"),
    }
}

/// Replaces each value that the server chooses with a placeholder that matches any value. The
/// header `PassportURLs` contains two such values, a host and a path.
fn with_free_values(name: &str, wanted: &Template) -> Template {
    let Some(text) = wanted.as_literal() else {
        return wanted.clone();
    };
    let mut pieces = Vec::new();
    let mut rest = text;
    for &(header, before, value, stop) in FREE {
        let before = if before.is_empty() { format!("{header}: ") } else { before.to_owned() };
        if header != name {
            continue;
        }
        let Some(at) = rest.windows(before.len()).position(|window| window == before.as_bytes()) else {
            continue;
        };
        let (head, tail) = rest.split_at(at + before.len());
        pieces.extend([Piece::Literal(head.to_vec()), Piece::Free { name: value, stop }]);
        rest = &tail[tail.iter().position(|byte| stop.contains(byte)).unwrap_or(tail.len())..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_vec()));
    }
    Template::from_pieces(pieces)
}

fn body(expected: &Message, got: &Unit, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    let wanted = expected.payload_text();
    let masked = wanted.masked();
    if masked.starts_with(b"<") {
        return xml::compare(&masked, &got.payload);
    }
    payload(&wanted, &got.payload, vars)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(expected: &[&str], got: &[&str]) -> Result<(), Mismatch> {
        let lines = expected.iter().map(|line| Template::parse(line).unwrap()).collect();
        let got = Unit { lines: got.iter().map(|line| line.as_bytes().to_vec()).collect(), ..Unit::default() };
        answer(&Message { lines, payload: Vec::new() }, &got, &mut Vars::default()).map(drop)
    }

    #[test]
    fn headers_may_be_in_any_order_and_extra_headers_are_allowed() {
        let expected = ["HTTP/1.1 200 OK", "A-One: 1", "B: 2"];
        assert!(compare(&expected, &["HTTP/1.1 200 OK", "Date: now", "B: 2", "A-One: 1"]).is_ok());
        assert!(compare(&expected, &["HTTP/1.1 200 OK", "B: 2"]).unwrap_err().contains("`A-One` is missing"));
        assert!(compare(&expected, &["HTTP/1.1 200 OK", "B: 3", "A-One: 1"]).unwrap_err().contains("but is `B: 3`"));
        assert!(compare(&expected, &["HTTP/1.1 200 Fine", "B: 2", "A-One: 1"]).unwrap_err().contains("status line"));
    }

    #[test]
    fn an_answer_with_a_ticket_is_a_failure_if_its_record_has_no_ticket() {
        assert!(compare(&["HTTP/1.1 200 OK"], &["HTTP/1.1 200 OK", "X-Other: 1"]).is_ok());
        for ticket in ["X-Token: abc", "x-token: abc", "Authentication-Info: Passport1.4 from-PP='t=a&p='"] {
            assert!(
                compare(&["HTTP/1.1 200 OK"], &["HTTP/1.1 200 OK", ticket])
                    .unwrap_err()
                    .contains("must not contain a ticket")
            );
        }
    }

    #[test]
    fn the_spelling_of_header_names_must_match_exactly_and_one_space_must_follow_the_colon() {
        let expected = ["HTTP/1.1 200 OK", "PassportURLs: DALogin=a/b"];
        for wrong in ["Passporturls: DALogin=a/b", "PassportURLs:DALogin=a/b"] {
            assert!(compare(&expected, &["HTTP/1.1 200 OK", wrong]).unwrap_err().contains("exactly"), "{wrong}");
        }
    }

    #[test]
    fn values_that_the_operator_chooses_may_differ_but_the_text_around_them_may_not() {
        let table = [
            ("PassportURLs: DALogin=a.example/login2.srf", "PassportURLs: DALogin=127.0.0.1:80/l.srf", true),
            ("PassportURLs: DALogin=a.example/login2.srf", "PassportURLs: DALogin=https://b/l.srf", false),
            ("PassportURLs: DALogin=a.example/login2.srf", "PassportURLs: DALogin=b", false),
            ("PassportURLs: DALogin=a.example/login2.srf", "PassportURLs: DALogin=b/l.srf,ConfigVersion=1", false),
            (
                "Authentication-Info: Passport1.4 from-PP='t=abc&p='",
                "Authentication-Info: Passport1.4 from-PP='t=xyz9&p='",
                true,
            ),
            (
                "Authentication-Info: Passport1.4 from-PP='t=abc&p='",
                "Authentication-Info: Passport1.4 from-PP='t=&p='",
                false,
            ),
            (
                "Authentication-Info: Passport1.4 from-PP='t=abc&p='",
                "Authentication-Info: Passport1.4 from-PP='t=xyz9'",
                false,
            ),
            (
                "WWW-Authenticate: P ts=-3,cburl=http://a/,cbtxt=No",
                "WWW-Authenticate: P ts=-3,cburl=https://b,cbtxt=Wrong%20it",
                true,
            ),
            ("WWW-Authenticate: P ts=-3,cburl=http://a/,cbtxt=No", "WWW-Authenticate: P ts=-3,cbtxt=Wrong%20it", false),
            ("X-Token: abc", "X-Token: defghi", true),
            ("X-MSN-Messenger: SessionID={s1}; GW-IP=g", "X-MSN-Messenger: SessionID=1.2; GW-IP=g", true),
            (
                "X-MSN-Messenger: SessionID={s1}; GW-IP=g",
                "X-MSN-Messenger: SessionID=1.2; GW-IP=g; Session=close",
                false,
            ),
        ];
        for (expected, got, fits) in table {
            let result = compare(&["HTTP/1.1 200 OK", expected], &["HTTP/1.1 200 OK", got]);
            assert_eq!(result.is_ok(), fits, "{got}: {result:?}");
        }
    }
}
