//! Runs the examples of the client SDK, in Rust and in Python, against a server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use msnp::List;
use msnp_client::{Account, Bot, Client, Event, Events, Handle, RosterChange, Server, SignedOut, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::time::{PATIENCE, eventually};
use crate::support::{TestServer, address, people, private_directory};

#[allow(dead_code, reason = "the test calls run instead of main")]
#[path = "../../../msnp-client/examples/echo_bot.rs"]
mod echo_bot;
#[allow(dead_code, reason = "the test calls run instead of main")]
#[path = "../../../msnp-client/examples/fetch_picture.rs"]
mod fetch_picture;
#[allow(dead_code, reason = "the test calls run instead of main")]
#[path = "../../../msnp-client/examples/presence_logger.rs"]
mod presence_logger;
#[allow(dead_code, reason = "the test calls run instead of main")]
#[path = "../../../msnp-client/examples/receive_files.rs"]
mod receive_files;
#[allow(dead_code, reason = "the test calls run instead of main")]
#[path = "../../../msnp-client/examples/send.rs"]
mod send;
#[allow(dead_code, reason = "the test calls run instead of main")]
#[path = "../../../msnp-client/examples/send_file.rs"]
mod send_file;
#[allow(dead_code, reason = "the test calls run instead of main")]
#[path = "../../../msnp-client/examples/two_accounts.rs"]
mod two_accounts;

const PASSWORD: &str = "correct horse";

/// A server for bots and the users who talk to them.
struct Service(TestServer);

impl Service {
    async fn start(names: &[&str]) -> Self {
        // The shortest pause between two pings, so that the test soon sees several pings.
        let server = TestServer::start_with(|config| config.sign_in.ping = 1).await;
        for name in names {
            server.account_with_password(name, PASSWORD).await;
        }
        Self(server)
    }

    fn http(&self) -> String {
        format!("http://{}", self.0.server().addresses().http)
    }

    fn at(&self) -> Server {
        Server::at(&self.0.notification().to_string()).http(self.http())
    }

    async fn sign_in(&self, name: &str) -> (Client, Events) {
        Client::sign_in(&self.at(), &account(name)).await.unwrap()
    }
}

fn account(name: &str) -> Account {
    Account::new(&address(name), PASSWORD).unwrap()
}

fn handle(name: &str) -> Handle {
    Handle::parse(&address(name)).unwrap()
}

/// Waits until the bot is online. The bot appears online only to users whom it has accepted.
async fn bot_is_online(client: &Client, events: &mut Events) {
    let is_online = || client.roster(|roster| roster.get(&handle("bot")).is_some_and(|bot| bot.status().is_some()));
    let wait = async {
        while !is_online() {
            events.next().await.unwrap();
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("the bot has not accepted {}", client.handle()));
}

/// Sends a text to the bot, and waits until the text comes back.
async fn is_echoed(client: &Client, events: &mut Events, text: &str) {
    client.send_text(&handle("bot"), text).await.unwrap();
    let wait = async {
        loop {
            if let Event::Message(message) = events.next().await.unwrap()
                && message.text().is_some()
            {
                assert_eq!((message.text(), &message.from), (Some(text), &handle("bot")));
                return;
            }
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{text} does not come back"));
}

/// Adds the bot to a user's contacts before the bot is started. Sets the bot's account so that it
/// appears online only to users on its allow list.
async fn add_before(service: &Service, early: &Client) {
    let mut wire = service.0.sign_in("bot").await;
    wire.done("BLP", "BL").await;
    drop(wire);
    service.0.signed_out(&address("bot")).await;
    early.add_contact(&handle("bot")).await.unwrap();
}

/// Checks what the documentation promises for both bots. A bot accepts users who added it before it
/// started, and users who add it now. It talks to several users at the same time, and stops when
/// its account signs in from another place.
async fn echoes(service: &Service, early: &mut (Client, Events)) {
    let (early, early_events) = early;
    bot_is_online(early, early_events).await;
    let (late, mut late_events) = service.sign_in("late").await;
    late.add_contact(&handle("bot")).await.unwrap();
    bot_is_online(&late, &mut late_events).await;
    is_echoed(&late, &mut late_events, "hello").await;
    is_echoed(early, early_events, "Gr\u{fc}\u{df}e \u{1f40c}").await;
    is_echoed(&late, &mut late_events, "two\nlines").await;
    late.conversation(&handle("bot")).close();
    is_echoed(&late, &mut late_events, "again").await;

    for name in ["early", "late"] {
        eventually("the bot answers the request of a user", || is_decided(service, name)).await;
    }
    let ticket = service.0.ticket("bot").await;
    people::sign_in(service.0.notification(), &address("bot"), &ticket).await;
}

/// Returns whether the bot has accepted a user, so that the user is no longer pending.
fn is_decided(service: &Service, name: &str) -> bool {
    let bot = service.0.server().service().directory.find(&handle("bot")).unwrap();
    let state = bot.state();
    let entry = state.roster.entries.get(&handle(name)).unwrap();
    entry.is_on(List::Allow) && entry.is_on(List::Reverse) && !entry.is_on(List::Pending)
}

#[tokio::test]
async fn the_rust_bot_accepts_users_and_sends_their_texts_back() {
    let service = Service::start(&["bot", "early", "late"]).await;
    let mut early = service.sign_in("early").await;
    add_before(&service, &early.0).await;
    let bot = tokio::spawn(echo_bot::run(service.at(), account("bot")));
    echoes(&service, &mut early).await;
    let error = timeout(PATIENCE, bot).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.downcast_ref::<SignedOut>(), Some(&SignedOut::Elsewhere));
}

#[tokio::test]
async fn a_bot_may_add_the_users_whom_it_accepts() {
    let service = Service::start(&["alice", "bot"]).await;
    let (alice, _events) = service.sign_in("alice").await;
    let mut bot = Bot::sign_in(&service.at(), &account("bot")).await.unwrap();
    alice.add_contact(&handle("bot")).await.unwrap();
    let added = async {
        loop {
            if let Event::Roster(RosterChange::AddedBy(user)) = bot.next().await.unwrap() {
                return user;
            }
        }
    };
    let user = timeout(PATIENCE, added).await.unwrap();
    bot.client().add_contact(&user).await.unwrap();
    let alice = bot.client().roster(|roster| roster.get(&user).unwrap().clone());
    assert!(alice.is_contact() && alice.is_allowed() && !alice.is_pending());
}

/// Starts `echo_bot.py`.
fn python_bot(server: SocketAddr, http: &str, password: &str) -> Child {
    let mut bot = Command::new("python3");
    bot.arg(examples().join("echo_bot.py")).args([&server.to_string(), &address("bot"), http]);
    // The bot must not use a proxy, because the server of the test is on this machine.
    bot.env("PASSWORD", password).env("no_proxy", "*").stdin(Stdio::null());
    bot.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    bot.spawn().unwrap_or_else(|error| panic!("could not start python3 ({error}): install the Debian package python3"))
}

async fn output(bot: Child) -> Output {
    timeout(PATIENCE, bot.wait_with_output()).await.unwrap().unwrap()
}

#[tokio::test]
#[ignore = "needs Python 3: run cargo xtask test"]
async fn the_python_bot_sends_texts_back_and_answers_challenges_and_pings() {
    let service = Service::start(&["bot", "early", "late"]).await;
    let mut early = service.sign_in("early").await;
    add_before(&service, &early.0).await;
    let mut tap = Tap::start(service.0.notification()).await;
    let bot = python_bot(tap.address, &service.http(), PASSWORD);
    echoes(&service, &mut early).await;
    let output = output(bot).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), error.trim()), (Some(1), "the account has signed in from another place"));
    // If the bot's answer to the challenge were wrong, the server would have sent 540.
    tap.wait_until("the challenge is answered", |lines| lines.server.contains("\r\nQRY ")).await;
}

#[tokio::test]
#[ignore = "needs Python 3: run cargo xtask test"]
async fn the_python_bot_pings_as_often_as_the_server_asks() {
    let service = Service::start(&["bot"]).await;
    let mut tap = Tap::start(service.0.notification()).await;
    let bot = python_bot(tap.address, &service.http(), PASSWORD);
    let pings = |lines: &Lines| lines.client.matches("\r\nPNG\r\n").count();
    tap.wait_until("the bot pings three times", |lines| {
        pings(lines) >= 3 && lines.server.matches("QNG 1\r\n").count() >= 3
    })
    .await;
    drop(bot);
}

#[tokio::test]
#[ignore = "needs Python 3: run cargo xtask test"]
async fn the_python_bot_reports_a_wrong_password() {
    let service = Service::start(&["bot"]).await;
    let output = output(python_bot(service.0.notification(), &service.http(), "wrong")).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), error.trim()), (Some(1), "wrong password, or the account does not exist"));
}

/// The text that each side of a connection has sent, without the bytes that are not text.
#[derive(Debug, Default)]
struct Lines {
    client: String,
    server: String,
}

/// A proxy in front of the notification server. It records the lines in both directions.
struct Tap {
    address: SocketAddr,
    lines: watch::Receiver<Lines>,
}

impl Tap {
    async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, lines) = watch::channel(Lines::default());
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(server).await.unwrap();
            let (client, server) = (client.into_split(), server.into_split());
            tokio::join!(
                pass(client.0, server.1, |text| sender.send_modify(|lines| lines.client += text)),
                pass(server.0, client.1, |text| sender.send_modify(|lines| lines.server += text)),
            );
        });
        Self { address, lines }
    }

    async fn wait_until(&mut self, what: &str, wanted: impl Fn(&Lines) -> bool) {
        let wait = timeout(PATIENCE, self.lines.wait_for(|lines| wanted(lines)));
        assert!(wait.await.is_ok_and(|found| found.is_ok()), "waited too long until {what}");
    }
}

/// Passes bytes on until the stream ends. Calls `record` with the bytes before it passes them on.
async fn pass(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, record: impl Fn(&str)) {
    let mut chunk = vec![0; 4096];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        record(&String::from_utf8_lossy(&chunk[..count]));
        if to.write_all(&chunk[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn the_send_example_delivers_a_text_and_reports_an_offline_receiver() {
    let service = Service::start(&["alice", "bob"]).await;
    let (_bob, mut events) = service.sign_in("bob").await;
    send::run(service.at(), account("alice"), &handle("bob"), "hello").await.unwrap();
    let received = async {
        loop {
            if let Event::Message(message) = events.next().await.unwrap() {
                return message;
            }
        }
    };
    assert_eq!(timeout(PATIENCE, received).await.unwrap().text(), Some("hello"));
    let error = send::run(service.at(), account("alice"), &handle("nobody"), "hello").await.unwrap_err();
    assert!(format!("{error:#}").contains("the other user is offline"), "{error:#}");
}

#[tokio::test]
async fn the_examples_can_transfer_a_file_and_a_picture() {
    let service = Service::start(&["alice", "bot"]).await;
    let files = private_directory();
    let (here, there) = (files.path().join("notes.txt"), files.path().join("received"));
    std::fs::create_dir(&there).unwrap();
    std::fs::write(&here, "some notes").unwrap();
    let folder = there.clone();
    let server = service.at();
    let receiver = tokio::spawn(async move { receive_files::run(server, account("bot"), &folder).await });
    let (alice, mut events) = service.sign_in("alice").await;
    alice.add_contact(&handle("bot")).await.unwrap();
    bot_is_online(&alice, &mut events).await;
    drop((alice, events));
    send_file::run(service.at(), account("alice"), &handle("bot"), &here).await.unwrap();
    // When the sender's transfer ends, the receiver has the last byte, but may not have written its
    // file completely yet.
    let wait = async {
        while std::fs::read(there.join("notes.txt")).unwrap() != b"some notes" {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap();
    receiver.abort();
    assert!(receiver.await.unwrap_err().is_cancelled());

    let (bot, _) = service.sign_in("bot").await;
    let picture = files.path().join("picture.png");
    let fetch = async || fetch_picture::run(service.at(), account("alice"), &handle("bot"), &picture).await;
    assert_eq!(fetch().await.unwrap_err().to_string(), "the contact is offline or has no picture");
    bot.set_picture_data(b"a picture").await.unwrap();
    fetch().await.unwrap();
    assert_eq!(std::fs::read(&picture).unwrap(), b"a picture");
}

#[tokio::test]
async fn two_accounts_talk_to_each_other_in_one_process() {
    let service = Service::start(&["alice", "bob"]).await;
    timeout(PATIENCE, two_accounts::run(service.at(), account("alice"), account("bob"))).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_presence_logger_runs_until_its_account_signs_in_from_another_place() {
    let service = Service::start(&["alice", "bob"]).await;
    let (alice, mut events) = service.sign_in("alice").await;
    alice.add_contact(&handle("bob")).await.unwrap();
    let logger = tokio::spawn(presence_logger::run(service.at(), account("alice")));
    let elsewhere = async { while events.next().await.unwrap().signed_out() != Some(&SignedOut::Elsewhere) {} };
    timeout(PATIENCE, elsewhere).await.unwrap();
    let (bob, _) = service.sign_in("bob").await;
    drop(bob);
    let _alice = service.sign_in("alice").await;
    assert_eq!(timeout(PATIENCE, logger).await.unwrap().unwrap(), Err(SignedOut::Elsewhere));
}

#[tokio::test]
async fn a_program_may_wait_for_an_answer_while_hundreds_of_events_are_queued() {
    let service = Service::start(&["alice", "bob"]).await;
    let (alice, _unread) = service.sign_in("alice").await;
    alice.add_contact(&handle("bob")).await.unwrap();
    let (bob, _) = service.sign_in("bob").await;
    for _ in 0..400 {
        bob.set_status(Status::Busy).await.unwrap();
        bob.set_status(Status::Online).await.unwrap();
    }
    timeout(PATIENCE / 4, alice.set_name("Alice")).await.unwrap().unwrap();
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../msnp-client/examples")
}

/// Returns the code blocks of a page that are in one language.
fn code_blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    blocks.map(|rest| rest.split("```\n").next().unwrap().to_owned()).collect()
}

#[test]
fn the_page_about_bots_shows_the_source_of_both_bots_unchanged() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bots.md")).unwrap();
    for (language, file) in [("rust,no_run", "echo_bot.rs"), ("python", "echo_bot.py")] {
        let example = std::fs::read_to_string(examples().join(file)).unwrap();
        let blocks = code_blocks(&page, language);
        assert!(blocks.contains(&example), "the page does not show the current {file}");
    }
}

#[test]
fn the_rust_bot_is_shorter_than_thirty_lines() {
    let bot = std::fs::read_to_string(examples().join("echo_bot.rs")).unwrap();
    assert!(bot.lines().count() < 30);
}
