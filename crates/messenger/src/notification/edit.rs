//! Carries out changes of lists, groups and settings. An edit waits for the account's turn. Then it
//! plans the change, writes the change to the store, applies it in memory and answers the client.

use std::sync::Arc;

use msnp::notification::ServerCommand;
use msnp::{ErrorCode, Refusal, Timestamp, TrId};
use swallowtail_base::clock;
use swallowtail_store::database::Edit;
use swallowtail_store::roster::{Change, Roster};

use super::handling::{Outcome, wait_for_edit};
use super::user::User;
use crate::net::Handled;
use crate::service::Service;

/// A planned edit of the account's own roster: the changes, and the answer that the server sends
/// after they are written.
pub(super) type Planned = Result<(Vec<Change>, ServerCommand), ErrorCode>;

/// Starts an edit of the account's own roster with [`own`]. The command waits for the edit.
pub(super) fn start(
    service: &Arc<Service>,
    user: &User,
    trid: TrId,
    plan: impl FnOnce(&Roster, Timestamp) -> Planned + Send + 'static,
) -> Handled<Outcome> {
    wait_for_edit(trid, own(service.clone(), user.clone(), trid, plan))
}

/// Edits the account's own roster. `plan` reads the roster and returns the changes and the answer for the client.
///
/// # Errors
/// Returns the code of `plan`, or 603 if the session was replaced or the store could not be written. After an error,
/// nothing has changed.
pub(super) async fn own(
    service: Arc<Service>,
    user: User,
    trid: TrId,
    plan: impl FnOnce(&Roster, Timestamp) -> Planned + Send,
) -> Result<(), Refusal> {
    let refuse = |code| Refusal::Answer(trid, code);
    let _turn = service.directory.turn(&user.cell.handle).await;
    if user.is_replaced() {
        return Err(refuse(ErrorCode::StoreUnavailable));
    }
    let planned = plan(&user.cell.state().roster, clock::timestamp());
    let (changes, answer) = planned.map_err(refuse)?;
    let mut edit = Edit::by(user.cell.id);
    edit.push(user.cell.id, &changes);
    write(&service, edit, trid).await?;
    user.cell.apply(&changes, |roster| user.endpoint.reply_change(&answer, roster.stamps.version));
    Ok(())
}

/// Writes an edit to the store.
///
/// # Errors
/// Returns 603 if the store could not be written. In that case nothing has changed.
pub(super) async fn write(service: &Service, edit: Edit, trid: TrId) -> Result<(), Refusal> {
    service.store.write(edit).await.map_err(|error| {
        tracing::error!(%error, "an edit was refused with 603");
        Refusal::Answer(trid, ErrorCode::StoreUnavailable)
    })
}

#[cfg(test)]
mod tests;
