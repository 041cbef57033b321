//! The place of an HTTP connection in the table of connections, and the signal that tells the
//! connection to end and to free this place.

use std::net::IpAddr;
use std::sync::Arc;

use swallowtail_messenger::net::{Guest, NotAdmitted, Place, Progress, Table};
use tokio::sync::watch;

/// The place of an HTTP connection in the table of connections. An HTTP connection never signs in.
/// The table treats the connection as silent while the server waits for the head of a request, also
/// between two requests. The last clone of the place must be dropped after the connection is
/// closed.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    place: Arc<Place>,
    leave: watch::Receiver<bool>,
}

/// Tells a connection to end, because another connection needs its place in the table.
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
    /// Fails if the server stops, or if too many other connections are already being closed.
    pub(crate) fn admit(table: &Arc<Table>, peer: IpAddr) -> Result<Self, NotAdmitted> {
        let (sender, leave) = watch::channel(false);
        let place = Arc::new(table.admit(peer, Arc::new(Door(sender)))?);
        Ok(Self { place, leave })
    }

    /// Notes that the head of a request is complete.
    pub(crate) fn begun(&self) {
        // If this fails, the table has told this connection to end. `over` reports that.
        let _ = self.place.advance(Progress::Begun);
    }

    /// Notes that the server waits for the next request.
    pub(crate) fn waits(&self) {
        let _ = self.place.advance(Progress::Silent);
    }

    /// Returns whether this connection must end, because another connection needs its place.
    pub(crate) fn is_over(&self) -> bool {
        *self.leave.borrow()
    }

    /// Waits until the connection must end.
    pub(crate) async fn over(&self) {
        // An error means that the table has dropped the sender. The table drops the sender only
        // after it has told the connection to end.
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
