//! A client in the demo, on real sockets.

use std::time::Duration;

use anyhow::{Context, bail};
use msnp::message::{Message, TextFormat};
use msnp::{Capabilities, Handle};
use msnp_client::machine::RosterChange;
use msnp_client::{Account, Client, Conversation, Event, Events, Server};
use swallowtail_site::listeners::Addresses;
use tokio::time::timeout;

use super::show::Show;

/// The time limit of each step. The server runs on the same machine, so a step usually takes a
/// moment.
const PATIENCE: Duration = Duration::from_secs(20);
/// The format of texts from client 7.5 (docs/protocol/payloads.md section 2).
const FORMAT: &str = "FN=Tahoma; EF=; CO=0; CS=0; PF=22";

/// A client in the demo.
pub(super) struct Person {
    pub(super) handle: Handle,
    pub(super) client: Client,
    events: Events,
}

impl Person {
    /// Gets a ticket and signs in.
    pub(super) async fn sign_in(
        addresses: &Addresses,
        name: &str,
        handle: Handle,
        password: &str,
        show: &Show,
    ) -> anyhow::Result<Self> {
        let server = Server::at("127.0.0.1")
            .notification(addresses.notification.to_string())
            .http(format!("http://{}", addresses.http));
        let account = Account::new(handle.as_str(), password)?;
        let builder = Client::builder(&server, &account).reconnect(false).tap(show.tap(name));
        let (client, events) = builder.capabilities(Capabilities::MESSENGER_7_5).sign_in().await?;
        Ok(Self { handle, client, events })
    }

    /// Waits for the first event from which `pick` returns something. `what` names the event in errors.
    pub(super) async fn expect<T>(&mut self, what: &str, pick: impl Fn(Event) -> Option<T>) -> anyhow::Result<T> {
        let wait = async {
            loop {
                match self.events.next().await {
                    Some(Event::SignedOut { reason, .. }) => bail!("signed out while waiting for {what}: {reason}"),
                    Some(event) => {
                        if let Some(found) = pick(event) {
                            return Ok(found);
                        }
                    }
                    None => bail!("signed out while waiting for {what}"),
                }
            }
        };
        timeout(PATIENCE, wait).await.with_context(|| format!("waiting for {what}"))?
    }

    /// Waits until the presence of a contact has changed to online or offline.
    pub(super) async fn expect_presence(&mut self, contact: &Handle, is_online: bool) -> anyhow::Result<()> {
        let what = format!("the line that says {contact} is {}", if is_online { "online" } else { "offline" });
        self.expect(&what, |event| match event {
            Event::Roster(RosterChange::Presence { handle, now, .. }) => {
                (handle == *contact && now.is_some() == is_online).then_some(())
            }
            _ => None,
        })
        .await
    }

    /// Waits until another user has added this user.
    pub(super) async fn expect_added_by(&mut self, other: &Handle) -> anyhow::Result<()> {
        let what = format!("the line that says {other} added this account");
        let pick = |event| matches!(event, Event::Roster(RosterChange::AddedBy(by)) if by == *other).then_some(());
        self.expect(&what, pick).await
    }

    /// Waits for a message, and returns the conversation.
    pub(super) async fn expect_message(&mut self, wanted: &Expected) -> anyhow::Result<Conversation> {
        self.expect(&format!("the message {wanted:?}"), |event| match event {
            Event::Message(incoming) if wanted.is(&incoming.message) => Some(incoming.conversation),
            _ => None,
        })
        .await
    }
}

/// A message that the other client has sent.
#[derive(Debug)]
pub(super) enum Expected {
    Text(&'static str),
    Nudge,
}

impl Expected {
    fn is(&self, message: &Message) -> bool {
        match (self, message) {
            (Self::Text(wanted), Message::Text(text)) => text.text == *wanted,
            (Self::Nudge, Message::Nudge) => true,
            _ => false,
        }
    }
}

/// Sends a text in the format of client 7.5, and waits until the server confirms that it was delivered.
pub(super) async fn say(conversation: &Conversation, text: &str) -> anyhow::Result<()> {
    Ok(conversation.send_formatted(text, Some(&TextFormat::parse(FORMAT))).await?)
}
