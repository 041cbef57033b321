use super::super::testing::{CLOSED, Server};

#[tokio::test]
async fn group_commands_use_the_group_ids_of_the_clients_dialect() {
    let server = Server::new();
    server
        .online("alice", "MSNP8")
        .await
        .expect(&[
            ("ADG 6 Work%20mates 0", "ADG 6 1 Work%20mates 1 0"),
            ("ADG 7 Family 0", "ADG 7 2 Family 2 0"),
            ("REG 8 2 Friends 0", "REG 8 3 2 Friends 0"),
            ("REG 9 0 Others", "REG 9 4 0 Others 0"),
            ("RMG 10 1", "RMG 10 5 1"),
            ("ADG 11 Chess", "ADG 11 6 Chess 1 0"),
        ])
        .await;
    server
        .online("bob", "MSNP12")
        .await
        .expect(&[
            ("ADG 6 Work%20mates", "ADG 6 Work%20mates <Work mates>"),
            ("REG 7 <Work mates> Friends", "REG 7 <Work mates> Friends"),
            ("RMG 8 <Work mates>", "RMG 8 <Work mates>"),
        ])
        .await;
}

#[tokio::test]
async fn msnp11_sdk_gets_an_extra_1_in_answers_to_group_commands() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP11 CVR0").await;
    alice
        .expect(&[
            ("ADG 6 Friends", "ADG 6 1 Friends <Friends>"),
            ("REG 7 <Friends> Family", "REG 7 1 Family <Friends>"),
            ("RMG 8 <Friends>", "RMG 8 1 <Friends>"),
        ])
        .await;
}

#[tokio::test]
async fn msn_pecan_gets_the_existing_group_when_it_adds_a_group_with_the_same_name() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice
        .expect(&[
            ("ADG 6 Friends", "ADG 6 Friends <Friends>"),
            ("ADG 7 %46riends 0", "ADG 7 %46riends <Friends>"),
            ("REG 8 <Friends> Family", "REG 8 <Friends> Family"),
            ("ADG 9 Family", "ADG 9 Family <Friends>"),
        ])
        .await;
}

#[tokio::test]
async fn a_group_command_that_cannot_be_carried_out_is_refused() {
    let server = Server::with(|config| config.limits.groups = 2);
    let unknown = "11111111-2222-3333-4444-555555555555";
    let mut alice = server.online("alice", "MSNP12 MSNP11").await;
    alice
        .expect(&[
            ("ADG 6 Friends", "ADG 6 Friends <Friends>"),
            ("ADG 7 Friends", "228 7"),
            ("ADG 8 Family", "ADG 8 Family <Family>"),
            ("ADG 9 Work", "223 9"),
            ("REG 10 <Family> Friends", "228 10"),
            ("REG 11 <Family> Family", "REG 11 <Family> Family"),
            (&format!("REG 12 {unknown} Work"), "224 12"),
            (&format!("RMG 13 {unknown}"), "224 13"),
            (&format!("ADG 14 {}", "x".repeat(62)), "229 14"),
        ])
        .await;
    let mut bob = server.online("bob", "MSNP9").await;
    bob.expect(&[("RMG 6 0", "230 6"), ("RMG 7 5", "224 7"), ("REG 8 5 Work", "224 8")]).await;
}

#[tokio::test]
async fn client_7_0_can_remove_a_group_by_its_name() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP11").await;
    alice
        .expect(&[
            ("ADG 6 Old%20Friends", "ADG 6 Old%20Friends <Old Friends>"),
            ("RMG 7 Old%2520Friends", "RMG 7 <Old Friends>"),
            ("RMG 8 Old%2520Friends", CLOSED),
        ])
        .await;
}

#[tokio::test]
async fn the_contacts_of_a_removed_group_stay_on_the_list() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice.say("ADG 6 Friends").await;
    alice.say("ADC 7 FL N=bob@example.com F=Bob <Friends>").await;
    alice.expect(&[("RMG 8 <Friends>", "RMG 8 <Friends>")]).await;
    assert_eq!(server.lists("alice", "bob"), 1);
    assert!(alice.say("SYN 9 0 0").await.contains(&"LST N=bob@example.com F=Bob C=<bob> 1 1".to_owned()));
}
