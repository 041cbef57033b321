//! Scripted clients. They read the wire with the parser of `msnp-conformance`, not with the server's codec.
//!
//! A [`Dialer`] knows the addresses of the server and connects [`Person`]s, who sign in and open [`Board`]s. Persons
//! and boards use a [`Connection`]. [`http`] sends single requests. [`gateway`] sends the commands of a session in such
//! requests, and a [`Carrier`] carries whole connections over such requests.

mod account;
mod board;
mod carrier;
mod connection;
mod dial;
mod dialer;
pub mod gateway;
pub mod http;
mod person;
mod received;
mod sender;
mod sign_in;
mod text;

pub use account::{Account, PASSWORD};
pub use board::Board;
pub use carrier::Carrier;
pub use connection::{Connection, PATIENCE};
pub use dial::Dial;
pub use dialer::Dialer;
pub use person::{Person, befriend, chat};
pub use received::{Next, Received};
pub use sender::Sender;
pub use sign_in::SignIn;
pub use text::{MARK, text};
