//! The notification and dispatch connections: every command in both directions (docs/protocol/ns.md).
//!
//! A client sends [`ClientCommand`]s and a server sends [`ServerCommand`]s. For each family of
//! commands, one file defines the types, and reads and writes them. [`verb`] contains a table that
//! says in which stages of a connection each command is allowed.

mod client;
mod contacts;
mod groups;
mod presence;
mod server;
mod services;
mod settings;
mod sign_in;
mod sync;
pub mod verb;

pub use client::{ClientCommand, NotInDialect};
pub use contacts::{Adc, Addition, ContactLine, Rem, Removal};
pub use groups::{Adg, GroupLine, GroupWord, Reg, Rmg};
pub use presence::{Chg, PresenceInfo, PresenceLine, Uux};
pub use server::{OutReason, ServerCommand, ServerVerb, server_payload_length};
pub use services::{Qry, Rng, ServiceLine, ServiceRequest};
pub use settings::{
    AddPrompt, ContactChange, MAX_PHONE, Phone, Privacy, Property, PropertyChange, Prp, Rea, Sbp, SettingLine,
};
pub use sign_in::{Agreement, Cvr, SignInAnswer, Ticket, Usr, Ver};
pub use sync::{CopyOf, Lst, Syn, SynAnswer};
pub use verb::Stage;
