use std::time::Duration;

use super::super::testing::Server;

const MESSAGE: &str = "<Data>hi</Data>";

#[tokio::test]
async fn only_the_answer_to_the_first_chg_lists_the_contacts_that_are_online() {
    let server = Server::new();
    let mut bob = server.online("bob", "MSNP12").await;
    bob.say(&format!("UUX 6 15\r\n{MESSAGE}")).await;
    let mut alice = server.sign_in("alice", "MSNP12").await;
    alice.say("ADC 4 FL N=bob@example.com F=Bob").await;
    alice.say("ADC 5 FL N=carol@example.com F=Carol").await;
    alice
        .expect(&[
            ("CHG 6 BSY 5", "CHG 6 BSY 5\nILN 6 NLN bob@example.com bob 0\nUBX bob@example.com 15\r\n<Data>hi</Data>"),
            ("CHG 7 NLN 5", "CHG 7 NLN 5"),
        ])
        .await;
    let mut old = server.sign_in("alice", "MSNP10").await;
    old.expect(&[("CHG 4 NLN", "CHG 4 NLN\nILN 4 NLN bob@example.com bob 0")]).await;
}

#[tokio::test]
async fn chg_and_uux_work_before_syn() {
    let server = Server::new();
    let mut bob = server.online("bob", "MSNP12").await;
    bob.say("ADC 6 FL N=alice@example.com F=Alice").await;
    let mut alice = server.sign_in("alice", "MSNP12").await;
    alice.expect(&[(&format!("UUX 4 15\r\n{MESSAGE}"), "UUX 4 0")]).await;
    assert!(bob.received().is_empty(), "alice is offline before her first CHG");
    alice.expect(&[("CHG 5 NLN 0", "CHG 5 NLN 0")]).await;
    let shown = ["NLN NLN alice@example.com alice 0", "UBX alice@example.com 15\r\n<Data>hi</Data>"];
    assert_eq!(bob.received(), shown);
}

#[tokio::test]
async fn presence_of_others_is_sent_only_after_the_first_chg() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.sign_in("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    alice.say("ADC 4 FL N=bob@example.com F=Bob").await;
    bob.say("CHG 6 AWY 0").await;
    assert!(alice.received().is_empty());
    alice.say("CHG 5 HDN 0").await;
    bob.say("CHG 7 NLN 0").await;
    assert_eq!(alice.received(), ["NLN NLN bob@example.com bob 0"], "a hidden account sees others");
}

#[tokio::test]
async fn others_see_an_account_as_offline_while_it_is_hidden_or_signed_out_and_otherwise_see_its_status() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    bob.say("ADC 6 FL N=alice@example.com F=Alice").await;
    for (command, shown) in [
        ("CHG 6 AWY 12", "NLN AWY alice@example.com alice 12"),
        ("CHG 7 AWY 12", ""),
        ("CHG 8 HDN 12", "FLN alice@example.com"),
        ("CHG 9 HDN 0", ""),
        ("CHG 10 PHN 0", "NLN PHN alice@example.com alice 0"),
        ("UUX 11 15\r\n<Data>hi</Data>", "UBX alice@example.com 15\r\n<Data>hi</Data>"),
        ("UUX 12 0", "UBX alice@example.com 0"),
        ("CHG 13 FLN 0", ""),
        ("OUT", "FLN alice@example.com"),
    ] {
        alice.say(command).await;
        assert_eq!(bob.received().join("\n"), shown, "{command}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_answers_800_to_a_presence_change_over_the_budget_and_does_not_send_it_to_others() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    bob.say("ADC 6 FL N=alice@example.com F=Alice").await;
    alice.received();
    let picture = "x".repeat(6000);
    let show = |number: usize| format!("CHG 7 BSY {number} {picture}");
    for number in 1..=20 {
        assert_eq!(alice.say(&show(number)).await, [show(number)]);
    }
    assert_eq!(bob.received().len(), 1, "the newest");
    let message = format!("UUX 8 4096\r\n<Data>{}</Data>", "x".repeat(4083));
    alice.expect(&[(&show(21), "800 7"), (&message, "UUX 8 0"), (&message, "800 8")]).await;
    assert_eq!(bob.received().len(), 1, "UBX");
    alice.expect(&[("CHG 9 AWY 0", "CHG 9 AWY 0")]).await;
    tokio::time::advance(Duration::from_secs(3)).await;
    alice.expect(&[(&show(22), &show(22))]).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_chg_of_a_session_is_never_refused() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let show = format!("CHG 7 BSY 0 {}", "x".repeat(6000));
    while alice.say(&show).await == [show.clone()] {}
    let mut again = server.sign_in("alice", "MSNP12").await;
    again.expect(&[(&show, &show), (&show, "800 7")]).await;
}

#[tokio::test(start_paused = true)]
async fn presence_changes_of_an_exempt_client_are_not_limited() {
    let server = Server::new();
    let mut alice = server.sign_in_from("alice", "MSNP12", |connection| connection.limited = false).await;
    let show = format!("CHG 7 BSY 0 {}", "x".repeat(6000));
    for _ in 0..100 {
        alice.expect(&[(&show, &show)]).await;
    }
}
