use super::super::testing::{CLOSED, Server, handle};

#[tokio::test]
async fn an_edit_that_cannot_be_written_gets_603_and_changes_nothing() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
    alice.say("ADG 7 Friends").await;
    alice.say("ADC 8 AL N=bob@example.com").await;
    server.online("dave", "MSNP12").await.say("ADC 6 FL N=alice@example.com F=Alice").await;
    alice.received();
    bob.received();
    let before = (server.roster("alice"), server.roster("bob"));
    server.store.writes.set_broken(true);
    alice
        .expect(&[
            ("ADC 9 FL N=carol@example.com F=Carol", "603 9"),
            ("ADC 10 FL C=<bob> <Friends>", "603 10"),
            ("ADC 11 BL N=carol@example.com", "603 11"),
            ("ADC 12 RL N=dave@example.com", "603 12"),
            ("REM 13 FL <bob>", "603 13"),
            ("REM 14 AL bob@example.com", "603 14"),
            ("ADG 15 Family", "603 15"),
            ("REG 16 <Friends> Family", "603 16"),
            ("RMG 17 <Friends>", "603 17"),
            ("GTC 18 N", "603 18"),
            ("BLP 19 BL", "603 19"),
            ("PRP 20 MFN Alice", "603 20"),
            ("PRP 21 PHH 5551", "603 21"),
            ("PRP 22 MOB Y", "603 22"),
            ("SBP 23 <bob> MFN Bobby", "603 23"),
        ])
        .await;
    assert!(bob.received().is_empty());
    assert_eq!((server.roster("alice"), server.roster("bob")), before);
}

#[tokio::test]
async fn an_edit_that_has_to_look_up_an_account_gets_603_if_the_store_cannot_be_read() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
    server.store.reads.set_broken(true);
    alice
        .expect(&[
            ("ADC 7 FL N=carol@example.com F=Carol", "603 7"),
            ("ADC 8 AL N=carol@example.com", "603 8"),
            ("REM 9 FL <bob>", "603 9"),
            ("ADG 10 Friends", "ADG 10 Friends <Friends>"),
        ])
        .await;
}

#[tokio::test]
async fn an_edit_is_not_answered_before_it_is_written() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    bob.say("ADC 6 FL N=alice@example.com F=Alice").await;
    alice.received();
    let mut hold = server.store.writes.hold().await;
    alice.send("PRP 6 MFN Alice%20A");
    hold.reached().await;
    assert_eq!((alice.received(), bob.received()), (vec![], vec![]));
    drop(hold);
    alice.wait().await;
    assert_eq!(alice.received(), ["PRP 6 MFN Alice%20A"]);
    assert_eq!(bob.received(), ["NLN NLN alice@example.com Alice%20A 0"]);
}

#[tokio::test]
async fn an_edit_that_has_begun_is_completed_even_if_its_connection_ends() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    let mut hold = server.store.writes.hold().await;
    alice.send("PRP 6 MFN Alice%20A");
    hold.reached().await;
    alice.drop_connection();
    drop(hold);
    // The edit holds the account's turn (the exclusive right to edit its roster) until the change
    // is in the store and in memory. So this line waits until the edit is complete.
    drop(server.service.directory.turn(&handle("alice")).await);
    assert_eq!(server.store.kept(&handle("alice")).unwrap().name.as_str(), "Alice A");
}

#[tokio::test]
async fn a_waiting_edit_is_dropped_if_its_account_signs_in_elsewhere() {
    for command in [
        "PRP 7 MFN Other",
        "PRP 7 PHH 5551",
        "ADC 7 FL N=carol@example.com F=Carol",
        "ADC 7 AL N=carol@example.com",
        "REM 7 FL <bob>",
        "REM 7 AL bob@example.com",
    ] {
        let server = Server::new();
        let mut first = server.online("alice", "MSNP12").await;
        first.say("ADC 6 FL N=bob@example.com F=Bob").await;
        first.say("ADC 6 AL N=bob@example.com").await;
        let before = server.store.kept(&handle("alice"));
        // In the queue for the account's turn, the second sign-in is first and the edit is second.
        let turn = server.service.directory.turn(&handle("alice")).await;
        let mut second = server.before_ticket("alice", "MSNP12").await;
        second.send(&format!("USR 3 TWN S {}", server.ticket("alice").await));
        first.send(command);
        drop(turn);
        second.wait().await;
        first.wait().await;
        assert_eq!(first.received(), ["OUT OTH", CLOSED], "{command}");
        assert_eq!(server.store.kept(&handle("alice")), before, "{command}");
    }
}
