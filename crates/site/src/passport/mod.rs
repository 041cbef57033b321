//! The Passport endpoints: where clients turn an address and a password into a ticket.
//!
//! Clients 5.0 to 7.0 ask the nexus for the login page and the login page for a ticket (Passport 1.4); client 7.5 posts
//! a SOAP document to `RST.srf`. Both then show the ticket to the notification server, which checks it with
//! [`Tickets::verify`]. Reference: docs/protocol/http.md sections 0 to 2.
//!
//! The way of a request: [`crate::http`] reads it, `routes` picks one of `nexus`, `login`, `rst` and `not_rst`, and
//! those answer with the few forms in `answers`. `guessing` slows down who tries passwords.

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
use msnp::Handle;
use msnp::notification::Ticket;

pub(crate) use guessing::Guessing;
use guessing::Turn;
pub(crate) use routes::router;

use swallowtail_config::{Config, contains};
use swallowtail_messenger::net::Caller;
use swallowtail_store::accounts::{Accounts, AuthError, TicketLife, Tickets};
use swallowtail_store::database::Account;

/// Of words that are no address at all, so many characters are told apart: as many as an address may have
/// (identity.md).
const MOST_NAME: usize = 129;

/// Everything that the endpoints need.
#[derive(Debug)]
pub(crate) struct Passport {
    /// Who may sign in.
    pub accounts: Accounts,
    /// What they get for it. The notification server checks with the same.
    pub tickets: Arc<Tickets>,
    /// Who tried too often.
    pub guessing: Guessing,
    /// What the operator chose.
    pub settings: PassportSettings,
}

/// What an operator may choose.
#[derive(Clone, Debug, Default)]
pub(crate) struct PassportSettings {
    /// Whether a password over plain HTTP is taken from addresses that are neither of this machine nor private.
    pub insecure_http_login: bool,
    /// The page that old clients offer to open after a wrong password.
    pub failure_page: String,
    /// The login page to which clients of Passport 1.4 are sent on.
    pub redirect: Option<String>,
    /// Whether there is `NotRST.srf`.
    pub not_rst: bool,
    /// Networks whose wrong passwords are not counted.
    pub exempt: Vec<IpNet>,
}

impl PassportSettings {
    /// What the configuration says.
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
    /// The endpoints for these accounts, as the configuration says.
    #[must_use]
    pub(crate) fn new(config: &Config, accounts: Accounts, tickets: Arc<Tickets>) -> Self {
        let limits = &config.limits;
        let guessing = Guessing::new(limits.wrong_passwords_per_account, limits.wrong_passwords_per_address);
        Self { accounts, tickets, guessing, settings: PassportSettings::new(config) }
    }

    /// The account and its ticket, if the password is right.
    async fn sign_in(
        &self,
        caller: &Caller,
        handle: &str,
        password: &[u8],
        life: TicketLife,
    ) -> Result<(Account, Ticket), AuthError> {
        let account = match self.counted_name(caller, handle) {
            Some(name) => self.authenticate_in_turn(caller, &name, handle, password).await,
            None => self.accounts.authenticate(handle, password).await,
        };
        match &account {
            Ok(account) => tracing::debug!(account = account.id.0, "gave a ticket"),
            Err(AuthError::Store(error)) => tracing::error!(%error, "a sign-in failed"),
            Err(refusal) => tracing::debug!(%refusal, "sign-in refused"),
        }
        let account = account?;
        let ticket = self.tickets.issue(&account, life);
        Ok((account, ticket))
    }

    /// An account with many wrong passwords has to wait. Who waits too long hears the same as after a wrong one.
    async fn authenticate_in_turn(
        &self,
        caller: &Caller,
        name: &str,
        handle: &str,
        password: &[u8],
    ) -> Result<Account, AuthError> {
        let address = caller.peer.ip();
        let counted = match self.guessing.turn(name, address) {
            Turn::After(pause, counted) => {
                tokio::time::sleep(pause).await;
                counted
            }
            Turn::Never => return Err(AuthError::Denied),
            Turn::Refused => {
                tracing::info!(peer = %caller.peer, "too many wrong passwords from this address");
                return Err(AuthError::Busy);
            }
        };
        let account = self.accounts.authenticate(handle, password).await;
        match &account {
            Ok(_) => self.guessing.right(name, address, counted),
            Err(AuthError::Denied) => self.guessing.wrong(address),
            Err(AuthError::Busy | AuthError::Store(_)) => self.guessing.take_back(name, counted),
        }
        account
    }

    /// What an attempt is counted under: one name for all spellings of an address, whether there is such an account or
    /// not. `None` for callers that are not counted.
    fn counted_name(&self, caller: &Caller, handle: &str) -> Option<String> {
        let spelled = || handle.chars().take(MOST_NAME).collect();
        let name =
            || Handle::parse_lax(handle).map_or_else(|_| spelled(), |handle| handle.as_str().to_ascii_lowercase());
        self.is_counted(caller).then(name)
    }

    fn is_counted(&self, caller: &Caller) -> bool {
        !contains(&self.settings.exempt, caller.peer.ip())
    }
}
