//! The table of the connections to one service: chat, HTTP or the gateway.
//!
//! If a limit is reached, the connection with the least progress makes room for the new connection.
//! This means that the server admits the new connection and closes the connection with the least
//! progress. If several connections have the least progress, the connection that has had this
//! progress for the longest time makes room. A connection that is signed in never makes room.
//! [`ledger`] has the rules. This file adds the locks, and tells connections to leave.

mod ledger;
mod report;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swallowtail_base::lock;
use swallowtail_config::ConnectionLimits;
use tokio::sync::Notify;
use tokio::time::timeout;

pub use ledger::{Full, Progress};

use ledger::{Decision, Ledger};
use report::{Event, Report};

/// A handle with which the table can end a connection. The table calls the methods of this trait
/// without holding its lock. The methods must not block.
pub trait Guest: Send + Sync {
    /// Ends the connection as soon as possible, because another connection needs its place.
    fn make_room(&self, progress: Progress);

    /// Ends the connection after its queued bytes are written, because the server stops. By
    /// default, this method does nothing.
    fn stop(&self) {}
}

/// The connections to one service. The table counts them, and decides which new connections it
/// admits.
pub struct Table {
    /// The name of the service in the log.
    name: &'static str,
    ledger: Mutex<Ledger<Arc<dyn Guest>>>,
    report: Report,
    empty: Notify,
}

/// The place of a connection in a table. Dropping this value frees the place, so it must be dropped after the
/// connection is closed.
#[derive(Debug)]
pub struct Place {
    table: Arc<Table>,
    id: ledger::Id,
    /// The place of the same connection in another table.
    other: Option<Arc<Self>>,
}

/// The error for a new connection that was not admitted.
#[derive(Debug)]
pub struct NotAdmitted(
    /// The place that the server may keep while it sends the client the reason. If there is none, the server must close
    /// the connection immediately.
    pub Option<Place>,
);

impl Table {
    /// Creates an empty table.
    #[must_use]
    pub fn new(name: &'static str, limits: ConnectionLimits) -> Arc<Self> {
        let ledger = Mutex::new(Ledger::new(limits));
        Arc::new(Self { name, ledger, report: Report::default(), empty: Notify::new() })
    }

    /// Returns whether an address is exempt. Rate limits do not apply to an exempt address, and
    /// this table uses a separate limit for the number of its connections.
    #[must_use]
    pub fn is_exempt(&self, peer: IpAddr) -> bool {
        lock(&self.ledger).is_exempt(peer)
    }

    /// Admits a connection from an address. If there is no free place, tells another connection to leave.
    ///
    /// # Errors
    /// Fails if all places of the server or of this address are taken by connections that are signed in. Also fails
    /// after [`Self::close`].
    pub fn admit(self: &Arc<Self>, peer: IpAddr, guest: Arc<dyn Guest>) -> Result<Place, NotAdmitted> {
        self.admit_from(Some(peer), guest)
    }

    /// Admits a connection from inside this process. The connection counts for no address, and
    /// never makes room.
    ///
    /// # Errors
    /// Fails if all places of the server are taken by connections that are signed in. Also fails after [`Self::close`].
    pub fn admit_own(self: &Arc<Self>, guest: Arc<dyn Guest>) -> Result<Place, NotAdmitted> {
        self.admit_from(None, guest)
    }

    fn admit_from(self: &Arc<Self>, peer: Option<IpAddr>, guest: Arc<dyn Guest>) -> Result<Place, NotAdmitted> {
        let place = |id| Place { table: self.clone(), id, other: None };
        let (decision, is_closed) = {
            let mut ledger = lock(&self.ledger);
            (ledger.admit(peer, guest), ledger.is_closed())
        };
        match decision {
            Decision::Admitted { id, instead_of: None } => Ok(place(id)),
            Decision::Admitted { id, instead_of: Some((guest, progress)) } => {
                self.report.note(self.name, Event::MadeRoom, peer);
                guest.make_room(progress);
                Ok(place(id))
            }
            Decision::Refused if is_closed => Err(NotAdmitted(None)),
            Decision::Refused => {
                self.report.note(self.name, Event::Refused, peer);
                Err(NotAdmitted(None))
            }
            Decision::TurnedAway { id } => {
                self.report.note(self.name, Event::Refused, peer);
                Err(NotAdmitted(Some(place(id))))
            }
        }
    }

    /// Returns the number of connections in the table. Connections that were told to leave do not count.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.ledger).len()
    }

    /// Returns whether there are no connections in the table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of connections that have ended since the table was created.
    #[must_use]
    pub fn ended(&self) -> u64 {
        lock(&self.ledger).ended()
    }

    /// Refuses every connection from now on, and tells the connections in the table that the server stops.
    pub fn close(&self) {
        // The table is closed and read under one lock, so that every connection is either refused
        // or told that the server stops.
        let guests: Vec<_> = lock(&self.ledger).close().cloned().collect();
        for guest in guests {
            guest.stop();
        }
    }

    /// Waits until every connection has ended, but at most for `patience`.
    pub async fn drained(&self, patience: Duration) {
        let gone = async {
            while lock(&self.ledger).open() > 0 {
                self.empty.notified().await;
            }
        };
        let _ = timeout(patience, gone).await;
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({}, {} connections)", self.name, self.len())
    }
}

impl Place {
    /// Records the progress of the connection.
    ///
    /// # Errors
    /// Fails if `progress` is [`Progress::Online`] and too many connections are online already. The
    /// table keeps its other places for the conversations of online clients. Also fails if the
    /// server has told the connection to leave.
    pub fn advance(&self, progress: Progress) -> Result<(), Full> {
        if let Some(other) = &self.other {
            other.advance(progress)?;
        }
        lock(&self.table.ledger).advance(self.id, progress)
    }

    /// Returns whether the table would admit one more connection from the same address.
    #[must_use]
    pub fn has_room_beside(&self) -> bool {
        self.other.as_ref().is_none_or(|other| other.has_room_beside())
            && lock(&self.table.ledger).has_room_beside(self.id)
    }

    /// Returns whether the connection was told to leave.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        !lock(&self.table.ledger).contains(self.id)
    }

    /// Links `other` to this place. `other` is the place of the same connection in another table.
    /// From then on, `other` gets the same progress as this place. When this place is dropped,
    /// `other` becomes silent again.
    #[must_use]
    pub fn joined_to(mut self, other: Arc<Self>) -> Self {
        self.other = Some(other);
        self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(other) = &self.other {
            let _ = other.advance(Progress::Silent);
        }
        let mut ledger = lock(&self.table.ledger);
        ledger.remove(self.id);
        if ledger.open() == 0 {
            self.table.empty.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
