//! What a user needs to bring a client to this server: files for Windows, a certificate, and steps in plain words.
//!
//! [`Kit::new`] makes them for one [`crate::client_table::Client`] and one [`Place`]; `swallowtail client-setup` writes
//! them to a directory and the page `/setup` offers them. Nothing here reads the network or knows a path that somebody
//! asked for: a file of the page is found by its name among those that were made.

mod certificates;
mod kit;
mod made;
mod place;
mod registry;
mod section;
mod steps;
#[cfg(test)]
mod tests;

pub(crate) use certificates::own_names;
pub use certificates::{OldTls, PublicCertificate, RENEWED_AFTER, Root, names};
pub use kit::Kit;
pub use made::{Made, ROOT_CER, STEPS};
pub use place::{Offer, Place};
