//! Tickets: the proof of a sign-in that a client sends to the notification server.
//!
//! A ticket is a signed statement that is not stored anywhere, so signing in writes nothing. It
//! contains the number of the key, the account, the account's password version, the time of issue
//! and the expiry. An HMAC-SHA-256 of these values follows. If the password changes or the account
//! is removed, all tickets of the account become invalid. To detect this, the notification server
//! compares each ticket with the account's row (docs/protocol/security.md section 1, http.md
//! section 1.3).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use msnp::notification::Ticket;
use sha2::Sha256;
use swallowtail_base::utc::Utc;

use crate::database::{Account, AccountId, Store, StoreError};

/// The length of the statement in bytes: key number, account, password version, issue, expiry.
const STATEMENT: usize = 4 + 4 * 8;
/// The length of the signature in bytes.
const SIGNATURE: usize = 32;

/// The lifetime of a ticket (http.md section 2, "Ticket lifetime").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketLife {
    /// One hour, for Passport 1.4. Clients that use Passport 1.4 fetch a new ticket for each
    /// sign-in.
    Passport14,
    /// One day, for RST. Client 7.5 uses the same ticket again when it reconnects.
    Rst,
}

impl TicketLife {
    /// Returns the lifetime in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Passport14 => 3600,
            Self::Rst => 24 * 3600,
        }
    }
}

/// The content of a valid ticket. The ticket is accepted only if the account still exists and still
/// has this password version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The account that the ticket was issued for.
    pub account: AccountId,
    /// The password version of the account at the time of issue.
    pub password_version: i64,
}

/// Issues and checks tickets with the keys of the store.
pub struct Tickets {
    /// The key that signs new tickets.
    newest: Key,
    /// Older keys, which only verify tickets.
    older: Vec<Key>,
}

struct Key {
    id: u32,
    /// The HMAC, initialised with the secret. Each signature is computed with a clone.
    signer: Hmac<Sha256>,
}

impl Tickets {
    /// Reads the keys from the store. The first call for a store creates a key.
    pub async fn open(store: &Store) -> Result<Self, StoreError> {
        let keys = store.server_keys("ticket").await?;
        Self::with_keys(keys).ok_or(StoreError::Malformed("ticket key"))
    }

    /// Creates a `Tickets` from keys and their numbers. The first key must be the newest key.
    /// Returns `None` if the list is empty.
    #[must_use]
    pub fn with_keys(keys: Vec<(u32, Vec<u8>)>) -> Option<Self> {
        let key = |(id, secret): (u32, Vec<u8>)| {
            let signer = Hmac::new_from_slice(&secret).ok()?;
            Some(Key { id, signer })
        };
        let mut keys = keys.into_iter().map(key);
        Some(Self { newest: keys.next()??, older: keys.collect::<Option<_>>()? })
    }

    /// Issues a ticket for this account. The ticket is valid immediately.
    #[must_use]
    pub fn issue(&self, account: &Account, life: TicketLife) -> Ticket {
        let claims = Claims { account: account.id, password_version: account.password_version };
        self.issue_at(claims, life, Utc::now())
    }

    /// Returns the claims of a ticket, if one of the keys signed the ticket and the ticket has not
    /// expired.
    #[must_use]
    pub fn verify(&self, ticket: &Ticket) -> Option<Claims> {
        self.verify_at(ticket, Utc::now())
    }

    /// Issues a ticket like [`Self::issue`], but with `now` as the time of issue.
    #[must_use]
    pub fn issue_at(&self, claims: Claims, life: TicketLife, now: Utc) -> Ticket {
        let mut bytes = Vec::with_capacity(STATEMENT + SIGNATURE);
        bytes.extend(self.newest.id.to_be_bytes());
        for number in [claims.account.0, claims.password_version, now.unix(), now.plus(life.seconds()).unix()] {
            bytes.extend(number.to_be_bytes());
        }
        let signature = self.newest.signer.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(signature);
        // 91 characters of A-Z, a-z, 0-9, - and _ are always a valid ticket.
        Ticket::parse(&URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_else(|| unreachable!("base64 is within the alphabet"))
    }

    fn verify_at(&self, ticket: &Ticket, now: Utc) -> Option<Claims> {
        let bytes = URL_SAFE_NO_PAD.decode(ticket.secret()).ok()?;
        let (statement, signature) = bytes.split_first_chunk::<STATEMENT>()?;
        let (key, numbers) = statement.split_first_chunk::<4>()?;
        let key = u32::from_be_bytes(*key);
        let mut keys = std::iter::once(&self.newest).chain(&self.older);
        let signer = keys.find(|candidate| candidate.id == key)?.signer.clone();
        // `verify_slice` compares in constant time. It refuses a signature of the wrong length.
        signer.chain_update(statement).verify_slice(signature).ok()?;
        let mut numbers = numbers.as_chunks::<8>().0.iter().map(|number| i64::from_be_bytes(*number));
        let (account, password_version) = (numbers.next()?, numbers.next()?);
        let (_issued, expires) = (numbers.next()?, numbers.next()?);
        (now.unix() < expires).then_some(Claims { account: AccountId(account), password_version })
    }
}

/// Shows only the number of keys, because the keys are secret.
impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").field("keys", &(1 + self.older.len())).finish()
    }
}

#[cfg(test)]
mod tests {
    use msnp::{DisplayName, Handle};

    use super::*;
    use crate::accounts::Accounts;

    const CLAIMS: Claims = Claims { account: AccountId(2), password_version: 7 };

    fn tickets(keys: &[(u32, u8)]) -> Tickets {
        let keys = keys.iter().map(|&(id, byte)| (id, vec![byte; 32]));
        Tickets::with_keys(keys.collect()).unwrap()
    }

    fn at(seconds: i64) -> Utc {
        Utc::from_unix(1_132_636_200 + seconds)
    }

    #[test]
    fn a_ticket_is_valid_until_it_expires() {
        let tickets = tickets(&[(1, 1)]);
        for (life, seconds) in [(TicketLife::Passport14, 3600), (TicketLife::Rst, 86_400)] {
            let ticket = tickets.issue_at(CLAIMS, life, at(0));
            assert_eq!(tickets.verify_at(&ticket, at(0)), Some(CLAIMS));
            assert_eq!(tickets.verify_at(&ticket, at(seconds - 1)), Some(CLAIMS));
            assert_eq!(tickets.verify_at(&ticket, at(seconds)), None);
        }
    }

    #[test]
    fn a_ticket_consists_of_91_characters_of_the_ticket_alphabet() {
        let ticket = tickets(&[(1, 1)]).issue_at(CLAIMS, TicketLife::Rst, at(0));
        assert_eq!(ticket.secret().len(), 91);
        assert_eq!(Ticket::parse(&format!("t={}&p=", ticket.secret())), Some(ticket));
    }

    #[test]
    fn a_ticket_that_was_changed_or_shortened_or_invented_is_invalid() {
        let tickets = tickets(&[(1, 1)]);
        let valid = tickets.issue_at(CLAIMS, TicketLife::Rst, at(0)).secret().to_owned();
        for index in 0..valid.len() {
            let mut bytes = valid.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let forged = Ticket::parse(&String::from_utf8(bytes).unwrap()).unwrap();
            assert_eq!(tickets.verify_at(&forged, at(0)), None, "changed at {index}");
        }
        for length in 1..valid.len() {
            let cut = Ticket::parse(&valid[..length]).unwrap();
            assert_eq!(tickets.verify_at(&cut, at(0)), None, "cut to {length}");
        }
        for other in ["x", "!!!", &format!("{valid}AAAA"), &"A".repeat(91)] {
            assert_eq!(tickets.verify_at(&Ticket::parse(other).unwrap(), at(0)), None);
        }
    }

    #[test]
    fn each_ticket_is_verified_with_the_key_that_signed_it_and_older_keys_stay_valid() {
        let old = tickets(&[(1, 1)]).issue_at(CLAIMS, TicketLife::Rst, at(0));
        assert_eq!(tickets(&[(2, 2), (1, 1)]).verify_at(&old, at(0)), Some(CLAIMS));
        assert_eq!(tickets(&[(1, 2)]).verify_at(&old, at(0)), None);
        assert_eq!(tickets(&[(2, 1)]).verify_at(&old, at(0)), None);
    }

    #[tokio::test]
    async fn a_ticket_that_was_issued_before_a_password_change_contains_the_older_password_version() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let accounts = Accounts::new(store.clone());
        let handle = Handle::parse("alice@example.com").unwrap();
        let name = DisplayName::from(&handle);
        accounts.create(handle.clone(), name, "one").await.unwrap();
        let tickets = Tickets::open(&store).await.unwrap();
        let account = store.account(&handle).await.unwrap().unwrap();
        let ticket = tickets.issue(&account, TicketLife::Passport14);

        accounts.set_password(&handle, "two").await.unwrap();
        let account = store.account(&handle).await.unwrap().unwrap();
        // A second `open`, as after a restart, reads the same key.
        let claims = Tickets::open(&store).await.unwrap().verify(&ticket).unwrap();
        assert_eq!(claims.account, account.id);
        assert_ne!(claims.password_version, account.password_version);
    }

    #[test]
    fn debug_output_never_shows_a_key() {
        assert_eq!(format!("{:?}", tickets(&[(1, 77)])), "Tickets { keys: 1 }");
    }
}
