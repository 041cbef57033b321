//! Tests the helper, the contact that belongs to the service, with clients on real sockets.

use msnp::message::{Invitation, Message, TextMessage};
use msnp::payload::PersonalMessage;
use msnp::{Handle, List, Status};
use msnp_client::machine::{RosterChange, SignedOut};
use msnp_client::{Account, Client, Event, Events, Incoming, Server, TransferError};
use rustix::process::Signal;
use swallowtail_config::Config;
use swallowtail_store::accounts::password::NO_PASSWORD;

use crate::support::binary::{RunningBinary, account, run};
use crate::support::http::Browser;
use crate::support::time::{PATIENCE, eventually};
use crate::support::{TestServer, address, people, private_directory};

const PASSWORD: &str = "s3cr,t &%";
const PICTURE: &[u8] = include_bytes!("../../src/helper/picture.png");
const HELP: &str = "Ask Carol.\nShe knows.";

fn handle(name: &str) -> Handle {
    Handle::parse(&address(name)).unwrap()
}

fn with_helper(config: &mut Config) {
    config.helper.enabled = true;
    config.helper.address = Some(handle("helper"));
    config.helper.help = Some(HELP.to_owned());
}

/// A server with a helper that is online.
async fn start(change: impl FnOnce(&mut Config)) -> TestServer {
    let server = TestServer::start_with(|config| {
        with_helper(config);
        change(config);
    })
    .await;
    is_online(&server).await;
    server
}

/// Waits until the helper is online, with its name, message and picture.
async fn is_online(server: &TestServer) {
    let directory = server.server().service().directory.clone();
    eventually("the helper is online", || {
        let cell = directory.find(&handle("helper"));
        let seen = cell.and_then(|cell| cell.state().seen());
        seen.is_some_and(|seen| seen.message.is_some() && seen.line.object.is_some())
    })
    .await;
}

/// Creates an account in a browser.
async fn sign_up(server: &TestServer, name: &str) {
    let mut browser = Browser::open(server.server().addresses().http).await;
    let handle = address(name);
    let fields = [("address", handle.as_str()), ("password", PASSWORD), ("again", PASSWORD)];
    let answer = browser.fill("/signup", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn sign_in(server: &TestServer, name: &str) -> (Client, Events) {
    let at = Server::at("127.0.0.1").notification(server.notification().to_string());
    let at = at.http(format!("http://{}", server.server().addresses().http));
    Client::sign_in(&at, &Account::new(&address(name), PASSWORD).unwrap()).await.unwrap()
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

/// Waits until a client sees the helper online.
async fn sees_helper(client: &Client, events: &mut Events) {
    let status = || client.roster(|roster| roster.get(&handle("helper"))?.status());
    while status() != Some(Status::Online) {
        until(events, "the helper comes online", |event| {
            matches!(event, Event::Roster(RosterChange::Presence { now: Some(_), .. })).then_some(())
        })
        .await;
    }
}

/// Sends a text to the helper and returns its answer.
async fn ask(client: &Client, events: &mut Events, text: &str) -> String {
    client.send_text(&handle("helper"), text).await.unwrap();
    message(events).await.text().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_account_has_the_helper_on_its_list_and_gets_answers() {
    let server = start(|config| config.helper.name = "Bird".to_owned()).await;
    sign_up(&server, "alice").await;
    let (alice, mut events) = sign_in(&server, "alice").await;
    sees_helper(&alice, &mut events).await;
    let entry = alice.roster(|roster| roster.get(&handle("helper")).unwrap().clone());
    assert_eq!(entry.lists, List::Forward | List::Allow);
    assert_eq!(entry.name().as_str(), "Bird");
    eventually("the personal message arrives", || {
        let text =
            alice.roster(|roster| roster.get(&handle("helper"))?.personal_message.as_ref().map(PersonalMessage::text));
        text.is_some_and(|text| text.starts_with("Send \"help\""))
    })
    .await;

    assert_eq!(ask(&alice, &mut events, "help").await, HELP);
    assert_eq!(ask(&alice, &mut events, "Echo echo  <b>&\u{e9} ").await, "<b>&\u{e9}");
    assert!(ask(&alice, &mut events, "how are you?").await.contains("\"echo\""));
    alice.conversation(&handle("helper")).nudge().await.unwrap();
    assert_eq!(message(&mut events).await.message, Message::Nudge);
    server.stop().await;
}

#[tokio::test]
async fn the_picture_of_the_helper_can_be_fetched() {
    let server = start(|_| {}).await;
    sign_up(&server, "alice").await;
    let (alice, mut events) = sign_in(&server, "alice").await;
    sees_helper(&alice, &mut events).await;
    assert!(*alice.fetch_picture(&handle("helper")).await.unwrap() == *PICTURE, "the picture differs");
}

#[tokio::test]
async fn the_helper_declines_file_offers_with_a_text() {
    let server = start(|_| {}).await;
    sign_up(&server, "alice").await;
    let (alice, mut events) = sign_in(&server, "alice").await;
    let conversation = alice.conversation(&handle("helper"));
    let mut sent = conversation.send_file(&handle("helper"), "a.txt", 3, &b"abc"[..]);
    assert_eq!(sent.finish().await, Err(TransferError::Declined));
    assert!(message(&mut events).await.text().unwrap().contains("declined"));

    // Clients older than 6.0 offer a file with an invitation like this one.
    let fields = [("Invitation-Command", "INVITE"), ("Invitation-Cookie", "7"), ("Application-File", "a.txt")];
    let offer = Invitation::new(fields).unwrap();
    conversation.send(&Message::Invitation(offer.clone())).await.unwrap();
    assert_eq!(message(&mut events).await.message, Message::Invitation(offer.cancel("REJECT")));
    assert!(message(&mut events).await.text().unwrap().contains("declined"));
}

#[tokio::test]
async fn everyone_who_adds_the_helper_is_accepted() {
    // The helper is not on the lists of new accounts. The limits on lists are so low that the
    // helper's own lists exceed them.
    let server = start(|config| {
        config.helper.on_new_lists = false;
        (config.limits.reverse, config.limits.allowed_or_blocked) = (1, 1);
    })
    .await;
    for name in ["alice", "bob"] {
        sign_up(&server, name).await;
        let (client, mut events) = sign_in(&server, name).await;
        assert!(client.roster(|roster| roster.get(&handle("helper")).is_none()), "it is not on new lists");
        client.add_contact(&handle("helper")).await.unwrap();
        sees_helper(&client, &mut events).await;
        assert_eq!(ask(&client, &mut events, "echo hi").await, "hi");
        let directory = &server.server().service().directory;
        let helper = directory.find(&handle("helper")).unwrap();
        eventually("the user is accepted", || {
            let lists = helper.state().roster.entries.get(&handle(name)).map(|entry| entry.lists);
            lists == Some(List::Reverse | List::Allow)
        })
        .await;
    }
}

#[tokio::test]
async fn the_helper_stops_answering_a_user_who_sends_too_much() {
    let server = start(|_| {}).await;
    for name in ["alice", "bob"] {
        sign_up(&server, name).await;
    }
    let (alice, mut alices) = sign_in(&server, "alice").await;
    for number in 0..20 {
        assert_eq!(ask(&alice, &mut alices, &format!("echo {number}")).await, number.to_string());
    }
    let conversation = alice.conversation(&handle("helper"));
    for text in ["help", "echo more", "hello"] {
        conversation.send_text(text).await.unwrap();
    }
    conversation.nudge().await.unwrap();
    let (bob, mut bobs) = sign_in(&server, "bob").await;
    assert_eq!(ask(&bob, &mut bobs, "echo hi").await, "hi", "others still get answers");
    // The helper still declines a file, but sends no text. The helper handles messages in order. So
    // when Alice receives the refusal, the helper has already ignored everything that she sent
    // before the file.
    let mut sent = conversation.send_file(&handle("helper"), "a.txt", 3, &b"abc"[..]);
    assert_eq!(sent.finish().await, Err(TransferError::Declined));
    conversation.close();
    let end = until(&mut alices, "the end", |event| match event {
        Event::Message(message) => Some(Some(message)),
        Event::Quiet(_) => Some(None),
        _ => None,
    });
    assert!(end.await.is_none(), "there was another answer");
}

#[tokio::test]
async fn the_helper_does_not_answer_its_own_texts() {
    let server = start(|_| {}).await;
    sign_up(&server, "alice").await;
    let (alice, mut events) = sign_in(&server, "alice").await;
    let hint = ask(&alice, &mut events, "hello").await;
    for own in [&hint, HELP] {
        alice.send_text(&handle("helper"), own).await.unwrap();
        assert_eq!(ask(&alice, &mut events, "echo next").await, "next");
    }
}

#[tokio::test]
async fn in_a_conversation_of_several_users_the_helper_answers_only_commands() {
    let server = start(|_| {}).await;
    for name in ["alice", "bob"] {
        sign_up(&server, name).await;
    }
    let (alice, mut alices) = sign_in(&server, "alice").await;
    let (_bob, _bobs) = sign_in(&server, "bob").await;
    let conversation = alice.conversation(&handle("bob"));
    conversation.send_text("hello").await.unwrap();
    conversation.invite(&handle("helper"));
    until(&mut alices, "the helper joins", |event| {
        matches!(event, Event::Joined { member, .. } if member.handle == handle("helper")).then_some(())
    })
    .await;
    let text = Message::Text(TextMessage { text: "Bob, this is the helper".to_owned(), format: None });
    for message in [text, Message::Nudge] {
        conversation.send(&message).await.unwrap();
    }
    conversation.send_text("echo hi").await.unwrap();
    assert_eq!(message(&mut alices).await.text(), Some("hi"));
}

#[tokio::test]
async fn if_the_helper_is_disabled_the_server_creates_no_helper_account() {
    let server = TestServer::start_with(|config| {
        with_helper(config);
        config.helper.enabled = false;
    })
    .await;
    sign_up(&server, "alice").await;
    let (alice, _events) = sign_in(&server, "alice").await;
    assert_eq!(alice.roster(|roster| roster.entries().count()), 0);
    assert!(!server.server().accounts().exists(&handle("helper")).await.unwrap());
    assert_eq!(server.server().connections(), 1);
}

#[tokio::test]
async fn after_a_restart_the_helper_is_the_same_account_and_still_has_its_users() {
    let mut server = start(|_| {}).await;
    sign_up(&server, "alice").await;
    let (alice, mut events) = sign_in(&server, "alice").await;
    sees_helper(&alice, &mut events).await;
    alice.sign_out();
    let first = server.server().store().account(&handle("helper")).await.unwrap().unwrap().id;
    server.restart().await;
    is_online(&server).await;
    let again = server.server().store().account(&handle("helper")).await.unwrap().unwrap();
    assert_eq!((again.id, server.server().store().count_accounts().await.unwrap()), (first, 2));
    let (alice, mut events) = sign_in(&server, "alice").await;
    sees_helper(&alice, &mut events).await;
    assert_eq!(ask(&alice, &mut events, "echo hi").await, "hi");
}

#[tokio::test]
async fn the_helper_signs_in_again_after_its_session_was_ended() {
    let server = start(|_| {}).await;
    sign_up(&server, "alice").await;
    let (alice, mut events) = sign_in(&server, "alice").await;
    sees_helper(&alice, &mut events).await;
    server.server().service().account_changed(&handle("helper")).await;
    until(&mut events, "the helper goes offline", |event| {
        matches!(event, Event::Roster(RosterChange::Presence { now: None, .. })).then_some(())
    })
    .await;
    sees_helper(&alice, &mut events).await;
    assert_eq!(ask(&alice, &mut events, "echo hi").await, "hi");
}

#[tokio::test]
async fn users_can_neither_sign_in_as_the_helper_nor_sign_up_with_its_address() {
    let server = start(|_| {}).await;
    let at = Server::at("127.0.0.1").notification(server.notification().to_string());
    let at = at.http(format!("http://{}", server.server().addresses().http));
    for password in [NO_PASSWORD, "", PASSWORD] {
        let account = Account::new(&address("helper"), password).unwrap();
        assert_eq!(Client::sign_in(&at, &account).await.unwrap_err(), SignedOut::WrongPassword, "{password:?}");
    }
    let mut browser = Browser::open(server.server().addresses().http).await;
    let fields = [("address", "helper@example.com"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(browser.fill("/signup", &fields).await.status, 422);
}

#[tokio::test]
async fn an_address_that_belongs_to_a_user_cannot_become_the_helper() {
    let data = private_directory();
    let mut config = Config { data: data.path().to_owned(), ..Config::default() };
    let any = Some("127.0.0.1:0".parse().unwrap());
    (config.listen.notification, config.listen.switchboard, config.listen.http) = (any, any, any);
    let server = swallowtail::server::Server::start(config.clone()).await.unwrap();
    let name = msnp::DisplayName::from(&handle("helper"));
    server.accounts().create(handle("helper"), name, PASSWORD).await.unwrap();
    server.stop().await;
    with_helper(&mut config);
    let error = swallowtail::server::Server::start(config).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("helper@example.com has a password") && error.contains("helper.address"), "{error}");
}

#[tokio::test]
async fn the_helper_is_not_counted_as_online_and_operator_commands_do_not_affect_it() {
    let server = start(|_| {}).await;
    sign_up(&server, "alice").await;
    let (alice, mut events) = sign_in(&server, "alice").await;
    sees_helper(&alice, &mut events).await;
    let mut browser = Browser::open(server.server().addresses().http).await;
    let home = browser.get("/").await;
    assert!(home.text().contains("One person is online"), "{}", home.text());
    assert_eq!(server.server().service().announce("hello").sent, 1);
    server.server().service().move_to("192.0.2.1:1863");
    assert!(server.server().service().directory.endpoint(&handle("helper")).is_some());
}

#[tokio::test]
async fn an_account_that_the_operator_adds_while_the_server_runs_also_has_the_helper_on_its_list() {
    let data = private_directory();
    let settings = "[helper]\nenabled = true\naddress = \"helper@example.com\"\n";
    std::fs::write(data.path().join("settings.toml"), settings).unwrap();
    let mut server = RunningBinary::start_with(data.path(), "trace");
    let file = data.path().join("settings.toml");
    let config = file.to_str().unwrap();
    account(data.path(), &["add", "alice@example.com", "--password-stdin", "--config", config], PASSWORD);
    for arguments in [&["remove", "--yes"][..], &["password", "--password-stdin"]] {
        let data = data.path().display().to_string();
        let output =
            run(&[&["account"], arguments, &["helper@example.com", "--config", config, "--data", &data]].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains("is the helper of this server"), "{error}");
    }
    let ticket = server.ticket("alice@example.com", PASSWORD).await.unwrap();
    let mut alice = server.sign_in("alice@example.com", &ticket).await;
    alice.done("SYN", "0 0").await;
    alice.expect("LST N=helper@example.com").await;
    alice.done("CHG", "NLN 0").await;
    alice
        .find("the presence of the helper", |frame| {
            ["ILN", "NLN"].contains(&frame.word(0)) && frame.line.contains("helper@example.com")
        })
        .await;
    let mut board = people::open_board("alice@example.com", &mut alice).await;
    board.done("CAL", "helper@example.com").await;
    board.expect("JOI helper@example.com").await;
    board.message(&people::text_message("echo confidential")).await;
    assert!(board.expect("MSG helper@example.com").await.payload.ends_with(b"\r\n\r\nconfidential"));
    server.signal(Signal::TERM);
    assert!(server.wait().success());
    server.assert_quiet_log();
    let log = server.log();
    assert!(log.contains("the helper is online") && !log.contains("confidential"), "{log}");
}
