//! Tests answers of all kinds, and bytes that are not an answer.

use tokio::io::{AsyncWriteExt, BufReader};

use super::*;

/// Reads an answer through a buffer of `size` bytes. Returns the answer and the bytes that remain.
async fn read(bytes: &[u8], size: usize) -> (Result<Response, ReadError>, Vec<u8>) {
    let mut stream = BufReader::with_capacity(size, bytes);
    let response = read_response(&mut stream).await;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    (response, rest)
}

#[tokio::test]
async fn an_answer_may_arrive_in_any_pieces_and_the_next_answer_stays_in_the_stream() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 404 Not Found\r\n\r\n";
    for size in 1..bytes.len() {
        let (response, rest) = read(bytes, size).await;
        let response = response.unwrap();
        assert_eq!((response.head.status(), &response.body[..], response.is_complete), (200, &b"abc"[..], true));
        assert_eq!(rest, b"HTTP/1.1 404 Not Found\r\n\r\n", "{size}");
    }
}

#[tokio::test]
async fn a_body_ends_at_its_content_length_or_at_the_end_of_the_stream_or_at_the_size_limit() {
    let at_the_limit = "x".repeat(MAX_BODY as usize);
    let table = [
        ("Content-Length: 3", "abc", "abc", true),
        ("content-length:3", "abcdef", "abc", true),
        ("Content-Length: 5", "abc", "abc", false),
        ("Content-Length: 18446744073709551615", "abc", "abc", false),
        ("Content-Length: 262145", &format!("{at_the_limit}y"), &at_the_limit, false),
        ("Content-Length: no number", "abc", "abc", true),
        ("Server: x", "abc", "abc", true),
        ("Server: x", "", "", true),
        ("Server: x", &format!("{at_the_limit}y"), &at_the_limit, false),
    ];
    for (header, sent, body, is_complete) in table {
        let (response, _) = read(format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n{sent}").as_bytes(), 512).await;
        let response = response.unwrap();
        assert!(response.body == body.as_bytes(), "{header}: {} bytes", response.body.len());
        assert_eq!(response.is_complete, is_complete, "{header}");
    }
}

#[tokio::test]
async fn the_error_for_an_unreadable_answer_gives_the_reason() {
    let too_long = format!("HTTP/1.1 200 OK\r\nServer: {}\r\n\r\n", "x".repeat(MAX_HEAD));
    let too_many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "Server: x\r\n".repeat(MAX_HEADERS + 1));
    let table = [
        ("", "without an answer"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
        ("HTTP/2 200\r\n\r\n", "not HTTP"),
        ("HTTP/1.1 x\r\n\r\n", "not HTTP"),
        ("HTTP/1.1\r\n\r\n", "not HTTP"),
        ("HTTP/1.1 200 OK\r\n", "before the end of its head"),
        ("HTT", "before the end of its head"),
        (&too_long, "longer than 65536 bytes"),
        (&too_many, "more than 128 headers"),
    ];
    for (bytes, expected) in table {
        let error = read(bytes.as_bytes(), 512).await.0.unwrap_err().to_string();
        assert!(error.contains(expected), "{bytes:.40}: {error}");
    }
}

#[tokio::test]
async fn the_client_refuses_bytes_that_are_not_http_before_the_end_of_the_stream() {
    let (mut server, client) = tokio::io::duplex(64);
    server.write_all(b"\x15\x03").await.unwrap();
    let error = read_head(&mut BufReader::new(client)).await.unwrap_err();
    assert!(matches!(error, ReadError::NotHttp), "{error:?}");
}

#[test]
fn a_header_can_be_found_either_by_its_exact_spelling_or_regardless_of_upper_and_lower_case() {
    let table = [
        ("PassportURLs: DALogin=x", Some("DALogin=x"), Some("PassportURLs")),
        ("passporturls: DALogin=x", None, Some("passporturls")),
        ("PassportURLs:DALogin=x", None, Some("PassportURLs")),
        ("Date: x", None, None),
    ];
    for (line, exact, spelling) in table {
        let bytes = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\nPassportURLs: body");
        let (head, rest) = Head::split(bytes.as_bytes()).unwrap();
        assert_eq!(head.exact_header("PassportURLs"), exact, "{line}");
        assert_eq!(head.spelling("PassportURLs"), spelling, "{line}");
        assert_eq!(head.header("PassportURLs"), spelling.map(|_| "DALogin=x"), "{line}");
        assert_eq!((head.status_line(), rest), ("HTTP/1.1 200 OK", &b"PassportURLs: body"[..]));
    }
}

#[test]
fn headers_are_read_even_if_there_are_unusual_lines_between_them() {
    let bytes = b"HTTP/1.0 200\r\nno header\r\nServer : x\r\nX-Long: a\r\n b\r\nX-Bytes: \xFF\r\nDate: then\r\n\r\n";
    let (head, _) = Head::split(bytes).unwrap();
    assert_eq!((head.status(), head.header("Date"), head.header("server")), (200, Some("then"), Some("x")));
    assert_eq!(head.header_lines().count(), 6);
}

#[test]
fn debug_output_does_not_show_a_ticket() {
    let (head, body) = Head::split(b"HTTP/1.1 200 OK\r\nAuthentication-Info: secret\r\n\r\nsecret").unwrap();
    let response = Response { head, body: body.to_vec(), is_complete: true };
    assert!(!format!("{response:?}").contains("secret"), "{response:?}");
}

proptest::proptest! {
    #[test]
    fn the_parser_never_panics_whatever_bytes_it_gets(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
    ) {
        let whole = [b"HTTP/1.1 200 OK\r\n", &bytes[..], b"\r\n\r\n"].concat();
        for bytes in [&bytes, &whole] {
            if let Ok((head, _)) = Head::split(bytes) {
                let _ = (head.header("Content-Length"), head.exact_header("Date"), head.header_lines().count());
            }
        }
    }
}
