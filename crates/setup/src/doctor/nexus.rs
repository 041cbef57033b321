//! The nexus, by which clients 5.0 to 7.0 find the login page (docs/protocol/http.md section 1.1), and the clock that
//! its answer shows.

use swallowtail_base::clock::unix_seconds;
use swallowtail_base::utc::Utc;

use super::ask::{Answer, ask};
use super::codes;
use super::finding::{Finding, Learnt, bounded};
use super::found::Nexus;
use super::route::Route;
use super::spelling::Spelling;

/// More than this, and tickets and certificates are judged by a wrong time.
const MAX_SECONDS_APART: u64 = 5 * 60;
const WRONG_PLACE: &str =
    "see that the port is that of listen.http or listen.https, or of something that leads there with all its paths";

/// Asks where the login page is.
pub(super) async fn examine(route: &Result<Route<'_>, &'static str>, spelling: &mut Spelling) -> Learnt<Nexus> {
    let route = match route {
        Ok(route) => route,
        Err(why) => return Finding::skipped(*why).into(),
    };
    // Bounded here: until it answers, or when its time runs out, it is silent.
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
        let cause = format!("/rdr/pprdr.asp is answered with {} by {}", answer.status, answer.who());
        return Finding::red(cause, WRONG_PLACE).shows(codes::NO_SIGN_IN);
    }
    match spelling.exact(&answer, "PassportURLs") {
        Ok(urls) => judge(urls, route.over()),
        Err(red) => red,
    }
}

/// The value has one form that suits every client that is common (clients.md, "Sign-in").
fn judge(urls: &str, over: &str) -> Finding {
    let login = urls.split(',').find_map(|part| part.trim().strip_prefix("DALogin="));
    match login {
        None => Finding::red(
            format!("PassportURLs is {:?}, without DALogin", super::ask::short(urls)),
            "have Swallowtail answer this path itself",
        )
        .shows(codes::NO_SIGN_IN),
        Some(url) if url.contains("://") => Finding::red(
            format!("DALogin is {:?}: with a scheme, which aMSN and libpurple stumble over", super::ask::short(url)),
            "have Swallowtail answer this path itself",
        )
        .shows(codes::NO_SIGN_IN),
        Some(url) => Finding::green(format!("the login page is {} ({over})", super::ask::short(url))),
    }
}

/// Whether both clocks agree.
pub(super) fn clock(nexus: Nexus) -> Finding {
    let Some((theirs, ours)) = nexus.clocks else {
        return Finding::skipped("the server has told no time (Date header)");
    };
    let apart = theirs.abs_diff(ours);
    if apart <= MAX_SECONDS_APART {
        return Finding::green(format!("{apart} s apart from the clock here"));
    }
    let stamp = |seconds: u64| Utc::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)).stamp();
    let way = if theirs > ours { "ahead of" } else { "behind" };
    Finding::red(
        format!("the server's clock says {}, {} {way} the clock here ({})", stamp(theirs), span(apart), stamp(ours)),
        "set the clock that is wrong (timedatectl set-ntp true); old machines with an empty battery forget the year",
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

/// Reads `Thu, 26 Nov 2026 05:18:09 GMT`.
fn unix_of_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64;
    let year: u64 = words.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<u64>().ok().filter(|part| *part < 61));
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // Years that begin in March, so that the leap day is the last of a year.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// What was answered where the login is expected, for the red of both kinds of login.
pub(super) fn unexpected(answer: &Answer, path: &str) -> Finding {
    match answer.status {
        503 => Finding::red(
            format!(
                "{path} is answered with 503: the server is busy, or saw too many wrong passwords from this address"
            ),
            "wait a quarter of an hour; the bound is limits.wrong_passwords_per_address",
        )
        .shows(codes::UNAVAILABLE),
        403 => Finding::red(
            format!("{path} is answered with 403: passwords are not taken over plain HTTP from here"),
            "sign in over TLS (listen.https), or set sign_in.insecure_http = true if you know who listens",
        )
        .shows(codes::FORBIDDEN),
        status => Finding::red(format!("{path} is answered with {status} by {}", answer.who()), WRONG_PLACE)
            .shows(codes::NO_SIGN_IN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn the_date_header_is_read() {
        for (text, unix) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200)),
            ("yesterday", None),
            ("Sun, 06 Nov 1969 08:49:37 GMT", None),
            ("Sun, 06 Now 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(unix_of_date(text), unix, "{text}");
        }
    }

    #[test]
    fn a_login_page_with_a_scheme_is_a_fault() {
        assert_eq!(judge("DALogin=nexus.passport.com/login2.srf", "").state, State::Green);
        assert_eq!(judge("DARealm=Passport.Net,DALogin=login.passport.com/login2.srf", "").state, State::Green);
        assert_eq!(judge("DALogin=https://a/login2.srf", "").state, State::Red);
        assert_eq!(judge("DARealm=x", "").state, State::Red);
    }

    #[test]
    fn clocks_may_be_five_minutes_apart() {
        for (theirs, state, words) in [
            (Some(1_000_000), State::Green, "0 s apart"),
            (Some(1_000_300), State::Green, "300 s apart"),
            (Some(1_000_301), State::Red, "5 minutes ahead of the clock here"),
            (Some(827_199), State::Red, "2 days behind the clock here"),
            (None, State::Skipped, "no time"),
        ] {
            let clocks = theirs.map(|theirs| (theirs, 1_000_000));
            let finding = clock(Nexus { silent: None, clocks });
            assert!(finding.state == state && finding.text.contains(words), "{finding:?}");
        }
    }

    #[test]
    fn a_difference_is_told_in_its_largest_unit() {
        assert_eq!((span(172_801), span(7300), span(301)), ("2 days".into(), "2 hours".into(), "5 minutes".into()));
    }
}
