//! Tests the log lines about refused clients.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support;
use crate::support::binary::{RunningBinary, account};
use crate::support::time::eventually;

/// Returns the lines of a log that contain a text.
fn lines_with<'a>(log: &'a str, text: &str) -> Vec<&'a str> {
    log.lines().filter(|line| line.contains(text)).collect()
}

#[tokio::test]
async fn refused_passwords_are_logged_once_a_minute_without_the_password() {
    let data = support::private_directory();
    account(data.path(), &["add", "alice@example.com", "--password-stdin"], "correct horse");
    let server = RunningBinary::start(data.path());
    for _ in 0..3 {
        assert!(server.ticket("alice@example.com", "battery staple").await.is_err());
    }
    let log = server.log();
    let [line] = lines_with(&log, "refused a sign-in")[..] else { panic!("{log}") };
    for part in ["alice@example.com", "127.0.0.1", "wrong address or password", "INFO"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(!log.contains("battery") && !log.contains("staple"), "{log}");
}

/// Returns the beginning of a TLS 1.0 handshake without extensions, as Windows XP sends it.
fn hello_of_windows_xp() -> Vec<u8> {
    let suites = [0x0004u16, 0x0005, 0x000A, 0x0009, 0x0064, 0x0062];
    let mut body = vec![3, 1];
    body.extend([7; 32]);
    body.push(0);
    body.extend(u16::try_from(2 * suites.len()).unwrap().to_be_bytes());
    body.extend(suites.iter().flat_map(|suite| suite.to_be_bytes()));
    body.extend([1, 0]);
    let length = u16::try_from(body.len()).unwrap();
    let head = [[22, 3, 1].as_slice(), &(length + 4).to_be_bytes(), &[1, 0], &length.to_be_bytes()].concat();
    [head, body].concat()
}

#[tokio::test]
async fn a_handshake_of_windows_xp_is_logged_with_an_explanation() {
    let directory = support::private_directory();
    let data = directory.path().join("data");
    let server = RunningBinary::start_configured(&data, "[listen]\nhttps = \"127.0.0.1:0\"\n");
    let mut stream = TcpStream::connect(server.https.unwrap()).await.unwrap();
    stream.write_all(&hello_of_windows_xp()).await.unwrap();
    let mut alert = Vec::new();
    let _ = stream.read_to_end(&mut alert).await;
    assert_eq!(alert.first(), Some(&21), "an alert");
    // The server closes the connection a moment before it writes the line.
    eventually("the failure is logged", || !lines_with(&server.log(), "a TLS handshake failed").is_empty()).await;
    let log = server.log();
    let [line] = lines_with(&log, "a TLS handshake failed")[..] else { panic!("{log}") };
    assert!(line.contains("127.0.0.1") && line.contains("does not support TLS 1.2"), "{line}");
}

#[test]
fn the_log_format_can_be_json() {
    let directory = support::private_directory();
    let server = RunningBinary::start_configured(&directory.path().join("data"), "[log]\nformat = \"json\"\n");
    let log = server.log();
    assert!(!log.is_empty());
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string() && line["level"].is_string(), "{line}");
    }
}
