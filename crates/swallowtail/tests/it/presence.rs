//! Tests events that happen at the same time. Every client must see the final state, and must see
//! each change only once.

use tokio::task::JoinSet;

use crate::support::people::{self, open_board};
use crate::support::time::amount;
use crate::support::wire::{Frame, Wire};
use crate::support::{TestServer, address};

/// Returns the verbs of the lines about a user.
fn about(frames: &[Frame], handle: &str) -> Vec<String> {
    let lines = frames.iter().filter(|frame| frame.line.contains(handle));
    lines.map(|frame| frame.word(0).to_owned()).collect()
}

/// Answers a call. Returns the connection, and the lines up to `ANS OK`.
async fn answer(mut board: Wire, words: String) -> (Wire, Vec<Frame>) {
    let mut frames = vec![board.ask("ANS", words).await];
    while frames.last().unwrap().word(0) == "IRO" {
        frames.push(board.next().await.unwrap());
    }
    (board, frames)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_callees_who_answer_at_the_same_time_see_each_other_exactly_once() {
    let server = TestServer::start().await;
    let [alice, bob, carol] = server.accounts(["alice", "bob", "carol"]).await;
    let mut notification = server.online("alice").await;
    let (mut bobs, mut carols) = (server.online("bob").await, server.online("carol").await);
    for round in 0..200 {
        let mut board = open_board(&alice, &mut notification).await;
        let mut ready = Vec::new();
        for (handle, ns) in [(&bob, &mut bobs), (&carol, &mut carols)] {
            board.done("CAL", handle).await;
            let ring = ns.expect("RNG ").await;
            let words = format!("{handle} {} {}", ring.word(4), ring.word(1));
            ready.push((Wire::dial(server.switchboard()).await, words));
        }
        let both = ready.into_iter().map(|(wire, words)| tokio::spawn(answer(wire, words)));
        let mut joined = Vec::new();
        for task in both.collect::<Vec<_>>() {
            joined.push(task.await.unwrap());
        }
        // A message of Alice reaches both members after all earlier lines.
        assert_eq!(board.message(b"x").await.word(0), "ACK");
        for ((mut wire, mut frames), other) in joined.into_iter().zip([&carol, &bob]) {
            while frames.last().unwrap().word(0) != "MSG" {
                frames.push(wire.next().await.unwrap());
            }
            let times = about(&frames, other);
            assert!(times == ["IRO"] || times == ["JOI"], "round {round}: {frames:?}");
            let first = about(&frames, &alice);
            assert_eq!(first, ["IRO", "MSG"], "round {round}");
        }
        for handle in [&bob, &carol] {
            board.expect(&format!("JOI {handle} ")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_hundred_simultaneous_sign_ins_only_one_session_remains_and_the_contact_sees_it() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, bob) = server.friends("alice", "bob").await;
    let ticket = server.ticket("bob").await;
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let (ticket, listener) = (ticket.clone(), server.notification());
        tasks.spawn(async move {
            let mut wire = Wire::dial(listener).await;
            let sign_in = people::sign_in_bytes(&address("bob"), &ticket);
            wire.send(format!("{sign_in}SYN 5 0 0\r\nCHG 6 NLN 0\r\nPNG\r\n")).await;
            loop {
                match wire.next().await {
                    Some(frame) if frame.line == "OUT OTH" => return None,
                    Some(frame) if frame.word(0) == "QNG" => return Some(wire),
                    Some(_) => {}
                    // A session that is replaced receives OUT OTH before its connection is closed.
                    None => panic!("closed without a reason"),
                }
            }
        });
    }
    let mut left = Vec::new();
    while let Some(wire) = tasks.join_next().await {
        left.extend(wire.unwrap());
    }
    // Of the sessions that had signed in, all except one receive OUT OTH, because another session
    // has replaced them.
    let mut survivors = Vec::new();
    for mut wire in left {
        wire.line("PNG").await;
        let answer = wire.find("an answer", |frame| frame.word(0) == "QNG" || frame.line == "OUT OTH").await;
        if answer.word(0) == "QNG" {
            survivors.push(wire);
        }
    }
    assert_eq!(survivors.len(), 1);
    drop(bob);
    // Alice receives FLN and NLN in turn, and the last line is NLN, because Bob is online in the
    // end.
    let received = about(&alice.before_pong().await, "bob@example.com");
    let expected: Vec<_> = (0..received.len()).map(|place| ["FLN", "NLN"][place % 2]).collect();
    assert_eq!(received, expected);
    assert_eq!(received.last().unwrap(), "NLN");
}

#[tokio::test]
async fn the_late_end_of_an_older_session_does_not_end_the_newer_one() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, mut older) = server.friends("alice", "bob").await;
    for _ in 0..50 {
        let mut newer = server.online("bob").await;
        assert_eq!(about(&alice.before_pong().await, "bob@example.com"), ["FLN", "NLN"]);
        // The server has sent OUT OTH and closed the old connection. Now the client resets it.
        assert_eq!(older.until_closed().await.last().unwrap().line, "OUT OTH");
        older.reset();
        newer.done("CHG", "BSY 0").await;
        assert_eq!(about(&alice.before_pong().await, "bob@example.com"), ["NLN"]);
        older = newer;
    }
}

#[tokio::test]
async fn a_client_is_signed_out_when_its_connection_is_reset_or_closed() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, mut bob) = server.friends("alice", "bob").await;
    for round in 0..20 {
        if round % 2 == 0 {
            bob.reset();
        } else {
            drop(bob);
        }
        alice.expect("FLN bob@example.com").await;
        bob = server.online("bob").await;
        alice.expect("NLN NLN bob@example.com").await;
        assert_eq!(alice.before_pong().await, []);
    }
}

/// After the server has confirmed that Alice blocks Bob, Bob receives no more presence lines about
/// Alice, even if Alice changes her status at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_block_takes_effect_immediately() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, mut bob) = server.friends("alice", "bob").await;
    for round in 0..100 {
        let noise: String = (0..5).map(|step| format!("CHG 9 {} 0\r\n", ["BSY", "AWY"][step % 2])).collect();
        let block = "REM 8 AL bob@example.com\r\nADC 8 BL N=bob@example.com\r\n";
        alice.send(format!("{noise}{block}{noise}PRP 9 MFN Alice{round}\r\n")).await;
        alice.expect("ADC 8 BL").await;
        // While the server carries out the rest of Alice's commands, Bob sends CHG. The server
        // answers CHG with the presence of everyone whom Bob may see.
        bob.done("CHG", "NLN 0").await;
        alice.expect("PRP 9").await;
        alice.before_pong().await;
        let received = about(&bob.before_pong().await, "alice@example.com");
        assert_eq!(received.last().unwrap(), "FLN", "round {round}: {received:?}");
        assert_eq!(received.iter().filter(|word| *word == "FLN").count(), 1, "round {round}: {received:?}");
        alice.send("CHG 9 NLN 0\r\nREM 8 BL bob@example.com\r\nADC 8 AL N=bob@example.com\r\n").await;
        alice.expect("ADC 8 AL").await;
        alice.before_pong().await;
        assert_eq!(about(&bob.before_pong().await, "alice@example.com"), ["NLN"], "round {round}");
    }
}

/// Bob goes online while Alice blocks him. Whichever comes first, Alice appears offline to Bob in
/// the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_contact_that_is_blocked_while_it_goes_online_sees_the_user_as_offline() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, bob) = server.friends("alice", "bob").await;
    drop(bob);
    for round in 0..100 {
        let mut bob = server.sign_in("bob").await;
        let blocking = async {
            alice.send("REM 8 AL bob@example.com\r\nADC 8 BL N=bob@example.com\r\n").await;
            alice.expect("ADC 8 BL").await;
            // The server first answers an edit, and then notifies other users of the edit. Only
            // after that does the server read the next command, here a ping.
            alice.before_pong().await;
        };
        tokio::join!(blocking, bob.line("CHG 9 NLN 0"));
        bob.expect("CHG 9").await;
        let received = about(&bob.before_pong().await, "alice@example.com");
        // An FLN about a contact who was never shown as online is harmless, because clients assume
        // that contacts are offline.
        let valid: [&[&str]; 3] = [&[], &["FLN"], &["ILN", "FLN"]];
        assert!(valid.iter().any(|valid| received == *valid), "round {round}: {received:?}");
        alice.send("REM 8 BL bob@example.com\r\nADC 8 AL N=bob@example.com\r\n").await;
        alice.expect("ADC 8 AL").await;
    }
}

/// One of two users who edit their lists about each other. The fields contain the state that must
/// follow from the answers to this user's commands.
struct Editor {
    wire: Wire,
    other: String,
    random: u32,
    contact: Option<String>,
    allowed: bool,
    blocked: bool,
}

impl Editor {
    async fn sign_in(server: &TestServer, name: &str, other: &str, seed: u32) -> Self {
        Self {
            wire: server.online(name).await,
            other: address(other),
            random: seed,
            contact: None,
            allowed: false,
            blocked: false,
        }
    }

    async fn edit(mut self, times: u32) -> Self {
        for _ in 0..times {
            self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            self.edit_once(self.random >> 16).await;
        }
        self
    }

    /// Removes the other user from a list if they are on this list, and otherwise adds them to it.
    /// `random` chooses the list.
    async fn edit_once(&mut self, random: u32) {
        let Self { wire, other, .. } = self;
        match (random % 3, self.contact.take()) {
            (0, None) => {
                let added = wire.done("ADC", format!("FL N={other} F={other}")).await;
                self.contact = Some(added.line.split_once("C=").unwrap().1.to_owned());
            }
            (0, Some(guid)) => {
                wire.done("REM", format!("FL {guid}")).await;
            }
            (list, contact) => {
                self.contact = contact;
                let (mine, opposite, name) = match list {
                    1 => (&mut self.allowed, self.blocked, "AL"),
                    _ => (&mut self.blocked, self.allowed, "BL"),
                };
                *mine = turn(wire, name, other, *mine, opposite).await;
            }
        }
    }

    fn bits(&self) -> u32 {
        u32::from(self.contact.is_some()) | u32::from(self.allowed) << 1 | u32::from(self.blocked) << 2
    }
}

/// If `on` is true, the other user is on the list, and this function removes them. Otherwise this
/// function adds them. Returns whether the other user is on the list afterwards.
async fn turn(wire: &mut Wire, list: &str, other: &str, on: bool, opposite: bool) -> bool {
    if on {
        wire.done("REM", format!("{list} {other}")).await;
        return false;
    }
    let answer = wire.ask("ADC", format!("{list} N={other}")).await;
    assert_eq!(answer.word(0), if opposite { "219" } else { "ADC" });
    !opposite
}

/// Returns the LST lines among the lines after an answer to SYN (the burst), and the list bits in
/// the first LST line. The bits are 0 if there is no LST line.
fn lists(burst: &[String]) -> (Vec<&String>, u32) {
    let lines: Vec<_> = burst.iter().filter(|line| line.starts_with("LST ")).collect();
    let bits = lines.first().map_or(0, |line| {
        let mut words = line.split(' ').skip(1).filter(|word| !word.contains('='));
        words.next().unwrap().parse().unwrap()
    });
    (lines, bits)
}

/// Two users edit their lists about each other as fast as they can. Each user's own edits take
/// effect. A user has the other user on RL or PL exactly if the other user has this user on FL. The
/// server's memory and its database agree.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_edits_by_two_users_have_the_same_result_as_edits_one_after_the_other() {
    for round in 0..amount(2, 8) {
        let mut server = TestServer::start().await;
        server.accounts(["alice", "bob"]).await;
        let alice = Editor::sign_in(&server, "alice", "bob", round).await;
        let bob = Editor::sign_in(&server, "bob", "alice", round + 1000).await;
        let (alice, bob) = (tokio::spawn(alice.edit(80)), tokio::spawn(bob.edit(80)));
        let (mut alice, mut bob) = (alice.await.unwrap(), bob.await.unwrap());
        let alices = people::synchronize(&mut alice.wire).await;
        let bobs = people::synchronize(&mut bob.wire).await;
        for (own, mine, theirs) in [(&alice, &alices, &bobs), (&bob, &bobs, &alices)] {
            let ((_, mine), (_, theirs)) = (lists(mine), lists(theirs));
            assert_eq!(mine & 7, own.bits(), "round {round}: {alices:?} {bobs:?}");
            assert_eq!(mine & 24 != 0, theirs & 1 != 0, "round {round}: {alices:?} {bobs:?}");
            assert_ne!(mine & 24, 24, "on both RL and PL: {alices:?} {bobs:?}");
        }
        drop((alice, bob));
        server.restart().await;
        for (name, before) in [("alice", alices), ("bob", bobs)] {
            let ticket = server.ticket(name).await;
            let mut wire = people::sign_in(server.notification(), &address(name), &ticket).await;
            let after = people::synchronize(&mut wire).await;
            assert_eq!(lists(&before), lists(&after), "{name}, round {round}");
        }
    }
}

/// A session is replaced while its edits are being written. Every edit on the disk must also be in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn if_a_session_is_replaced_each_of_its_edits_on_the_disk_is_also_in_memory() {
    let mut server = TestServer::start().await;
    server.account("alice").await;
    let mut current = server.sign_in("alice").await;
    for round in 0..30 {
        let edits: String = (0..40).map(|edit| format!("ADC {edit} AL N=tel:+1{round:02}{edit:02}\r\n")).collect();
        current.send(edits).await;
        current = server.sign_in("alice").await;
    }
    // The server carries out this edit after the last edit of the older sessions.
    current.done("ADC", "AL N=tel:+2").await;
    let in_memory = people::synchronize(&mut current).await;
    server.restart().await;
    let ticket = server.ticket("alice").await;
    let mut wire = people::sign_in(server.notification(), &address("alice"), &ticket).await;
    let on_disk = people::synchronize(&mut wire).await;
    assert_eq!(lists(&in_memory).0, lists(&on_disk).0);
}

/// Alice disconnects immediately after she has sent an edit, while the server still sends her lines
/// about Bob. The edit may or may not take effect. Carol's session and the database must agree
/// whether it did.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edit_by_a_client_that_disappears_takes_effect_completely_or_not_at_all() {
    let mut server = TestServer::start().await;
    let [_, _, carol] = server.accounts(["alice", "bob", "carol"]).await;
    let (alice, mut bob) = server.friends("alice", "bob").await;
    drop(alice);
    let mut carols = server.online("carol").await;
    let noise = tokio::spawn(async move {
        loop {
            bob.done("CHG", "BSY 0").await;
            bob.done("CHG", "NLN 0").await;
        }
    });
    for round in 0..60 {
        let mut alice = server.online("alice").await;
        let burst = people::synchronize(&mut alice).await;
        let contact = burst.iter().find(|line| line.contains(&carol)).and_then(|line| line.split_once("C="));
        let edit = match contact {
            Some((_, rest)) => format!("REM 9 FL {}\r\n", rest.split(' ').next().unwrap()),
            None => format!("ADC 9 FL N={carol} F={carol}\r\n"),
        };
        alice.send(edit).await;
        alice.reset();
        // Alice's next session and Carol's session must agree about the edit.
        let received = people::synchronize(&mut carols).await;
        let (_, mut bits) = lists(&received);
        let mut alice = server.online("alice").await;
        let burst = people::synchronize(&mut alice).await;
        let has = burst.iter().any(|line| line.contains(&carol) && line.contains("C="));
        if (bits != 0) != has {
            // The server may have carried out the edit after it answered Carol's SYN and before it
            // answered Alice's SYN.
            bits = lists(&people::synchronize(&mut carols).await).1;
        }
        assert_eq!(bits != 0, has, "round {round}: {received:?} {burst:?}");
    }
    noise.abort();
    let before = people::synchronize(&mut carols).await;
    drop(carols);
    server.restart().await;
    let ticket = server.ticket("carol").await;
    let mut wire = people::sign_in(server.notification(), &carol, &ticket).await;
    assert_eq!(lists(&before), lists(&people::synchronize(&mut wire).await));
}
