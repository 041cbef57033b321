//! Everything that helps to connect a client to this server.
//!
//! [`client_table`] is the one table of clients, [`hosts`] the names that they look up. [`client_setup`] writes the
//! files and steps for each client and the private root certificate; [`doctor`] checks a server hop by hop, as a client
//! uses it. The crate serves nothing and knows nothing about the inside of a running server.

pub mod client_setup;
pub mod client_table;
pub mod doctor;
pub mod hosts;
pub mod pac;
