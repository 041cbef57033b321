//! How a handler waits for the store, and what it then reports.

use std::sync::Arc;

use msnp::{ErrorCode, Refusal, TrId};

use crate::net::Handled;
use crate::net::connection::Waiting;
use crate::presence::{Cell, Endpoint};

/// The result of a command that waited for the store.
pub(crate) enum Outcome {
    /// It is answered.
    Answered,
    /// The account is signed in.
    SignedIn(Arc<Cell>, Arc<Endpoint>),
    /// It is refused.
    Refused(Refusal),
}

/// A command that waits for `work`.
pub(super) fn wait(work: impl Future<Output = Outcome> + Send + 'static) -> Handled<Outcome> {
    let waiting: Waiting<Outcome> = Box::pin(work);
    Handled::Wait(waiting)
}

/// A command that waits for `work`, which changes what is kept. It is carried out to its end even if the connection ends first:
/// what the store has written must reach the rosters in memory, in the same turn.
pub(super) fn wait_for_edit(trid: TrId, work: impl Future<Output = Outcome> + Send + 'static) -> Handled<Outcome> {
    let work = tokio::spawn(work);
    wait(async move {
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "an edit was not carried out to its end");
            refused(trid, ErrorCode::StoreUnavailable)
        })
    })
}

/// `code trid`; the connection stays.
pub(super) const fn refused(trid: TrId, code: ErrorCode) -> Outcome {
    Outcome::Refused(Refusal::Answer(trid, code))
}
