//! The events of a client.

use std::sync::{Arc, Weak};
use std::time::Duration;

use msnp::message::Message;
use msnp::p2p::safe_file_name;
use msnp::switchboard::Participant;
use msnp::{DisplayName, Handle};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::conversation::{Conversation, Receipt};
use super::handle::{Client, Held};
use super::transfer::FileOffer;
use crate::machine::{self, RosterChange, SignedOut};
use crate::p2p;

/// The time limit for a sign-out.
const SIGN_OUT: Duration = Duration::from_secs(1);

/// Something that happened, in the order in which it happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The account is signed in again, after its connection was lost. The roster is new. The presence of contacts
    /// follows as [`Event::Roster`].
    SignedIn,
    /// The account is signed out.
    SignedOut {
        /// The reason.
        reason: SignedOut,
        /// The time until the next attempt to sign in. `None` if there is none.
        retry: Option<Duration>,
    },
    /// The roster changed.
    Roster(RosterChange),
    /// A user joined a conversation, or was in it when the account joined.
    Joined {
        /// The conversation.
        conversation: Conversation,
        /// The user.
        member: Participant,
    },
    /// A user left a conversation.
    Left {
        /// The conversation.
        conversation: Conversation,
        /// The user.
        handle: Handle,
    },
    /// The session of a conversation ended. The next message opens another one.
    Quiet(Conversation),
    /// A message.
    Message(Incoming),
    /// A user offers a file.
    FileOffered(FileOffer),
    /// The service will stop in this many minutes.
    ShutdownWarning {
        /// The minutes until then.
        minutes: u32,
    },
    /// An alert of the service, in XML (docs/protocol/ns.md section 13).
    Alert(String),
}

impl Event {
    /// Returns the reason if the account was signed out for good: there is no other attempt to sign in, and no event
    /// follows unless the program calls [`Client::sign_in_again`].
    #[must_use]
    pub fn signed_out(&self) -> Option<&SignedOut> {
        match self {
            Self::SignedOut { reason, retry: None } => Some(reason),
            _ => None,
        }
    }
}

/// A message from a user.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The conversation.
    pub conversation: Conversation,
    /// The sender.
    pub from: Handle,
    /// The sender's display name.
    pub name: DisplayName,
    /// The content.
    pub message: Message,
}

impl Incoming {
    /// Returns the text, if the message is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.message {
            Message::Text(text) => Some(&text.text),
            _ => None,
        }
    }

    /// Sends a text to the conversation of this message.
    pub fn reply(&self, text: &str) -> Receipt {
        self.conversation.send_text(text)
    }
}

/// The stream of a client's events.
///
/// Read it, or drop it. If nobody reads the events, the client stops reading from the server after some hundred events,
/// and the server eventually disconnects the client. Without [`Events`] the events are dropped. So don't wait for long
/// inside the loop that reads the events: start a task instead.
///
/// ```no_run
/// use msnp_client::{Event, Events, RosterChange};
///
/// # async fn run(mut events: Events) {
/// while let Some(event) = events.next().await {
///     if let Some(reason) = event.signed_out() {
///         return println!("signed out: {reason}");
///     }
///     match event {
///         Event::Message(message) => println!("{}: {:?}", message.from, message.text()),
///         Event::Roster(RosterChange::Presence { handle, now: Some(status), .. }) => println!("{handle} is {status}"),
///         Event::SignedOut { reason, .. } => println!("{reason}; signing in again"),
///         _ => {}
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Events {
    // Not a client: the events must not keep the account signed in.
    client: Weak<Held>,
    receiver: mpsc::Receiver<machine::Event>,
}

impl Events {
    pub(super) fn new(client: &Client, receiver: mpsc::Receiver<machine::Event>) -> Self {
        Self { client: Arc::downgrade(&client.held), receiver }
    }

    /// Signs the client out, and waits at most a second until its last bytes are on their way. Events that are still in the
    /// queue are dropped. Without this, a program that ends immediately may end before the server knows; the server then
    /// notices the closed connection.
    pub async fn sign_out(mut self, client: Client) {
        client.sign_out();
        let signed_out = async {
            while let Some(event) = self.next().await {
                if matches!(event, Event::SignedOut { reason: SignedOut::Requested, .. }) {
                    return;
                }
            }
        };
        let _ = timeout(SIGN_OUT, signed_out).await;
    }

    /// Waits for the next event. Returns `None` after the last clone of the client was dropped. No event is lost if the
    /// future is dropped.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let event = self.receiver.recv().await?;
            let client = Client { held: self.client.upgrade()? };
            if let Some(event) = client.event(event) {
                return Some(event);
            }
        }
    }
}

impl Client {
    /// Converts an event of the machine into the form for users. Returns `None` for messages of the service that say
    /// nothing new.
    fn event(self, event: machine::Event) -> Option<Event> {
        let conversation = |id| Conversation { client: self.clone(), id };
        Some(match event {
            machine::Event::SignedIn => Event::SignedIn,
            machine::Event::SignedOut { reason, retry } => Event::SignedOut { reason, retry },
            machine::Event::Roster(change) => Event::Roster(change),
            machine::Event::Joined { conversation: id, member } => {
                Event::Joined { conversation: conversation(id), member }
            }
            machine::Event::Left { conversation: id, handle } => Event::Left { conversation: conversation(id), handle },
            machine::Event::Quiet(id) => Event::Quiet(conversation(id)),
            machine::Event::Message { conversation: id, from, name, payload } => {
                let message = Message::parse(&payload);
                Event::Message(Incoming { conversation: conversation(id), from, name, message })
            }
            machine::Event::Transfer {
                conversation: id,
                event: p2p::Event::FileOffered { id: file, from, name, size, preview },
            } => {
                let (conversation, name) = (conversation(id), safe_file_name(&name));
                Event::FileOffered(FileOffer { conversation, from, name, size, preview, id: file })
            }
            // The driver has handled all other events of transfers.
            machine::Event::Transfer { .. } => return None,
            machine::Event::ServiceMessage(payload) => match Message::parse(&payload) {
                Message::ShutdownWarning { minutes } => Event::ShutdownWarning { minutes },
                _ => return None,
            },
            machine::Event::Alert(body) => Event::Alert(String::from_utf8_lossy(&body).into_owned()),
        })
    }
}
