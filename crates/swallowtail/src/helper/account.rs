//! The account of the helper. It has no password, so nobody can sign in to it from outside. The
//! server itself issues the tickets.

use std::sync::Arc;

use anyhow::bail;
use msnp::{DisplayName, Handle};
use msnp_client::machine::SignedOut;
use msnp_client::{Account, TicketFuture};
use swallowtail_messenger::service::Service;
use swallowtail_store::accounts::TicketLife;
use swallowtail_store::accounts::password::NO_PASSWORD;
use swallowtail_store::database::{NewAccount, Store};

/// Creates the account if it does not exist.
///
/// # Errors
/// Fails if the address belongs to an account with a password, or if the store cannot be used.
pub(super) async fn ensure(store: &Store, handle: &Handle, name: &DisplayName) -> anyhow::Result<()> {
    match store.account(handle).await? {
        Some(account) if account.password_hash == NO_PASSWORD => Ok(()),
        Some(_) => bail!(
            "the account {handle} has a password, so it belongs to a user and cannot be the helper; choose another address \
             with the key helper.address, or remove the account with `swallowtail account remove {handle}`"
        ),
        None => {
            let password_hash = NO_PASSWORD.to_owned();
            let account = NewAccount { handle: handle.clone(), name: name.clone(), password_hash };
            store.create_accounts(&[account], None).await?;
            tracing::info!(%handle, "created the account of the helper");
            Ok(())
        }
    }
}

/// Returns the account with which the helper's client signs in.
pub(super) fn of(service: Arc<Service>, handle: Handle) -> Account {
    let owner = handle.clone();
    let source = move |_policy: String| -> TicketFuture {
        let (service, handle) = (service.clone(), owner.clone());
        Box::pin(async move {
            match service.store.account(&handle).await {
                Ok(Some(account)) => Ok(service.tickets.issue(&account, TicketLife::Passport14)),
                Ok(None) => Err(SignedOut::Refused(format!("the account {handle} does not exist"))),
                Err(error) => Err(SignedOut::Lost(error.to_string())),
            }
        })
    };
    Account::with_tickets(handle, Arc::new(source))
}
