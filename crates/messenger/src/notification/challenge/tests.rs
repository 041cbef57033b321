use swallowtail_config::Config;

use super::super::testing::{CLOSED, Client, Server};
use super::*;

const PRODUCT: &str = msnp::challenge::DEFAULT_PRODUCT_ID;

/// Returns the challenge in `lines`, which must be one CHL line with this transaction id.
fn challenge(lines: &[String], trid: u32) -> &str {
    let [line] = lines else { panic!("{lines:?}") };
    line.strip_prefix(&format!("CHL {trid} ")).unwrap()
}

/// Answers a challenge.
async fn answer(client: &mut Client, trid: u32, challenge: &str) -> Vec<String> {
    let dialect = client.dialect();
    let answer = msnp::challenge::answer(dialect.challenge_algorithm(), challenge, PRODUCT).unwrap();
    client.say(&format!("QRY {trid} {PRODUCT} 32\r\n{answer}")).await
}

fn strict() -> Server {
    Server::with(|config| config.sign_in.require_challenge = true)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_for_another_challenge_does_not_get_more_time() {
    let mut challenges = Challenges::new(&SignIn { require_challenge: true, ..Config::default().sign_in });
    challenges.start();
    let first = challenges.draw();
    let due = challenges.next();
    tokio::time::advance(PATIENCE / 2).await;
    assert_ne!(challenges.draw(), first);
    assert_eq!(challenges.next(), due);
}

#[tokio::test(start_paused = true)]
async fn the_first_challenge_follows_the_first_chg_and_the_next_comes_10_to_20_minutes_after_the_answer() {
    for dialect in ["MSNP8", "MSNP12"] {
        let server = Server::new();
        let mut alice = server.sign_in("alice", dialect).await;
        assert!(alice.after(PAUSE * 2).await.is_empty(), "before the first CHG");
        alice.say("CHG 4 NLN").await;
        let lines = alice.after(Duration::ZERO).await;
        assert_eq!(answer(&mut alice, 5, challenge(&lines, 0)).await, ["QRY 5"], "{dialect}");
        assert!(alice.after(PAUSE - Duration::from_secs(1)).await.is_empty());
        let lines = alice.after(PAUSE + Duration::from_secs(1)).await;
        assert_eq!(challenge(&lines, 0).len(), 20);
        alice.say("CHG 6 AWY").await;
        assert!(alice.after(Duration::ZERO).await.is_empty(), "a later CHG starts no challenge");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_answer_to_a_challenge_gets_540_and_closes_the_connection() {
    let server = Server::new();
    let right = |challenge: &str| msnp::challenge::answer(msnp::challenge::Algorithm::New, challenge, PRODUCT).unwrap();
    let unasked = |_: &str| format!("QRY 9 {PRODUCT} 32\r\n{}", "0".repeat(32));
    let other_product = |challenge: &str| format!("QRY 9 PROD0000NOBODY 32\r\n{}", right(challenge));
    let truncated = |challenge: &str| format!("QRY 9 {PRODUCT} 31\r\n{}", &right(challenge)[..31]);
    let wrong: [&dyn Fn(&str) -> String; 3] = [&unasked, &other_product, &truncated];
    for wrong in wrong {
        let mut alice = server.online("alice", "MSNP12").await;
        let lines = alice.after(Duration::ZERO).await;
        let command = wrong(challenge(&lines, 0));
        alice.expect(&[(&command, "540 9\n(closed)")]).await;
    }
    let mut alice = server.online("alice", "MSNP12").await;
    alice.expect(&[(&unasked(""), "540 9\n(closed)")]).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_challenge_is_valid_only_once_and_may_be_in_upper_or_lower_case() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let lines = alice.after(Duration::ZERO).await;
    let right = msnp::challenge::answer(msnp::challenge::Algorithm::New, challenge(&lines, 0), PRODUCT).unwrap();
    let command = format!("QRY 9 {PRODUCT} 32\r\n{}", right.to_uppercase());
    alice.expect(&[(&command, "QRY 9"), (&command, "540 9\n(closed)")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_challenge_that_a_client_asks_for_replaces_the_older_one() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let first = alice.after(Duration::ZERO).await;
    let second = alice.say("CHL 6").await;
    assert_eq!(answer(&mut alice, 7, challenge(&second, 6)).await, ["QRY 7"]);
    assert_eq!(answer(&mut alice, 8, challenge(&first, 0)).await, ["540 8", CLOSED]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_a_required_challenge_in_time_is_signed_out() {
    let server = strict();
    let mut alice = server.online("alice", "MSNP12").await;
    let lines = alice.after(Duration::ZERO).await;
    assert!(alice.after(PATIENCE - Duration::from_millis(1)).await.is_empty());
    assert_eq!(answer(&mut alice, 6, challenge(&lines, 0)).await, ["QRY 6"]);

    alice.after(PAUSE * 2).await;
    assert_eq!(alice.after(PATIENCE).await, ["OUT", CLOSED]);
    assert!(server.service.directory.endpoints().is_empty());
}

#[tokio::test(start_paused = true)]
async fn if_answers_are_optional_a_client_that_never_answers_gets_one_challenge_and_stays_signed_in() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    assert_eq!(alice.after(Duration::ZERO).await.len(), 1);
    assert!(alice.after(PAUSE * 10).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_for_a_challenge_gets_one_even_if_challenges_are_off() {
    let server = Server::with(|config| config.sign_in.challenge = false);
    let mut alice = server.online("alice", "MSNP12").await;
    assert!(alice.after(PAUSE * 2).await.is_empty());
    let lines = alice.say("CHL 6").await;
    assert_eq!(answer(&mut alice, 7, challenge(&lines, 6)).await, ["QRY 7"]);
    assert!(alice.after(PAUSE * 2).await.is_empty());
}
