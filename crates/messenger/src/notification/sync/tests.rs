use super::super::testing::{Server, handle};
use super::*;

#[tokio::test]
async fn a_client_without_cached_lists_gets_everything_in_the_format_of_its_dialect() {
    let server = Server::new();
    let mut alice = server.online("alice", "MSNP12").await;
    alice.say("ADG 6 Friends").await;
    alice.say("ADC 7 FL N=bob@example.com F=Bob <Friends>").await;
    alice.say("ADC 8 BL N=carol@example.com").await;
    alice.say("ADC 9 FL N=tel:+15551230000 F=phone").await;
    alice.say("PRP 10 PHH 5551").await;
    alice.say("PRP 10 MOB Y").await;
    let burst = |lines: Vec<String>| lines[1..].join("\n");

    let lines = alice.say("SYN 11 0 0").await;
    assert!(lines[0].starts_with("SYN 11 2") && lines[0].ends_with(" 3 1"), "{lines:?}");
    let settings = "GTC A\nBLP AL\nPRP MFN alice\nPRP PHH 5551\nPRP MOB Y\nLSG Friends <Friends>";
    let bob = "LST N=bob@example.com F=Bob C=<bob> 1 1 <Friends>";
    let others =
        "LST N=carol@example.com F=carol@example.com 4 1\nLST N=tel:+15551230000 F=phone C=<tel:+15551230000> 1 4";
    assert_eq!(burst(lines), format!("{settings}\n{bob}\n{others}"));

    let mut alice = server.sign_in("alice", "MSNP9").await;
    let lines = alice.say("SYN 4 0").await;
    assert_eq!(lines[0], "SYN 4 6 2 2");
    let settings = "GTC A\nBLP AL\nPRP PHH 5551\nPRP MOB Y\nLSG 0 Other%20Contacts 0\nLSG 1 Friends 0";
    let entries = "LST bob@example.com Bob 1 1\nLST carol@example.com carol@example.com 4";
    assert_eq!(burst(lines), format!("{settings}\n{entries}"), "no telephones before MSNP11");
}

#[tokio::test]
async fn a_client_whose_cached_lists_are_current_gets_only_the_stamps() {
    let server = Server::new();
    let mut alice = server.sign_in("alice", "MSNP12").await;
    alice.say("GTC 4 N").await;
    let Stamps { list, settings, .. } = server.roster("alice").stamps;
    let current = format!("SYN 5 {list} {settings}");
    alice.expect(&[(&current, &current)]).await;
    for old in [format!("SYN 5 {list} 0"), format!("SYN 5 0 {settings}"), "SYN 5 0 0".to_owned()] {
        assert_eq!(alice.say(&old).await[0], format!("{current} 0 0"), "{old}");
    }

    let mut alice = server.sign_in("alice", "MSNP8").await;
    alice.expect(&[("SYN 4 1", "SYN 4 1")]).await;
    for version in ["0", "2"] {
        assert_eq!(alice.say(&format!("SYN 4 {version}")).await[0], "SYN 4 1 0 1", "{version}");
    }
}

#[tokio::test]
async fn list_version_0_always_counts_as_outdated() {
    let server = Server::new();
    let mut alice = server.sign_in("alice", "MSNP8").await;
    assert_eq!(alice.say("SYN 4 0").await[0], "SYN 4 0 0 1");
}

#[tokio::test]
async fn the_entry_of_a_contact_is_followed_by_its_phone_numbers_unless_the_contact_blocks_the_user() {
    let server = Server::new();
    let mut bob = server.sign_in("bob", "MSNP12").await;
    bob.say("PRP 4 PHM 5552").await;
    let mut alice = server.online("alice", "MSNP12").await;
    alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
    assert_eq!(alice.say("SYN 7 0 0").await.last().unwrap(), "BPR PHM 5552");
    bob.say("ADC 8 BL N=alice@example.com").await;
    assert!(alice.say("SYN 8 0 0").await.last().unwrap().starts_with("LST"));
}

#[tokio::test]
async fn changes_by_others_are_sent_only_after_the_first_syn() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.sign_in("bob", "MSNP12").await);
    alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
    assert!(bob.received().is_empty());
    assert!(bob.say("SYN 4 0 0").await.contains(&"LST N=alice@example.com F=alice 16 1".to_owned()));
    alice.say("REM 7 FL <bob>").await;
    assert_eq!(bob.received(), ["REM 0 RL alice@example.com"]);
}

#[tokio::test]
async fn lines_from_others_still_arrive_while_the_store_is_slow() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP12").await, server.online("bob", "MSNP12").await);
    alice.say("ADC 6 FL N=bob@example.com F=Bob").await;
    let hold = server.store.reads.hold().await;
    alice.send("SYN 7 0 0");
    bob.say("CHG 6 AWY 0").await;
    assert_eq!(alice.received(), ["NLN AWY bob@example.com bob 0"]);
    drop(hold);
    alice.wait().await;
    assert!(alice.received()[0].starts_with("SYN 7 "));
}

#[tokio::test]
async fn if_a_phone_number_changes_while_the_lists_are_read_the_client_gets_the_older_list_version() {
    let server = Server::new();
    let (mut alice, mut bob) = (server.online("alice", "MSNP9").await, server.online("bob", "MSNP9").await);
    alice.say("ADD 6 FL bob@example.com Bob").await;
    let hold = server.store.reads.hold().await;
    alice.send("SYN 7 0");
    bob.say("PRP 6 PHH 5552").await;
    drop(hold);
    alice.wait().await;
    let lines = alice.received();
    assert!(lines.contains(&"SYN 7 1 1 1".to_owned()), "{lines:?}");
    assert_eq!(server.store.kept(&handle("alice")).unwrap().stamps.version, 2);
}

#[tokio::test]
async fn a_syn_gets_603_while_the_store_fails() {
    let server = Server::new();
    let mut alice = server.sign_in("alice", "MSNP12").await;
    server.store.reads.set_broken(true);
    alice.expect(&[("SYN 4 0 0", "603 4")]).await;
    server.store.reads.set_broken(false);
    assert!(alice.say("SYN 5 0 0").await[0].starts_with("SYN 5 "));
}
