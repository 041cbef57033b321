//! Checks MSNP over HTTP: opens a session, sends a command and closes the session (docs/protocol/http.md section 5).

use std::time::Duration;

use msnp::gateway::CONTENT_TYPE;
use tokio::time::{sleep, timeout};

use super::ask::{Answer, ask};
use super::codes;
use super::dial::dial;
use super::exam::Exam;
use super::finding::Finding;
use super::found::{Nexus, OpenPorts};
use super::route::plain_http;
use super::spelling::Spelling;
use super::target::HostPort;

/// The host name that clients send in requests.
const HOST: &str = "gateway.messenger.hotmail.com";
/// The pause between polls. Official clients wait 2 s.
const POLL_PAUSE: Duration = Duration::from_millis(300);
/// The time for which the doctor polls for one answer. It is shorter than the timeout of a check,
/// so that the check can still say what is missing.
const POLLED_FOR: Duration = Duration::from_secs(2);
const WRONG_PLACE: &str =
    "forward port 80 to the address in listen.http of Swallowtail, including the path /gateway/ and the method POST";

/// Opens a session, polls it and closes it.
pub(super) async fn examine(exam: Exam<'_>, open: OpenPorts, nexus: Nexus, spelling: &mut Spelling) -> Finding {
    let host_port = match plain_http(exam, open, nexus) {
        Ok(host_port) => host_port,
        Err(skipped) => return skipped,
    };
    match session(host_port, spelling).await {
        Ok(()) => Finding::green(format!("a session over {host_port} opens, answers and closes")),
        Err(red) => red.shows(codes::NO_NOTIFICATION),
    }
}

async fn session(host_port: &HostPort, spelling: &mut Spelling) -> Result<(), Finding> {
    let open = format!("Action=open&Server=NS&IP={}", host_port.host);
    let answer = post(host_port, &open, "VER 1 MSNP12 MSNP11 MSNP10 MSNP9 MSNP8 CVR0\r\n").await?;
    let (mut id, mut heard) = (session_id(&answer, spelling)?.0, answer.body);
    let greeted = async {
        while !heard.starts_with("VER 1 MSNP") {
            sleep(POLL_PAUSE).await;
            let answer = post(host_port, &format!("Action=poll&SessionID={id}"), "").await?;
            id = session_id(&answer, spelling)?.0;
            heard.push_str(&answer.body);
        }
        Ok(id)
    };
    let id = polled("the notification server behind the gateway does not answer VER", greeted).await?;
    let mut answer = post(host_port, &format!("SessionID={id}"), "OUT\r\n").await?;
    let closed = async {
        loop {
            let (next, is_closed) = session_id(&answer, spelling)?;
            if is_closed {
                return Ok(());
            }
            sleep(POLL_PAUSE).await;
            answer = post(host_port, &format!("Action=poll&SessionID={next}"), "").await?;
        }
    };
    polled("the session does not close after OUT", closed).await
}

/// Polls until [`POLLED_FOR`] has passed. Then returns a red finding with `why`.
async fn polled<T>(why: &str, polls: impl Future<Output = Result<T, Finding>>) -> Result<T, Finding> {
    let late = |_| {
        let cause = format!("a gateway session opens, but {why} within {} seconds", POLLED_FOR.as_secs());
        Err(Finding::red(cause, "check the load of the server, and its log"))
    };
    timeout(POLLED_FOR, polls).await.unwrap_or_else(late)
}

/// Returns the id of the session in an answer, and whether the session is closed.
fn session_id(answer: &Answer, spelling: &mut Spelling) -> Result<(String, bool), Finding> {
    let words = spelling.exact(answer, "X-MSN-Messenger")?;
    let id = words.split(';').find_map(|word| word.trim().strip_prefix("SessionID="));
    // msn-pecan identifies a session by the part of the id before the dot.
    match id {
        Some(id) if id.matches('.').count() == 1 && id.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok((id.to_owned(), words.contains("Session=close")))
        }
        _ => Err(Finding::red(
            "the session in the header X-MSN-Messenger is missing, or is not in the form that clients expect",
            WRONG_PLACE,
        )),
    }
}

async fn post(host_port: &HostPort, query: &str, commands: &str) -> Result<Answer, Finding> {
    let mut stream = dial(host_port).await.map_err(|why| Finding::red(why.cause(host_port), WRONG_PLACE))?;
    let head = format!("POST /gateway/gateway.dll?{query} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {CONTENT_TYPE}");
    let answer = ask(&mut stream, &head, commands).await;
    match answer {
        Ok(answer) if answer.status == 200 => Ok(answer),
        Ok(answer) => {
            let cause = format!("{} answered the gateway's path on {host_port} with {}", answer.who(), answer.status);
            Err(Finding::red(cause, WRONG_PLACE))
        }
        Err(why) => Err(Finding::red(format!("the gateway does not answer on {host_port}: {why}"), WRONG_PLACE)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::{Ports, Target};
    use super::*;

    #[test]
    fn a_session_id_is_accepted_only_if_it_contains_exactly_one_dot() {
        let mut spelling = Spelling::new(&Target::remote("a.example", Ports { notification: 1, http: 2, https: 3 }));
        for (words, expected) in [
            ("SessionID=1.2; GW-IP=a.example", Some(("1.2", false))),
            ("SessionID=1.2; GW-IP=a.example; Session=close", Some(("1.2", true))),
            ("SessionID=12; GW-IP=a.example", None),
            ("SessionID=1.2.3", None),
            ("GW-IP=a.example", None),
        ] {
            let answer = Answer::parse(&format!("HTTP/1.1 200 OK\r\nX-MSN-Messenger: {words}\r\n\r\n"));
            let found = session_id(&answer, &mut spelling).ok();
            assert_eq!(found.as_ref().map(|(id, is_closed)| (id.as_str(), *is_closed)), expected, "{words}");
        }
    }
}
