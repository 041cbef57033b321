//! A client for MSN Messenger servers, for bots and for programs with a user.
//!
//! The crate signs in, keeps the contact list, comes back when the connection is lost, and sends and receives messages,
//! pictures and files. It speaks MSNP12 and MSNP11, the protocol of MSN Messenger 7.5 and 7.0, and runs on
//! [Tokio](https://docs.rs/tokio). It contains no code of a server, and works with any server of these dialects.
//!
//! # Quick start
//!
//! ```no_run
//! use msnp_client::{Account, Client, Event, Handle, Server};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let account = Account::new("alice@example.com", "password")?;
//!     let (client, mut events) = Client::sign_in(&Server::at("chat.example.com"), &account).await?;
//!     client.send_text(&Handle::parse("bob@example.com")?, "Hello Bob").await?;
//!     while let Some(event) = events.next().await {
//!         match event {
//!             Event::Message(message) => println!("{}: {:?}", message.from, message.text()),
//!             Event::SignedOut { reason, retry: None } => return Err(reason.into()),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`Client`] is the account: it does things, such as [`Client::send_text`] and [`Client::set_status`]. [`Events`]
//! reports what happens to the account. The account signs out when the last clone of the client is dropped.
//!
//! The folder `examples` has whole programs, and `docs/bots.md` explains one line by line.
//!
//! # Servers and accounts
//!
//! [`Server::at`] needs the name of the server, and knows the usual ports. [`Server`] shows how to use other ports, TLS, a
//! server with its own root certificate ([`Roots`]), and the HTTP gateway. [`Server::connect_with`] uses streams of your
//! own. A password is sent without encryption only to loopback and private addresses.
//!
//! [`Account::with_tickets`] is for programs that get the tickets for the sign-in from elsewhere.
//!
//! # The roster
//!
//! The server keeps the contact list of each account. [`Client::roster`] reads the copy of the client, which follows every
//! change. [`Event::Roster`] says what has changed.
//!
//! ```no_run
//! use msnp_client::{Client, EditError, Handle, Status};
//!
//! # async fn run(client: Client, carol: Handle) -> Result<(), EditError> {
//! let online: Vec<Handle> = client.roster(|roster| {
//!     roster.contacts().filter(|contact| contact.status().is_some()).map(|contact| contact.handle.clone()).collect()
//! });
//! client.add_contact(&carol).await?;
//! client.set_status(Status::Busy).await?;
//! client.set_personal_message("writing documentation").await?;
//! # Ok(())
//! # }
//! ```
//!
//! A user who adds the account is *pending* until the account decides: [`Client::accept`] or [`Client::block`]. An accepted
//! user sees the account online and can call it. To see the user online, add the user with [`Client::add_contact`].
//!
//! # Conversations
//!
//! [`Client::conversation`] returns the [`Conversation`] with a user. It need not be opened: a session starts with the
//! first message, ends after some quiet minutes, and starts again with the next message. [`Conversation::invite`] adds
//! more users. Every message contains its conversation, so [`Incoming::reply`] answers in the correct one.
//!
//! ```no_run
//! use msnp_client::{Client, Handle, SendError, Undelivered};
//!
//! # async fn run(client: Client, bob: Handle, carol: Handle) {
//! let conversation = client.conversation(&bob);
//! match conversation.send_text("Are you there?").await {
//!     Ok(()) => conversation.invite(&carol),
//!     Err(Undelivered::Refused(SendError::NotReachable)) => println!("Bob is offline"),
//!     Err(error) => println!("not delivered: {error}"),
//! }
//! # }
//! ```
//!
//! [`msnp::message::Message`] lists the other kinds of messages, which [`Conversation::send`] sends.
//!
//! # Transfers
//!
//! [`Conversation::send_file`] offers a file, and [`Event::FileOffered`] reports the offer of another user. Both
//! provide a [`Transfer`], with its progress and its result. [`Client::fetch_picture`] fetches and checks a display
//! picture, and [`Client::set_picture_data`] sets the account's own. All data goes through the server, so no IP address
//! is disclosed.
//!
//! ```no_run
//! use msnp_client::{Event, Events, TransferError};
//!
//! # async fn run(mut events: Events) -> Result<(), TransferError> {
//! while let Some(event) = events.next().await {
//!     if let Event::FileOffered(offer) = event {
//!         if offer.size > 1_000_000 {
//!             offer.decline();
//!         } else {
//!             // Any `AsyncWrite`. The example `receive_files` writes files to a folder.
//!             offer.accept(tokio::io::sink()).finish().await?;
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Bots
//!
//! [`Bot`] is a client that accepts every user who adds it. [`Bot::run`] calls a closure for each message, and [`Bot::next`]
//! returns the events of a bot that needs more than messages.
//!
//! # Reconnects
//!
//! If the connection is lost, the client signs in again with the same status, personal message and picture. The first
//! pause is about a second, and later ones grow to five minutes. [`Event::SignedOut`] has the time of the next attempt,
//! and [`Event::SignedIn`] follows when it has succeeded. [`Client::sign_in_again`] does not wait for that time, and
//! [`Builder::reconnect`] switches it off.
//!
//! There is no other attempt if it would not help ([`SignedOut::is_temporary`]): for example, after a wrong password,
//! or after the account signed in from another place. An account has one session, so two programs need two accounts.
//! [`Event::signed_out`] recognises the event after which nothing follows. The first sign-in is never repeated: its
//! error goes to the caller.
//!
//! # Errors
//!
//! | type | of |
//! |---|---|
//! | [`SignedOut`] | the sign-in, and the end of a session |
//! | [`EditError`] | a change of the roster or of the account's own settings |
//! | [`Undelivered`] | a message: not delivered ([`SendError`]), or perhaps delivered |
//! | [`TransferError`] | a file or a picture |
//!
//! Each of these errors has a message for people. A code of the server (`docs/errors.md`) is in the message, and in the
//! value.
//!
//! # Cancel safety
//!
//! Dropping a future loses nothing, and does not stop what was begun. The only exception is a sign-in: dropping its
//! future signs out.
//!
//! - [`Events::next`] and [`Bot::next`] lose no event, so they can be used in `tokio::select!`.
//! - A message is queued when it is sent. Its [`Receipt`] only waits for the result.
//! - An edit begins when its future is first polled. Dropping the future later does not undo it.
//! - A transfer continues after its [`Transfer`] is dropped. [`Transfer::cancel`] stops it.
//!
//! A client whose events are not read stops reading from the server, so that a fast server cannot fill the memory.
//! Start a separate task for work that takes long, instead of doing it in the loop that reads the events.
//!
//! # Layers
//!
//! - [`msnp`], which this crate exports, converts bytes to typed commands and back.
//! - [`machine`] is a client without I/O: it receives bytes and the time, and returns bytes and events. Use it with a
//!   runtime other than Tokio, or in tests. [`p2p`] is the same for transfers.
//! - [`Client`] runs a machine on Tokio, and [`transport`] has its connections.
//!
//! Comments cite `docs/protocol`, the reference of the protocol.

mod account;
mod bot;
mod client;
mod exchange;
pub mod http;
mod login;
pub mod machine;
pub mod p2p;
mod passport;
mod server;
mod shown;
pub mod transport;
mod url;

pub use account::{Account, TicketFuture, TicketSource};
pub use bot::Bot;
pub use client::{
    Builder, Client, Conversation, Event, Events, FileOffer, Incoming, MemoryCache, ObjectCache, Progress, Receipt,
    Tap, Transfer, TransferError, Undelivered, Wire,
};
pub use machine::{EditError, Entry, Presence, Roster, RosterChange, SendError, SignedOut};
pub use msnp;
pub use msnp::{Handle, Status};
pub use passport::{authorization, encode, ticket_of};
pub use server::{LoginKind, Server};
pub use transport::Roots;
