//! Tests the client SDK `msnp-client` against the server: over TCP, over TLS, and through the HTTP gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use msnp::message::{CustomEmoticon, Emoticons, Message};
use msnp::notification::{AddPrompt, Phone, Privacy, Ticket};
use msnp::{Dialect, Handle, List, ObjectKind, Status};
use msnp_client::machine::{EditError, Entry, RosterChange, SendError, SignedOut};
use msnp_client::p2p::Failure;
use msnp_client::transport::Roots;
use msnp_client::{
    Account, Bot, Client, Event, Events, FileOffer, Incoming, LoginKind, Server, TicketSource, TransferError,
    Undelivered,
};
use tempfile::TempDir;

use crate::support::people::text_message;
use crate::support::time::{PATIENCE, eventually};
use crate::support::tls::TestCertificate;
use crate::support::wire::Wire;
use crate::support::{TestServer, address, private_directory};

const PASSWORD: &str = "correct horse";

/// A way to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Tcp,
    Tls,
    Gateway,
}

const WAYS: [Way; 3] = [Way::Tcp, Way::Tls, Way::Gateway];

/// A server with all three ways to connect, and the data that a client needs to use one of them.
struct Service {
    server: TestServer,
    way: Way,
    files: TempDir,
}

fn any() -> Option<SocketAddr> {
    Some("127.0.0.1:0".parse().unwrap())
}

impl Service {
    async fn start(way: Way, names: &[&str]) -> Self {
        let files = private_directory();
        let certificate = TestCertificate::write(files.path(), "own", &["127.0.0.1", "localhost"]);
        let server = TestServer::start_with(|config| {
            config.tls.certificate.push(certificate.files.clone());
            config.listen.notification_tls = any();
            config.listen.switchboard_tls = any();
            config.listen.https = any();
        })
        .await;
        for name in names {
            server.account_with_password(name, PASSWORD).await;
        }
        Self { server, way, files }
    }

    /// Returns the server in the form that a client needs to connect.
    fn at(&self) -> Server {
        let addresses = self.server.server().addresses();
        let main = |key| addresses.main(key).unwrap();
        let plain = Server::at("127.0.0.1").notification(self.server.notification().to_string());
        let plain = plain.http(format!("http://{}", addresses.http));
        match self.way {
            Way::Tcp => plain,
            Way::Gateway => plain.gateway(),
            Way::Tls => plain
                .notification(main("notification_tls").to_string())
                .http(format!("https://{}", main("https")))
                .roots(Roots::with_file(&self.files.path().join("own.pem")).unwrap())
                .tls(),
        }
    }

    async fn sign_in(&self, name: &str) -> (Client, Events) {
        let account = Account::new(&address(name), PASSWORD).unwrap();
        Client::sign_in(&self.at(), &account).await.unwrap()
    }
}

fn handle(name: &str) -> Handle {
    Handle::parse(&address(name)).unwrap()
}

/// Waits for the first event from which `pick` returns something.
async fn until<T>(events: &mut Events, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    let wait = async {
        loop {
            let event = events.next().await.expect("the client is signed in");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no event: {what}"))
}

async fn message(events: &mut Events) -> Incoming {
    until(events, "a message", |event| if let Event::Message(message) = event { Some(message) } else { None }).await
}

#[tokio::test]
async fn two_sdk_clients_and_a_raw_client_can_chat_over_every_transport() {
    for way in WAYS {
        let service = Service::start(way, &["alice", "bob", "carol"]).await;
        let (alice, mut alices) = service.sign_in("alice").await;
        let (_bob, mut bobs) = service.sign_in("bob").await;
        let mut carol = service.server.online("carol").await;

        let conversation = alice.conversation(&handle("bob"));
        conversation.send_text("hello").await.unwrap();
        let received = message(&mut bobs).await;
        assert_eq!((received.text(), &received.from), (Some("hello"), &handle("alice")), "{way:?}");
        received.reply("hi").await.unwrap();
        assert_eq!(message(&mut alices).await.text(), Some("hi"));

        // The third member does not use the SDK. The test sends its commands line by line.
        conversation.invite(&handle("carol"));
        let ring = carol.expect("RNG ").await;
        let mut board = Wire::dial(service.server.switchboard()).await;
        board.ask("ANS", format!("{} {} {}", address("carol"), ring.word(4), ring.word(1))).await;
        until(&mut alices, "Carol joins", |event| {
            matches!(event, Event::Joined { member, .. } if member.handle == handle("carol")).then_some(())
        })
        .await;
        conversation.nudge().await.unwrap();
        assert_eq!(message(&mut bobs).await.message, Message::Nudge);
        assert_eq!(board.expect("MSG").await.payload, Message::Nudge.encode());
        conversation.typing();
        assert!(matches!(message(&mut bobs).await.message, Message::Typing(_)));
        board.expect("MSG").await;
        board.message(&text_message("from Carol")).await;
        assert_eq!(message(&mut bobs).await.text(), Some("from Carol"));
        assert_eq!(message(&mut alices).await.from, handle("carol"));

        // A long text arrives in order, in several messages.
        let long = "a long line of text\n".repeat(400);
        conversation.send_text(&long).await.unwrap();
        let mut text = String::new();
        while text.len() < long.len() {
            text += message(&mut bobs).await.text().unwrap();
        }
        assert_eq!(text, long, "{way:?}");
        service.server.stop().await;
    }
}

#[tokio::test]
async fn every_undelivered_message_is_reported_with_its_reason() {
    for way in WAYS {
        let service = Service::start(way, &["alice", "bob"]).await;
        let (alice, _events) = service.sign_in("alice").await;
        let refused = |error: SendError| Err(Undelivered::Refused(error));
        assert_eq!(alice.send_text(&handle("bob"), "are you there?").await, refused(SendError::NotReachable));
        assert_eq!(alice.send_text(&handle("nobody"), "are you there?").await, refused(SendError::NotReachable));
        assert_eq!(alice.new_conversation().send_text("to no one").await, refused(SendError::Empty));
        alice.set_status(Status::Hidden).await.unwrap();
        let hidden = alice.send_text(&handle("bob"), "while hidden").await;
        assert_eq!(hidden, refused(SendError::Refused(msnp::ErrorCode::NotAllowedWhenOffline)));
        let long = Message::Other(msnp::message::OtherMessage::new(vec![b'x'; 1665]));
        assert_eq!(alice.conversation(&handle("bob")).send(&long).await, refused(SendError::TooLong));
        alice.sign_out();
        assert_eq!(alice.send_text(&handle("bob"), "signed out").await, refused(SendError::Offline));
    }
}

#[tokio::test]
async fn a_conversation_that_has_ended_opens_again_with_the_next_message() {
    let service = Service::start(Way::Tcp, &["alice", "bob"]).await;
    let (alice, mut alices) = service.sign_in("alice").await;
    let (_bob, mut bobs) = service.sign_in("bob").await;
    let conversation = alice.conversation(&handle("bob"));
    conversation.send_text("one").await.unwrap();
    message(&mut bobs).await.conversation.close();
    until(&mut alices, "Bob leaves", |event| matches!(event, Event::Quiet(_)).then_some(())).await;
    assert!(conversation.members().is_empty());
    conversation.send_text("two").await.unwrap();
    assert_eq!(message(&mut bobs).await.text(), Some("two"));
    assert_eq!(alice.conversation(&handle("bob")), conversation);
}

#[tokio::test]
async fn the_roster_follows_every_edit() {
    let service = Service::start(Way::Tcp, &["alice", "bob"]).await;
    let (alice, mut alices) = service.sign_in("alice").await;
    let (bob, mut bobs) = service.sign_in("bob").await;
    let bobs_handle = handle("bob");
    alice.add_contact(&bobs_handle).await.unwrap();
    until(&mut bobs, "Alice adds Bob", |event| {
        (matches!(&event, Event::Roster(RosterChange::AddedBy(by)) if *by == handle("alice"))).then_some(())
    })
    .await;
    assert!(bob.roster(|roster| roster.get(&handle("alice")).unwrap().is_pending()));
    bob.accept(&handle("alice")).await.unwrap();
    let decided = bob.roster(|roster| roster.get(&handle("alice")).unwrap().clone());
    assert!(!decided.is_pending() && decided.is_allowed() && decided.has_added_me());

    bob.set_name("Bob B").await.unwrap();
    bob.set_personal_message("at <work>").await.unwrap();
    bob.set_status(Status::Busy).await.unwrap();
    let is_busy =
        |event| matches!(event, Event::Roster(RosterChange::Presence { now: Some(Status::Busy), .. })).then_some(());
    until(&mut alices, "Bob is busy", is_busy).await;
    let seen = alice.roster(|roster| roster.get(&bobs_handle).unwrap().clone());
    assert_eq!((seen.name().as_str(), seen.personal_message.as_ref().unwrap().text().as_str()), ("Bob B", "at <work>"));

    alice.set_nickname(&bobs_handle, "Bobby").await.unwrap();
    alice.add_group("Friends").await.unwrap();
    let friends = alice.roster(|roster| roster.group_named("Friends")).unwrap();
    alice.add_to_group(&bobs_handle, friends).await.unwrap();
    alice.rename_group(friends, "Old friends").await.unwrap();
    let entry = alice.roster(|roster| roster.get(&bobs_handle).unwrap().clone());
    assert_eq!(entry.name().as_str(), "Bobby");
    assert!(entry.groups.contains(&friends));
    assert_eq!(alice.roster(|roster| roster.group_named("Old friends")), Some(friends));
    alice.set_privacy(Privacy::Block).await.unwrap();
    alice.set_phone(Phone::Home, "555 1234").await.unwrap();
    alice.set_paging(true).await.unwrap();
    alice.set_calls(false).await.unwrap();
    alice.set_add_prompt(AddPrompt::Allow).await.unwrap();
    assert_eq!(bob.send_text(&handle("alice"), "calls are off").await, Err(SendError::NotReachable.into()));
    alice.set_calls(true).await.unwrap();
    alice.remove_from_group(&bobs_handle, friends).await.unwrap();
    alice.delete_group(friends).await.unwrap();
    alice.block(&bobs_handle).await.unwrap();
    assert!(alice.roster(|roster| roster.get(&bobs_handle).unwrap().is_blocked()));
    alice.unblock(&bobs_handle).await.unwrap();
    alice.remove_contact(&bobs_handle).await.unwrap();
    assert!(!alice.roster(|roster| roster.get(&bobs_handle).unwrap().lists.has(List::Forward)));
    assert_eq!(alice.set_nickname(&bobs_handle, "x").await, Err(EditError::NotAContact));
    assert_eq!(alice.set_name("").await, Err(EditError::Invalid));

    // The client shows exactly what the server has stored.
    let before = alice.roster(Clone::clone);
    alice.sign_out();
    until(&mut alices, "Alice signs out", |event| matches!(event, Event::SignedOut { .. }).then_some(())).await;
    alice.sign_in_again();
    until(&mut alices, "Alice signs in again", |event| matches!(event, Event::SignedIn).then_some(())).await;
    let after = alice.roster(Clone::clone);
    let lists = |roster: &msnp_client::machine::Roster| -> Vec<_> {
        roster.entries().map(|entry| (entry.handle.clone(), entry.lists, entry.nickname.clone())).collect()
    };
    assert_eq!(lists(&before), lists(&after));
    assert_eq!((after.me.privacy, after.me.add_prompt), (Some(Privacy::Block), Some(AddPrompt::Allow)));
    assert_eq!(after.me.phones.values().collect::<Vec<_>>(), ["555 1234"]);
}

#[tokio::test]
async fn a_client_reconnects_after_the_server_was_restarted() {
    let mut service = Service::start(Way::Tcp, &["alice", "bob"]).await;
    let (alice, mut alices) = service.sign_in("alice").await;
    alice.set_status(Status::Away).await.unwrap();
    service.server.restart().await;
    let retry = |event| if let Event::SignedOut { reason, retry } = event { Some((reason, retry)) } else { None };
    let (reason, retry) = until(&mut alices, "the server stops", retry).await;
    assert_eq!(reason, SignedOut::ShuttingDown);
    assert!(retry.is_some());
}

#[tokio::test]
async fn a_client_that_was_signed_out_by_a_second_sign_in_does_not_retry() {
    let service = Service::start(Way::Tcp, &["alice"]).await;
    let (_first, mut events) = service.sign_in("alice").await;
    let (second, _) = service.sign_in("alice").await;
    let out = |event| if let Event::SignedOut { reason, retry } = event { Some((reason, retry)) } else { None };
    assert_eq!(until(&mut events, "signed out", out).await, (SignedOut::Elsewhere, None));
    assert!(second.is_signed_in());
}

#[tokio::test]
async fn both_ways_to_sign_in_report_a_wrong_password() {
    for way in WAYS {
        let service = Service::start(way, &["alice"]).await;
        for kind in [LoginKind::Passport14, LoginKind::Rst] {
            let server = service.at().login(kind);
            let right = Account::new(&address("alice"), PASSWORD).unwrap();
            assert!(Client::sign_in(&server, &right).await.is_ok(), "{way:?} {kind:?}");
            let wrong = Account::new(&address("alice"), "wrong").unwrap();
            assert_eq!(
                Client::sign_in(&server, &wrong).await.unwrap_err(),
                SignedOut::WrongPassword,
                "{way:?} {kind:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_error_for_an_unreachable_server_contains_the_servers_address() {
    let server = Server::at("127.0.0.1").notification("127.0.0.1:1").http("http://127.0.0.1:1");
    let account = Account::new("alice@example.com", PASSWORD).unwrap();
    let SignedOut::Lost(reason) = Client::sign_in(&server, &account).await.unwrap_err() else { panic!("lost") };
    assert!(reason.contains("could not connect to 127.0.0.1:1"), "{reason}");
}

#[tokio::test]
async fn a_bot_accepts_users_and_answers_them() {
    let service = Service::start(Way::Tcp, &["alice", "bot"]).await;
    let account = Account::new(&address("bot"), PASSWORD).unwrap();
    let bot = Bot::sign_in(&service.at(), &account).await.unwrap();
    let client = bot.client().clone();
    let answers = bot.run(async |message| {
        if let Some(text) = message.text() {
            let _ = message.reply(&text.to_uppercase()).await;
        }
    });
    let user = async {
        let (alice, mut events) = service.sign_in("alice").await;
        alice.add_contact(&handle("bot")).await.unwrap();
        alice.send_text(&handle("bot"), "hello").await.unwrap();
        assert_eq!(message(&mut events).await.text(), Some("HELLO"));
        let has_accepted = || client.roster(|roster| roster.get(&handle("alice")).is_some_and(Entry::is_allowed));
        eventually("the bot accepts Alice", has_accepted).await;
        client.sign_out();
    };
    let (ended, ()) = tokio::join!(answers, user);
    assert_eq!(ended, Ok(()));
}

/// Returns bytes that look random. They are the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// A writer. The test can look at the written bytes after the transfer.
#[derive(Clone, Default)]
struct Shared(Arc<std::sync::Mutex<Vec<u8>>>);

impl tokio::io::AsyncWrite for Shared {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

async fn offer(events: &mut Events) -> FileOffer {
    until(events, "a file", |event| if let Event::FileOffered(offer) = event { Some(offer) } else { None }).await
}

#[tokio::test]
async fn a_picture_and_a_file_arrive_unchanged_over_every_transport() {
    let size = 5 << 20;
    for way in WAYS {
        let service = Service::start(way, &["alice", "bob"]).await;
        let (alice, mut alices) = service.sign_in("alice").await;
        let (bob, mut bobs) = service.sign_in("bob").await;
        alice.add_contact(&handle("bob")).await.unwrap();
        bob.accept(&handle("alice")).await.unwrap();
        let picture = noise(20_000);
        bob.set_picture_data(&picture).await.unwrap();
        let has_picture = |event| {
            let Event::Roster(RosterChange::Presence { handle, .. }) = event else { return None };
            alice.roster(|roster| roster.get(&handle)?.presence.as_ref()?.picture.clone()).map(|_| ())
        };
        until(&mut alices, "Bob has a picture", has_picture).await;
        let fetched = alice.fetch_picture(&handle("bob")).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert!(*fetched == picture, "{way:?}: the picture differs");

        // The sender describes an emoticon before the text that uses it. The receiver fetches the
        // emoticon.
        let drawing = noise(3_000);
        let object = bob.offer(ObjectKind::Emoticon, "snail.png", &drawing).unwrap();
        let emoticon = CustomEmoticon { shortcut: "(snail)".to_owned(), object };
        let emoticons = Emoticons { animated: false, emoticons: vec![emoticon] };
        bob.conversation(&handle("alice")).send(&Message::Emoticons(emoticons)).await.unwrap();
        let described = message(&mut alices).await;
        let Message::Emoticons(Emoticons { emoticons, .. }) = &described.message else { panic!("{described:?}") };
        let fetched = described.conversation.fetch(&described.from, &emoticons[0].object).await.unwrap();
        assert!(emoticons[0].shortcut == "(snail)" && *fetched == drawing, "{way:?}: the emoticon differs");

        let file = noise(size);
        let conversation = alice.conversation(&handle("bob"));
        let mut sent = conversation.send_file(
            &handle("bob"),
            "C:\\notes\\plan.bin",
            size as u64,
            std::io::Cursor::new(file.clone()),
        );
        let offered = offer(&mut bobs).await;
        assert_eq!((offered.name.as_str(), offered.size), ("plan.bin", size as u64));
        let written = Shared::default();
        let mut received = offered.accept(written.clone());
        // A text does not wait until the file has arrived.
        conversation.send_text("beside the file").await.unwrap();
        assert_eq!(message(&mut bobs).await.text(), Some("beside the file"));
        let progress = received.progress();
        assert!(progress.done < progress.total, "{progress:?}");
        assert_eq!((sent.finish().await, received.finish().await), (Ok(()), Ok(())), "{way:?}");
        assert!(*written.0.lock().unwrap() == file, "{way:?}: the file differs");
    }
}

#[tokio::test]
async fn a_transfer_that_is_declined_or_cancelled_ends_on_both_sides() {
    for way in WAYS {
        let service = Service::start(way, &["alice", "bob"]).await;
        let (alice, _alices) = service.sign_in("alice").await;
        let (_bob, mut bobs) = service.sign_in("bob").await;
        let conversation = alice.conversation(&handle("bob"));
        let size = 50 << 20;
        let send =
            || conversation.send_file(&handle("bob"), "big.bin", size as u64, std::io::Cursor::new(vec![1; size]));
        let mut declined = send();
        offer(&mut bobs).await.decline();
        assert_eq!(declined.finish().await, Err(TransferError::Declined));

        let mut cancelled = send();
        let mut received = offer(&mut bobs).await.accept(Shared::default());
        let mut progress = received.watch_progress();
        progress.wait_for(|progress| progress.done > 100_000).await.unwrap();
        received.cancel();
        let cancelled_by =
            |result: Result<(), TransferError>| assert_eq!(result, Err(TransferError::Failed(Failure::Cancelled)));
        cancelled_by(received.finish().await);
        cancelled_by(cancelled.finish().await);

        let mut cancelled = send();
        let mut received = offer(&mut bobs).await.accept(Shared::default());
        received.watch_progress().wait_for(|progress| progress.done > 100_000).await.unwrap();
        cancelled.cancel();
        cancelled_by(cancelled.finish().await);
        cancelled_by(received.finish().await);

        // A transfer also ends if the file ends early or if a user leaves.
        let mut short =
            conversation.send_file(&handle("bob"), "short.bin", 1_000_000, std::io::Cursor::new(vec![1; 1000]));
        let mut received = offer(&mut bobs).await.accept(Shared::default());
        cancelled_by(short.finish().await);
        cancelled_by(received.finish().await);
        let mut left = send();
        let offered = offer(&mut bobs).await;
        let bobs_side = offered.conversation.clone();
        let mut received = offered.accept(Shared::default());
        received.watch_progress().wait_for(|progress| progress.done > 0).await.unwrap();
        bobs_side.close();
        assert_eq!(received.finish().await, Err(TransferError::Failed(Failure::ConnectionLost)));
        let error = left.finish().await.unwrap_err();
        assert!(matches!(error, TransferError::Failed(Failure::PeerLeft | Failure::ConnectionLost)), "{error}");
        assert!(alice.send_text(&handle("bob"), "still here").await.is_ok());
    }
}

#[tokio::test]
async fn a_client_that_offers_only_msnp11_also_shows_presence_and_messages() {
    let service = Service::start(Way::Tcp, &["alice", "bob"]).await;
    let account = Account::new(&address("alice"), PASSWORD).unwrap();
    let builder = Client::builder(&service.at(), &account).dialects(&[Dialect::Msnp11]);
    let (alice, mut alices) = builder.sign_in().await.unwrap();
    let (bob, mut bobs) = service.sign_in("bob").await;
    alice.add_contact(&handle("bob")).await.unwrap();
    bob.accept(&handle("alice")).await.unwrap();
    bob.set_status(Status::Away).await.unwrap();
    let is_away =
        |event| matches!(event, Event::Roster(RosterChange::Presence { now: Some(Status::Away), .. })).then_some(());
    until(&mut alices, "Bob is away", is_away).await;
    alice.send_text(&handle("bob"), "from MSNP11").await.unwrap();
    assert_eq!(message(&mut bobs).await.text(), Some("from MSNP11"));
}

#[tokio::test]
async fn fifty_accounts_in_one_process_can_send_messages_around_a_ring() {
    let service = Service::start(Way::Tcp, &[]).await;
    let names: Vec<_> = (0..50).map(|number| format!("user{number}")).collect();
    let mut clients = Vec::new();
    for name in &names {
        service.server.account(name).await;
        // A program in the same process as the server can get a ticket without a password.
        let ticket = Ticket::parse(&service.server.ticket(name).await).unwrap();
        let source: TicketSource = Arc::new(move |_policy| {
            let ticket = ticket.clone();
            Box::pin(async move { Ok(ticket) })
        });
        let account = Account::with_tickets(handle(name), source);
        clients.push(Client::sign_in(&service.at(), &account).await.unwrap());
    }
    let next = |index: usize| handle(&names[(index + 1) % names.len()]);
    let sent: Vec<_> =
        (0..50).map(|index| clients[index].0.conversation(&next(index)).send_text("pass it on")).collect();
    for receipt in sent {
        receipt.await.unwrap();
    }
    for (_, events) in &mut clients {
        assert_eq!(message(events).await.text(), Some("pass it on"));
    }
}
