//! Splits the bytes of a server into [`Unit`]s.

use super::service::Service;
use super::unit::Unit;

/// Removes the first complete unit from `buffer` and returns it. `ended` says that no more bytes will arrive.
pub(crate) fn take(service: Service, buffer: &mut Vec<u8>, ended: bool) -> Option<Unit> {
    let (unit, size) = first(service, buffer, ended)?;
    buffer.drain(..size);
    Some(unit)
}

/// Returns the first complete unit of `bytes` and its size in bytes. `ended` says that no more bytes will arrive.
#[must_use]
pub fn first(service: Service, bytes: &[u8], ended: bool) -> Option<(Unit, usize)> {
    match service {
        Service::Http => answer(bytes, ended),
        Service::Ns | Service::Sb => command(service, bytes),
    }
}

/// Reads a command: a line and its payload. Returns the unit and its size in bytes.
fn command(service: Service, buffer: &[u8]) -> Option<(Unit, usize)> {
    let (line, bare_lf, start) = line(buffer, 0)?;
    let size = payload_length(service, line);
    let payload = buffer.get(start..start.checked_add(size)?)?;
    let unit = Unit { lines: vec![line.to_vec()], bare_lf, payload: payload.to_vec(), fault: None };
    Some((unit, start + size))
}

/// Returns the line that starts at `from`, whether it ended with an LF without a CR, and the start
/// of the next line.
fn line(buffer: &[u8], from: usize) -> Option<(&[u8], bool, usize)> {
    let rest = buffer.get(from..)?;
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let line = &rest[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), !line.ends_with(b"\r"), from + end + 1))
}

/// Returns the number of payload bytes after a server line (framing.md section 4; sb.md section 6).
///
/// UUX from a server never has a payload. If the last word is not a number, there is no payload.
fn payload_length(service: Service, line: &[u8]) -> usize {
    let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    let carries = match words[0] {
        b"MSG" => true,
        b"NOT" | b"IPG" | b"UBX" | b"GCF" => service == Service::Ns,
        _ => false,
    };
    if !carries || words.len() < 2 {
        return 0;
    }
    let last = std::str::from_utf8(words[words.len() - 1]).unwrap_or_default();
    let digits = last.bytes().all(|byte| byte.is_ascii_digit());
    if digits { last.parse().unwrap_or(0) } else { 0 }
}

/// Reads an HTTP answer: a head and its body. The server must give the length of the body in
/// `Content-Length` and must not send the body in chunks (http.md section 0). Otherwise, the unit
/// has a fault. Returns the unit and its size in bytes.
fn answer(buffer: &[u8], ended: bool) -> Option<(Unit, usize)> {
    let mut unit = Unit::default();
    let mut at = 0;
    loop {
        let (text, bare_lf, next) = line(buffer, at)?;
        unit.bare_lf |= bare_lf;
        at = next;
        if text.is_empty() {
            break;
        }
        unit.lines.push(text.to_vec());
    }
    let size = match header(&unit, "content-length").map(|value| value.parse::<usize>()) {
        Some(Ok(size)) => size,
        Some(Err(_)) => {
            unit.fault = Some("Content-Length is not a number".to_owned());
            0
        }
        None if !ended && closes(&unit) => return None,
        None if closes(&unit) => {
            unit.fault = Some("there is no Content-Length".to_owned());
            buffer.len() - at
        }
        None => {
            unit.fault = Some("there is no Content-Length".to_owned());
            0
        }
    };
    if header(&unit, "transfer-encoding").is_some() {
        unit.fault = Some("Transfer-Encoding is used, which old clients cannot read (http.md section 0)".to_owned());
    }
    let body = buffer.get(at..at.checked_add(size)?)?;
    unit.payload = body.to_vec();
    Some((unit, at + size))
}

fn closes(unit: &Unit) -> bool {
    header(unit, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
}

/// Returns the value of a header. Ignores the case of the name, because a wrong case must not break
/// the parsing.
fn header(unit: &Unit, name: &str) -> Option<String> {
    unit.lines.iter().skip(1).find_map(|line| {
        let text = String::from_utf8_lossy(line);
        let (key, value) = text.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(service: Service, bytes: &[u8]) -> Vec<Unit> {
        let mut buffer = bytes.to_vec();
        let units = std::iter::from_fn(|| take(service, &mut buffer, true)).collect();
        assert!(buffer.is_empty(), "{buffer:?}");
        units
    }

    #[test]
    fn lines_are_split_and_keep_their_payloads() {
        let units = all(Service::Ns, b"VER 1 MSNP12\r\nUBX a@b 3\r\nx\r\nUBX a@b 0\r\nUUX 11 0\r\nUUX 11\r\nQRY 7\r\n");
        let lines: Vec<_> = units.iter().map(Unit::line).collect();
        assert_eq!(lines, [&b"VER 1 MSNP12"[..], b"UBX a@b 3", b"UBX a@b 0", b"UUX 11 0", b"UUX 11", b"QRY 7"]);
        assert_eq!(units[1].payload, b"x\r\n");
        assert_eq!(all(Service::Sb, b"MSG a b 2\r\nhiBYE a\r\n").len(), 2);
    }

    #[test]
    fn an_incomplete_unit_stays_in_the_buffer() {
        for part in [&b""[..], b"VER", b"VER 1\r", b"MSG a b 5\r\nabcd"] {
            let mut buffer = part.to_vec();
            assert_eq!(take(Service::Ns, &mut buffer, false), None);
            assert_eq!(buffer, part);
        }
    }

    #[test]
    fn a_line_feed_without_a_carriage_return_is_detected_and_spaces_are_kept() {
        let units = all(Service::Ns, b"QNG 50 \nOUT\r\n");
        assert!(units[0].bare_lf && !units[1].bare_lf);
        assert_eq!(units[0].line(), b"QNG 50 ");
    }

    #[test]
    fn an_http_answer_ends_after_its_content_length() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        let units = all(Service::Http, bytes);
        assert_eq!((units.len(), &units[0].payload[..], units[0].lines.len()), (2, &b"hi"[..], 2));
        assert_eq!(units[1].fault, None);
    }

    #[test]
    fn http_answers_that_old_clients_cannot_read_are_reported() {
        for (head, fault) in [
            ("Content-Length: x", "not a number"),
            ("Connection: close", "no Content-Length"),
            ("Server: x", "no Content-Length"),
            ("Content-Length: 0\r\nTransfer-Encoding: chunked", "Transfer-Encoding"),
        ] {
            let units = all(Service::Http, format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes());
            assert!(units[0].fault.as_ref().unwrap().contains(fault), "{head}");
        }
    }
}
