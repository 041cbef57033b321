//! Helps to connect clients to this server.
//!
//! [`client_table`] is the only table of clients. [`hosts`] contains the host names that clients
//! look up. [`client_setup`] creates the files and instructions for each client, and the private
//! root certificate. [`doctor`] checks the server by connecting to it like a client. [`expiry`]
//! reads when a certificate expires. The crate serves no connections and does not use the internals
//! of a running server.

pub mod client_setup;
pub mod client_table;
pub mod doctor;
pub mod expiry;
pub mod hosts;
pub mod pac;
