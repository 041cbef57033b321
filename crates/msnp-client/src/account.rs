//! The account that signs in, and its proof of identity.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use msnp::Handle;
use msnp::handle::BadHandle;
use msnp::notification::Ticket;

use crate::machine::SignedOut;

/// The result of a [`TicketSource`].
pub type TicketFuture = Pin<Box<dyn Future<Output = Result<Ticket, SignedOut>> + Send>>;

/// A source of tickets, for programs that do not use the login service. Two examples are a web page
/// that has already signed the user in, and a program that is part of the server. The source
/// receives the policy of `USR TWN S`.
pub type TicketSource = Arc<dyn Fn(String) -> TicketFuture + Send + Sync>;

/// An account. Cheap to clone. `Debug` does not show the password.
#[derive(Clone)]
pub struct Account {
    handle: Handle,
    credentials: Credentials,
}

#[derive(Clone)]
pub(crate) enum Credentials {
    Password(Arc<str>),
    Tickets(TicketSource),
}

impl Account {
    /// Returns an account with an address, such as `alice@example.com`, and a password.
    ///
    /// # Errors
    /// Fails if the address is not valid.
    pub fn new(address: &str, password: &str) -> Result<Self, BadHandle> {
        let handle = Handle::parse(address)?;
        Ok(Self { handle, credentials: Credentials::Password(password.into()) })
    }

    /// Returns an account whose tickets come from `source` instead of the login service.
    #[must_use]
    pub fn with_tickets(handle: Handle, source: TicketSource) -> Self {
        Self { handle, credentials: Credentials::Tickets(source) }
    }

    /// Returns the address.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("handle", &self.handle).finish_non_exhaustive()
    }
}
