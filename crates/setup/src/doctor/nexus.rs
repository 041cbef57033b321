//! Checks the nexus, which sends the address of the login page to clients 5.0 to 7.0
//! (docs/protocol/http.md section 1.1). Also checks the server's clock, because the answer of the
//! nexus contains the time.

use std::time::UNIX_EPOCH;

use swallowtail_base::clock::unix_seconds;
use swallowtail_base::utc::Utc;

use super::ask::{Answer, ask};
use super::codes;
use super::finding::{Finding, Learnt, bounded};
use super::found::Nexus;
use super::route::Route;
use super::spelling::Spelling;

/// The largest allowed difference between the server's clock and the local clock, in seconds. With
/// a larger difference, a client or a server judges tickets and certificates by a wrong time.
const MAX_SECONDS_APART: u64 = 5 * 60;
const WRONG_PLACE: &str =
    "check that the port belongs to listen.http or listen.https, or to a proxy that forwards all paths to one of them";

/// Asks the nexus for the address of the login page.
pub(super) async fn examine(route: &Result<Route<'_>, &'static str>, spelling: &mut Spelling) -> Learnt<Nexus> {
    let route = match route {
        Ok(route) => route,
        Err(why) => return Finding::skipped(*why).into(),
    };
    // The timeout is in this function and not around it, so that the nexus counts as silent after a
    // timeout.
    let mut nexus = Nexus { silent: Some(route.transport), clocks: None };
    let finding = bounded(codes::NO_SIGN_IN, answer(route, spelling, &mut nexus)).await;
    Learnt { finding, value: nexus }
}

async fn answer(route: &Route<'_>, spelling: &mut Spelling, nexus: &mut Nexus) -> Finding {
    let mut stream = match route.connect().await {
        Ok(stream) => stream,
        Err(why) => return Finding::red(why, WRONG_PLACE).shows(codes::NO_SIGN_IN),
    };
    let head = format!("GET /rdr/pprdr.asp HTTP/1.1\r\nHost: {}", route.host());
    let answer = match ask(&mut stream, &head, "").await {
        Ok(answer) => answer,
        Err(why) => return Finding::red(why, WRONG_PLACE).shows(codes::NO_SIGN_IN),
    };
    nexus.silent = None;
    nexus.clocks = answer.value("Date").and_then(unix_of_date).map(|theirs| (theirs, unix_seconds()));
    if answer.status != 200 {
        let cause = format!("/rdr/pprdr.asp was answered with {} by {}", answer.status, answer.who());
        return Finding::red(cause, WRONG_PLACE).shows(codes::NO_SIGN_IN);
    }
    match spelling.exact(&answer, "PassportURLs") {
        Ok(urls) => judge(urls, route.over()),
        Err(red) => red,
    }
}

/// Judges the value of PassportURLs. This value contains DALogin, the address of the login page.
/// Only one form of DALogin works with all common clients (clients.md, "Sign-in").
fn judge(urls: &str, over: &str) -> Finding {
    let login = urls.split(',').find_map(|part| part.trim().strip_prefix("DALogin="));
    match login {
        None => Finding::red(
            format!("the header PassportURLs is {:?}, without DALogin", super::ask::short(urls)),
            "let Swallowtail answer /rdr/pprdr.asp itself",
        )
        .shows(codes::NO_SIGN_IN),
        Some(url) if url.contains("://") => Finding::red(
            format!("DALogin is {:?}, with a scheme, which aMSN and libpurple cannot read", super::ask::short(url)),
            "let Swallowtail answer /rdr/pprdr.asp itself",
        )
        .shows(codes::NO_SIGN_IN),
        Some(url) => Finding::green(format!("the login page is {} ({over})", super::ask::short(url))),
    }
}

/// Compares the server's clock with the local clock.
pub(super) fn clock(nexus: Nexus) -> Finding {
    let Some((theirs, ours)) = nexus.clocks else {
        return Finding::skipped("not checked: the server sent no time (Date header)");
    };
    let apart = theirs.abs_diff(ours);
    if apart <= MAX_SECONDS_APART {
        return Finding::green(format!("the server's clock and the clock here differ by {apart} s"));
    }
    let stamp = |seconds: u64| Utc::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)).stamp();
    let way = if theirs > ours { "ahead of" } else { "behind" };
    Finding::red(
        format!("the server's clock says {}, {} {way} the clock here ({})", stamp(theirs), span(apart), stamp(ours)),
        "correct the clock that is wrong (timedatectl set-ntp true). A computer with an empty clock battery forgets \
         the year",
    )
    .shows(codes::BAD_DATE)
}

fn span(seconds: u64) -> String {
    match seconds {
        172_800.. => format!("{} days", (seconds + 1800) / 86_400),
        7200.. => format!("{} hours", seconds / 3600),
        _ => format!("{} minutes", seconds / 60),
    }
}

/// Returns the Unix time of a `Date` header.
fn unix_of_date(text: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(text).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Returns the finding for an unexpected answer of the login page of Passport 1.4 or of `RST.srf`.
pub(super) fn unexpected(answer: &Answer, path: &str) -> Finding {
    match answer.status {
        503 => Finding::red(
            format!(
                "{path} was answered with 503: the server is busy, or saw too many wrong passwords from this address"
            ),
            "wait 15 minutes; the limit is limits.wrong_passwords_per_address",
        )
        .shows(codes::UNAVAILABLE),
        403 => Finding::red(
            format!("{path} was answered with 403: passwords are not accepted over plain HTTP from here"),
            "sign in over TLS (listen.https), or set sign_in.insecure_http = true if nobody can read the traffic",
        )
        .shows(codes::FORBIDDEN),
        status => Finding::red(format!("{path} was answered with {status} by {}", answer.who()), WRONG_PLACE)
            .shows(codes::NO_SIGN_IN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn a_login_page_address_with_a_scheme_is_a_fault() {
        assert_eq!(judge("DALogin=nexus.passport.com/login2.srf", "").state, State::Green);
        assert_eq!(judge("DARealm=Passport.Net,DALogin=login.passport.com/login2.srf", "").state, State::Green);
        assert_eq!(judge("DALogin=https://a/login2.srf", "").state, State::Red);
        assert_eq!(judge("DARealm=x", "").state, State::Red);
    }

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        for (theirs, state, words) in [
            (Some(1_000_000), State::Green, "differ by 0 s"),
            (Some(1_000_300), State::Green, "differ by 300 s"),
            (Some(1_000_301), State::Red, "5 minutes ahead of the clock here"),
            (Some(827_199), State::Red, "2 days behind the clock here"),
            (None, State::Skipped, "sent no time"),
        ] {
            let clocks = theirs.map(|theirs| (theirs, 1_000_000));
            let finding = clock(Nexus { silent: None, clocks });
            assert!(finding.state == state && finding.text.contains(words), "{finding:?}");
        }
    }

    #[test]
    fn a_time_difference_is_shown_in_its_largest_unit() {
        assert_eq!((span(172_801), span(7300), span(301)), ("2 days".into(), "2 hours".into(), "5 minutes".into()));
    }
}
