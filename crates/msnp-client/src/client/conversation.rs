//! A conversation with one or more users.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use msnp::Handle;
use msnp::message::{Message, TextFormat, split_text};
use msnp::switchboard::MAX_MESSAGE;
use thiserror::Error;
use tokio::sync::oneshot;

use super::driver::now;
use super::handle::Client;
use crate::machine::{ConversationId, Delivery, SendError};

/// A conversation. Cheap to clone.
///
/// A conversation opens a switchboard session when the program sends something. It leaves the
/// session after some minutes without messages.
#[derive(Clone)]
pub struct Conversation {
    pub(super) client: Client,
    pub(super) id: ConversationId,
}

/// The reason why a message was not delivered, or why it is unknown whether the message was
/// delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Undelivered {
    /// The message was not delivered.
    #[error(transparent)]
    Refused(#[from] SendError),
    /// The connection was lost before the server answered. The message may have been delivered.
    #[error("the connection was lost; the message may have been delivered")]
    Unknown,
}

impl Client {
    /// Returns the conversation with a user. The session of the conversation opens when the program
    /// sends something.
    #[must_use]
    pub fn conversation(&self, handle: &Handle) -> Conversation {
        let id = self.shared().with(|state| state.machine.conversation_with(handle, now()));
        Conversation { client: self.clone(), id }
    }

    /// Returns a new conversation without members, to which [`Conversation::invite`] adds users.
    #[must_use]
    pub fn new_conversation(&self) -> Conversation {
        let id = self.shared().with(|state| state.machine.create_conversation(now()));
        Conversation { client: self.clone(), id }
    }

    /// Sends a text to a user, and waits until it is delivered.
    ///
    /// # Errors
    /// Fails if the text was not delivered, or if it is unknown whether the text was delivered.
    pub async fn send_text(&self, handle: &Handle, text: &str) -> Result<(), Undelivered> {
        self.conversation(handle).send_text(text).await
    }
}

impl Conversation {
    /// Returns the number of the conversation, which is the same for all clones.
    #[must_use]
    pub fn id(&self) -> ConversationId {
        self.id
    }

    /// Returns the client that takes part in the conversation.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the users who belong to the conversation, whether or not they are in its session.
    #[must_use]
    pub fn users(&self) -> Vec<Handle> {
        self.client.shared().read(|state| state.machine.invited(self.id).to_vec())
    }

    /// Returns the users who are in the session of the conversation at the moment.
    #[must_use]
    pub fn members(&self) -> Vec<Handle> {
        self.client.shared().read(|state| state.machine.members(self.id).map(|member| member.handle.clone()).collect())
    }

    /// Sends a message. The message is queued immediately. Dropping the [`Receipt`] does not stop
    /// the message.
    pub fn send(&self, message: &Message) -> Receipt {
        self.send_all(vec![message.encode()])
    }

    /// Sends a text. If the text is too long for one message, splits it into several messages. The
    /// receipt is for all of these messages.
    pub fn send_text(&self, text: &str) -> Receipt {
        self.send_formatted(text, None)
    }

    /// Sends a text with a font and a colour. Splits a long text in the same way as
    /// [`Self::send_text`].
    pub fn send_formatted(&self, text: &str, format: Option<&TextFormat>) -> Receipt {
        let pieces = split_text(text, format, MAX_MESSAGE);
        self.send_all(pieces.into_iter().map(|piece| Message::Text(piece).encode()).collect())
    }

    /// Sends a nudge.
    pub fn nudge(&self) -> Receipt {
        self.send(&Message::Nudge)
    }

    /// Tells the members that the user is typing. Call this function again every 5 seconds while
    /// the user types. Does nothing if there is no session.
    pub fn typing(&self) {
        let payload = Message::Typing(Some(self.client.handle())).encode();
        self.client.shared().with(|state| state.machine.send_unconfirmed(self.id, payload, now()));
    }

    /// Invites a user, and opens a session if there is none.
    pub fn invite(&self, handle: &Handle) {
        self.client.shared().with(|state| state.machine.invite(self.id, handle.clone(), now()));
    }

    /// Leaves the session. The next message opens another session.
    pub fn close(&self) {
        self.client.shared().with(|state| state.machine.close(self.id));
    }

    fn send_all(&self, payloads: Vec<Vec<u8>>) -> Receipt {
        let pieces = self.client.shared().with(|state| {
            let send = |payload| {
                let id = state.machine.send(self.id, payload, now());
                state.expect(id)
            };
            payloads.into_iter().map(send).collect::<Vec<_>>()
        });
        Receipt { pieces: pieces.into_iter().rev().collect() }
    }
}

impl PartialEq for Conversation {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::sync::Arc::ptr_eq(&self.client.held, &other.client.held)
    }
}

impl Eq for Conversation {}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A future for the result of a message. The result is `Ok` if the message was delivered to every
/// member. Otherwise, the result is an error that gives the reason.
///
/// The client sends the message whether or not the program awaits the receipt.
#[derive(Debug)]
pub struct Receipt {
    /// The pieces that are still to be confirmed, in reverse order.
    pieces: Vec<oneshot::Receiver<Delivery>>,
}

impl Future for Receipt {
    type Output = Result<(), Undelivered>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        while let Some(piece) = self.pieces.last_mut() {
            let delivery = std::task::ready!(Pin::new(piece).poll(context));
            self.pieces.pop();
            match delivery {
                Ok(Delivery::Delivered) => {}
                Ok(Delivery::Refused(error)) => return Poll::Ready(Err(error.into())),
                // `Err` means that the client was dropped before the result arrived.
                Ok(Delivery::Unknown) | Err(_) => return Poll::Ready(Err(Undelivered::Unknown)),
            }
        }
        Poll::Ready(Ok(()))
    }
}
