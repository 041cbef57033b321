//! Tests gateway sessions, and HTTP connections with several requests, against a correct server and
//! faulty servers.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows this in test functions, but not in their helpers")]
#![allow(unreachable_pub, dead_code, reason = "the common module is private to this test, which uses only part of it")]

mod common;

use std::time::Duration;

use msnp_conformance::{Options, PlayReport};

use common::Act::{Close, Receive, ReceiveOnce, Send, Wait};
use common::{Act, Scripted, assert_passed, failure, play_text, quick};

/// Plays a text with a timeout that is long enough for many polls.
async fn play(text: &str, acts: Vec<Act>) -> PlayReport {
    let options = Options { timeout: Duration::from_secs(5), ..quick() };
    play_text(text, &Scripted::new(vec![acts]), &options).await
}

/// Plays a text with a short timeout, for a server that sends too little.
async fn play_briefly(text: &str, acts: Vec<Act>) -> PlayReport {
    let options = Options { timeout: Duration::from_secs(1), ..quick() };
    play_text(text, &Scripted::new(vec![acts]), &options).await
}

/// Returns the transcript records of a request. `body` contains the text after each `>|`.
fn request(query: &str, body: &[&str]) -> String {
    let length = if body.is_empty() { "0" } else { "{len}" };
    let body: String = body.iter().map(|record| format!("g >| {record}\n")).collect();
    format!("g > POST /gateway/gateway.dll?{query} HTTP/1.1\ng > Host: gw\ng > Content-Length: {length}\ng >\n{body}")
}

/// Returns the transcript records of an answer. `body` contains the text after each `<|`.
fn answer(id: &str, end: &str, body: &[&str]) -> String {
    let body: String = body.iter().map(|record| format!("g <| {record}\n")).collect();
    format!(
        "g < HTTP/1.1 200 OK\ng < X-MSN-Messenger: SessionID={{{id}}}; GW-IP=gw{end}\n\
         g < Content-Type: application/x-msn-messenger\ng < Content-Length: {{len}}\ng <\n{body}"
    )
}

/// Returns the step in which the server receives a request.
fn receive(query: &str, body: &str) -> Act {
    let head = format!("POST /gateway/gateway.dll?{query} HTTP/1.1\r\nHost: gw\r\nContent-Length: {}", body.len());
    Receive(format!("{head}\r\n\r\n{body}").leak())
}

/// Returns the step in which the server sends an answer.
fn send(id: &str, end: &str, body: &str) -> Act {
    let head = format!("HTTP/1.1 200 OK\r\nX-MSN-Messenger: SessionID={id}; GW-IP=gw{end}");
    let head = format!("{head}\r\nContent-Type: application/x-msn-messenger\r\nContent-Length: {}", body.len());
    Send(format!("{head}\r\n\r\n{body}").leak())
}

const OPEN: &str = "Action=open&Server=NS&IP=x";

/// Returns a transcript in which the client opens a gateway session with a ping. The server sends
/// the answer to the ping, a command with a payload, and the answer to the client's next request.
fn conversation() -> String {
    [
        "g @ http\n".to_owned(),
        request(OPEN, &[r"PNG\r\n"]),
        answer("s1", "", &[r"QNG {next-ping}\r\n", r"UBX b@c.d 2\r\nhi"]),
        request("SessionID={s1}", &[r"OUT\r\n"]),
        answer("s2", "; Session=close", &[]),
    ]
    .concat()
}

#[tokio::test]
async fn a_reply_may_arrive_in_the_answer_to_its_command_or_to_a_later_poll() {
    let (open, poll) = (receive(OPEN, "PNG\r\n"), |id: &str| receive(&format!("Action=poll&SessionID={id}"), ""));
    let variants: Vec<(&str, Vec<Act>)> = vec![
        ("1.1", vec![open, send("1.1", "", "QNG 50\r\nUBX b@c.d 2\r\nhi")]),
        ("1.2", vec![open, send("1.1", "", ""), poll("1.1"), send("1.2", "", "QNG 50\r\nUBX b@c.d 2\r\nhi")]),
        ("1.2", vec![open, send("1.1", "", "QNG 50\r\n"), poll("1.1"), send("1.2", "", "UBX b@c.d 2\r\nhi")]),
        (
            "1.4",
            vec![
                open,
                send("1.1", "", "QN"),
                poll("1.1"),
                send("1.2", "", ""),
                poll("1.2"),
                send("1.3", "", "G 50\r\nUBX b@c.d 2\r\nh"),
                poll("1.3"),
                send("1.4", "", "i"),
            ],
        ),
    ];
    let mut streams = Vec::new();
    for (last, mut acts) in variants {
        acts.extend([receive(&format!("SessionID={last}"), "OUT\r\n"), send("1.9", "; Session=close", "")]);
        let report = play(&conversation(), acts).await;
        assert_passed(&report);
        streams.push(report.masked("g").unwrap().to_vec());
    }
    assert!(streams.iter().all(|stream| *stream == streams[0]), "{streams:?}");
}

#[tokio::test]
async fn every_kind_of_server_fault_in_a_session_is_reported() {
    let good = "QNG 50\r\nUBX b@c.d 2\r\nhi";
    let Send(whole) = send("1.1", "", good) else { unreachable!() };
    let changed = |from: &str, to: &str| vec![Send(whole.replacen(from, to, 1).leak())];
    let poll = receive("Action=poll&SessionID=1.1", "");
    let table: Vec<(&str, Vec<Act>, &str)> = vec![
        ("a wrong word", vec![send("1.1", "", "QNG 70\r\nUBX b@c.d 2\r\nhi")], "word 2 should be `{next-ping}`"),
        ("a wrong payload", vec![send("1.1", "", "QNG 50\r\nUBX b@c.d 2\r\nho")], "the payload differs"),
        ("another order", vec![send("1.1", "", "UBX b@c.d 2\r\nhiQNG 50\r\n")], "expected 2 words"),
        ("an extra line", vec![send("1.1", "", &format!("{good}OUT\r\n"))], "the body contains `OUT`"),
        (
            "the start of an extra line",
            vec![send("1.1", "", &format!("{good}OU")), poll, send("1.2", "", "T\r\n")],
            "OUT",
        ),
        ("LF alone", vec![send("1.1", "", "QNG 50\nUBX b@c.d 2\r\nhi")], "instead of CR LF"),
        ("a challenge before the first CHG", vec![send("1.1", "", &format!("CHL 0 1\r\n{good}"))], "CHL 0 1"),
        ("no more commands", vec![send("1.1", "", "QNG 50\r\n"), poll, send("1.1", "", "")], "before the timeout"),
        ("an early close", vec![send("1.1", "; Session=close", "QNG 50\r\n")], "the header should be"),
        ("an unexpected close", vec![send("1.1", "; Session=close", good)], "the header should be"),
        (
            "a wrong poll answer",
            vec![send("1.1", "", ""), poll, Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")],
            "status line",
        ),
        ("another gateway", changed("GW-IP=gw", "GW-IP=x"), "the header should be"),
        ("a header in another case", changed("X-MSN-Messenger", "X-Msn-Messenger"), "exactly"),
        ("another type", changed("application/x-msn-messenger", "text/html"), "the header should be"),
        ("an answer that is too short", vec![Send(&whole[..whole.len() - 1])], "incomplete"),
        ("a close", vec![send("1.1", "", "QNG 50\r\n"), poll, Close], "the server closed the connection"),
    ];
    for (what, acts, why) in table {
        let report = play_briefly(&conversation(), [vec![receive(OPEN, "PNG\r\n")], acts].concat()).await;
        let failure = failure(&report);
        assert!(failure.reason.contains(why), "{what}: {failure}");
    }
}

#[tokio::test]
async fn polling_continues_until_the_timeout() {
    let mut acts = vec![receive(OPEN, "PNG\r\n"), send("1.1", "", "")];
    (0..20).for_each(|_| acts.extend([receive("Action=poll&SessionID=1.1", ""), send("1.1", "", "")]));
    let report = play_briefly(&conversation(), acts).await;
    assert!(failure(&report).reason.contains("before the timeout"), "{}", failure(&report));
}

#[tokio::test]
async fn the_session_may_close_with_the_last_bytes_or_after_them() {
    let text =
        ["g @ http\n".to_owned(), request(OPEN, &[]), answer("s1", "; Session=close", &[r"OUT OTH\r\n"])].concat();
    let (open, poll) = (receive(OPEN, ""), receive("Action=poll&SessionID=1.1", ""));
    let close = "; Session=close";
    assert_passed(&play(&text, vec![open, send("1.1", close, "OUT OTH\r\n")]).await);
    assert_passed(&play(&text, vec![open, send("1.1", "", ""), poll, send("1.2", close, "OUT OTH\r\n")]).await);
    assert_passed(&play(&text, vec![open, send("1.1", "", "OUT OTH\r\n"), poll, send("1.2", close, "")]).await);
    let early = vec![open, send("1.1", close, ""), poll, send("1.2", close, "OUT OTH\r\n")];
    assert!(failure(&play(&text, early).await).reason.ends_with("Session=close`"));
    let mut never = vec![open, send("1.1", "", "OUT OTH\r\n")];
    (0..20).for_each(|_| never.extend([poll, send("1.1", "", "")]));
    assert!(failure(&play_briefly(&text, never).await).reason.contains("before the timeout"));
}

#[tokio::test]
async fn the_server_may_end_a_notification_session_without_the_command_out_if_the_client_has_sent_that_command() {
    let text = |query: &str, body: &[&str]| {
        ["g @ http\n".to_owned(), request(query, &[r"OUT\r\n"]), answer("s1", "; Session=close", body)].concat()
    };
    let poll = receive("Action=poll&SessionID=1.1", "");
    let acts = |query: &str, body: &str| {
        vec![receive(query, "OUT\r\n"), send("1.1", "", ""), poll, send("1.2", "; Session=close", body)]
    };
    for wanted in [&[][..], &[r"OUT\r\n"]] {
        for body in ["", "OUT\r\n"] {
            assert_passed(&play(&text(OPEN, wanted), acts(OPEN, body)).await);
        }
        failure(&play(&text(OPEN, wanted), acts(OPEN, "OUT OTH\r\n")).await);
    }
    let switchboard = "Action=open&Server=SB&IP=x";
    assert_passed(&play(&text(switchboard, &[]), acts(switchboard, "")).await);
    let report = play(&text(switchboard, &[]), acts(switchboard, "OUT\r\n")).await;
    assert!(failure(&report).reason.contains("no more commands"), "{}", failure(&report));
}

#[tokio::test]
async fn an_answer_must_be_empty_if_the_file_has_no_commands_for_that_answer() {
    let text = ["g @ http\n".to_owned(), request(OPEN, &["VER 1 MS"]), answer("s1", "", &[])].concat();
    assert_passed(&play(&text, vec![receive(OPEN, "VER 1 MS"), send("1.1", "", "")]).await);
    let report = play(&text, vec![receive(OPEN, "VER 1 MS"), send("1.1", "", "VER 1 0\r\n")]).await;
    assert!(failure(&report).reason.contains("no more commands"));
}

#[tokio::test]
async fn noise_in_bodies_is_kept_aside_until_a_record_expects_that_noise() {
    let text = [
        "g @ http\n".to_owned(),
        request(OPEN, &[r"CHG 6 NLN\r\n"]),
        answer("s1", "", &[r"CHG 6 NLN\r\n"]),
        request("SessionID={s1}", &[]),
        answer("s2", "", &[r"NLN NLN b@c.d Bob\r\n", r"CHL 0 {c}\r\n"]),
        request("SessionID={s2}", &[r"X {c}\r\n"]),
        answer("s3", "", &[r"MSG a@b.c A 2\r\nhi"]),
    ]
    .concat();
    let note = "MSG Hotmail Hotmail 43\r\nContent-Type: text/x-msmsgsinitialmdatanoti";
    let (chg, nln) = (receive(OPEN, "CHG 6 NLN\r\n"), "NLN NLN b@c.d Bob\r\n");
    let end = [receive("SessionID=1.3", "X 77\r\n"), send("1.4", "", &format!("MSG a@b.c A 2\r\nhi{note}"))];
    let early = [
        chg,
        send("1.1", "", &format!("CHG 6 NLN\r\nCHL 0 77\r\n{note}")),
        receive("SessionID=1.1", ""),
        send("1.3", "", nln),
    ];
    assert_passed(&play(&text, [&early[..], &end].concat()).await);
    let late = [
        chg,
        send("1.1", "", &format!("{note}CHG 6 NLN\r\n")),
        receive("SessionID=1.1", ""),
        send("1.2", "", &format!("{note}{nln}")),
        receive("Action=poll&SessionID=1.2", ""),
        send("1.3", "", "CHL 0 77\r\n"),
    ];
    assert_passed(&play(&text, [&late[..], &end].concat()).await);
    let never = [&late[..4], &[receive("Action=poll&SessionID=1.2", ""), send("1.3", "", "CHL 1 77\r\n")]].concat();
    assert!(failure(&play(&text, never).await).reason.contains("CHL 1 77"));
}

#[tokio::test]
async fn a_body_with_a_real_ticket_is_sent_with_the_correct_length() {
    let text = [
        "!account a alice@example.com secret \"A\"\ng @ http\n".to_owned(),
        request(OPEN, &[r"USR 3 TWN I alice@example.com\r\n"]),
        answer("s1", "", &[r"USR 3 TWN S {policy}\r\n"]),
        request("SessionID={s1}", &[r"PNG\r\n", r"USR 4 TWN S t=ticket&p=x\r\n"]),
        answer("s2", "", &[r"USR 4 OK\r\n"]),
    ]
    .concat();
    let session = vec![
        ReceiveOnce,
        send("1.1", "", "USR 3 TWN S ct=1\r\n"),
        receive("SessionID=1.1", "PNG\r\nUSR 4 TWN S t=4gM2fTqk&p=x\r\n"),
        send("1.2", "", "USR 4 OK\r\n"),
    ];
    let tickets =
        "HTTP/1.1 200 OK\r\nAuthentication-Info: Passport1.4 from-PP='t=4gM2fTqk&p='\r\nContent-Length: 0\r\n\r\n";
    let target = Scripted::new(vec![session, vec![ReceiveOnce, Send(tickets)]]);
    assert_passed(&play_text(&text, &target, &quick()).await);
    let without_account = text.replace("!account a alice@example.com secret \"A\"\n", "");
    let session = vec![ReceiveOnce, send("1.1", "", "USR 3 TWN S ct=1\r\n")];
    let report = play_text(&without_account, &Scripted::new(vec![session]), &quick()).await;
    assert!(failure(&report).reason.contains("no `!account` has the handle"), "{}", failure(&report));
}

#[tokio::test]
async fn a_switchboard_address_in_a_body_is_dialled_and_its_host_can_be_used_in_later_records() {
    let text = [
        "g @ http\n".to_owned(),
        request(OPEN, &[r"XFR 1 SB\r\n"]),
        answer("s1", "", &[r"XFR 1 SB {sb} CKI {ck}\r\n"]),
        request("SessionID={s1}", &[r"X {sb-host} {ck}\r\n"]),
        answer("s2", "", &[]),
        "s @ sb\ns > USR 1 {ck}\ns < USR 1 OK\n".to_owned(),
    ]
    .concat();
    // The port of the test server has five digits, like the port in this body. So the address of
    // the test server can replace this address, and the Content-Length stays correct.
    let Send(answered) = send("1.1", "", "XFR 1 SB 127.0.0.1:10000 CKI 99\r\n") else { unreachable!() };
    let session = |address: &str| {
        vec![
            receive(OPEN, "XFR 1 SB\r\n"),
            Send(answered.replace("127.0.0.1:10000", address).leak()),
            receive("SessionID=1.1", "X 127.0.0.1 99\r\n"),
            send("1.2", "", ""),
        ]
    };
    let switchboard = vec![Receive("USR 1 99\r\n"), Send("USR 1 OK\r\n")];
    assert_passed(&play_text(&text, &Scripted::new(vec![session("{here}"), switchboard]), &quick()).await);
    let dead = play_text(&text, &Scripted::new(vec![session("127.0.0.1:00001")]), &quick()).await;
    assert!(failure(&dead).reason.contains("could not connect to 127.0.0.1:00001"), "{}", failure(&dead));
}

#[tokio::test]
async fn a_refused_open_request_creates_no_session() {
    let text = ["g @ http\n".to_owned(), request("Action=open", &[r"PNG\r\n"])].concat();
    let text = format!("{text}g < HTTP/1.1 400 Bad Request\ng < Content-Length: 0\ng <\n");
    let refuse = Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert_passed(&play(&text, vec![receive("Action=open", "PNG\r\n"), refuse]).await);
    let report = play(&text, vec![receive("Action=open", "PNG\r\n"), send("1.1", "", "")]).await;
    assert!(failure(&report).reason.contains("status line"));
}

#[tokio::test]
async fn the_server_must_keep_a_connection_open_between_two_requests() {
    let one = "n > POST /NotRST.srf HTTP/1.1\nn > X-User: a\nn >\nn < HTTP/1.1 200 OK\nn < X-Token: abc\nn < Content-Length: 0\nn <\n";
    let two = "n > POST / HTTP/1.1\nn >\nn < HTTP/1.1 200 OK\nn < Content-Length: 0\nn <\n";
    let text = format!("n @ http\n{one}{two}");
    let first = [
        Receive("POST /NotRST.srf HTTP/1.1\r\nX-User: a\r\n\r\n"),
        Send("HTTP/1.1 200 OK\r\nX-Token: xyz\r\nContent-Length: 0\r\n\r\n"),
    ];
    let receive = Receive("POST / HTTP/1.1\r\n\r\n");
    let good = [&first[..], &[receive, Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]].concat();
    assert_passed(&play(&text, good).await);
    let closes = [&first[..], &[Wait(20), Close]].concat();
    assert!(failure(&play(&text, closes).await).reason.contains("closed the connection"));
    let leaks = [&first[..], &[receive, Send("HTTP/1.1 200 OK\r\nX-Token: q\r\nContent-Length: 0\r\n\r\n")]].concat();
    assert!(failure(&play(&text, leaks).await).reason.contains("must not contain a ticket"));
}
