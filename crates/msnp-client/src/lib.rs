//! A client for MSN Messenger servers: sign in, see who is online, chat, and transfer pictures and files.
//!
//! [`Client`] is an account that is signed in. [`Bot`] is the short form for programs that answer messages. Both run on
//! tokio, over the [`machine`], which is the protocol without I/O.

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
pub use passport::{authorization, encode, ticket_of};
pub use server::{LoginKind, Server};
