//! Checks whether passwords are valid, and hashes them with argon2id. A hash is stored as a PHC string
//! (docs/protocol/security.md section 2).

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};
use thiserror::Error;

pub use super::workspace::{HashError, Workspace};

/// The maximum length of a password, in bytes of UTF-8. Longer passwords are refused, never truncated.
pub const MAX_PASSWORD: usize = 256;

/// The maximum number of characters in the sign-in boxes of some old clients (docs/protocol/http.md section 1.2).
pub const OLD_BOXES: usize = 16;

/// The memory for one hash, in KiB. Together with [`PASSES`] and [`LANES`], this is the minimum that OWASP recommends.
pub const MEMORY_KIB: u32 = 19_456;
/// The number of passes over the memory for one hash.
pub const PASSES: u32 = 2;
/// The number of lanes: one, because a hash runs on one thread of the pool.
pub const LANES: u32 = 1;

/// The maximum memory (in KiB), number of passes and number of lanes of an imported hash. They are
/// limited because each sign-in to the account repeats the work of the hash.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// The stored hash of an account without a password. It is not a PHC string, so no password matches it.
pub const NO_PASSWORD: &str = "*";

/// The prefix that distinguishes a stored hash from a password.
const STORED_PREFIX: &str = "$argon2id$";
/// Prefixes of password hashes from other systems. If the server treated such a hash as a password,
/// the user could not sign in with the real password.
const FOREIGN_PREFIXES: [&str; 9] = ["$argon2d$", "$argon2i$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$pbkdf2"];

/// The reason why a text is not a valid password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadPassword {
    /// The password is empty.
    #[error("the password is empty")]
    Empty,
    /// The password is longer than [`MAX_PASSWORD`] bytes.
    #[error("the password is longer than {MAX_PASSWORD} bytes")]
    TooLong,
}

/// The reason why some clients may be unable to sign in with a valid password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Caveat {
    /// The password has more than [`OLD_BOXES`] characters.
    #[error("The password has more than {OLD_BOXES} characters. The sign-in boxes of some old clients accept no more.")]
    Long,
    /// The password has characters outside of ASCII.
    #[error(
        "The password has characters other than unaccented letters, digits and common punctuation. Some clients send \
         such characters in a different form, so that the sign-in fails."
    )]
    NotAscii,
}

/// The reason why a stored hash cannot be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadHash {
    /// The text is not a PHC string of argon2id with a salt and a hash.
    #[error("the password hash is not a complete $argon2id$ string")]
    Malformed,
    /// The parameters of the hash would make a sign-in too expensive.
    #[error(
        "the password hash asks for more than {MAX_MEMORY_KIB} KiB of memory, {MAX_PASSES} passes or {MAX_LANES} lanes"
    )]
    TooCostly,
    /// The text is a password hash, but not an argon2id hash.
    #[error("the password looks like a hash of a kind other than $argon2id$")]
    Foreign,
}

/// Checks whether a text is a valid password.
pub fn check(password: &str) -> Result<(), BadPassword> {
    match password.len() {
        0 => Err(BadPassword::Empty),
        1..=MAX_PASSWORD => Ok(()),
        _ => Err(BadPassword::TooLong),
    }
}

/// Returns the reasons why some clients may be unable to sign in with a password.
#[must_use]
pub fn caveats(password: &str) -> Vec<Caveat> {
    let long = (password.chars().count() > OLD_BOXES).then_some(Caveat::Long);
    let not_ascii = (!password.is_ascii()).then_some(Caveat::NotAscii);
    long.into_iter().chain(not_ascii).collect()
}

/// Hashes a password with a new random salt. This takes tens of milliseconds, so never call it on a thread that serves
/// sockets.
pub fn hash(password: &str) -> Result<String, HashError> {
    Workspace::new().hash(password)
}

impl Workspace {
    /// Hashes a password with a new random salt, as [`hash`] does.
    pub fn hash(&mut self, password: &str) -> Result<String, HashError> {
        let mut salt = [0; Salt::RECOMMENDED_LENGTH];
        getrandom::fill(&mut salt).map_err(|_| HashError)?;
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        let hasher = hasher();
        let blocks = self.blocks(PARAMS.block_count())?;
        hasher.hash_password_into_with_memory(password.as_bytes(), &salt, &mut out, blocks).map_err(|_| HashError)?;
        let hash = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: hasher.params().try_into().map_err(|_| HashError)?,
            salt: Some(Salt::new(&salt).map_err(|_| HashError)?),
            hash: Some(Output::new(&out).map_err(|_| HashError)?),
        };
        Ok(hash.to_string())
    }

    /// Returns whether `stored` is a hash of the password. This takes as long as [`hash`]. If
    /// `stored` is `None` or cannot be read, returns `false` after the same amount of work
    /// (security.md section 2).
    ///
    /// # Errors
    /// Fails if there is no memory.
    pub fn verify(&mut self, password: &str, stored: Option<&str>) -> Result<bool, HashError> {
        let Some(stored) = stored.and_then(|text| PasswordHash::new(text).ok()) else {
            let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
            let blocks = self.blocks(PARAMS.block_count())?;
            let done =
                hasher().hash_password_into_with_memory(password.as_bytes(), b"nobody's salt...", &mut out, blocks);
            // The compiler must not optimise the work away.
            let _ = std::hint::black_box((done.is_ok(), out));
            return Ok(false);
        };
        let is_correct = self.output(password, &stored)?.is_some_and(|output| Some(output) == stored.hash);
        // An imported hash can need far more memory than a hash with the current parameters.
        if self.len() > PARAMS.block_count() {
            self.release();
        }
        Ok(is_correct)
    }

    /// Hashes the password with the parameters and the salt of `stored`. Returns `None` if the
    /// parameters of `stored` are not valid.
    fn output(&mut self, password: &str, stored: &PasswordHash) -> Result<Option<Output>, HashError> {
        let algorithm = Algorithm::try_from(stored.algorithm.as_str());
        let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from);
        let (Ok(algorithm), Ok(version), Ok(params), Some(salt)) =
            (algorithm, version, Params::try_from(stored), stored.salt)
        else {
            return Ok(None);
        };
        let mut out = [0; Output::MAX_LENGTH];
        let Some(out) = out.get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)) else {
            return Ok(None);
        };
        let blocks = self.blocks(params.block_count())?;
        let hasher = Argon2::new(algorithm, version, params);
        let done = hasher.hash_password_into_with_memory(password.as_bytes(), &salt, out, blocks);
        Ok(done.ok().and_then(|()| Output::new(out).ok()))
    }
}

/// Returns whether a stored hash is cheaper to attack than a hash with the current parameters.
#[must_use]
pub fn is_weak(stored: &str) -> bool {
    let parsed = PasswordHash::new(stored).ok();
    let params = parsed.as_ref().and_then(|hash| Params::try_from(hash).ok());
    let (Some(hash), Some(params)) = (parsed, params) else {
        return true;
    };
    let current = hash.version.is_some_and(|version| version == u32::from(Version::V0x13));
    !current || params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES
}

/// Returns whether a text is a stored hash and not a password.
///
/// # Errors
/// Fails if the text is a hash that cannot be imported.
pub fn is_stored(text: &str) -> Result<bool, BadHash> {
    if FOREIGN_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
        return Err(BadHash::Foreign);
    }
    if !text.starts_with(STORED_PREFIX) {
        return Ok(false);
    }
    let hash = PasswordHash::new(text).map_err(|_| BadHash::Malformed)?;
    let complete = hash.algorithm.as_str() == ARGON2ID_IDENT.as_str() && hash.salt.is_some() && hash.hash.is_some();
    let params = Params::try_from(&hash).map_err(|_| BadHash::Malformed)?;
    if !complete {
        return Err(BadHash::Malformed);
    }
    let costly = params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES || params.p_cost() > MAX_LANES;
    if costly { Err(BadHash::TooCostly) } else { Ok(true) }
}

const PARAMS: Params = match Params::new(MEMORY_KIB, PASSES, LANES, None) {
    Ok(params) => params,
    // The panic can happen only at compile time.
    Err(_) => panic!("invalid argon2 parameters"),
};

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS)
}

#[cfg(test)]
pub(super) mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    /// Hashes `password` with argon2id, 4 MiB and one pass.
    pub(in crate::accounts) fn weak(password: &str) -> String {
        let params = Params::new(4096, 1, 1, None).unwrap();
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        hasher.hash_password(password.as_bytes()).unwrap().to_string()
    }

    fn verify(password: &str, stored: Option<&str>) -> bool {
        Workspace::new().verify(password, stored).unwrap()
    }

    #[test]
    fn a_new_hash_has_the_current_parameters() {
        let hash = hash("s3cr,t &%").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("s3cr,t &%", Some(&hash)));
        assert!(!verify("s3cr,t &", Some(&hash)));
        assert!(!is_weak(&hash));
    }

    #[test]
    fn hashes_in_one_workspace_are_independent_of_each_other() {
        let mut workspace = Workspace::new();
        let hashes = ["one", "two", "one"].map(|password| workspace.hash(password).unwrap());
        assert!(hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hashes[0]);
        for (password, hash) in ["one", "two", "one"].iter().zip(&hashes) {
            assert!(verify(password, Some(hash)));
        }
        assert!(!verify("one", Some(&hashes[1])));
        assert_ne!(hashes[0], hashes[2], "each hash has its own salt");
    }

    #[test]
    fn a_workspace_allocates_memory_with_the_first_password_and_frees_it_after_a_very_large_hash() {
        let params = Params::new(MEMORY_KIB * 2, 1, 1, None).unwrap();
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let large = hasher.hash_password(b"one").unwrap().to_string();
        let mut workspace = Workspace::new();
        assert_eq!(workspace.len(), 0);
        let usual = workspace.hash("one").unwrap();
        assert_eq!(workspace.len(), PARAMS.block_count());
        for (stored, kept) in [(&usual, PARAMS.block_count()), (&weak("one"), PARAMS.block_count()), (&large, 0)] {
            assert!(workspace.verify("one", Some(stored)).unwrap());
            assert!(!workspace.verify("two", Some(stored)).unwrap());
            assert_eq!(workspace.len(), kept, "{stored}");
        }
    }

    #[test]
    fn every_password_is_rejected_if_the_stored_hash_cannot_be_read() {
        assert!(!verify("x", None));
        assert!(!verify(NO_PASSWORD, Some(NO_PASSWORD)) && !verify("", Some(NO_PASSWORD)));
        assert!(!verify("x", Some("plain text")));
        assert!(!verify("x", Some("$argon2id$v=19$m=19456,t=2,p=1")));
    }

    #[test]
    fn a_hash_that_was_made_with_less_memory_or_fewer_passes_than_new_hashes_counts_as_weak() {
        assert!(is_weak(&weak("x")));
        assert!(is_weak("not a hash"));
    }

    #[test]
    fn a_password_is_1_to_256_bytes() {
        assert_eq!(check(""), Err(BadPassword::Empty));
        assert_eq!(check(&"é".repeat(128)), Ok(()));
        assert_eq!(check(&"é".repeat(129)), Err(BadPassword::TooLong));
    }

    #[test]
    fn long_passwords_and_passwords_with_non_ascii_characters_have_caveats() {
        let table = [
            ("0123456789abcdef", vec![]),
            ("s3cr,t &%", vec![]),
            ("0123456789abcdefg", vec![Caveat::Long]),
            ("geh\u{e9}im", vec![Caveat::NotAscii]),
            (&"\u{e9}".repeat(16), vec![Caveat::NotAscii]),
            (&"\u{e9}".repeat(17), vec![Caveat::Long, Caveat::NotAscii]),
        ];
        for (password, expected) in table {
            assert_eq!(caveats(password), expected, "{password}");
        }
    }

    #[test]
    fn an_invalid_hash_is_refused_and_a_stored_hash_is_distinguished_from_a_password() {
        let salted = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaasHEQWQ2X9nT3RPM";
        let table = [
            ("password", Ok(false)),
            ("$money$", Ok(false)),
            (salted, Ok(true)),
            ("$argon2id$", Err(BadHash::Malformed)),
            ("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ", Err(BadHash::Malformed)),
            (&salted.replace("65536", "1048576"), Err(BadHash::TooCostly)),
            (&salted.replace("2id", "2i"), Err(BadHash::Foreign)),
            ("$2b$12$abcdefghijklmnopqrstuv", Err(BadHash::Foreign)),
        ];
        for (text, expected) in table {
            assert_eq!(is_stored(text), expected, "{text}");
        }
    }
}
