//! Connects clients to the server, and keeps the data that these clients share.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use msnp_conformance::wire::Service;
use swallowtail_base::lock;

use super::account::{Account, PASSWORD};
use super::connection::{Connection, PATIENCE};
use super::dial::Dial;
use super::http;
use crate::observer::Watch;
use crate::server::Addresses;

/// Connects clients. Clones share their tickets and their history.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// The addresses of the services, for this dialer.
    pub addresses: Addresses,
    /// The address of the switchboard. By default, clients use the address that the server sends.
    pub switchboards: Option<SocketAddr>,
    /// The address to connect from, in 127.0.0.0/8.
    pub from: Option<IpAddr>,
    /// The size of the receive buffer of each connection, in bytes.
    pub receive_buffer: Option<u32>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    watch: Watch,
    tickets: Mutex<HashMap<String, String>>,
    /// Tickets and cookies, which must not appear in a log.
    secrets: Mutex<HashSet<String>>,
}

impl Dialer {
    /// Creates a dialer for a server.
    #[must_use]
    pub fn new(addresses: Addresses, watch: Watch) -> Self {
        let shared = Shared { watch, tickets: Mutex::default(), secrets: Mutex::default() };
        Self { addresses, switchboards: None, from: None, receive_buffer: None, shared: Arc::new(shared) }
    }

    /// Returns a dialer that connects from another address in 127.0.0.0/8.
    #[must_use]
    pub fn from(&self, from: IpAddr) -> Self {
        Self { from: Some(from), ..self.clone() }
    }

    /// Returns a dialer whose clients have small receive buffers.
    #[must_use]
    pub fn with_receive_buffer(&self, bytes: u32) -> Self {
        Self { receive_buffer: Some(bytes), ..self.clone() }
    }

    /// Returns the history of all clients.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.shared.watch
    }

    /// Returns the options with which this dialer connects to an address.
    #[must_use]
    pub const fn dial(&self, to: SocketAddr) -> Dial {
        Dial { to, from: self.from, receive_buffer: self.receive_buffer }
    }

    /// Connects to the notification server.
    ///
    /// # Errors
    /// Fails if the server does not accept the connection.
    pub async fn notification(&self) -> Result<Connection> {
        Connection::open(Service::Ns, self.dial(self.addresses.notification), self.watch()).await
    }

    /// Connects to the switchboard.
    ///
    /// # Errors
    /// Fails if the server does not accept the connection.
    pub async fn switchboard(&self) -> Result<Connection> {
        Connection::open(Service::Sb, self.dial(self.addresses.switchboard), self.watch()).await
    }

    /// Connects to the switchboard at the address that the server sent.
    pub(super) async fn switchboard_at(&self, sent: &str) -> Result<Connection> {
        let invalid = || format!("the server sent the invalid switchboard address {sent:?}");
        let sent = sent.parse().with_context(invalid)?;
        Connection::open(Service::Sb, self.dial(self.switchboards.unwrap_or(sent)), self.watch()).await
    }

    /// Returns a ticket of the account. Fetches one only if the dialer has none yet.
    ///
    /// # Errors
    /// Fails if the sign-in service gives no ticket.
    pub async fn ticket(&self, account: &Account) -> Result<String> {
        let known = lock(&self.shared.tickets).get(&account.handle).cloned();
        match known {
            Some(ticket) => Ok(ticket),
            None => self.fetch_ticket(account).await,
        }
    }

    /// Fetches a new ticket of the account, with a Passport 1.4 request.
    ///
    /// # Errors
    /// Fails if the sign-in service gives no ticket.
    pub async fn fetch_ticket(&self, account: &Account) -> Result<String> {
        let request = http::ticket_request(&account.handle, PASSWORD);
        let answer = http::request(self.dial(self.addresses.http), &request, PATIENCE).await;
        let answer = answer.with_context(|| format!("no ticket for {}", account.handle))?;
        ensure!(answer.status() == 200, "the sign-in of {} was answered with {}", account.handle, answer.status());
        let ticket = http::ticket_in(&answer).context("the answer to the sign-in has no ticket")?;
        self.keep_ticket(account, ticket.clone());
        Ok(ticket)
    }

    /// Stores a ticket for later sign-ins of an account.
    pub fn keep_ticket(&self, account: &Account, ticket: String) {
        self.keep_secret(ticket.trim_start_matches("t=").trim_end_matches("&p="));
        lock(&self.shared.tickets).insert(account.handle.clone(), ticket);
    }

    /// Remembers something that must not appear in a log.
    pub fn keep_secret(&self, secret: &str) {
        lock(&self.shared.secrets).insert(secret.to_owned());
    }

    /// Returns everything that must not appear in a log.
    #[must_use]
    pub fn secrets(&self) -> HashSet<String> {
        lock(&self.shared.secrets).clone()
    }
}
