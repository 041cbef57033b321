//! A client for MSN Messenger servers, for bots and for interactive programs.
//!
//! The crate signs in, keeps the contact list, reconnects when the connection is lost, and sends
//! and receives messages, pictures and files. It speaks MSNP12 and MSNP11, the protocol of MSN
//! Messenger 7.5 and 7.0, and runs on [Tokio](https://docs.rs/tokio). It contains no server code,
//! and works with any server that speaks these dialects.
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
//! [`Client`] represents the account. Its methods act for the account, such as
//! [`Client::send_text`] and [`Client::set_status`]. [`Events`] reports what happens to the
//! account. The account signs out when the last clone of the client is dropped.
//!
//! The folder `examples` has whole programs. `docs/bots.md` explains one of them, line by line.
//!
//! # Servers and accounts
//!
//! [`Server::at`] needs the name of the server, and uses the usual ports. The page of [`Server`]
//! shows how to use other ports, TLS, a server with its own root certificate ([`Roots`]), and the
//! HTTP gateway. [`Server::connect_with`] uses streams of your own. Without encryption, the client
//! sends a password only to loopback and private addresses.
//!
//! [`Account::with_tickets`] is for programs that do not use the login service, but get tickets
//! from another source.
//!
//! # The roster
//!
//! The server keeps the contact list of each account. [`Client::roster`] reads the client's copy of
//! the list. The client updates the copy with every change, and [`Event::Roster`] says what has
//! changed.
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
//! A user who adds the account is *pending* until the program calls [`Client::accept`] or
//! [`Client::block`]. A user who was accepted sees when the account is online, and can call it. To
//! see when the user is online, add the user with [`Client::add_contact`].
//!
//! # Conversations
//!
//! [`Client::conversation`] returns the [`Conversation`] with a user. You do not need to open it.
//! Its session starts with the first message, and ends after some minutes without messages. The
//! next message starts another session. [`Conversation::invite`] adds more users. Every received
//! message contains its conversation, so [`Incoming::reply`] answers in the correct conversation.
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
//! [`msnp::message::Message`] lists all kinds of messages. [`Conversation::send`] sends a message
//! of any kind.
//!
//! # Transfers
//!
//! [`Conversation::send_file`] offers a file, and [`Event::FileOffered`] reports the offer of
//! another user. In both cases, the program gets a [`Transfer`], which gives the progress and the
//! result. [`Client::fetch_picture`] fetches and checks the display picture of a contact.
//! [`Client::set_picture_data`] sets the display picture of the account. All data goes through the
//! server, so the users do not learn each other's IP addresses.
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
//! [`Bot`] is a client that accepts every user who adds it. [`Bot::run`] calls a closure for each
//! message. [`Bot::next`] returns all events, for a bot that handles more than messages.
//!
//! # Reconnects
//!
//! If the connection is lost, the client signs in again with the same status, personal message and
//! picture. The first pause is about a second, and later pauses grow to five minutes.
//! [`Event::SignedOut`] gives the time until the next attempt. After an attempt has succeeded,
//! [`Event::SignedIn`] follows. [`Client::sign_in_again`] signs in immediately, without the pause.
//! [`Builder::reconnect`] can switch reconnecting off.
//!
//! The client does not try again if another attempt would not help ([`SignedOut::is_temporary`]).
//! Examples are a wrong password, or an account that has signed in from another place. An account
//! has one session, so two programs that run at the same time need two accounts.
//! [`Event::signed_out`] recognises the event after which no other event follows. The client never
//! repeats the first sign-in, but returns its error to the caller.
//!
//! # Errors
//!
//! | type | an error of |
//! |---|---|
//! | [`SignedOut`] | the sign-in, and the end of a session |
//! | [`EditError`] | a change of the roster or of the account's own settings |
//! | [`Undelivered`] | a message that was refused ([`SendError`]), or whose result is unknown |
//! | [`TransferError`] | a file or a picture |
//!
//! Each of these errors has a message for people. If the server sent an error code
//! (`docs/errors.md`), both the message and the value contain the code.
//!
//! # Cancel safety
//!
//! Dropping a future loses nothing, and does not stop the operation that the future waits for. The
//! only exception is a sign-in. Dropping the future of a sign-in signs the account out.
//!
//! - [`Events::next`] and [`Bot::next`] lose no event, so they can be used in `tokio::select!`.
//! - [`Conversation::send`] queues a message immediately. The [`Receipt`] only waits for the
//!   result.
//! - An edit begins when its future is first polled. Dropping the future after that does not undo
//!   the edit.
//! - A transfer continues after its [`Transfer`] is dropped. [`Transfer::cancel`] stops it.
//!
//! If the program does not read the events, the client stops reading from the server. So a fast
//! server cannot fill the memory. Start a separate task for work that takes long, instead of doing
//! it in the loop that reads the events.
//!
//! # Layers
//!
//! - [`msnp`], which this crate re-exports, converts bytes to typed commands and back.
//! - [`machine`] is a client without I/O. It receives bytes and the time, and returns bytes and
//!   events. Use it with a runtime other than Tokio, or in tests. [`p2p`] does the same for
//!   transfers.
//! - [`Client`] runs a machine on Tokio. [`transport`] contains the connections that the client
//!   uses.
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
