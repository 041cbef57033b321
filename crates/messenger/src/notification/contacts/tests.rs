use std::time::Duration;

use super::super::testing::{CLOSED, Server, handle};

#[tokio::test]
async fn a_user_who_adds_a_contact_sees_its_presence_and_the_contact_is_informed() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    bob.say("PRP 6 PHH 5552").await;
    bob.say("UUX 7 15\r\n<Data>hi</Data>").await;
    let added = [
        "ADC 6 FL N=bob@example.com F=Bob%20B C=<bob>",
        "BPR bob@example.com PHH 5552",
        "ILN 6 NLN bob@example.com bob 0",
        "UBX bob@example.com 15\r\n<Data>hi</Data>",
    ];
    assert_eq!(alice.say("ADC 6 FL N=bob@example.com F=Bob%20B").await, added);
    assert_eq!(bob.received(), ["ADC 0 RL N=alice@example.com F=alice"]);
    assert_eq!((server.lists("alice", "bob"), server.lists("bob", "alice")), (1, 16));

    alice.expect(&[("REM 7 FL <bob>", "REM 7 FL <bob>")]).await;
    assert_eq!(bob.received(), ["REM 0 RL alice@example.com"]);
    assert_eq!((server.lists("alice", "bob"), server.lists("bob", "alice")), (0, 0));
}

#[tokio::test]
async fn a_contact_that_blocks_the_user_is_informed_of_being_added_but_appears_offline() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    bob.say("ADC 6 BL N=alice@example.com").await;
    alice.expect(&[("ADC 6 FL N=bob@example.com F=Bob", "ADC 6 FL N=bob@example.com F=Bob C=<bob>")]).await;
    assert_eq!(bob.received(), ["ADC 0 RL N=alice@example.com F=alice"]);
    assert_eq!(server.lists("bob", "alice"), 12);
}

#[tokio::test]
async fn each_list_refuses_entries_that_cannot_be_on_that_list() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    server.online("dave", "MSNP12").await.say("ADC 6 FL N=alice@example.com F=A").await;
    alice.received();
    alice
        .expect(&[
            // The forward list: contacts that the user wants to see.
            ("ADC 1 FL N=bob@example.com F=Bob", "ADC 1 FL N=bob@example.com F=Bob C=<bob>"),
            ("ADC 2 FL N=bob@example.com F=Bob", "215 2"),
            ("ADC 3 FL N=alice@example.com F=me", "201 3"),
            ("ADC 4 FL N=ghost@example.com F=x", "208 4"),
            ("ADC 5 FL N=carol@example.com F=x 11111111-2222-3333-4444-555555555555", "224 5"),
            ("ADC 6 FL C=11111111-2222-3333-4444-555555555555 11111111-2222-3333-4444-555555555555", "208 6"),
            ("REM 7 FL 11111111-2222-3333-4444-555555555555", "216 7"),
            // The allow and block lists.
            ("ADC 8 AL N=bob@example.com", "ADC 8 AL N=bob@example.com"),
            ("ADC 9 AL N=bob@example.com", "215 9"),
            ("ADC 10 BL N=bob@example.com", "219 10"),
            ("ADC 11 AL N=alice@example.com", "201 11"),
            ("ADC 12 BL N=alice@example.com", "201 12"),
            ("ADC 13 BL N=ghost@example.com", "208 13"),
            ("REM 14 BL bob@example.com", "216 14"),
            ("REM 15 AL alice@example.com", "216 15"),
            ("REM 16 AL bob@example.com", "REM 16 AL bob@example.com"),
            ("ADC 17 BL N=bob@example.com", "ADC 17 BL N=bob@example.com"),
            ("ADC 18 AL N=bob@example.com", "219 18"),
            // The reverse and pending lists: the users who have Alice on FL. In this test, only
            // Dave has Alice on FL.
            ("ADC 19 RL N=carol@example.com", "216 19"),
            ("ADC 20 RL N=alice@example.com", "201 20"),
            ("REM 21 PL carol@example.com", "216 21"),
            ("ADC 22 RL N=dave@example.com", "ADC 22 RL N=dave@example.com"),
            ("REM 23 PL dave@example.com", "REM 23 PL dave@example.com"),
            ("ADC 24 RL N=dave@example.com", "ADC 24 RL N=dave@example.com"),
        ])
        .await;
    assert_eq!((server.lists("alice", "bob"), server.lists("alice", "dave")), (5, 8));
    assert_eq!(alice.say("ADC 25 PL N=dave@example.com").await, [CLOSED]);
}

#[tokio::test]
async fn an_address_without_an_account_is_refused_with_the_error_code_of_the_clients_dialect() {
    let server = Server::new();
    for (dialect, command, answer) in [
        ("MSNP8", "ADD 6 FL ghost@example.com Ghost", "205 6"),
        ("MSNP9", "ADD 6 BL ghost@example.com Ghost", "205 6"),
        ("MSNP10", "ADC 6 FL N=ghost@example.com F=Ghost", "208 6"),
        ("MSNP12", "ADC 6 AL N=ghost@example.com", "208 6"),
    ] {
        server.online("alice", dialect).await.expect(&[(command, answer)]).await;
    }
}

#[tokio::test]
async fn since_msnp11_fl_and_al_may_contain_telephone_numbers() {
    let server = Server::new();
    for (dialect, command, answer) in [
        ("MSNP8", "ADD 6 AL tel:+15551 phone", "201 6"),
        ("MSNP10", "ADC 6 FL N=tel:+15551 F=phone", "201 6"),
        ("MSNP11", "ADC 6 FL N=tel:+15551 F=phone", "ADC 6 FL N=tel:+15551 F=phone C=<tel:+15551>"),
        ("MSNP11", "ADC 6 AL N=tel:+15551", "ADC 6 AL N=tel:+15551"),
        ("MSNP11", "ADC 6 BL N=tel:+15551", CLOSED),
        ("MSNP12", "ADC 6 RL N=tel:+15551", CLOSED),
    ] {
        server.online("alice", dialect).await.expect(&[(command, answer)]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_many_unknown_addresses_the_answers_do_not_reveal_which_accounts_exist() {
    let server = Server::with(|config| {
        config.limits.unknown_accounts_at_once = 2;
        config.limits.unknown_accounts_per_hour = 6;
    });
    let mut alice = server.online("alice", "MSNP12").await;
    alice
        .expect(&[
            ("ADC 6 AL N=dave@example.com", "ADC 6 AL N=dave@example.com"),
            ("ADC 7 FL N=ghost1@example.com F=x", "208 7"),
            ("ADC 8 AL N=ghost2@example.com", "208 8"),
            ("ADC 9 FL N=ghost3@example.com F=x", "800 9"),
            ("ADC 10 FL N=bob@example.com F=x", "800 10"),
            ("ADC 11 RL N=bob@example.com", "800 11"),
            ("ADC 11 BL N=bob@example.com", "ADC 11 BL N=bob@example.com"),
            ("ADC 11 BL N=ghost4@example.com", "ADC 11 BL N=ghost4@example.com"),
            ("ADC 11 AL N=ghost5@example.com", "ADC 11 AL N=ghost5@example.com"),
            ("REM 11 BL ghost4@example.com", "REM 11 BL ghost4@example.com"),
            ("ADC 12 FL N=alice@example.com F=x", "201 12"),
            ("ADC 13 FL N=dave@example.com F=Dave", "ADC 13 FL N=dave@example.com F=Dave C=<dave>"),
        ])
        .await;
    alice.after(Duration::from_secs(600)).await;
    alice
        .expect(&[("ADC 14 FL N=ghost6@example.com F=x", "208 14"), ("ADC 15 FL N=ghost7@example.com F=x", "800 15")])
        .await;
}

#[tokio::test]
async fn a_client_on_an_exempt_network_may_try_any_number_of_addresses() {
    let server = Server::with(|config| config.limits.unknown_accounts_at_once = 1);
    let mut alice = server.sign_in_from("alice", "MSNP12", |connection| connection.limited = false).await;
    for trid in 6..10 {
        alice.expect(&[(&format!("ADC {trid} AL N=ghost@example.com"), &format!("208 {trid}"))]).await;
    }
}

#[tokio::test]
async fn an_addition_gets_210_if_a_list_of_either_account_is_full() {
    let server = Server::with(|config| {
        config.limits.contacts = 1;
        config.limits.reverse = 1;
        config.limits.allowed_or_blocked = 1;
    });
    let mut alice = server.online("alice", "MSNP12").await;
    let mut carol = server.online("carol", "MSNP12").await;
    alice
        .expect(&[
            ("ADC 6 FL N=bob@example.com F=Bob", "ADC 6 FL N=bob@example.com F=Bob C=<bob>"),
            ("ADC 7 FL N=dave@example.com F=Dave", "210 7"),
            ("ADC 8 AL N=bob@example.com", "ADC 8 AL N=bob@example.com"),
            ("ADC 9 AL N=carol@example.com", "210 9"),
            ("ADC 10 BL N=carol@example.com", "ADC 10 BL N=carol@example.com"),
            ("ADC 11 BL N=dave@example.com", "210 11"),
        ])
        .await;
    carol.expect(&[("ADC 6 FL N=bob@example.com F=Bob", "210 6")]).await;
    assert_eq!(server.lists("carol", "bob"), 0, "neither account changes");
}

#[tokio::test]
async fn msnp11_sdk_may_add_a_contact_to_bl_before_it_removes_the_contact_from_al() {
    let server = Server::new();
    for (offer, answer, lists) in [("MSNP11", "219 7", 2), ("MSNP11 CVR0", "ADC 7 BL N=bob@example.com", 6)] {
        let mut alice = server.online("alice", offer).await;
        alice.say("ADC 6 AL N=bob@example.com").await;
        alice.expect(&[("ADC 7 BL N=bob@example.com", answer)]).await;
        assert_eq!(server.lists("alice", "bob"), lists, "{offer}");
    }
}

#[tokio::test]
async fn a_contact_that_msnp11_sdk_adds_to_al_stays_blocked_until_msnp11_sdk_removes_it_from_bl() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP11 CVR0").await, server.online("bob", "MSNP12").await);
    bob.say("ADC 6 FL N=alice@example.com F=Alice").await;
    alice.say("ADC 6 BL N=bob@example.com").await;
    bob.received();
    alice.expect(&[("ADC 7 AL N=bob@example.com", "ADC 7 AL N=bob@example.com")]).await;
    assert!(bob.received().is_empty(), "BL has priority");
    alice.expect(&[("REM 8 BL bob@example.com", "REM 8 BL bob@example.com")]).await;
    assert_eq!(bob.received(), ["NLN NLN alice@example.com alice 0"]);
    assert_eq!(server.lists("alice", "bob") & 6, 2, "only on AL");
}

#[tokio::test]
async fn an_address_may_be_percent_encoded() {
    let server = Server::new();
    server
        .online("alice", "MSNP12")
        .await
        .expect(&[
            ("ADC 6 BL N=bob%40example.com", "ADC 6 BL N=bob@example.com"),
            ("REM 7 BL bob%40example.com", "REM 7 BL bob@example.com"),
        ])
        .await;
    server
        .online("bob", "MSNP9")
        .await
        .expect(&[
            ("ADD 6 AL alice%40example.com Alice", "ADD 6 AL 1 alice@example.com Alice"),
            ("REA 7 bob%40example.com Bob", "REA 7 2 bob@example.com Bob"),
        ])
        .await;
}

#[tokio::test]
async fn a_blocked_contact_sees_the_account_go_offline() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    bob.say("ADC 6 FL N=alice@example.com F=Alice").await;
    alice.received();
    alice.say("ADC 6 BL N=bob@example.com").await;
    assert_eq!(bob.received(), ["FLN alice@example.com"]);
    alice.say("CHG 7 BSY 0").await;
    assert!(bob.received().is_empty());
    alice.say("REM 8 BL bob@example.com").await;
    assert_eq!(bob.received(), ["NLN BSY alice@example.com alice 0"]);
}

#[tokio::test]
async fn before_msnp10_a_contact_that_is_removed_from_its_last_group_leaves_the_list() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP9").await, server.online("bob", "MSNP9").await);
    alice
        .expect(&[
            ("ADG 6 Friends 0", "ADG 6 1 Friends 1 0"),
            ("ADD 7 FL bob@example.com Bob 1", "ADD 7 FL 2 bob@example.com Bob 1\nILN 7 NLN bob@example.com bob 0"),
            ("ADD 8 FL bob@example.com Bob 1", "215 8"),
            ("ADD 9 FL bob@example.com Bob 7", "224 9"),
            ("ADD 10 FL bob@example.com Bob 0", "ADD 10 FL 3 bob@example.com Bob 0"),
            ("REM 11 FL bob@example.com 7", "224 11"),
            ("REM 12 FL bob@example.com 0", "REM 12 FL 4 bob@example.com 0"),
            ("REM 13 FL bob@example.com 0", "225 13"),
        ])
        .await;
    assert_eq!(bob.received(), ["ADD 0 RL 1 alice@example.com alice"]);
    alice.expect(&[("REM 14 FL bob@example.com 1", "REM 14 FL 5 bob@example.com 1")]).await;
    assert_eq!(bob.received(), ["REM 0 RL 2 alice@example.com"]);
    assert_eq!((server.lists("alice", "bob"), server.lists("bob", "alice")), (0, 0));
}

#[tokio::test]
async fn since_msnp10_a_contact_that_is_removed_from_its_last_group_stays_on_the_list() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice
        .expect(&[
            ("ADG 6 Friends", "ADG 6 Friends <Friends>"),
            ("ADC 7 FL N=bob@example.com F=Bob", "ADC 7 FL N=bob@example.com F=Bob C=<bob>"),
            ("ADC 8 FL C=<bob> <Friends>", "ADC 8 FL C=<bob> <Friends>"),
            ("ADC 9 FL C=<bob> <Friends>", "215 9"),
            ("REM 10 FL <bob> <Friends>", "REM 10 FL <bob> <Friends>"),
            ("REM 11 FL <bob> <Friends>", "225 11"),
        ])
        .await;
    assert_eq!(server.lists("alice", "bob"), 1);
}

#[tokio::test]
async fn a_contact_whose_account_was_deleted_can_still_be_removed() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
    server.store.remove(&handle("bob"));
    alice.expect(&[("REM 7 FL <bob>", "REM 7 FL <bob>"), ("ADC 8 FL N=bob@example.com F=Bob", "208 8")]).await;
}

#[tokio::test(start_paused = true)]
async fn the_sixty_first_change_to_the_entries_of_one_contact_within_a_minute_gets_800() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    for _ in 0..15 {
        alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
        alice.say("REM 7 FL <bob>").await;
        alice.say("ADC 8 BL N=bob@example.com").await;
        alice.say("REM 9 BL bob@example.com").await;
    }
    bob.received();
    for command in ["ADC 10 FL N=bob@example.com F=Bob", "ADC 10 BL N=bob@example.com", "REM 10 BL bob@example.com"] {
        alice.expect(&[(command, "800 10")]).await;
    }
    assert_eq!(bob.received(), [""; 0]);
    let added = alice.say("ADC 11 FL N=carol@example.com F=Carol").await;
    assert!(added[0].starts_with("ADC 11 FL "), "another account: {added:?}");
    tokio::time::advance(Duration::from_secs(60)).await;
    let added = alice.say("ADC 12 FL N=bob@example.com F=Bob").await;
    assert!(added[0].starts_with("ADC 12 FL "), "{added:?}");
}
