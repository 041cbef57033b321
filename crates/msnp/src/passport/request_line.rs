//! The first line of a request to the login service (docs/protocol/http.md section 0).

/// Rewrites `GET /x` or `GET /x HTTP/1.0` as a line of HTTP/1.1. `end` is the index of the LF at the end of the line.
/// Returns `true` if it changed the line. A client that sends such a line does not know that a connection can be kept
/// open.
///
/// The clients libpurple and msn-pecan send no version, but search the answer for `HTTP/1.1 200 OK`
/// (http.md section 0 items 2 and 5).
pub fn complete_request_line(bytes: &mut Vec<u8>, end: usize) -> bool {
    const OURS: &[u8] = b" HTTP/1.1";
    const OLD: &[u8] = b"HTTP/1.0";
    let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
    let text = line.trim_ascii_end();
    let mut words = text.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    let keep = match (words.next(), words.next(), words.next(), words.next()) {
        (Some(_), Some(target), None, None) if !target.starts_with(b"HTTP/") => text.len(),
        (Some(_), Some(_), Some(OLD), None) => text.len() - OLD.len() - 1,
        _ => return false,
    };
    let line = line.len();
    bytes.splice(keep..line, OURS.iter().copied());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_is_changed_only_if_its_version_is_missing_or_is_not_http_1_1() {
        let table = [
            ("GET /a\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"),
            ("GET /a \n", "GET /a HTTP/1.1\n"),
            ("POST /a HTTP/1.0\r\nbody", "POST /a HTTP/1.1\r\nbody"),
            ("GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1\r\n"),
            ("GET\r\n", "GET\r\n"),
            ("GET HTTP/1.0\r\n", "GET HTTP/1.0\r\n"),
        ];
        for (sent, expected) in table {
            let mut bytes = sent.as_bytes().to_vec();
            let end = sent.find('\n').unwrap();
            assert_eq!(complete_request_line(&mut bytes, end), sent != expected);
            assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{sent:?}");
        }
    }
}
