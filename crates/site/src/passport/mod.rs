//! The Passport endpoints, where clients exchange an address and a password for a ticket.
//!
//! Clients 5.0 to 7.0 request the address of the login page from the nexus, and then a ticket from
//! the login page (Passport 1.4). Client 7.5 posts a SOAP document to `RST.srf`. All clients then
//! send the ticket to the notification server, which checks it with [`Tickets::verify`]. Reference:
//! docs/protocol/http.md sections 0 to 2.
//!
//! [`crate::http`] reads a request, and `routes` passes it to `nexus`, `login`, `rst` or `not_rst`. Their answers are
//! in `answers`. `guessing` slows down the guessing of passwords.

mod answers;
mod guessing;
mod login;
mod nexus;
mod not_rst;
mod routes;
mod rst;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod transcript;

use std::sync::Arc;

use ipnet::IpNet;
use msnp::notification::Ticket;

pub(crate) use guessing::Guessing;
use guessing::Turn;
pub(crate) use routes::router;

use swallowtail_config::{Config, contains};
use swallowtail_messenger::net::{Caller, LogLimit};
use swallowtail_store::accounts::{Accounts, AuthError, Origin, TicketLife, Tickets};
use swallowtail_store::database::Account;

/// The state of the endpoints.
#[derive(Debug)]
pub(crate) struct Passport {
    /// Checks passwords.
    pub accounts: Accounts,
    /// Issues tickets. The notification server checks them with the same keys.
    pub tickets: Arc<Tickets>,
    /// The recent wrong passwords.
    pub guessing: Guessing,
    /// Limits the log lines about refused sign-ins.
    pub refusals: LogLimit,
    /// The operator's settings.
    pub settings: PassportSettings,
}

/// The settings of the endpoints.
#[derive(Clone, Debug, Default)]
pub(crate) struct PassportSettings {
    /// True if the server accepts passwords over plain HTTP from all addresses. If false, the
    /// server accepts them only from this machine and from private networks.
    pub insecure_http_login: bool,
    /// The page that old clients offer to open after a wrong password.
    pub failure_page: String,
    /// The login page to which clients of Passport 1.4 are redirected.
    pub redirect: Option<String>,
    /// True if the path `NotRST.srf` exists.
    pub not_rst: bool,
    /// Networks whose wrong passwords are not counted.
    pub exempt: Vec<IpNet>,
}

impl PassportSettings {
    /// Reads the settings from the configuration.
    #[must_use]
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            insecure_http_login: config.sign_in.insecure_http,
            failure_page: config.sign_in.page.clone(),
            redirect: config.sign_in.redirect.clone(),
            not_rst: config.sign_in.not_rst,
            exempt: config.limits.exempt.clone(),
        }
    }
}

impl Passport {
    /// Creates the endpoints for these accounts.
    #[must_use]
    pub(crate) fn new(config: &Config, accounts: Accounts, tickets: Arc<Tickets>) -> Self {
        let limits = &config.limits;
        let guessing = Guessing::new(limits.wrong_passwords_per_account, limits.wrong_passwords_per_address);
        Self { accounts, tickets, guessing, refusals: LogLimit::default(), settings: PassportSettings::new(config) }
    }

    /// Checks a password. Returns the account and a ticket if the password is correct.
    async fn sign_in(
        &self,
        caller: &Caller,
        handle: &str,
        password: &[u8],
        life: TicketLife,
    ) -> Result<(Account, Ticket), AuthError> {
        let origin = Origin::new(caller.peer.ip(), handle);
        let account = if contains(&self.settings.exempt, caller.peer.ip()) {
            self.accounts.authenticate(&origin, password).await
        } else {
            self.authenticate_in_turn(&origin, password).await
        };
        match &account {
            Ok(account) => tracing::debug!(account = account.id.0, "issued a ticket"),
            Err(AuthError::Store(error)) => tracing::error!(%error, "a sign-in failed"),
            Err(refusal) => self.log_refusal(caller, &origin, refusal),
        }
        let account = account?;
        let ticket = self.tickets.issue(&account, life);
        Ok((account, ticket))
    }

    /// Logs a refused sign-in, at most once a minute for each address. The name of the account may be any text, so it is
    /// escaped.
    fn log_refusal(&self, caller: &Caller, origin: &Origin, refusal: &AuthError) {
        let peer = caller.peer.ip();
        if let Some(suppressed) = self.refusals.note(peer) {
            let handle = origin.account();
            tracing::info!(?handle, %peer, reason = %refusal, suppressed, "refused a sign-in");
        }
    }

    /// Checks a password after the pause for the account. An attempt that would have to wait too long gets the same
    /// answer as a wrong password.
    async fn authenticate_in_turn(&self, origin: &Origin, password: &[u8]) -> Result<Account, AuthError> {
        let counted = match self.guessing.turn(origin, self.accounts.is_familiar(origin)) {
            Turn::After(pause, counted) => {
                tokio::time::sleep(pause).await;
                counted
            }
            Turn::Never => return Err(AuthError::Denied),
            Turn::Refused => return Err(AuthError::Busy),
        };
        let account = self.accounts.authenticate(origin, password).await;
        match &account {
            Err(AuthError::Denied) => self.guessing.wrong(origin),
            Ok(_) | Err(AuthError::Busy | AuthError::Store(_)) => self.guessing.take_back(origin, counted),
        }
        account
    }
}
