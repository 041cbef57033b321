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

/// Something that happened. Events arrive in the order in which they happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The account is signed in again, after its connection was lost. The client has fetched the
    /// roster again. The presence of contacts follows as [`Event::Roster`].
    SignedIn,
    /// The account is signed out.
    SignedOut {
        /// The reason why the account is signed out.
        reason: SignedOut,
        /// The time until the next attempt to sign in. `None` if there is no further attempt.
        retry: Option<Duration>,
    },
    /// The roster changed.
    Roster(RosterChange),
    /// A user joined a conversation, or was in it when the account joined.
    Joined {
        /// The conversation that the user joined.
        conversation: Conversation,
        /// The user who joined, or who was in the conversation already.
        member: Participant,
    },
    /// A user left a conversation.
    Left {
        /// The conversation that the user left.
        conversation: Conversation,
        /// The handle of the user who left.
        handle: Handle,
    },
    /// The session of a conversation ended. The next message opens another session.
    Quiet(Conversation),
    /// A message.
    Message(Incoming),
    /// A user offers a file.
    FileOffered(FileOffer),
    /// The server announces that the service will stop in a number of minutes.
    ShutdownWarning {
        /// The number of minutes until the service stops.
        minutes: u32,
    },
    /// An alert of the service, in XML (docs/protocol/ns.md section 13).
    Alert(String),
}

impl Event {
    /// Returns the reason if the account was signed out for good. After such an event, the client
    /// does not sign in again and no event follows, unless the program calls
    /// [`Client::sign_in_again`].
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
    /// The conversation to which the user sent the message.
    pub conversation: Conversation,
    /// The handle of the sender.
    pub from: Handle,
    /// The sender's display name.
    pub name: DisplayName,
    /// The content of the message.
    pub message: Message,
}

impl Incoming {
    /// Returns the text, if the message is a text.
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
/// Read this stream, or drop it. If the program reads no events, the client stops reading from the
/// server after a few hundred events, and the server eventually disconnects the client. So do not
/// wait for long inside the loop that reads the events. Start a task instead. If the program drops
/// the stream, the client drops the events.
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
    // This is not a `Client`, because the stream must not keep the account signed in.
    client: Weak<Held>,
    receiver: mpsc::Receiver<machine::Event>,
}

impl Events {
    pub(super) fn new(client: &Client, receiver: mpsc::Receiver<machine::Event>) -> Self {
        Self { client: Arc::downgrade(&client.held), receiver }
    }

    /// Signs the client out, and waits at most a second until the last bytes are sent. Drops the
    /// events that are still in the queue. Without this call, a program that exits immediately may
    /// exit before the sign-out is sent. In that case, the server only notices that the connection
    /// was closed.
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
    /// Converts an event of the machine into an event for the program. Returns `None` for messages
    /// of the service that contain nothing new.
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
            // The driver has handled every event of a transfer except `FileOffered`.
            machine::Event::Transfer { .. } => return None,
            machine::Event::ServiceMessage(payload) => match Message::parse(&payload) {
                Message::ShutdownWarning { minutes } => Event::ShutdownWarning { minutes },
                _ => return None,
            },
            machine::Event::Alert(body) => Event::Alert(String::from_utf8_lossy(&body).into_owned()),
        })
    }
}
