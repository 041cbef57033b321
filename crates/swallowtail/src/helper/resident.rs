//! The helper as a client: it signs in, accepts users, and answers them.

use std::time::Duration;

use msnp::message::{Invitation, InvitationCommand, Message};
use msnp::{Capabilities, ClientVersion, DisplayName, Handle};
use msnp_client::machine::{EditError, RosterChange, SignedOut};
use msnp_client::{Account, Client, Conversation, Event, Events, FileOffer, Incoming, Server};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::limit::{Cause, Limit};
use super::request::{self, Request};
use super::words::Words;

/// The display picture, which `cargo xtask picture` draws.
const PICTURE: &[u8] = include_bytes!("picture.png");
/// If the helper is signed out and the client does not sign in again by itself, the helper waits
/// for this time before it signs in again. Usually a change by the operator is the reason for such
/// a sign-out.
const PAUSE: Duration = Duration::from_secs(10);
/// The time after which the helper leaves a quiet conversation. The helper can be in only a limited
/// number of conversations. The helper comes back when a user sends the next message in the
/// conversation.
const QUIET: Duration = Duration::from_secs(120);

/// The helper.
pub(super) struct Resident {
    server: Server,
    account: Account,
    name: DisplayName,
    personal_message: String,
    words: Words,
    limit: Limit,
}

/// The reason why a session ended.
enum End {
    /// The server stops.
    Stopped,
    SignedOut(SignedOut),
}

impl Resident {
    pub(super) fn new(
        server: Server,
        account: Account,
        name: DisplayName,
        personal_message: String,
        words: Words,
    ) -> Self {
        Self { server, account, name, personal_message, words, limit: Limit::default() }
    }

    /// Signs in and answers users, until the server stops.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let end = tokio::select! {
                signed_in = self.sign_in() => match signed_in {
                    Ok((client, events)) => self.serve(&client, events, stop.clone()).await,
                    Err(reason) => End::SignedOut(reason),
                },
                () = stopped(&mut stop) => End::Stopped,
            };
            let End::SignedOut(reason) = end else { return };
            tracing::warn!(%reason, "the helper was signed out; it will sign in again");
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = stopped(&mut stop) => return,
            }
        }
    }

    async fn sign_in(&self) -> Result<(Client, Events), SignedOut> {
        let capabilities = Capabilities::ROBOT.with_version(Some(ClientVersion::V6_0));
        let builder = Client::builder(&self.server, &self.account).capabilities(capabilities);
        let (client, events) = builder.leave_quiet_sessions_after(Some(QUIET)).sign_in().await?;
        tracing::info!(handle = %client.handle(), "the helper is online");
        Ok((client, events))
    }

    /// Answers users, until the account is signed out for good or the server stops.
    async fn serve(&mut self, client: &Client, mut events: Events, mut stop: watch::Receiver<bool>) -> End {
        self.welcome(client).await;
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                () = stopped(&mut stop) => {
                    client.sign_out();
                    None
                }
            };
            match event {
                None => return End::Stopped,
                Some(Event::SignedOut { reason, retry: None }) => return End::SignedOut(reason),
                Some(event) => self.handle(client, event).await,
            }
        }
    }

    async fn handle(&mut self, client: &Client, event: Event) {
        match event {
            Event::SignedIn => self.welcome(client).await,
            Event::Roster(RosterChange::AddedBy(handle)) => accept(client, &handle).await,
            Event::Message(message) => self.answer(client, &message),
            Event::FileOffered(offer) => self.decline(offer),
            _ => {}
        }
    }

    /// Sets the helper's name, personal message and picture. Accepts the users who added the helper
    /// while it was offline.
    async fn welcome(&self, client: &Client) {
        let has_name = client.roster(|roster| roster.me.name.as_ref() == Some(&self.name));
        let set = async {
            if !has_name {
                client.set_name(self.name.as_str()).await?;
            }
            client.set_personal_message(&self.personal_message).await?;
            client.set_picture_data(PICTURE).await
        };
        if let Err(error) = set.await {
            tracing::warn!(%error, "the helper could not set its name, message or picture");
        }
        let pending: Vec<_> = client.roster(|roster| roster.pending().map(|entry| entry.handle.clone()).collect());
        for handle in pending {
            accept(client, &handle).await;
        }
    }

    /// Answers a message. In a conversation of several users, the helper answers only commands.
    fn answer(&mut self, client: &Client, message: &Incoming) {
        let Incoming { conversation, from, message, .. } = message;
        if *from == client.handle() {
            return;
        }
        let is_alone = conversation.members().len() <= 1;
        match message {
            Message::Text(text) => self.answer_text(conversation, from, &text.text, is_alone),
            Message::Nudge if is_alone && self.may_answer(from, Cause::Reflex) => drop(conversation.nudge()),
            Message::Invitation(offer) if offer.command() == InvitationCommand::Invite => {
                self.refuse(conversation, from, offer);
            }
            _ => {}
        }
    }

    fn answer_text(&mut self, conversation: &Conversation, from: &Handle, text: &str, is_alone: bool) {
        if self.words.contain(text) {
            return;
        }
        let (cause, answer) = match request::read(text) {
            Request::Echo(text) => (Cause::Command, text),
            Request::Help => (Cause::Command, &*self.words.help),
            Request::Other if is_alone => (Cause::Reflex, self.words.hint),
            Request::Other => return,
        };
        if self.limit.admit(from, cause, Instant::now()) {
            // The message is queued. Nothing depends on whether it arrives.
            drop(conversation.send_text(answer));
        }
    }

    /// Declines a file.
    fn decline(&mut self, offer: FileOffer) {
        if self.may_answer(&offer.from, Cause::Reflex) {
            drop(offer.conversation.send_text(self.words.decline));
        }
        offer.decline();
    }

    /// Refuses an invitation from a client older than 6.0. Such an invitation offers a file, a call
    /// or a game.
    fn refuse(&mut self, conversation: &Conversation, from: &Handle, offer: &Invitation) {
        if self.may_answer(from, Cause::Reflex) {
            drop(conversation.send(&Message::Invitation(offer.cancel("REJECT"))));
            drop(conversation.send_text(self.words.decline));
        }
    }

    fn may_answer(&mut self, user: &Handle, cause: Cause) -> bool {
        self.limit.admit(user, cause, Instant::now())
    }
}

/// Allows a user who has added the helper.
async fn accept(client: &Client, handle: &Handle) {
    match client.accept(handle).await {
        // After a lost connection, the next sign-in accepts the user.
        Ok(()) | Err(EditError::Lost | EditError::Offline) => {}
        Err(error) => tracing::warn!(%handle, %error, "the helper could not accept a user"),
    }
}

/// Waits until the server stops.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // If the sender is gone, the server no longer runs the helper.
    let _ = stop.wait_for(|stop| *stop).await;
}
