//! The files and instructions that a user needs to connect a client to this server.
//!
//! [`Kit::new`] creates these files for one [`crate::client_table::Client`] and one [`Place`].
//! `swallowtail client-setup` saves the files in a directory, and the page `/setup` offers them.
//! This module does not read from the network and never opens a path from a request. The page
//! `/setup` looks up a requested file by its name among the files of the kit.

mod certificates;
mod kit;
mod made;
mod place;
mod programs;
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
