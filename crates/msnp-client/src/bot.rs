//! A bot: an account that answers messages.

use std::collections::BTreeSet;
use std::future::Future;

use msnp::Handle;
use tokio::sync::oneshot;

use crate::account::Account;
use crate::client::{Client, Event, Events, Incoming};
use crate::machine::limits::MAX_ENTRIES;
use crate::machine::{Edit, EditError, RosterChange, SignedOut};
use crate::server::Server;

/// An account that answers messages, and accepts every user who adds it.
///
/// [`Bot::run`] is enough for a bot that only answers messages:
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
///
/// [`Bot::next`] is for a bot that also handles other events.
#[derive(Debug)]
pub struct Bot {
    client: Client,
    events: Events,
    /// The users who have added the account and whom the bot has not accepted yet. The bot accepts
    /// them one after the other.
    waiting: BTreeSet<Handle>,
    /// The server's answer to the attempt to accept a user.
    accepting: Option<oneshot::Receiver<Result<(), EditError>>>,
    /// True after the account was signed out for good.
    is_finished: bool,
}

impl Bot {
    /// Signs in. Also accepts the users who added the account before the sign-in.
    ///
    /// # Errors
    /// Returns the reason why the sign-in failed.
    pub async fn sign_in(server: &Server, account: &Account) -> Result<Self, SignedOut> {
        let (client, events) = Client::sign_in(server, account).await?;
        Ok(Self::new(client, events))
    }

    /// Creates a bot from a client that is signed in. To use other settings, create the client with
    /// [`Client::builder`].
    #[must_use]
    pub fn new(client: Client, events: Events) -> Self {
        let waiting = pending(&client);
        let mut bot = Self { client, events, waiting, accepting: None, is_finished: false };
        bot.accept_next();
        bot
    }

    /// Returns the client of the bot. Use it to send messages, and to change the settings of the
    /// account.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits for the next event. Accepts each user who adds the account, without waiting for the answer of the server.
    /// Returns `None` after the event that signed the account out for good ([`Event::signed_out`]). No event is lost if the
    /// future is dropped.
    ///
    /// ```no_run
    /// use msnp_client::{Bot, Event, RosterChange};
    ///
    /// # async fn run(mut bot: Bot) {
    /// while let Some(event) = bot.next().await {
    ///     match event {
    ///         Event::Message(message) => drop(message.reply("Hello!")),
    ///         Event::Roster(RosterChange::AddedBy(user)) => println!("{user} has added the bot"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Event> {
        if self.is_finished {
            return None;
        }
        let event = loop {
            tokio::select! {
                event = self.events.next() => break event?,
                // If the server refuses to accept the user, the bot continues with the next user.
                // After the next sign-in, the bot tries again to accept the refused user.
                () = answered(&mut self.accepting) => {
                    self.accepting = None;
                    self.accept_next();
                }
            }
        };
        match &event {
            Event::Roster(RosterChange::AddedBy(handle)) if self.waiting.len() < MAX_ENTRIES => {
                self.waiting.insert(handle.clone());
            }
            Event::SignedIn => self.waiting = pending(&self.client),
            event => self.is_finished = event.signed_out().is_some(),
        }
        self.accept_next();
        Some(event)
    }

    /// Calls `answer` for each message, one after the other, until the account is signed out for good. To work on several
    /// messages at the same time, start a task in `answer`.
    ///
    /// # Errors
    /// Returns the reason why the account was signed out, unless [`Client::sign_out`] was called.
    pub async fn run<F: Future<Output = ()>>(mut self, mut answer: impl FnMut(Incoming) -> F) -> Result<(), SignedOut> {
        while let Some(event) = self.next().await {
            match event {
                Event::Message(message) => answer(message).await,
                Event::SignedOut { reason, retry: None } if reason != SignedOut::Requested => return Err(reason),
                _ => {}
            }
        }
        Ok(())
    }

    /// Begins to accept the next waiting user. Does nothing if the server has not yet answered the
    /// command that accepts the previous user.
    fn accept_next(&mut self) {
        if self.accepting.is_none()
            && let Some(handle) = self.waiting.pop_first()
        {
            self.accepting = Some(self.client.begin(Edit::Accept(handle)));
        }
    }
}

/// Waits for the answer of the server. Never returns if no answer is pending.
async fn answered(accepting: &mut Option<oneshot::Receiver<Result<(), EditError>>>) {
    match accepting {
        Some(answer) => drop(answer.await),
        None => std::future::pending().await,
    }
}

/// Returns the users who have added the account and wait for its decision.
fn pending(client: &Client) -> BTreeSet<Handle> {
    client.roster(|roster| roster.pending().map(|entry| entry.handle.clone()).collect())
}

/// Compiles the programs in the page about bots.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/bots.md")]
struct Page;
