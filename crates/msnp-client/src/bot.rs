//! A bot: an account that answers messages.

use std::future::Future;

use crate::account::Account;
use crate::client::{Client, Event, Incoming};
use crate::machine::{RosterChange, SignedOut};
use crate::server::Server;

/// An account that answers messages, and accepts every user who adds it.
///
/// ```no_run
/// use msnp_client::{Account, Bot, Server};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let account = Account::new("echo@example.com", "password")?;
/// let bot = Bot::sign_in(&Server::at("chat.example.com"), &account).await?;
/// bot.run(async |message| {
///     if let Some(text) = message.text() {
///         let _ = message.reply(text).await;
///     }
/// })
/// .await?;
/// # Ok(())
/// # }
/// ```
pub struct Bot {
    client: Client,
    events: crate::client::Events,
}

impl Bot {
    /// Signs in.
    ///
    /// # Errors
    /// The reason why the sign-in failed.
    pub async fn sign_in(server: &Server, account: &Account) -> Result<Self, SignedOut> {
        let (client, events) = Client::sign_in(server, account).await?;
        for handle in pending(&client) {
            // A refusal is no reason to stop: the user can add the bot again.
            let _ = client.accept(&handle).await;
        }
        Ok(Self { client, events })
    }

    /// Returns the client of the bot, to send messages and change its settings.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Calls `answer` for each message, one after the other, until the account is signed out for good. To work on several
    /// messages at the same time, start a task in `answer`.
    ///
    /// # Errors
    /// The reason why the account was signed out.
    pub async fn run<F: Future<Output = ()>>(mut self, mut answer: impl FnMut(Incoming) -> F) -> Result<(), SignedOut> {
        while let Some(event) = self.events.next().await {
            match event {
                Event::Message(message) => answer(message).await,
                Event::Roster(RosterChange::AddedBy(handle)) => {
                    let _ = self.client.accept(&handle).await;
                }
                Event::SignedIn => {
                    for handle in pending(&self.client) {
                        let _ = self.client.accept(&handle).await;
                    }
                }
                Event::SignedOut { reason: SignedOut::Requested, retry: None } => return Ok(()),
                Event::SignedOut { reason, retry: None } => return Err(reason),
                _ => {}
            }
        }
        Ok(())
    }
}

fn pending(client: &Client) -> Vec<msnp::Handle> {
    client.roster(|roster| roster.pending().map(|entry| entry.handle.clone()).collect())
}
