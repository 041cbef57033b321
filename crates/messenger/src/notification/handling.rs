//! The result of a command handler, and the way in which a handler waits for the store.
//!
//! A handler answers immediately, or returns a future. In both cases it refuses a command by returning `Err` with a
//! [`Refusal`].

use msnp::{ErrorCode, Refusal, TrId};

use super::user::User;
use crate::net::Handled;

/// The result of a command that waited for the store.
pub(crate) type Outcome = Result<Completed, Refusal>;

/// The success value of a command that waited for the store.
pub(crate) enum Completed {
    /// The command is answered.
    Answered,
    /// The command is answered, and the connection is signed in.
    SignedIn(User),
}

/// Returns a command that waits for `work`. The command is answered when `work` succeeds.
pub(super) fn wait(work: impl Future<Output = Result<(), Refusal>> + Send + 'static) -> Handled<Outcome> {
    Handled::Wait(Box::pin(async { work.await.map(|()| Completed::Answered) }))
}

/// Returns a command that waits for `work`, which changes the store. The work runs to its end even
/// if the connection ends first, because a written change must also be applied to the rosters in
/// memory, before another edit of the same accounts begins.
pub(super) fn wait_for_edit(
    trid: TrId,
    work: impl Future<Output = Result<(), Refusal>> + Send + 'static,
) -> Handled<Outcome> {
    let work = tokio::spawn(work);
    wait(async move {
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "an edit did not complete");
            Err(Refusal::Answer(trid, ErrorCode::StoreUnavailable))
        })
    })
}
