//! How the world reaches the server: listeners, TLS, and everything over HTTP.
//!
//! [`listeners`] accept; chat connections go to the messenger, the others to `connection`, which has `http` read the
//! requests. `routes` is the one table of paths: the sign-in service (`passport`), the [`gateway`], `client_config`, the
//! `proxy` and the pages for people (`web`). The crate keeps no state of accounts and knows no command of the chat
//! protocol.

pub mod accept;
mod client_config;
mod connection;
pub mod gateway;
mod http;
pub mod listeners;
mod passport;
mod proxy;
mod routes;
pub mod site;
pub mod tls;
mod web;
