use std::time::Duration;

use super::super::testing::Server;

#[tokio::test]
async fn the_echo_of_a_setting_or_a_name_contains_the_list_version_if_the_dialect_has_list_versions() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP9").await;
    alice
        .expect(&[
            ("GTC 6 N", "GTC 6 1 N"),
            ("BLP 7 BL", "BLP 7 2 BL"),
            ("PRP 8 PHH 555%201", "PRP 8 3 PHH 555%201"),
            ("PRP 9 PHH", "PRP 9 4 PHH"),
            ("PRP 10 MOB Y", "PRP 10 5 MOB Y"),
            ("REA 11 alice@example.com Alice%20A", "REA 11 6 alice@example.com Alice%20A"),
            ("ADD 12 FL bob@example.com Bob", "ADD 12 FL 7 bob@example.com Bob"),
            ("REA 13 bob@example.com Bobby", "REA 13 8 bob@example.com Bobby"),
            ("REA 14 carol@example.com Carol", "216 14"),
        ])
        .await;
    let mut bob = server.online("bob", "MSNP12").await;
    bob.expect(&[
        ("GTC 6 N", "GTC 6 N"),
        ("BLP 7 BL", "BLP 7 BL"),
        ("PRP 8 MFN Bob%20B", "PRP 8 MFN Bob%20B"),
        ("PRP 9 PHM 5552", "PRP 9 PHM 5552"),
        ("ADC 10 FL N=carol@example.com F=Carol", "ADC 10 FL N=carol@example.com F=Carol C=<carol>"),
        ("SBP 11 <carol> MFN Caro", "SBP 11 <carol> MFN Caro"),
        ("SBP 12 <carol> HSB 1", "SBP 12 <carol> HSB 1"),
        ("SBP 13 11111111-2222-3333-4444-555555555555 MFN x", "208 13"),
        ("SBP 14 11111111-2222-3333-4444-555555555555 HSB 1", "208 14"),
    ])
    .await;
}

#[tokio::test]
async fn a_command_that_sets_the_same_value_again_is_answered_but_does_not_change_the_list_version() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
    let repeat: &[(&str, &str)] = &[
        ("GTC 7 N", "GTC 7 N"),
        ("BLP 8 BL", "BLP 8 BL"),
        ("PRP 9 MFN Alice", "PRP 9 MFN Alice"),
        ("PRP 10 PHH 5551", "PRP 10 PHH 5551"),
        ("PRP 11 MOB Y", "PRP 11 MOB Y"),
        ("SBP 12 <bob> MFN Bobby", "SBP 12 <bob> MFN Bobby"),
    ];
    alice.expect(repeat).await;
    let stamps = server.roster("alice").stamps;
    alice.expect(repeat).await;
    assert_eq!(server.roster("alice").stamps, stamps);
}

#[tokio::test(start_paused = true)]
async fn the_sixth_name_change_within_ten_seconds_gets_800() {
    let server = Server::new();
    for (dialect, change, other) in
        [("MSNP12", "PRP 6 MFN Alice", "PRP 6 PHH 5551"), ("MSNP9", "REA 6 alice@example.com Alice", "PRP 6 PHH 5552")]
    {
        let mut alice = server.online("alice", dialect).await;
        alice.say("GTC 6 N").await;
        for _ in 0..5 {
            assert_ne!(alice.say(change).await, ["800 6"]);
        }
        alice.expect(&[(change, "800 6")]).await;
        assert_ne!(alice.say(other).await, ["800 6"], "numbers are not limited");
        alice.after(Duration::from_secs(10)).await;
        assert_ne!(alice.say(change).await, ["800 6"]);
        alice.after(Duration::from_secs(10)).await;
    }
}

#[tokio::test]
async fn changes_to_nicknames_of_contacts_are_not_limited() {
    let server = Server::with(|config| config.limits.name_changes = 0);
    let mut alice = server.online("alice", "MSNP9").await;
    alice.say("ADD 6 FL bob@example.com Bob").await;
    alice
        .expect(&[
            ("REA 7 bob@example.com Bobby", "REA 7 2 bob@example.com Bobby"),
            ("REA 8 alice@example.com Alice", "800 8"),
        ])
        .await;
}

#[tokio::test]
async fn a_new_name_or_phone_number_is_sent_to_everyone_who_sees_the_account() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let (mut bob, mut carol) = (server.online("bob", "MSNP9").await, server.online("carol", "MSNP12").await);
    bob.say("ADD 6 FL alice@example.com Alice").await;
    carol.say("ADC 6 FL N=alice@example.com F=Alice").await;
    alice.say("ADC 6 BL N=carol@example.com").await;
    carol.received();

    alice.say("PRP 7 MFN Alice%20A").await;
    assert_eq!(bob.received(), ["NLN NLN alice@example.com Alice%20A 0"]);
    alice.say("PRP 8 PHH 5551").await;
    assert_eq!(bob.received(), ["BPR 2 alice@example.com PHH 5551"]);
    alice.say("PRP 8 PHH 5551").await;
    assert!(bob.received().is_empty(), "the same number is not announced again");
    alice.say("PRP 9 PHH").await;
    assert_eq!(bob.received(), ["BPR 3 alice@example.com PHH"]);
    alice.say("PRP 10 MOB Y").await;
    assert!(bob.received().is_empty(), "this setting is not sent to others");
    assert!(carol.received().is_empty(), "carol is blocked");
}

#[tokio::test]
async fn blp_decides_whether_accounts_that_are_on_neither_al_nor_bl_can_see_the_user() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let (mut bob, mut carol) = (server.online("bob", "MSNP12").await, server.online("carol", "MSNP12").await);
    bob.say("ADC 6 FL N=alice@example.com F=Alice").await;
    carol.say("ADC 6 FL N=alice@example.com F=Alice").await;
    alice.say("ADC 6 AL N=carol@example.com").await;
    alice.say("BLP 7 BL").await;
    assert_eq!((bob.received(), carol.received()), (vec!["FLN alice@example.com".to_owned()], vec![]));
    alice.say("BLP 8 AL").await;
    assert_eq!(bob.received(), ["NLN NLN alice@example.com alice 0"]);
}

#[tokio::test(start_paused = true)]
async fn the_twenty_first_change_of_a_phone_number_within_a_minute_gets_800() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    for number in 0..20 {
        alice.expect(&[(&format!("PRP 6 PHH {number}"), &format!("PRP 6 PHH {number}"))]).await;
    }
    alice.expect(&[("PRP 7 PHM 5", "800 7"), ("PRP 8 MOB Y", "PRP 8 MOB Y"), ("PRP 9 MFN A", "PRP 9 MFN A")]).await;
    tokio::time::advance(Duration::from_secs(60)).await;
    alice.expect(&[("PRP 10 PHM 5", "PRP 10 PHM 5")]).await;
}

#[tokio::test(start_paused = true)]
async fn changes_to_privacy_and_to_the_name_and_to_a_phone_number_count_towards_the_presence_budget() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let show = format!("CHG 7 BSY 0 {}", "x".repeat(6000));
    while alice.say(&show).await == [show.clone()] {}
    while alice.say("CHG 8 NLN 0").await == ["CHG 8 NLN 0"] {}
    alice.expect(&[("BLP 9 BL", "800 9"), ("PRP 10 MFN A", "800 10"), ("PRP 11 PHH 1", "800 11")]).await;
    let mut old = server.online("alice", "MSNP8").await;
    old.expect(&[("REA 12 alice@example.com A", "800 12"), ("BLP 13 BL", "800 13")]).await;
}
