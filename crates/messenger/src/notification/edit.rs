//! How a change of lists, groups or settings is made durable: in the account's turn, look, write, apply, answer.

use std::sync::Arc;

use msnp::notification::ServerCommand;
use msnp::{ErrorCode, Timestamp, TrId};

use super::handling::{Outcome, refused, wait_for_edit};
use super::user::User;
use crate::net::Handled;
use crate::service::Service;
use swallowtail_base::clock;
use swallowtail_store::database::Edit;
use swallowtail_store::roster::{Change, Roster};

/// What an edit of the account's own roster is answered with: the change, and the line if it succeeds.
pub(super) type Planned = Result<(Vec<Change>, ServerCommand), ErrorCode>;

/// Edits the account's own roster. `plan` looks at it and says what changes, and how the client is answered.
pub(super) fn own(
    service: &Arc<Service>,
    user: &User,
    trid: TrId,
    plan: impl FnOnce(&Roster, Timestamp) -> Planned + Send + 'static,
) -> Handled<Outcome> {
    let (service, user) = (service.clone(), user.clone());
    wait_for_edit(trid, async move {
        let _turn = service.directory.turn(&user.cell.handle).await;
        if user.is_replaced() {
            return refused(trid, ErrorCode::StoreUnavailable);
        }
        let planned = plan(&user.cell.state().roster, clock::timestamp());
        let (changes, answer) = match planned {
            Ok(planned) => planned,
            Err(code) => return refused(trid, code),
        };
        let mut edit = Edit::by(user.cell.id);
        edit.push(user.cell.id, &changes);
        if let Err(outcome) = write(&service, edit, trid).await {
            return outcome;
        }
        user.cell.apply(&changes, |roster| user.endpoint.reply_change(&answer, roster.stamps.version));
        Outcome::Answered
    })
}

/// Writes an edit to the store.
///
/// # Errors
/// 603: nothing was changed.
pub(super) async fn write(service: &Service, edit: Edit, trid: TrId) -> Result<(), Outcome> {
    service.store.write(edit).await.map_err(|error| {
        tracing::error!(%error, "an edit was refused with 603");
        refused(trid, ErrorCode::StoreUnavailable)
    })
}
