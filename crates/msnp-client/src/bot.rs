//! A bot: an account that answers messages.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use msnp::Handle;

use crate::account::Account;
use crate::client::{Client, Event, Events, Incoming};
use crate::machine::limits::MAX_ENTRIES;
use crate::machine::{EditError, RosterChange, SignedOut};
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
    events: Events,
    /// The users who have added the account, to be accepted one after the other.
    waiting: BTreeSet<Handle>,
}

/// The answer to one of them.
type Accepting = Pin<Box<dyn Future<Output = Result<(), EditError>> + Send>>;

impl Bot {
    /// Signs in.
    ///
    /// # Errors
    /// The reason why the sign-in failed.
    pub async fn sign_in(server: &Server, account: &Account) -> Result<Self, SignedOut> {
        let (client, events) = Client::sign_in(server, account).await?;
        let waiting = pending(&client);
        Ok(Self { client, events, waiting })
    }

    /// Returns the client of the bot, to send messages and change its settings.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Accepts the users who have added the account, and calls `answer` for each message, one after the other, until the account is signed out for good. To work on several
    /// messages at the same time, start a task in `answer`.
    ///
    /// # Errors
    /// The reason why the account was signed out.
    pub async fn run<F: Future<Output = ()>>(mut self, mut answer: impl FnMut(Incoming) -> F) -> Result<(), SignedOut> {
        let mut accepting = None;
        loop {
            // Events are read at the same time: each answer is followed by events, and the client stops reading if nobody
            // reads those.
            let event = tokio::select! {
                event = self.events.next() => event,
                () = accept_next(&self.client, &mut self.waiting, &mut accepting) => continue,
            };
            let Some(event) = event else { return Ok(()) };
            match event {
                Event::Message(message) => answer(message).await,
                Event::Roster(RosterChange::AddedBy(handle)) if self.waiting.len() < MAX_ENTRIES => {
                    self.waiting.insert(handle);
                }
                Event::SignedIn => self.waiting = pending(&self.client),
                Event::SignedOut { reason: SignedOut::Requested, retry: None } => return Ok(()),
                Event::SignedOut { reason, retry: None } => return Err(reason),
                _ => {}
            }
        }
    }
}

/// Accepts the next user, or waits for ever if there is none. The answer continues with the next call if this one is
/// dropped.
async fn accept_next(client: &Client, waiting: &mut BTreeSet<Handle>, accepting: &mut Option<Accepting>) {
    if accepting.is_none()
        && let Some(handle) = waiting.pop_first()
    {
        let client = client.clone();
        *accepting = Some(Box::pin(async move { client.accept(&handle).await }));
    }
    match accepting {
        // A refusal is no reason to stop: the user can add the bot again.
        Some(answer) => drop(answer.await),
        None => std::future::pending().await,
    }
    *accepting = None;
}

fn pending(client: &Client) -> BTreeSet<Handle> {
    client.roster(|roster| roster.pending().map(|entry| entry.handle.clone()).collect())
}
