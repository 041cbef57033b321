//! The ClientHello, with which a client begins TLS.

use super::{TLS10, TLS12, TLS13};

/// The method of compression that TLS 1.2 still allows, and that made it vulnerable.
pub const DEFLATE: u8 = 1;
/// The curves of modern clients: X25519 and P-256.
const GROUPS: [u16; 2] = [0x001d, 0x0017];
/// The signatures of modern clients: ECDSA, RSA-PSS and RSA, each with SHA-256.
const SIGNATURES: [u16; 3] = [0x0403, 0x0804, 0x0401];
/// The suites of TLS 1.3, and those of TLS 1.2 with forward secrecy and authenticated encryption.
const SUITES: [u16; 7] = [0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc02f];
/// The name that the client asks for. The certificate that the server's own root has signed
/// contains this name.
const NAME: &str = "login.live.com";
/// A public key for X25519. Any 32 bytes are valid.
const KEY: [u8; 32] = [9; 32];

/// A ClientHello (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The newest version that the client supports, up to TLS 1.2.
    pub version: u16,
    /// The cipher suites, in the order of preference.
    pub suites: Vec<u16>,
    /// The curves that the client supports.
    pub groups: Vec<u16>,
    /// The signatures that the client can check.
    pub signatures: Vec<u16>,
    /// All versions that the client offers. Empty for a client that does not know TLS 1.3.
    pub versions: Vec<u16>,
    /// The methods of compression that the client offers. It also offers to use no compression.
    pub compression: Vec<u8>,
    /// The random bytes of the hello.
    pub random: [u8; 32],
}

impl Hello {
    /// Creates the hello of a client whose newest version is `version`, with the suites of modern
    /// clients.
    #[must_use]
    pub fn new(version: u16) -> Self {
        Self {
            version: version.min(TLS12),
            suites: SUITES.to_vec(),
            groups: GROUPS.to_vec(),
            signatures: SIGNATURES.to_vec(),
            versions: if version == TLS13 { vec![TLS13, TLS12] } else { Vec::new() },
            compression: Vec::new(),
            random: [7; 32],
        }
    }

    /// Replaces the suites.
    #[must_use]
    pub fn with_suites(self, suites: &[u16]) -> Self {
        Self { suites: suites.to_vec(), ..self }
    }

    /// Returns the bytes of the hello.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let body = [
            &self.version.to_be_bytes(),
            self.random.as_slice(),
            &[0],
            &long(&numbers(&self.suites)),
            &short(&[self.compression.as_slice(), &[0]].concat()),
            &self.extensions(),
        ]
        .concat();
        let message = [&[1, 0], long(&body).as_slice()].concat();
        let record = self.version.min(TLS10).to_be_bytes();
        [&[22], record.as_slice(), &long(&message)].concat()
    }

    /// Returns the extensions. Clients of old versions send none.
    fn extensions(&self) -> Vec<u8> {
        if self.version < TLS12 && self.versions.is_empty() {
            return Vec::new();
        }
        let name = [&[0], long(NAME.as_bytes()).as_slice()].concat();
        let mut all = vec![
            (0, long(&name)),
            (10, long(&numbers(&self.groups))),
            (11, short(&[0])),
            (13, long(&numbers(&self.signatures))),
        ];
        if !self.versions.is_empty() {
            let share = [&GROUPS[0].to_be_bytes(), long(&KEY).as_slice()].concat();
            all.push((43, short(&numbers(&self.versions))));
            all.push((51, long(&share)));
        }
        let parts = all.iter().flat_map(|(kind, body)| [numbers(&[*kind]), long(body)].concat());
        long(&parts.collect::<Vec<_>>())
    }
}

/// Returns a hello in the format of SSL 2.0, in which the client also offers SSL 3.0.
#[must_use]
pub fn ssl2_hello() -> Vec<u8> {
    let suites = [1, 0, 0x80, 3, 0, 0x80, 0, 0, 4, 0, 0, 10];
    let lengths = [0, suites.len() as u8, 0, 0, 0, 16];
    let body = [&[1, 3, 0], lengths.as_slice(), &suites, &[7; 16]].concat();
    [&[0x80, body.len() as u8], body.as_slice()].concat()
}

fn numbers(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// Returns one byte that contains the length of `bytes`, and then `bytes`.
fn short(bytes: &[u8]) -> Vec<u8> {
    [&[bytes.len() as u8], bytes].concat()
}

/// Returns two bytes that contain the length of `bytes`, and then `bytes`.
fn long(bytes: &[u8]) -> Vec<u8> {
    [(bytes.len() as u16).to_be_bytes().as_slice(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::super::{SSL3, TLS11};
    use super::*;

    #[test]
    fn the_length_fields_of_a_hello_match_the_lengths_of_its_parts() {
        for version in [SSL3, TLS10, TLS11, TLS12, TLS13] {
            let bytes = Hello::new(version).bytes();
            let length = |at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
            assert_eq!((bytes.len(), bytes.len()), (5 + length(3), 9 + length(7)), "{version:#x}");
            assert_eq!(bytes[1..3], version.min(TLS10).to_be_bytes());
            assert_eq!(bytes[9..11], version.min(TLS12).to_be_bytes());
        }
        let old = Hello::new(TLS10).bytes();
        assert_eq!(old[old.len() - 2..], [1, 0], "no compression, and nothing after it");
        let ssl2 = ssl2_hello();
        assert_eq!(ssl2.len(), 2 + usize::from(ssl2[1]));
    }
}
