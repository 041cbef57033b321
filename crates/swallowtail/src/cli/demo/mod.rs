//! `swallowtail demo`: signs two clients in, lets them chat, and prints what both send and receive.

mod person;
mod show;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use anyhow::Context;
use msnp::notification::{ContactLine, PresenceLine, ServerCommand};
use msnp::switchboard::{AckFlag, ServerCommand as SwitchboardLine};
use msnp::{DisplayName, Handle, List, Status};
use swallowtail_config::{Config, Listen};

use crate::server::Server;
use person::Person;
use show::Show;

/// The headers of a text message from client 7.5 (docs/protocol/payloads.md section 2).
const TEXT_HEAD: &str = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\
                         X-MMS-IM-Format: FN=Tahoma; EF=; CO=0; CS=0; PF=22\r\n\r\n";
/// A nudge (payloads.md section 4).
const NUDGE: &str = "MIME-Version: 1.0\r\nContent-Type: text/x-msnmsgr-datacast\r\n\r\nID: 1\r\n\r\n";

/// Runs the demo.
pub(super) async fn run() -> anyhow::Result<()> {
    let private = std::fs::Permissions::from_mode(0o700);
    let data = tempfile::Builder::new().permissions(private).tempdir();
    let data = data.context("could not create a temporary directory")?;
    let mut config = Config { data: data.path().to_owned(), ..Config::default() };
    let any = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.listen = Listen { notification: any, switchboard: any, http: any, ..Listen::default() };
    // Challenges would only clutter the output.
    config.sign_in.challenge = false;
    let server = Server::start(config).await?;
    let show = Show::new();
    let played = play(&server, &show).await;
    server.stop().await;
    played?;
    show.title("Done. Both sides received everything.");
    Ok(())
}

async fn play(server: &Server, show: &Show) -> anyhow::Result<()> {
    let addresses = server.addresses();
    show.title(&format!(
        "A server on {} (notification), {} (switchboard) and {} (sign-in service)",
        addresses.notification, addresses.switchboard, addresses.http
    ));
    let mut alice = enter(server, show, "alice", "Alice").await.context("Alice signs in")?;
    let mut bob = enter(server, show, "bob", "Bob").await.context("Bob signs in")?;
    befriend(show, &mut alice, &mut bob).await.context("Alice and Bob add each other")?;
    talk(show, &mut alice, &mut bob).await.context("Alice and Bob chat")?;
    show.title("Bob leaves, and Alice sees it");
    bob.leave().await?;
    alice
        .expect("the line that says Bob is offline", |line| {
            matches!(line, ServerCommand::Presence(PresenceLine::Offline(_)))
        })
        .await?;
    alice.leave().await
}

/// Creates an account, gets a ticket, and signs in.
async fn enter(server: &Server, show: &Show, local: &str, name: &str) -> anyhow::Result<Person> {
    show.title(&format!("{name} gets a ticket from the sign-in service and signs in"));
    let handle = Handle::parse(&format!("{local}@example.com"))?;
    let display_name = DisplayName::new(name).context("a display name")?;
    let password = swallowtail_base::random::token();
    server.accounts().create(handle.clone(), display_name, &password).await?;
    let mut person = Person::sign_in(server.addresses(), name, handle, &password, show).await?;
    person.change_status(Status::Online).await?;
    Ok(person)
}

/// Lets Alice add Bob. Bob is notified, allows Alice and adds her.
async fn befriend(show: &Show, alice: &mut Person, bob: &mut Person) -> anyhow::Result<()> {
    show.title("Alice adds Bob, and immediately sees that he is online");
    alice.add_contact(bob).await?;
    alice
        .expect("the line that says Bob is online", |line| {
            matches!(line, ServerCommand::Presence(PresenceLine::Initial(..)))
        })
        .await?;
    alice.add_to_list(List::Allow, &bob.handle).await?;
    show.title("Bob is notified, allows Alice, and adds her");
    let added_by = alice.handle.clone();
    bob.expect(
        "the line that says Alice added Bob",
        |line| matches!(line, ServerCommand::Contact(ContactLine::ReverseAdded { handle, .. }) if *handle == added_by),
    )
    .await?;
    bob.add_to_list(List::Allow, &alice.handle).await?;
    bob.add_to_list(List::Reverse, &alice.handle).await?;
    bob.add_contact(alice).await?;
    alice
        .expect("the line that says Bob added Alice", |line| {
            matches!(line, ServerCommand::Contact(ContactLine::ReverseAdded { .. }))
        })
        .await
}

/// Lets Alice and Bob exchange messages and a nudge.
async fn talk(show: &Show, alice: &mut Person, bob: &mut Person) -> anyhow::Result<()> {
    show.title("Alice asks for a switchboard and calls Bob; Bob answers");
    alice.open_conversation().await?;
    alice.call(&bob.handle).await?;
    bob.answer_call().await?;
    alice
        .expect_on_switchboard("the line that says Bob joined", |line| matches!(line, SwitchboardLine::Join(_)))
        .await?;
    show.title("They chat");
    alice.say(&format!("{TEXT_HEAD}Hello Bob!"), AckFlag::Always).await?;
    bob.expect_message("Hello Bob!").await?;
    bob.say(&format!("{TEXT_HEAD}Hi Alice. It is 2005 again ☺"), AckFlag::Always).await?;
    alice.expect_message("It is 2005 again").await?;
    bob.say(NUDGE, AckFlag::Always).await?;
    alice.expect_message("ID: 1").await?;
    show.title("Bob closes the window");
    bob.hang_up().await?;
    alice.expect_on_switchboard("the line that says Bob left", |line| matches!(line, SwitchboardLine::Bye(..))).await?;
    alice.hang_up().await
}
