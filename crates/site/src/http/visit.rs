//! The place of an HTTP connection in the table of connections, and the signal to give it up.

use std::net::IpAddr;
use std::sync::Arc;

use swallowtail_messenger::net::{Guest, NotAdmitted, Place, Progress, Table};
use tokio::sync::watch;

/// The place of an HTTP connection. An HTTP connection never signs in: it is silent while the server waits for the head of
/// a request, also between two requests. The last clone must be dropped after the connection is closed.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    place: Arc<Place>,
    leave: watch::Receiver<bool>,
}

/// Tells a connection to leave.
struct Door(watch::Sender<bool>);

impl Guest for Door {
    fn make_room(&self, _progress: Progress) {
        self.0.send_replace(true);
    }
}

impl Visit {
    /// Admits a connection to the table of HTTP connections.
    ///
    /// # Errors
    /// Fails if the server stops, or if too many connections are leaving.
    pub(crate) fn admit(table: &Arc<Table>, peer: IpAddr) -> Result<Self, NotAdmitted> {
        let (sender, leave) = watch::channel(false);
        let place = Arc::new(table.admit(peer, Arc::new(Door(sender)))?);
        Ok(Self { place, leave })
    }

    /// Notes that the head of a request is complete.
    pub(crate) fn begun(&self) {
        // If this fails, the connection was told to leave, which the server notices elsewhere.
        let _ = self.place.advance(Progress::Begun);
    }

    /// Notes that the server waits for the next request.
    pub(crate) fn waits(&self) {
        let _ = self.place.advance(Progress::Silent);
    }

    /// Returns whether the connection must end, because another one needs its place.
    pub(crate) fn is_over(&self) -> bool {
        *self.leave.borrow()
    }

    /// Waits until the connection must end.
    pub(crate) async fn over(&self) {
        // An error means that the table has dropped its end, after it has told the connection to leave.
        let _ = self.leave.clone().wait_for(|leave| *leave).await;
    }

    /// Waits for `work`. Returns `None` if the connection must end before that.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.over() => None,
        }
    }
}
