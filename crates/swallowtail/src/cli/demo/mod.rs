//! `swallowtail demo`: signs two clients in, lets them chat, and prints everything that the clients
//! send and receive.

mod person;
mod show;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use anyhow::Context;
use msnp::{DisplayName, Handle};
use msnp_client::Event;
use swallowtail_config::{Config, Listen};

use crate::server::Server;
use person::{Expected, Person, say};
use show::Show;

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
    bob.client.sign_out();
    alice.expect_presence(&bob.handle, false).await?;
    alice.client.sign_out();
    Ok(())
}

/// Creates an account, gets a ticket, and signs in.
async fn enter(server: &Server, show: &Show, local: &str, name: &str) -> anyhow::Result<Person> {
    show.title(&format!("{name} gets a ticket from the sign-in service and signs in"));
    let handle = Handle::parse(&format!("{local}@example.com"))?;
    let display_name = DisplayName::new(name).context("a display name")?;
    let password = swallowtail_base::random::token();
    server.accounts().create(handle.clone(), display_name, &password).await?;
    Person::sign_in(server.addresses(), name, handle, &password, show).await
}

/// Lets Alice add Bob. Bob is notified, allows Alice and adds her.
async fn befriend(show: &Show, alice: &mut Person, bob: &mut Person) -> anyhow::Result<()> {
    show.title("Alice adds Bob, and immediately sees that he is online");
    alice.client.add_contact(&bob.handle).await?;
    alice.expect_presence(&bob.handle, true).await?;
    show.title("Bob is notified, allows Alice, and adds her");
    bob.expect_added_by(&alice.handle).await?;
    bob.client.accept(&alice.handle).await?;
    bob.client.add_contact(&alice.handle).await?;
    alice.expect_added_by(&bob.handle).await
}

/// Lets Alice and Bob exchange messages and a nudge.
async fn talk(show: &Show, alice: &mut Person, bob: &mut Person) -> anyhow::Result<()> {
    show.title("Alice writes to Bob: her client asks for a switchboard and calls him, and his client answers");
    let conversation = alice.client.conversation(&bob.handle);
    say(&conversation, "Hello Bob!").await?;
    let answers = bob.expect_message(&Expected::Text("Hello Bob!")).await?;
    show.title("They chat");
    say(&answers, "Hi Alice. It is 2005 again ☺").await?;
    alice.expect_message(&Expected::Text("Hi Alice. It is 2005 again ☺")).await?;
    answers.nudge().await?;
    alice.expect_message(&Expected::Nudge).await?;
    show.title("Bob closes the window");
    answers.close();
    alice.expect("the line that says Bob left", |event| matches!(event, Event::Quiet(_)).then_some(())).await
}
