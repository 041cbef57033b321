//! Everything that a user needs to connect a client to this server: files for Windows, a certificate, and steps in
//! plain words.
//!
//! [`Kit::new`] writes them for one [`crate::client_table::Client`] and one [`Place`]; `swallowtail client-setup` saves
//! them in a directory and the page `/setup` offers them. Nothing here reads the network or opens a path that a request
//! names: the page finds a file by its name among those that were written.

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
