//! How the world reaches the server: listeners, TLS, and everything over HTTP.
//!
//! [`listeners`] accept; chat connections go to the messenger, the others to [`connection`], which has [`http`] read
//! the requests. [`routes`] is the one table of paths: the sign-in service ([`passport`]), the [`gateway`], the
//! [`client_config`], the [`proxy`] and the pages for people. The crate keeps no state of accounts and knows no command
//! of the chat protocol.

pub mod client_config;
pub mod connection;
pub mod gateway;
pub mod http;
pub mod listeners;
pub mod passport;
pub mod proxy;
pub mod routes;
pub mod site;
pub mod tls;
mod web;
