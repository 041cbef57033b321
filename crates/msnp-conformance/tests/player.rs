//! Tests the player against a correct server and against faulty servers.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows this in test functions, but not in their helpers")]
#![allow(unreachable_pub, reason = "the common module is private to this test")]

mod common;

use msnp_conformance::{Options, Outcome, Pace, PlayReport};

use common::Act::{Close, Receive, ReceiveOnce, Send, Wait};
use common::{Act, Scripted, assert_passed, failure, play_text, quick};

async fn play(text: &str, conversation: Vec<Act>) -> PlayReport {
    play_text(text, &Scripted::new(vec![conversation]), &quick()).await
}

/// The records in which the client opens the connection `a`, sends its first CHG and receives the
/// answer.
const CHG: &str = "a @ ns\na > CHG 6 NLN\na < CHG 6 NLN\n";
const RECEIVE_CHG: Act = Receive("CHG 6 NLN\r\n");
const SEND_CHG: Act = Send("CHG 6 NLN\r\n");

#[tokio::test]
async fn a_server_that_follows_the_transcript_passes() {
    let text = "a @ ns\na > ADG 1 Friends\na < ADG 1 Friends {g}\na > UUX 2 3\na >| abc\na < UBX b@c.d 2\na <| {x}\\n\n\
                a ..\na > RMG 3 {g}\na < RMG 3 {g}\na <!\n";
    let report = play(
        text,
        vec![
            Receive("ADG 1 Friends\r\n"),
            Send("ADG 1 Friends g-77\r\n"),
            Receive("UUX 2 3\r\nabc"),
            Send("UBX b@c.d 2\r\nx\n"),
            Receive("RMG 3 g-77\r\n"),
            Send("RMG 3 g-77\r\n"),
            Close,
        ],
    )
    .await;
    assert_passed(&report);
    assert_eq!(report.received["a"], b"ADG 1 Friends g-77\r\nUBX b@c.d 2\r\nx\nRMG 3 g-77\r\n");
    let masked = report.masked("a").unwrap();
    assert_eq!(masked, b"ADG 1 Friends {g}\r\nUBX b@c.d 2\r\n{x}\nRMG 3 {g}\r\n<!\r\n");
}

#[tokio::test]
async fn every_kind_of_server_fault_is_reported() {
    let text = "a @ ns\na > PNG\na < QNG 50\na < UBX b@c.d 2\na <| hi\na > PNG\na < QNG 50\n";
    let first = "QNG 50\r\nUBX b@c.d 2\r\nhi";
    let table: &[(&str, &[Act], usize, &str)] = &[
        ("a wrong word", &[Send("QNG 49\r\n")], 3, "word 2 should be `50` but is `49`"),
        ("a space at the end", &[Send("QNG 50 \r\n")], 3, "space at the end"),
        ("an extra space", &[Send("QNG  50\r\n")], 3, "extra space"),
        ("an extra word", &[Send("QNG 50 x\r\n")], 3, "expected 2 words but received 3"),
        ("LF alone", &[Send("QNG 50\n")], 3, "instead of CR LF"),
        ("a missing line", &[], 3, "before the timeout"),
        ("an incomplete line", &[Send("QNG 5")], 3, "received incomplete data: `QNG 5`"),
        ("an early close", &[Close], 3, "the server closed the connection"),
        ("a close in a payload", &[Send("QNG 50\r\nUBX b@c.d 2\r\nh"), Close], 4, "received incomplete data: `UBX"),
        ("a wrong payload", &[Send("QNG 50\r\nUBX b@c.d 2\r\nho")], 4, "after 1 equal bytes"),
        ("an injected line", &[Send("QNG 50\r\nFLN b@c.d\r\nUBX b@c.d 2\r\nhi")], 4, "words but received"),
        (
            "an injected line later",
            &[Send(first), Send("OUT\r\n"), Receive("PNG\r\n"), Send("QNG 50\r\n")],
            7,
            "words but received",
        ),
    ];
    for (what, acts, line, why) in table {
        let mut conversation = vec![Receive("PNG\r\n")];
        conversation.extend(*acts);
        let report = play(text, conversation).await;
        let failure = failure(&report);
        assert!(failure.reason.contains(why), "{what}: {failure}");
        assert_eq!(failure.place, format!("t.txt:{line}"), "{what}");
        assert!(failure.conversation.iter().any(|said| said == "a > PNG"), "{what}");
    }
}

#[tokio::test]
async fn bytes_that_arrive_while_the_server_must_be_silent_are_reported() {
    for (tell, why) in [("OUT\r\n", "must send nothing"), ("OU", "incomplete data"), ("", "")] {
        let report = play("a @ ns\na ..\n", vec![Send(tell)]).await;
        if tell.is_empty() {
            assert_passed(&report);
        } else {
            assert!(failure(&report).reason.contains(why), "{tell}");
        }
    }
    let report = play("a @ ns\na ..\n", vec![Close]).await;
    assert!(failure(&report).reason.contains("closed"));
}

#[tokio::test]
async fn a_server_that_does_not_close_the_connection_is_reported() {
    let report = play("a @ ns\na > XYZ\na <!\n", vec![]).await;
    assert!(failure(&report).reason.contains("did not close"));
    let report = play("a @ ns\na > XYZ\na <!\n", vec![Send("911 1\r\n"), Close]).await;
    assert!(failure(&report).reason.contains("should close the connection here"));
}

#[tokio::test]
async fn the_server_may_close_without_the_command_out_after_the_client_has_sent_that_command() {
    for text in ["a @ ns\na > OUT\na <!\n", "a @ ns\na > OUT\na < OUT\na <!\n"] {
        for acts in [vec![Receive("OUT\r\n"), Close], vec![Receive("OUT\r\n"), Send("OUT\r\n"), Close]] {
            assert_passed(&play(text, acts).await);
        }
    }
    let unasked = play("a @ ns\na > PNG\na <!\n", vec![Receive("PNG\r\n"), Send("OUT\r\n"), Close]).await;
    assert!(failure(&unasked).reason.contains("should close the connection here"));
    let switchboard = play("a @ sb\na > OUT\na <!\n", vec![Receive("OUT\r\n"), Send("OUT\r\n"), Close]).await;
    assert!(failure(&switchboard).reason.contains("should close the connection here"));
}

#[tokio::test]
async fn noise_is_kept_aside_until_a_record_expects_that_noise() {
    let text = format!("{CHG}a > PNG\na < QNG {{next-ping}}\na ..\na < CHL 0 {{c}}\na > X {{c}}\na <!\n");
    let noise = Send("CHL 0 123\r\nMSG Hotmail Hotmail 44\r\nContent-Type: text/x-msmsgsinitialemailnotif");
    let end = [Send("QNG 50\r\n"), Receive("X 123\r\n"), Close];
    let acts = [&[RECEIVE_CHG, SEND_CHG, noise, Receive("PNG\r\n")][..], &end].concat();
    assert_passed(&play(&text, acts).await);
    let late =
        [RECEIVE_CHG, SEND_CHG, Receive("PNG\r\n"), Send("QNG 1\r\n"), Wait(150), Send("CHL 0 123\r\n"), end[1], Close];
    assert_passed(&play(&text, late.to_vec()).await);
}

#[tokio::test]
async fn noise_before_the_first_chg_is_a_failure() {
    let report = play("a @ ns\na > PNG\na < QNG 50\n", vec![Receive("PNG\r\n"), Send("CHL 0 1\r\nQNG 50\r\n")]).await;
    assert!(failure(&report).actual.contains("CHL 0 1"));
}

#[tokio::test]
async fn an_optional_mail_note_may_be_missing_but_a_wrong_one_is_a_failure() {
    let text = format!(
        "{CHG}!maybe\na < MSG Hotmail Hotmail {{len}}\na <| Content-Type: text/x-msmsgsinitialemail{{x}}\\n\na < CHL 0 {{c}}\n"
    );
    let chl = Send("CHL 0 1\r\n");
    assert_passed(&play(&text, vec![RECEIVE_CHG, SEND_CHG, chl]).await);
    let good = Send("MSG Hotmail Hotmail 40\r\nContent-Type: text/x-msmsgsinitialemail\n");
    let report = play(&text, vec![RECEIVE_CHG, SEND_CHG, good, chl]).await;
    assert!(failure(&report).reason.contains("payload differs"));
    let good = Send("MSG Hotmail Hotmail 42\r\nContent-Type: text/x-msmsgsinitialemail-x\n");
    assert_passed(&play(&text, vec![RECEIVE_CHG, SEND_CHG, good, chl]).await);
}

#[tokio::test]
async fn the_answer_matches_the_challenge_that_the_server_chose() {
    let text = "a @ ns\na > VER 1 MSNP11\na < VER 1 MSNP11\na > CHG 6 NLN\na < CHG 6 NLN\n\
                a < CHL 0 15570131571988941333\na > QRY 8 PROD0090YUAUV{2B 32\n\
                a >| d8d8cb2c2043a603d8286a3343143ee1\na < QRY 8\n";
    let start = [Receive("VER 1 MSNP11\r\n"), Send("VER 1 MSNP11\r\n"), RECEIVE_CHG, SEND_CHG];
    for (challenge, answer) in [
        ("CHL 0 15570131571988941333\r\n", "d8d8cb2c2043a603d8286a3343143ee1"),
        ("CHL 0 31415926535897932384\r\n", "2f5f91179323d5e12e293cea426147c5"),
    ] {
        let rest = [Send(challenge), Receive("QRY 8 PROD0090YUAUV{2B 32\r\n"), Receive(answer), Send("QRY 8\r\n")];
        assert_passed(&play(text, [&start[..], &rest].concat()).await);
    }
}

#[tokio::test]
async fn list_lines_may_arrive_in_any_order_but_the_lines_that_belong_to_a_list_line_must_follow_it() {
    let text = "a @ ns\na > SYN 1 0\na < LSG 0 Other 0\na < LSG 1 A 0\na < LSG 2 B 0\na < LST x\na < BPR 1\na < LST y\n\
                a < ILN 1 x\na < UBX x 1\na <| u\na < ILN 1 y\n";
    let order = |tell| vec![Receive("SYN 1 0\r\n"), Send(tell)];
    let iln = "ILN 1 y\r\nILN 1 x\r\nUBX x 1\r\nu";
    let good: &str = format!("LSG 0 Other 0\r\nLSG 2 B 0\r\nLSG 1 A 0\r\nLST y\r\nLST x\r\nBPR 1\r\n{iln}").leak();
    assert_passed(&play(text, order(good)).await);
    for bad in [
        good.replace("LSG 0 Other 0\r\nLSG 2 B 0\r\n", "LSG 2 B 0\r\nLSG 0 Other 0\r\n"),
        good.replace("LST y\r\nLST x\r\nBPR 1\r\n", "LST x\r\nLST y\r\nBPR 1\r\n"),
        good.replace("LST y\r\n", "LST z\r\n"),
        good.replace("LST y\r\n", ""),
        good.replace("ILN 1 y\r\nILN 1 x\r\nUBX x 1\r\nu", "ILN 1 x\r\nILN 1 y\r\nUBX x 1\r\nu"),
    ] {
        failure(&play(text, order(bad.leak())).await);
    }
}

#[tokio::test]
async fn an_optional_record_may_be_missing() {
    let text = "a @ ns\na > PNG\n!maybe\na < BPR 1\na < QNG 50\n!maybe\na < FLN x\na > OUT\na <!\n";
    for tell in ["BPR 1\r\nQNG 50\r\n", "QNG 50\r\n", "QNG 50\r\nFLN x\r\n"] {
        assert_passed(&play(text, vec![Receive("PNG\r\n"), Send(tell), Receive("OUT\r\n"), Close]).await);
    }
    for tell in ["BPR 2\r\nQNG 50\r\n", "BPR 1\r\nBPR 1\r\nQNG 50\r\n", "BPR 1\r\n"] {
        failure(&play(text, vec![Receive("PNG\r\n"), Send(tell), Receive("OUT\r\n"), Close]).await);
    }
}

#[tokio::test]
async fn the_directive_within_gives_a_record_more_time() {
    let acts = vec![Receive("PNG\r\n"), Wait(600), Send("QNG 50\r\n")];
    failure(&play("a @ ns\na > PNG\na < QNG 50\n", acts.clone()).await);
    assert_passed(&play("a @ ns\na > PNG\n!within 2\na < QNG 50\n", acts).await);
}

#[tokio::test]
async fn lines_on_different_connections_may_arrive_in_any_order() {
    let text = "a @ ns\nb @ ns\nb < FLN x\na < FLN y\nb < FLN z\na > OK\nb <!\n";
    let conversations =
        vec![vec![Send("FLN y\r\n"), Receive("OK\r\n")], vec![Wait(50), Send("FLN x\r\nFLN z\r\n"), Wait(50), Close]];
    assert_passed(&play_text(text, &Scripted::new(conversations), &quick()).await);
}

#[tokio::test]
async fn the_client_connects_to_the_last_switchboard_address_it_received() {
    let text = "a @ ns\na > XFR 1 SB\na < XFR 1 SB {sb} CKI {ck}\ns @ sb\ns > USR 1 {ck}\ns < USR 1 OK\n";
    let conversations = vec![
        vec![Receive("XFR 1 SB\r\n"), Send("XFR 1 SB {here} CKI 99\r\n")],
        vec![Receive("USR 1 99\r\n"), Send("USR 1 OK\r\n")],
    ];
    assert_passed(&play_text(text, &Scripted::new(conversations), &quick()).await);
    let dead = vec![vec![Receive("XFR 1 SB\r\n"), Send("XFR 1 SB 127.0.0.1:1 CKI 99\r\n")]];
    let report = play_text(text, &Scripted::new(dead), &quick()).await;
    assert!(failure(&report).reason.contains("could not connect to 127.0.0.1:1"));
}

#[tokio::test]
async fn http_answers_are_read_and_compared() {
    let text = "h @ http\nh > POST / HTTP/1.1\nh > Content-Length: 2\nh >\nh >| hi\nh < HTTP/1.1 200 OK\n\
                h < Content-Length: 3\nh <\nh <| you\nh <!\n";
    let receive = Receive("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
    let answer = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 3\r\n\r\nyou";
    assert_passed(&play(text, vec![receive, Send(answer), Close]).await);
    for (bad, why) in [
        (answer.replace("Content-Length", "content-length"), "exactly"),
        (answer.replace("you", "yes"), "payload differs"),
        (format!("{answer}x"), "incomplete"),
        (answer.replace("200 OK", "200 ok"), "status line"),
    ] {
        let report = play(text, vec![receive, Send(bad.leak()), Close]).await;
        assert!(failure(&report).reason.contains(why), "{}", failure(&report));
    }
}

#[tokio::test]
async fn the_directive_one_write_makes_the_client_send_records_in_a_single_write() {
    let text = "a @ ns\n!one-write\na > PNG\na > PNG\na < QNG 50\n";
    let target = Scripted::new(vec![vec![ReceiveOnce, Send("QNG 50\r\n")]]);
    assert_passed(&play_text(text, &target, &quick()).await);
    assert_eq!(*target.received.lock().unwrap(), [10]);
}

#[tokio::test]
async fn the_masked_bytes_of_each_connection_are_the_same_at_every_pace() {
    let text = "!no-account bob@example.com\na @ ns\na > PNG\na > ADC 1 N=bob@example.com\na < QNG {next-ping}\n\
                a < ADC 1 N=bob@example.com C={c}\na > UUX 2 2\na >| hi\na <!\n";
    let mut streams = Vec::new();
    for (pace, tell) in [
        (Pace::Whole, "QNG 50\r\nADC 1 N=bob@example.com C=1\r\n"),
        (Pace::OneByte, "QNG 49\r\nADC 1 N=bob@example.com C=2\r\n"),
        (Pace::OneSegment, "QNG 48\r\nADC 1 N=bob@example.com C=3\r\n"),
    ] {
        let options = Options { pace, rename: false, ..quick() };
        let acts = vec![Receive("PNG\r\nADC 1 N=bob@example.com\r\n"), Send(tell), Receive("UUX 2 2\r\nhi"), Close];
        let report = play_text(text, &Scripted::new(vec![acts]), &options).await;
        assert_passed(&report);
        assert_eq!(report.received["a"], tell.as_bytes());
        streams.push(report.masked_streams().clone());
    }
    assert!(streams[0] == streams[1] && streams[1] == streams[2], "{streams:?}");
    assert_eq!(streams[0]["a"], b"QNG {next-ping}\r\nADC 1 N=bob@example.com C={c}\r\n<!\r\n");
}

#[tokio::test]
async fn at_the_pace_one_segment_the_client_sends_everything_between_two_waits_in_a_single_write() {
    let text = "a @ ns\na > PNG\na > UUX 1 2\na >| hi\na > PNG\na < QNG 50\n";
    let target = Scripted::new(vec![vec![ReceiveOnce, Send("QNG 50\r\n")]]);
    let options = Options { pace: Pace::OneSegment, ..quick() };
    assert_passed(&play_text(text, &target, &options).await);
    assert_eq!(*target.received.lock().unwrap(), [21]);
}

#[tokio::test]
async fn a_part_that_cannot_be_played_never_passes() {
    for (text, why) in [
        ("!setting sb-idle 2\n", "no settings"),
        ("!dispatch ds\nds @ ns\n", "no settings"),
        ("!stop 5\n", "cannot stop"),
        ("a @ ns\n!by-hand make tea\na < TEA\n", "t.txt:2: by hand: make tea"),
        ("!dance\n", "does not know `!dance`"),
        ("!static samples\n", "static: samples"),
    ] {
        match play(text, vec![]).await.outcome {
            Outcome::NotPlayed(reason) => assert!(reason.contains(why), "{reason}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let before = play("a @ ns\na < QNG 50\n!by-hand make tea\n", vec![Send("QNG 49\r\n")]).await;
    assert_eq!(failure(&before).place, "t.txt:2");
}

#[tokio::test]
async fn a_variable_without_a_value_cannot_be_sent() {
    let report = play("a @ ns\na > X {gone}\n", vec![]).await;
    assert!(failure(&report).reason.contains("{gone}"));
}
