//! The answer of the server to a hello.

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
/// The number of the extension that contains the version, if the version is TLS 1.3.
const VERSIONS: [u8; 2] = [0, 43];

/// The answer of the server to a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The server agrees to a TLS connection.
    Agreed {
        /// The version that the server chose.
        version: u16,
        /// The cipher suite that the server chose.
        suite: u16,
        /// The method of compression that the server chose.
        compression: u8,
        /// The first certificate of the server, as DER. `None` in TLS 1.3, which encrypts the
        /// certificate.
        certificate: Option<Vec<u8>>,
    },
    /// The server closes the connection, after an alert with this number or without one.
    Refused(Option<u8>),
    /// The server sends something that is not TLS, and may close the connection.
    NotTls(Vec<u8>),
    /// The server neither answers nor closes the connection in time.
    Silent,
}

impl Reply {
    /// Returns the answer in these bytes. `has_ended` says that no more bytes will arrive. Returns
    /// `None` if more bytes are needed.
    pub(super) fn read(bytes: &[u8], has_ended: bool) -> Option<Self> {
        match bytes {
            [] => has_ended.then_some(Self::Refused(None)),
            // An alert counts as a refusal only if the server then closes the connection.
            [ALERT, 3, _, 0, 2, _, alert, ..] => has_ended.then_some(Self::Refused(Some(*alert))),
            [HANDSHAKE | ALERT, ..] => match agreed(&messages(bytes)) {
                Some(agreed) if has_ended || agreed.is_complete() => Some(agreed),
                _ if has_ended => Some(Self::NotTls(bytes.to_vec())),
                _ => None,
            },
            _ => has_ended.then(|| Self::NotTls(bytes.to_vec())),
        }
    }

    /// Returns true if the answer already contains a certificate, or if the version is TLS 1.3. In
    /// TLS 1.3, all further messages are encrypted.
    fn is_complete(&self) -> bool {
        matches!(self, Self::Agreed { version: super::TLS13, .. } | Self::Agreed { certificate: Some(_), .. })
    }
}

/// Returns the content of all complete handshake records.
fn messages(mut bytes: &[u8]) -> Vec<u8> {
    let mut messages = Vec::new();
    while let [HANDSHAKE, _, _, high, low, rest @ ..] = bytes {
        let Some((content, after)) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low]))) else {
            break;
        };
        messages.extend_from_slice(content);
        bytes = after;
    }
    messages
}

/// Returns the choices in the ServerHello, and the certificate after the ServerHello.
fn agreed(messages: &[u8]) -> Option<Reply> {
    let (hello, rest) = message(messages, SERVER_HELLO)?;
    let (version, rest_of_hello) = (number(hello)?, hello.get(34..)?);
    let (_, chosen) = part(rest_of_hello, 1)?;
    let (suite, compression) = (number(chosen)?, *chosen.get(2)?);
    let extensions = chosen.get(3..).and_then(|rest| part(rest, 2)).map_or(&[][..], |(all, _)| all);
    let version = newer_version(extensions).unwrap_or(version);
    let certificate = message(rest, CERTIFICATE).and_then(|(list, _)| {
        let (first, _) = part(part(list, 3)?.0, 3)?;
        Some(first.to_vec())
    });
    Some(Reply::Agreed { version, suite, compression, certificate })
}

/// Returns the version in the extensions.
fn newer_version(mut extensions: &[u8]) -> Option<u16> {
    while let Some((kind, rest)) = extensions.split_at_checked(2) {
        let (body, after) = part(rest, 2)?;
        if kind == VERSIONS {
            return number(body);
        }
        extensions = after;
    }
    None
}

/// Returns the first message, if it is of this kind, and the bytes that follow the message.
fn message(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    part(rest, 3).filter(|_| *first == kind)
}

fn number(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.first_chunk()?))
}

/// Returns a part that follows its own length, and the bytes after the part. The length has `size` bytes.
fn part(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(size)?;
    rest.split_at_checked(length.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::super::{TLS12, TLS13};
    use super::*;

    /// Returns a record with a ServerHello that has these extensions.
    fn hello(extensions: &[u8]) -> Vec<u8> {
        let end = [&[0, 0xc0, 0x2b, 0, 0, extensions.len() as u8], extensions].concat();
        let body = [&[3, 3], [7; 32].as_slice(), &end].concat();
        let message = [&[2, 0, 0, body.len() as u8], body.as_slice()].concat();
        [&[22, 3, 3, 0, message.len() as u8], message.as_slice()].concat()
    }

    fn version_of(bytes: &[u8]) -> Option<u16> {
        match Reply::read(bytes, true) {
            Some(Reply::Agreed { version, .. }) => Some(version),
            _ => None,
        }
    }

    #[test]
    fn the_tls_version_that_the_server_chose_is_read_from_its_hello() {
        assert_eq!(version_of(&hello(&[])), Some(TLS12));
        assert_eq!(version_of(&hello(&[0, 51, 0, 1, 9, 0, 43, 0, 2, 3, 4])), Some(TLS13));
        assert_eq!(Reply::read(&hello(&[]), false), None, "the certificate is still missing");
    }

    #[test]
    fn the_certificate_is_read_from_the_record_after_the_server_hello() {
        let list = [&[0, 0, 7, 0, 0, 4], b"cert".as_slice()].concat();
        let message = [&[11, 0, 0, list.len() as u8], list.as_slice()].concat();
        let record = [&[22, 3, 3, 0, message.len() as u8], message.as_slice()].concat();
        let Some(Reply::Agreed { suite, certificate, .. }) = Reply::read(&[hello(&[]), record].concat(), false) else {
            panic!("the server agreed");
        };
        assert_eq!((suite, certificate.as_deref()), (0xc02b, Some(b"cert".as_slice())));
    }

    #[test]
    fn a_refusal_is_reported_only_after_the_connection_has_ended() {
        let alert = [21, 3, 3, 0, 2, 2, 70];
        assert_eq!(Reply::read(&alert, false), None);
        assert_eq!(Reply::read(&alert, true), Some(Reply::Refused(Some(70))));
        assert_eq!(Reply::read(b"", true), Some(Reply::Refused(None)));
        assert_eq!(Reply::read(b"HTTP/1.1 400", true), Some(Reply::NotTls(b"HTTP/1.1 400".to_vec())));
        assert_eq!(Reply::read(&hello(&[])[..20], true), Some(Reply::NotTls(hello(&[])[..20].to_vec())));
    }
}
