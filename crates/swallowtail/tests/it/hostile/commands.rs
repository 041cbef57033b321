//! Tests commands at the wrong time, and commands with invalid words.

use crate::support::TestServer;
use crate::support::people::{open_board, sign_in_bytes};
use crate::support::wire::Wire;

const CLOSE: &[&str] = &[];

/// For each row: the bytes that the client sends on a new connection, and all lines that the server
/// sends before it closes the connection.
const FRESH: &[(&str, &[&str])] = &[
    ("SYN 1 0 0\r\n", CLOSE),
    ("USR 1 TWN I mallory@example.com\r\n", CLOSE),
    ("CVR 1 0x0409 winnt 5.1 i386 MSNMSGR 7.5 MSMSGS\r\n", CLOSE),
    ("CHG 1 NLN\r\n", CLOSE),
    ("UUX 1 100000\r\n", CLOSE),
    ("MSG 1 U 5\r\nhello", CLOSE),
    ("CVQ 1 0x0409\r\n", CLOSE),
    ("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", CLOSE),
    ("\u{16}\u{3}\u{1}\r\n", CLOSE),
    ("VER\r\n", CLOSE),
    ("VER 1\r\n", CLOSE),
    ("VER MSNP12 1\r\n", CLOSE),
    ("VER -1 MSNP12\r\n", CLOSE),
    ("VER +1 MSNP12\r\n", CLOSE),
    ("VER 1.0 MSNP12\r\n", CLOSE),
    ("VER 0x1 MSNP12\r\n", CLOSE),
    ("VER 99999999999999999999999999999999999999 MSNP12\r\n", CLOSE),
    ("VER １ MSNP12\r\n", CLOSE),
    ("VER 1 MSNP12\0\r\n", CLOSE),
    ("VER 1 MSNP7 MSNP13\r\n", &["VER 1 0"]),
    ("OUT 1\r\n", CLOSE),
    ("PNG 1\r\n", CLOSE),
    ("QNG 50\r\n", CLOSE),
    ("OUT\r\n", &["OUT"]),
    ("PNG\r\nOUT\r\n", &["QNG", "OUT"]),
    ("\r\n\n\r\n \t \r\nPNG\nOUT\r\n", CLOSE),
    ("\r\n\n\r\nPNG\nOUT\r\n", &["QNG", "OUT"]),
    (" VER \t 007  msnp12 \r\nOUT\r\n", &["VER 007 MSNP12", "OUT"]),
    ("VER 0 MSNP12 MSNP11\r\nVER 0 MSNP12\r\n", &["VER 0 MSNP12", "715 0"]),
    ("VER 1 CVR0\r\nCVR 2 x\r\n", &["VER 1 CVR0"]),
    ("VER 1 CVR0\r\nVER 2 MSNP12\r\n", &["VER 1 CVR0"]),
    ("VER 1 CVR0\r\nCVQ 2\r\n", &["VER 1 CVR0", "731 2"]),
    ("OUT\r\nVER 1 MSNP12 MSNP11\r\n", &["OUT"]),
];

/// Like [`FRESH`], but the client has already sent VER and received the answer.
const NEGOTIATED: &[(&str, &[&str])] = &[
    ("SYN 2 0 0\r\n", &["302 2"]),
    ("SYN 2 0 0 0 0 0\r\n", &["302 2"]),
    ("SYN 2\r\n", &["302 2"]),
    ("CHG 2 NLN 0\r\n", &["302 2"]),
    ("ADC 2 FL N=a@b.de F=a\r\n", &["302 2"]),
    ("XFR 2 SB\r\n", &["302 2"]),
    ("UUX 2 4096\r\n", &["302 2"]),
    ("UUX 2 99999999\r\n", &["302 2"]),
    ("QRY 2 PROD0090YUAUV{2B 32\r\n", &["302 2"]),
    ("PGD 2 bob@example.com 1 1000000\r\n", &["302 2"]),
    ("SYN x 0 0\r\n", CLOSE),
    ("UUN 2 bob@example.com 1 0\r\n", CLOSE),
    ("ADL 2 10\r\n", CLOSE),
    ("INF 2\r\n", CLOSE),
    ("CVQ 2 x\r\n", CLOSE),
    ("MSG 2 U 5\r\n", CLOSE),
    ("NLN 2 NLN\r\n", CLOSE),
    ("CVR 2\r\n", &["731 2"]),
    ("CVR 2 english winnt 5.1 i386 MSNMSGR 7.5 MSMSGS a@b.de\r\nOUT\r\n", &["710 2", "OUT"]),
    ("USR 2 TWN I\r\n", CLOSE),
    ("USR 2 TWN I nobody\r\n", &["911 2"]),
    ("USR 2 TWN I a@\r\n", &["206 2"]),
    ("USR 2 TWN X a@b.de\r\n", CLOSE),
    ("USR 2 SSO I a@b.de\r\n", CLOSE),
    ("USR 2 TWN S t=x&p=\r\n", &["911 2"]),
    ("USR 2 TWN S %\r\n", &["911 2"]),
    ("USR 2 TWN I a@b.de extra\r\n", CLOSE),
];

/// Like [`FRESH`], but the client is signed in. The command has the transaction id 9.
const SIGNED_IN: &[(&str, &[&str])] = &[
    ("VER 9 MSNP12\r\n", &["715 9"]),
    ("USR 9 TWN I mallory@example.com\r\nOUT\r\n", &["207 9", "OUT"]),
    ("USR 9 TWN S t=x&p=\r\nOUT\r\n", &["207 9", "OUT"]),
    ("CVQ 9 x\r\n", CLOSE),
    ("MSG 9 A 5\r\nhello", CLOSE),
    ("SYN 9 0\r\n", CLOSE),
    ("SYN 9 0 0 0\r\n", CLOSE),
    ("GTC 9\r\n", CLOSE),
    ("GTC 9 A N\r\n", CLOSE),
    ("GTC 9 a\r\n", CLOSE),
    ("BLP 9 XX\r\n", CLOSE),
    ("CHG 9\r\n", CLOSE),
    ("CHG 9 NLN 0 0 0\r\n", CLOSE),
    ("CHG 9 ILN\r\n", CLOSE),
    ("CHG 9 NLN -1\r\nOUT\r\n", &["201 9", "OUT"]),
    ("ADC 9 FL\r\n", CLOSE),
    ("ADC 9 FL bob@example.com\r\n", CLOSE),
    ("ADC 9 FL C=x\r\n", CLOSE),
    ("ADC 9 FL N=hello\r\nOUT\r\n", &["201 9", "OUT"]),
    ("ADC 9 FL C=not-a-guid also-none\r\nOUT\r\n", &["208 9", "OUT"]),
    ("ADC 9 RL N=walter@example.com\r\nOUT\r\n", &["216 9", "OUT"]),
    ("ADC 9 AL N=nobody@example.com\r\nOUT\r\n", &["208 9", "OUT"]),
    ("ADC 9 BL N=mallory@example.com\r\nOUT\r\n", &["201 9", "OUT"]),
    ("REM 9 FL\r\nOUT\r\n", &["216 9", "OUT"]),
    ("REM 9 FL walter@example.com\r\nOUT\r\n", &["216 9", "OUT"]),
    ("REM 9 XL walter@example.com\r\n", CLOSE),
    ("REM 9 RL walter@example.com\r\n", CLOSE),
    ("REM 9 PL walter@example.com\r\nOUT\r\n", &["216 9", "OUT"]),
    ("ADG 9\r\n", CLOSE),
    ("REG 9 x\r\n", CLOSE),
    ("RMG 9 no-such-group\r\n", CLOSE),
    ("PRP 9\r\n", CLOSE),
    ("PRP 9 MFNX a\r\n", CLOSE),
    ("PRP 9 MBE Y\r\nOUT\r\n", &["715 9", "OUT"]),
    ("SBP 9 not-a-guid MFN x\r\nOUT\r\n", &["208 9", "OUT"]),
    ("IMS 9 on\r\n", CLOSE),
    ("XFR 9\r\n", CLOSE),
    ("XFR 9 SB 1\r\n", CLOSE),
    ("QRY 9 PROD0090YUAUV{2B\r\n", CLOSE),
    ("QNG 50\r\n", CLOSE),
    ("RNG 9 127.0.0.1:1 CKI x a@b.de a\r\n", CLOSE),
    ("CHL 0 1\r\n", CLOSE),
    ("ILN 9 NLN walter@example.com w 0\r\n", CLOSE),
    ("UBX walter@example.com 5\r\nhello", CLOSE),
    ("BPR walter@example.com PHH 1\r\n", CLOSE),
    ("chg 9 NLN\r\n", CLOSE),
    ("CHG\r\n", CLOSE),
    ("911 9\r\n", CLOSE),
    ("CHG 9 NLN\0\r\n", CLOSE),
    ("CHG 9 N\rLN\r\n", CLOSE),
    ("CHG 9 NLN\r\r\n", CLOSE),
];

/// Like [`FRESH`], but on a new switchboard connection.
const SWITCHBOARD: &[(&str, &[&str])] = &[
    ("VER 1 MSNP12\r\n", CLOSE),
    ("PNG\r\n", CLOSE),
    ("CAL 1 walter@example.com\r\n", CLOSE),
    ("MSG 1 A 5\r\nhello", CLOSE),
    ("MSG 1 A 1000000\r\n", CLOSE),
    ("JOI walter@example.com w\r\n", CLOSE),
    ("USR 1 mallory@example.com\r\n", CLOSE),
    ("USR 1 mallory@example.com x y\r\n", CLOSE),
    ("USR x mallory@example.com y\r\n", CLOSE),
    ("USR 4294967296 mallory@example.com y\r\n", CLOSE),
    ("USR 1 mallory@example.com wrong\r\n", &["911 1"]),
    ("USR 1 nobody wrong\r\n", &["911 1"]),
    ("ANS 1 mallory@example.com wrong\r\n", CLOSE),
    ("ANS 1 mallory@example.com wrong 1\r\n", &["911 1"]),
    ("ANS 1 mallory@example.com wrong -1\r\n", &["911 1"]),
    ("OUT\r\n", CLOSE),
    ("\r\n", CLOSE_AFTER_OUT),
];

/// The expected lines for an empty line, which has no effect. The test sends OUT after every row,
/// and OUT closes the connection.
const CLOSE_AFTER_OUT: &[&str] = &[];

/// Like [`FRESH`], but the client is the only member of a switchboard session.
const IN_A_SESSION: &[(&str, &[&str])] = &[
    ("USR 9 mallory@example.com x\r\n", &["911 9"]),
    ("ANS 9 mallory@example.com x 1\r\n", &["911 9"]),
    ("CAL 9\r\n", CLOSE),
    ("CAL 9 walter@example.com wanda@example.com\r\n", CLOSE),
    ("CAL 9 mallory@example.com\r\nOUT\r\n", &["215 9"]),
    ("CAL 9 nobody@example.com\r\nOUT\r\n", &["217 9"]),
    ("CAL 9 a@b@c.de\r\nOUT\r\n", &["208 9"]),
    ("CAL 9 \u{202e}@example.com\r\nOUT\r\n", &["217 9"]),
    ("MSG 9 A 5\r\nhelloOUT\r\n", &["NAK 9"]),
    ("MSG 9 N 5\r\nhelloOUT\r\n", &["NAK 9"]),
    ("MSG 9 U 5\r\nhelloOUT\r\n", CLOSE),
    ("MSG 9 S 5\r\nhelloOUT\r\n", CLOSE),
    ("MSG 9 a 5\r\nhello", CLOSE),
    ("MSG 9 X 5\r\nhello", CLOSE),
    ("MSG 9 A A 5\r\nhello", CLOSE),
    ("ACK 9\r\n", CLOSE),
    ("BYE walter@example.com\r\n", CLOSE),
    ("PNG\r\n", CLOSE),
    ("CHG 9 NLN\r\n", CLOSE),
    ("CAL 9 walter\u{7f}@example.com\r\n", CLOSE),
    ("CAL 9 wal\rter@example.com\r\n", CLOSE),
];

#[tokio::test]
async fn commands_that_require_a_sign_in_are_refused_before_the_sign_in() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    for (bytes, expected) in FRESH {
        let mut wire = Wire::dial(server.notification()).await;
        wire.send(bytes).await;
        assert_eq!(wire.last_lines().await, *expected, "{bytes:?}");
    }
    for (bytes, expected) in NEGOTIATED {
        let mut wire = Wire::dial(server.notification()).await;
        wire.send(format!("VER 1 MSNP12 MSNP11\r\n{bytes}")).await;
        wire.expect("VER 1 MSNP12").await;
        assert_eq!(wire.last_lines().await, *expected, "{bytes:?}");
    }
    bystanders.are_untouched().await;
}

#[tokio::test]
async fn odd_commands_of_a_signed_in_client_are_handled_as_the_reference_says() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.account("mallory").await;
    for (bytes, expected) in SIGNED_IN {
        let mut wire = server.online("mallory").await;
        wire.send(bytes).await;
        assert_eq!(wire.last_lines().await, *expected, "{bytes:?}");
        bystanders.are_untouched().await;
    }
}

#[tokio::test]
async fn odd_commands_on_a_switchboard_are_handled_as_the_reference_says() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    let mallory = server.account("mallory").await;
    let mut notification = server.online("mallory").await;
    for (bytes, expected) in SWITCHBOARD {
        let mut wire = Wire::dial(server.switchboard()).await;
        wire.send(bytes).await;
        wire.line("OUT").await;
        assert_eq!(wire.last_lines().await, *expected, "{bytes:?}");
    }
    for (bytes, expected) in IN_A_SESSION {
        let mut wire = open_board(&mallory, &mut notification).await;
        wire.send(bytes).await;
        assert_eq!(wire.last_lines().await, *expected, "{bytes:?}");
        bystanders.are_untouched().await;
    }
}

/// The client sends a sign-in and further commands in one segment, before it receives any answer.
#[tokio::test]
async fn commands_sent_together_with_a_sign_in_wait_until_the_sign_in_is_complete() {
    let server = TestServer::start().await;
    let mallory = server.account("mallory").await;
    let mut wire = Wire::dial(server.notification()).await;
    let sign_in = sign_in_bytes(&mallory, &server.ticket("mallory").await);
    wire.send(format!("{sign_in}SYN 5 0 0\r\nCHG 6 NLN 0\r\nPNG\r\nVER 7 MSNP12\r\n")).await;
    let lines = wire.last_lines().await;
    let verbs: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let expected = "VER CVR USR USR SBS MSG SYN GTC BLP PRP CHG";
    assert_eq!(verbs[..11].join(" "), expected);
    // A timer sends the first challenge, so its position varies.
    let rest: Vec<_> = verbs[11..].iter().filter(|verb| **verb != "CHL").collect();
    assert_eq!(rest, [&"QNG", &"715"]);
}

#[tokio::test]
async fn only_a_line_that_is_longer_than_the_limit_closes_the_connection() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    let mallory = server.account("mallory").await;
    let mut notification = server.online("mallory").await;
    let mut wire = open_board(&mallory, &mut notification).await;
    let call = |length: usize| format!("CAL 1 {}\r\n", "a".repeat(length - "CAL 1 \r\n".len()));
    wire.send(call(1024)).await;
    assert_eq!(wire.next().await.unwrap().line, "208 1");
    wire.send(call(1025)).await;
    assert_eq!(wire.last_lines().await, [""; 0]);

    let url = |length: usize| format!("URL 1 INBOX {}\r\n", "a".repeat(length - "URL 1 INBOX \r\n".len()));
    notification.send(url(8192)).await;
    notification.expect("URL 1 ").await;
    notification.send(url(8193)).await;
    assert_eq!(notification.last_lines().await, [""; 0]);
    bystanders.are_untouched().await;
}

/// A line without an end uses no more memory than the limit.
#[tokio::test]
async fn a_line_without_an_end_closes_the_connection_at_the_limit() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    for listener in [server.notification(), server.switchboard()] {
        let mut wire = Wire::dial(listener).await;
        for _ in 0..64 {
            wire.send([b'A'; 16 * 1024]).await;
        }
        assert_eq!(wire.last_lines().await, [""; 0]);
    }
    bystanders.are_untouched().await;
}
