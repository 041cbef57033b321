//! How a change of lists, groups or settings is made durable: in the account's turn, look, write, apply, answer.

use std::sync::Arc;

use msnp::notification::ServerCommand;
use msnp::{ErrorCode, Timestamp, TrId};

use super::session::{Me, Outcome, refused, wait_for_edit};
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
    me: &Me,
    trid: TrId,
    plan: impl FnOnce(&Roster, Timestamp) -> Planned + Send + 'static,
) -> Handled<Outcome> {
    let (service, me) = (service.clone(), me.clone());
    wait_for_edit(trid, async move {
        let _turn = service.directory.turn(&me.cell.handle).await;
        if me.is_replaced() {
            return refused(trid, ErrorCode::StoreUnavailable);
        }
        let planned = plan(&me.cell.state().roster, clock::timestamp());
        let (changes, answer) = match planned {
            Ok(planned) => planned,
            Err(code) => return refused(trid, code),
        };
        let mut edit = Edit::by(me.cell.id);
        edit.push(me.cell.id, &changes);
        if let Err(outcome) = write(&service, edit, trid).await {
            return outcome;
        }
        me.cell.apply(&changes, |roster| me.endpoint.reply_change(&answer, roster.stamps.version));
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
