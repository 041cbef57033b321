//! CHL and QRY: the challenge of a server and the answer of a client (docs/protocol/challenge.md).
//!
//! A server calls [`answer`] and compares the result with the client's answer. A client calls [`answer`] and sends the
//! result. The keys are public, so a correct answer proves only that the client is alive and knows the protocol.

use md5::{Digest, Md5};

/// The published product ids and their keys (challenge.md, last table).
const PRODUCT_KEYS: &[(&str, &str)] = &[
    ("msmsgs@msnmsgr.com", "Q1P7W2E4J9R8U3S5"),
    ("PROD0038W!61ZTF9", "VT6PX?UQTM4WM%YR"),
    ("PROD0058#7IL2{QD", "QHDCY@7R1TB6W?5B"),
    ("PROD0061VRRZH@4F", "JXQ6J@TUOGYV@N0M"),
    ("PROD00504RLUG%WL", "I2EBK%PYNLZL5_J4"),
    ("PROD0076ENE8*@AW", "CEQJ8}OE0!WTSWII"),
    ("PROD0090YUAUV{2B", "YMM8C_H7KCQ2S_KL"),
    ("PROD0101{0RM?UBW", "CFHUR$52U_{VIX5T"),
    ("PROD01065C%ZFN6F", "O4BG@C7BWLYQX?5G"),
    ("PROD0112J1LW7%NB", "RH96F{PHI8PPX_TJ"),
    ("PROD0113H11T8$X_", "RG@XY*28Q5QHS%Q5"),
    ("PROD0114ES4Z%Q5W", "PK}_A_0N_K%O?A9S"),
    ("PROD0118R6%2WYOS", "YIXPX@5I2P0UT*LK"),
    ("PROD0119GSJUC$18", "ILTXC!4IXB5FB*PX"),
    ("PROD0120PW!CCV9@", "C1BX{V4W}Q3*10SM"),
];

/// The product id of client 7.5. This project's own clients use it, because they have no product id.
pub const DEFAULT_PRODUCT_ID: &str = "PROD0090YUAUV{2B";

/// The algorithm that a dialect uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The algorithm of MSNP6 to MSNP10: only an MD5 hash.
    Old,
    /// The algorithm of MSNP11 and later: the MD5 hash, mixed with a 64-bit hash.
    New,
}

/// Returns the 32 lower-case hex digits that answer `challenge` for `product_id`, or `None` if the product id has no
/// known key.
#[must_use]
pub fn answer(algorithm: Algorithm, challenge: &str, product_id: &str) -> Option<String> {
    let (_, key) = PRODUCT_KEYS.iter().find(|(id, _)| *id == product_id)?;
    let digest: [u8; 16] = Md5::new().chain_update(challenge).chain_update(key).finalize().into();
    Some(match algorithm {
        Algorithm::Old => hex(&digest),
        Algorithm::New => hex(&mix(digest, challenge, product_id)),
    })
}

/// Carries out steps 1 to 5 of challenge.md, "New algorithm".
fn mix(digest: [u8; 16], challenge: &str, product_id: &str) -> [u8; 16] {
    const P: u64 = 0x7FFF_FFFF;
    const C: u64 = 0x0E79_A9C1;
    let h = le_words(&digest);
    let a: Vec<u64> = h.iter().map(|word| word & P).collect();

    let mut text = format!("{challenge}{product_id}").into_bytes();
    text.resize(text.len().next_multiple_of(8), b'0');
    let (mut high, mut low) = (0u64, 0u64);
    for pair in le_words(&text).chunks_exact(2) {
        let t = (a[0] * ((pair[0] * C) % P + high) + a[1]) % P;
        high = (a[2] * ((pair[1] + t) % P) + a[3]) % P;
        low += high + t;
    }
    high = (high + a[1]) % P;
    low = (low + a[3]) % P;

    // This code uses the unmasked words. The loop above uses the masked words. challenge.md warns
    // against mixing them up.
    let mut out = [0; 16];
    for (index, part) in out.chunks_exact_mut(4).enumerate() {
        let word = h[index] ^ if index % 2 == 0 { high } else { low };
        part.copy_from_slice(&word.to_le_bytes()[..4]);
    }
    out
}

fn le_words(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks_exact(4).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// challenge.md, "Test vectors".
    const VECTORS: &[(Algorithm, &str, &str, &str)] = &[
        (Algorithm::New, "22210219642164014968", "PROD0090YUAUV{2B", "85ecb0db8f32113df79ce0892b9a102c"),
        (Algorithm::New, "15570131571988941333", "PROD0090YUAUV{2B", "d8d8cb2c2043a603d8286a3343143ee1"),
        (Algorithm::New, "31415926535897932384", "PROD0090YUAUV{2B", "2f5f91179323d5e12e293cea426147c5"),
        (Algorithm::New, "22210219642164014968", "PROD0101{0RM?UBW", "64812169fe9717715f03c678fa4ab938"),
        (Algorithm::New, "15570131571988941333", "PROD0101{0RM?UBW", "a2bcaf5dec2e7407282d443a8e38abd8"),
        (Algorithm::New, "31415926535897932384", "PROD0101{0RM?UBW", "99e7c2019123e74dc52c187fe04c6f17"),
        (Algorithm::Old, "11111111111111111111", "msmsgs@msnmsgr.com", "3b6666b60157322b6fc6e41a115968f5"),
        (Algorithm::Old, "12345678901234567890", "msmsgs@msnmsgr.com", "8ba1bb9d6dbf624fee31a2053af5fdd0"),
        (Algorithm::Old, "22299241447072743325", "msmsgs@msnmsgr.com", "20dba7e6e9817826b9cd5240cc8add99"),
        (Algorithm::Old, "15570131571988941333", "msmsgs@msnmsgr.com", "8f2f5a91b72102cd28355e9fc9000d6e"),
        (Algorithm::Old, "15570131571988941333", "PROD0038W!61ZTF9", "ca90e6a7c94a14aae7b3ae0f6018433e"),
        (Algorithm::Old, "31415926535897932384", "PROD0038W!61ZTF9", "2efdb324e2b8aa69f1a0c4675da1aae7"),
    ];

    #[test]
    fn the_answers_to_challenges_match_the_published_test_vectors() {
        for (algorithm, challenge, product, expected) in VECTORS {
            assert_eq!(answer(*algorithm, challenge, product).as_deref(), Some(*expected), "{challenge} {product}");
        }
    }

    #[test]
    fn a_challenge_for_a_product_without_a_known_key_has_no_answer() {
        assert_eq!(answer(Algorithm::New, "15570131571988941333", "PROD00517IFH4@RV"), None);
    }
}
