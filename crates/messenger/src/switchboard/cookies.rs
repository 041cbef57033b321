//! Cookies, each of which opens or joins a switchboard session once (docs/protocol/sb.md section 2).

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use msnp::switchboard::{Cookie, Participant};
use msnp::{Dialect, Handle};
use swallowtail_base::{lock, random, shrink_sparse};
use tokio::time::Instant;

use crate::presence::Seen;

/// The time for which a cookie is valid. Public notes say that a client may use a cookie up to two minutes after it was
/// issued.
pub(super) const COOKIE_LIFE: Duration = Duration::from_secs(120);
/// The maximum number of unused cookies for new sessions that an account may have. By default, an
/// account with rate limits receives at most 60 cookies in a minute, and each cookie is valid for
/// two minutes, so the account has no more than 120 anyway. For accounts without rate limits, this
/// constant limits the memory for cookies.
pub(crate) const MAX_UNUSED: usize = 120;

/// The action that a cookie allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Opening a new session with USR.
    Open,
    /// Joining this session with ANS.
    Join(u32),
}

/// The contents of a cookie. The name and the capabilities are those at the time when the cookie
/// was issued, because the switchboard does not look them up again.
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

/// The cookies that were issued and not used yet. A cookie that is used, invalidated or expired
/// takes no memory.
#[derive(Default)]
pub struct Cookies {
    issued: Mutex<Issued>,
}

/// The issued cookies. The other maps find a cookie by its text or by its session, and count the
/// cookies of each account.
#[derive(Default)]
struct Issued {
    /// The number of the next cookie.
    next: u64,
    /// The cookies by number. Cookies are numbered in the order in which they were issued, so the
    /// first cookie in this map expires first.
    cookies: BTreeMap<u64, Issue>,
    numbers: HashMap<Arc<str>, u64>,
    /// The number of cookies for new sessions that each account has.
    unused: HashMap<Handle, usize>,
    /// The cookies that join each session.
    joining: HashMap<u32, Vec<u64>>,
}

struct Issue {
    cookie: Arc<str>,
    until: Instant,
    claims: Claims,
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cookies({})", lock(&self.issued).cookies.len())
    }
}

impl Cookies {
    /// Issues a cookie.
    pub fn issue(&self, claims: Claims) -> Cookie {
        let now = Instant::now();
        let cookie = random::token();
        let mut issued = lock(&self.issued);
        issued.drop_expired(now);
        issued.add(Issue { cookie: cookie.as_str().into(), until: now + COOKIE_LIFE, claims });
        Cookie(cookie)
    }

    /// Returns the contents of a cookie, if it was issued to `handle`. The cookie is invalid afterwards in any case.
    pub fn redeem(&self, cookie: &Cookie, handle: Option<&Handle>) -> Option<Claims> {
        let mut issued = lock(&self.issued);
        issued.drop_expired(Instant::now());
        let number = *issued.numbers.get(cookie.0.as_str())?;
        let claims = issued.remove(number)?;
        (Some(&claims.who.handle) == handle).then_some(claims)
    }

    /// Returns how many cookies for new sessions an account has not used yet.
    pub fn unused_by(&self, handle: &Handle) -> usize {
        let mut issued = lock(&self.issued);
        issued.drop_expired(Instant::now());
        issued.unused.get(handle).copied().unwrap_or(0)
    }

    /// Invalidates all cookies of an account.
    pub fn forget(&self, handle: &Handle) {
        let mut issued = lock(&self.issued);
        let of_account = issued.cookies.iter().filter(|(_, issue)| issue.claims.who.handle == *handle);
        let numbers: Vec<_> = of_account.map(|(number, _)| *number).collect();
        for number in numbers {
            issued.remove(number);
        }
    }

    /// Invalidates the cookies that join a session, because the session has ended.
    pub(super) fn forget_session(&self, session: u32) {
        let mut issued = lock(&self.issued);
        for number in issued.joining.remove(&session).unwrap_or_default() {
            issued.remove(number);
        }
    }
}

impl Issued {
    fn add(&mut self, issue: Issue) {
        let number = self.next;
        self.next += 1;
        match issue.claims.right {
            Right::Open => *self.unused.entry(issue.claims.who.handle.clone()).or_default() += 1,
            Right::Join(session) => self.joining.entry(session).or_default().push(number),
        }
        self.numbers.insert(issue.cookie.clone(), number);
        self.cookies.insert(number, issue);
    }

    fn remove(&mut self, number: u64) -> Option<Claims> {
        let Issue { cookie, claims, .. } = self.cookies.remove(&number)?;
        self.numbers.remove(&cookie);
        shrink_sparse(&mut self.numbers);
        match claims.right {
            Right::Open => self.count_use(&claims.who.handle),
            Right::Join(session) => self.forget_invitation(session, number),
        }
        Some(claims)
    }

    fn count_use(&mut self, handle: &Handle) {
        let Some(unused) = self.unused.get_mut(handle) else { return };
        *unused = unused.saturating_sub(1);
        if *unused == 0 {
            self.unused.remove(handle);
            shrink_sparse(&mut self.unused);
        }
    }

    fn forget_invitation(&mut self, session: u32, number: u64) {
        let Some(numbers) = self.joining.get_mut(&session) else { return };
        // This search is short. `numbers` has one entry for each open invitation to the session,
        // and a session has at most as many open invitations as it may have members.
        numbers.retain(|other| *other != number);
        if numbers.is_empty() {
            self.joining.remove(&session);
            shrink_sparse(&mut self.joining);
        }
    }

    fn drop_expired(&mut self, now: Instant) {
        while let Some((&number, issue)) = self.cookies.first_key_value()
            && issue.until <= now
        {
            self.remove(number);
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

    fn claims(right: Right) -> Claims {
        let name = DisplayName::new("Alice").unwrap();
        let who = Participant { handle: alice(), name, capabilities: Some(Capabilities(0)) };
        Claims { right, who, dialect: Dialect::Msnp12 }
    }

    #[tokio::test]
    async fn a_cookie_works_once_and_only_for_its_account() {
        let cookies = Cookies::default();
        let cookie = cookies.issue(claims(Right::Open));
        assert!(cookies.redeem(&cookie, Some(&alice())).is_some());
        assert!(cookies.redeem(&cookie, Some(&alice())).is_none());
        let cookie = cookies.issue(claims(Right::Open));
        assert!(cookies.redeem(&cookie, Handle::parse("bob@example.com").ok().as_ref()).is_none());
        assert!(cookies.redeem(&cookie, Some(&alice())).is_none(), "invalid after the wrong account has used it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cookie_expires_after_two_minutes_and_is_removed() {
        let cookies = Cookies::default();
        let cookie = cookies.issue(claims(Right::Open));
        assert_eq!(cookies.unused_by(&alice()), 1);
        tokio::time::advance(COOKIE_LIFE).await;
        assert_eq!(cookies.unused_by(&alice()), 0);
        assert!(cookies.redeem(&cookie, Some(&alice())).is_none());
        assert_empty(&cookies);
    }

    #[tokio::test]
    async fn a_used_or_forgotten_cookie_leaves_nothing_in_memory() {
        let cookies = Cookies::default();
        for right in [Right::Open, Right::Join(7)] {
            let cookie = cookies.issue(claims(right));
            cookies.redeem(&cookie, Some(&alice()));
            assert_empty(&cookies);
            cookies.issue(claims(right));
            cookies.forget(&alice());
            assert_empty(&cookies);
        }
    }

    #[tokio::test]
    async fn invitations_to_a_session_become_invalid_when_the_session_ends() {
        let cookies = Cookies::default();
        let [first, second, other] = [7, 7, 8].map(|session| cookies.issue(claims(Right::Join(session))));
        cookies.forget_session(7);
        assert!(cookies.redeem(&first, Some(&alice())).is_none());
        assert!(cookies.redeem(&second, Some(&alice())).is_none());
        assert!(cookies.redeem(&other, Some(&alice())).is_some());
        assert_empty(&cookies);
    }

    fn assert_empty(cookies: &Cookies) {
        let issued = lock(&cookies.issued);
        let lengths = [issued.cookies.len(), issued.numbers.len(), issued.unused.len(), issued.joining.len()];
        assert_eq!(lengths, [0; 4]);
    }
}
