//! The Passport endpoints: where clients turn an address and a password into a ticket.
//!
//! Clients 5.0 to 7.0 ask the nexus for the login page and the login page for a ticket (Passport 1.4); client 7.5 posts a SOAP
//! document to `RST.srf`. Both then show the ticket to the notification server, which checks it with [`Tickets::verify`].
//! Reference: docs/protocol/http.md sections 0 to 2.
//!
//! The way of a request: [`serve`] accepts and reads, `routes` picks one of `nexus`, `login` and `rst`, and those answer with
//! the few forms in `answers`.

mod answers;
mod first_line;
mod header_case;
mod login;
mod nexus;
mod routes;
mod rst;
mod serve;
#[cfg(test)]
mod tests;
mod tickets;
#[cfg(test)]
mod transcript;

use std::net::IpAddr;
use std::sync::Arc;

use msnp::notification::Ticket;

pub use serve::serve;
pub use tickets::{Claims, TicketLife, Tickets};

use crate::accounts::{Accounts, AuthError};
use crate::config::is_private;
use crate::store::Account;

/// What `USR TWN S` tells clients to hand to the login service: what both servers that official client 7.5 was seen to work
/// with send (http.md section 2, "Which challenge string?").
pub const DEFAULT_POLICY: &str = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1";

/// Everything that the endpoints need.
#[derive(Debug)]
pub struct Passport {
    /// Who may sign in.
    pub accounts: Accounts,
    /// What they get for it. The notification server checks with the same.
    pub tickets: Arc<Tickets>,
    /// What the operator chose.
    pub settings: PassportSettings,
}

/// What an operator may choose.
#[derive(Clone, Debug, Default)]
pub struct PassportSettings {
    /// The host of the login page, with a port if it is not the usual one, for clients that do not tell which host they asked.
    pub public_host: Option<String>,
    /// Whether a password over plain HTTP is taken from addresses that are neither of this machine nor private.
    pub insecure_http_login: bool,
    /// The page that old clients offer to open after a wrong password.
    pub failure_page: Option<String>,
}

impl Passport {
    /// The account and its ticket, if the password is right.
    async fn sign_in(&self, handle: &str, password: &[u8], life: TicketLife) -> Result<(Account, Ticket), AuthError> {
        let account = self.accounts.authenticate(handle, password).await;
        match &account {
            Ok(account) => tracing::debug!(account = account.id.0, "gave a ticket"),
            Err(AuthError::Store(error)) => tracing::error!(%error, "a sign-in failed"),
            Err(refusal) => tracing::debug!(%refusal, "sign-in refused"),
        }
        let account = account?;
        let ticket = self.tickets.issue(&account, life);
        Ok((account, ticket))
    }

    /// Whether a password may come in clear from there (security.md section 8): from this machine or a private network, where a
    /// terminator of TLS stands too.
    fn takes_passwords_from(&self, peer: IpAddr) -> bool {
        self.settings.insecure_http_login || is_private(peer)
    }
}
