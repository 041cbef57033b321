//! Cookies, each of which opens or joins a switchboard session once (docs/protocol/sb.md section 2).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use msnp::switchboard::{Cookie, Participant};
use msnp::{Dialect, Handle};
use swallowtail_base::lock;
use swallowtail_base::random;
use tokio::time::Instant;

use crate::presence::Seen;

/// How long a cookie is valid. Public notes say that a client may use a cookie up to two minutes after it was issued.
pub(super) const COOKIE_LIFE: Duration = Duration::from_secs(120);

/// The action that a cookie allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Opening a new session with USR.
    Open,
    /// Joining this session with ANS.
    Join(u32),
}

/// The contents of a cookie. Names and capabilities are those at the time when the cookie was issued, because the
/// switchboard does not look them up again.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The action that the cookie allows.
    pub right: Right,
    /// The account that the cookie was issued to.
    pub who: Participant,
    /// The dialect of the account's client.
    pub dialect: Dialect,
}

impl From<Seen> for Participant {
    fn from(seen: Seen) -> Self {
        let line = seen.line;
        Self { handle: line.handle, name: line.name, capabilities: Some(line.capabilities) }
    }
}

/// The cookies that were issued and not used yet.
#[derive(Default)]
pub struct Cookies {
    issued: Mutex<Issued>,
}

#[derive(Default)]
struct Issued {
    claims: HashMap<String, (Instant, Claims)>,
    /// In the order in which they expire.
    expiring: VecDeque<(Instant, String)>,
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cookies({})", lock(&self.issued).claims.len())
    }
}

impl Cookies {
    /// Issues a cookie.
    pub fn issue(&self, claims: Claims) -> Cookie {
        let now = Instant::now();
        let cookie = random::token();
        let mut issued = lock(&self.issued);
        issued.drop_expired(now);
        issued.claims.insert(cookie.clone(), (now + COOKIE_LIFE, claims));
        issued.expiring.push_back((now + COOKIE_LIFE, cookie.clone()));
        Cookie(cookie)
    }

    /// Returns the contents of a cookie, if it was issued to `handle`. The cookie is invalid afterwards in any case.
    pub fn redeem(&self, cookie: &Cookie, handle: Option<&Handle>) -> Option<Claims> {
        let mut issued = lock(&self.issued);
        issued.drop_expired(Instant::now());
        let (_, claims) = issued.claims.remove(&cookie.0)?;
        (Some(&claims.who.handle) == handle).then_some(claims)
    }

    /// Invalidates all cookies of an account.
    pub fn forget(&self, handle: &Handle) {
        lock(&self.issued).claims.retain(|_, (_, claims)| claims.who.handle != *handle);
    }
}

impl Issued {
    fn drop_expired(&mut self, now: Instant) {
        while let Some((at, cookie)) = self.expiring.front()
            && *at <= now
        {
            self.claims.remove(cookie);
            self.expiring.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use msnp::{Capabilities, DisplayName};

    use super::*;

    fn alice() -> Handle {
        Handle::parse("alice@example.com").unwrap()
    }

    fn claims() -> Claims {
        let name = DisplayName::new("Alice").unwrap();
        let who = Participant { handle: alice(), name, capabilities: Some(Capabilities(0)) };
        Claims { right: Right::Open, who, dialect: Dialect::Msnp12 }
    }

    #[tokio::test]
    async fn a_cookie_works_once_and_only_for_its_account() {
        let cookies = Cookies::default();
        let cookie = cookies.issue(claims());
        assert!(cookies.redeem(&cookie, Some(&alice())).is_some());
        assert!(cookies.redeem(&cookie, Some(&alice())).is_none());
        let cookie = cookies.issue(claims());
        assert!(cookies.redeem(&cookie, Handle::parse("bob@example.com").ok().as_ref()).is_none());
        assert!(cookies.redeem(&cookie, Some(&alice())).is_none(), "invalid after the wrong account has used it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cookie_expires_after_two_minutes_and_is_removed() {
        let cookies = Cookies::default();
        let cookie = cookies.issue(claims());
        tokio::time::advance(COOKIE_LIFE).await;
        assert!(cookies.redeem(&cookie, Some(&alice())).is_none());
        assert_eq!(format!("{cookies:?}"), "Cookies(0)");
    }
}
