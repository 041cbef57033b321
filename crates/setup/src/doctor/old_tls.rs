//! Checks whether Windows XP can connect. Sends a TLS hello that this module builds byte by byte,
//! and reads only the first answer.
//!
//! XP supports TLS 1.0 with RSA and 3DES. XP's other ciphers are broken. XP sends no extensions (docs/protocol/http.md
//! section 6, "TLS").

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::codes;
use super::dial::dial;
use super::exam::Exam;
use super::finding::Finding;
use super::route::{dial_tls, tls_address};
use super::tunnel::tunnel;

/// The version number of TLS 1.0.
const TLS10: [u8; 2] = [3, 1];
/// RC4 with MD5, RC4 with SHA, and 3DES, in XP's order (RFC 2246, appendix A.5).
const SUITES: [u16; 3] = [0x0004, 0x0005, 0x000A];
/// The timeout for the answer. It is shorter than the timeout of a check, because most servers do not support XP and
/// the previous check already reports a silent server.
const PATIENCE: Duration = Duration::from_secs(2);
const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
/// The number of bytes before the session id: the record header, the message header, the version,
/// the random bytes and the length of the id.
const HEAD: usize = 5 + 4 + 2 + 32 + 1;

/// The server's answer to XP's hello.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    /// The server agrees to TLS 1.0 with this cipher.
    Agreed(u16),
    /// The server sends an alert or closes the connection.
    Refused,
    /// The server sends something else, or nothing.
    Odd,
}

/// Returns a ClientHello as XP sends it.
fn hello() -> Vec<u8> {
    let mut body = TLS10.to_vec();
    body.extend_from_slice(&swallowtail_base::random::bytes::<32>());
    body.push(0);
    let suites: Vec<u8> = SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    // Each length in such a small hello fits in one byte, so the higher bytes of each length are 0.
    body.extend_from_slice(&[0, SUITES.len() as u8 * 2]);
    body.extend_from_slice(&suites);
    body.extend_from_slice(&[1, 0]);
    let mut message = vec![1, 0, 0, body.len() as u8];
    message.append(&mut body);
    let mut record = vec![HANDSHAKE, TLS10[0], TLS10[1], 0, message.len() as u8];
    record.append(&mut message);
    record
}

/// Parses the beginning of an answer.
fn reply(bytes: &[u8]) -> Reply {
    match bytes {
        [] | [ALERT, ..] => Reply::Refused,
        [HANDSHAKE, _, _, _, _, 2, _, _, _, 3, 1, ..] => {
            let session = bytes.get(HEAD - 1).copied().map_or(0, usize::from);
            match bytes.get(HEAD + session..HEAD + session + 2) {
                Some(&[high, low]) => Reply::Agreed(u16::from_be_bytes([high, low])),
                _ => Reply::Odd,
            }
        }
        _ => Reply::Odd,
    }
}

async fn probe(mut stream: TcpStream) -> Reply {
    let sent = stream.write_all(&hello()).await;
    let mut bytes = Vec::new();
    // The longest session id has 32 bytes, and the cipher suite after it has 2 bytes.
    let mut limited = stream.take((HEAD + 34) as u64);
    let read = async {
        while sent.is_ok() && !matches!(reply(&bytes), Reply::Agreed(_)) && bytes.first() != Some(&ALERT) {
            // A reset connection counts as a refusal, like an alert.
            if !matches!(limited.read_buf(&mut bytes).await, Ok(1..)) {
                break;
            }
        }
    };
    if timeout(PATIENCE, read).await.is_err() { Reply::Odd } else { reply(&bytes) }
}

/// Returns whether the server's TLS, at the address that the doctor checks, supports XP.
pub(super) async fn is_spoken(exam: Exam<'_>) -> bool {
    match dial_tls(exam, &exam.tunnel_host()).await {
        Ok(stream) => matches!(probe(stream).await, Reply::Agreed(_)),
        Err(_) => false,
    }
}

/// Checks the TLS of Windows XP. Without `--xp`, a refusal is not a fault, because the server's own TLS always refuses
/// XP.
pub(super) async fn examine(exam: Exam<'_>) -> Finding {
    let terminator = exam.target.ours.as_ref().and_then(|ours| ours.old_tls.as_ref());
    let (host_port, stream) = match (terminator, exam.target.proxy()) {
        // Connects through the proxy, as a client does. The terminator may refuse a connection if
        // the proxy does not pass on the client's address.
        (Some(host_port), Some(proxy)) => {
            let tunnel = tunnel(proxy, &format!("{}:443", exam.tunnel_host())).await;
            (format!("{host_port}, through the proxy"), tunnel)
        }
        (Some(host_port), None) => (host_port.to_string(), dial(host_port).await.map_err(|why| why.cause(host_port))),
        (None, _) => (tls_address(exam), dial_tls(exam, &exam.tunnel_host()).await),
    };
    let is_wanted = exam.wants_xp() || terminator.is_some();
    let stream = match stream {
        Ok(stream) => stream,
        Err(why) if is_wanted => return red(format!("Windows XP cannot connect: {why}")),
        Err(_) => return Finding::skipped("not checked: there is no TLS"),
    };
    match probe(stream).await {
        Reply::Agreed(suite) => {
            let suite = match suite {
                0x000A => "3DES",
                0x0004 | 0x0005 => "RC4",
                _ => "a cipher that the doctor did not offer",
            };
            Finding::green(format!("Windows XP can connect to {host_port}: TLS 1.0 with {suite}"))
        }
        Reply::Refused if is_wanted => red(format!("Windows XP cannot connect to {host_port}: the server refuses it")),
        Reply::Odd if is_wanted => red(format!("Windows XP cannot connect to {host_port}: the answer is not TLS")),
        Reply::Refused => {
            Finding::skipped("Windows XP is refused, as it should be unless you want to support it (--xp)")
        }
        Reply::Odd => Finding::skipped("not checked: there is no TLS"),
    }
}

fn red(cause: String) -> Finding {
    let remedy = "run packaging/old-tls/start, which speaks the TLS of XP, and set proxy.old_tls to its address; \
                  first read about the risks of this TLS (docs/protocol/security.md section 8)";
    Finding::red(cause, remedy).shows(codes::NO_TLS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_offers_tls_1_0_without_extensions() {
        let hello = hello();
        let (record, message) = (usize::from(hello[4]), usize::from(hello[8]));
        assert_eq!((hello.len(), hello.len()), (record + 5, message + 9));
        assert_eq!(hello[..3], [22, 3, 1]);
        assert_eq!(hello[hello.len() - 2..], [1, 0], "no compression, and nothing after it");
    }

    #[test]
    fn the_first_answer_says_whether_xp_can_connect() {
        let mut good = vec![22, 3, 1, 0, 74, 2, 0, 0, 70, 3, 1];
        good.extend_from_slice(&[7; 32]);
        good.push(2);
        good.extend_from_slice(&[1, 1, 0, 0x0A, 0]);
        assert_eq!(reply(&good), Reply::Agreed(0x000A));
        assert_eq!(reply(&[21, 3, 1, 0, 2, 2, 70]), Reply::Refused);
        assert_eq!(reply(b""), Reply::Refused);
        assert_eq!(reply(b"HTTP/1.1 400 Bad Request"), Reply::Odd);
        assert_eq!(reply(&good[..20]), Reply::Odd);
    }
}
