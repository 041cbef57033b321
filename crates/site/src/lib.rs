//! The network side of the server: listeners, TLS, and everything over HTTP.
//!
//! [`listeners`] accept connections. Chat connections go to the messenger. All other connections go to `connection`,
//! and `http` reads their requests. `routes` is the only table of paths: the sign-in service (`passport`), the
//! [`gateway`], `client_config`, the `proxy` and the web pages (`web`). The crate stores nothing about accounts and
//! does not interpret commands of the chat protocol.

pub mod accept;
mod client_config;
mod connection;
mod expiry;
pub mod gateway;
mod http;
pub mod listeners;
mod passport;
mod proxy;
mod routes;
pub mod site;
pub mod tls;
mod web;
