//! The operator's commands to a running service, and the lines that they send to signed-in clients.

use msnp::notification::{ServerCommand, ServiceLine, SignInAnswer};
use msnp::payload::{alert, shutdown_warning};
use msnp::{Dialect, Handle, TrId};
use swallowtail_base::random;
use swallowtail_store::accounts::member_id;

use crate::notification;
use crate::presence::{Cell, Endpoint};
use crate::service::Service;

/// The maximum number of handles that [`Announced::unsupported`] lists.
const MAX_LISTED: usize = 20;

/// The result of an announcement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announced {
    /// The number of clients that the announcement was sent to.
    pub sent: usize,
    /// The number of clients that do not support alerts.
    pub not_sent: usize,
    /// The first 20 accounts whose clients do not support alerts.
    pub unsupported: Vec<Handle>,
}

impl Service {
    /// Sends a line to every signed-in client, but not to the helper, which is a part of the service. `line` returns the
    /// line for a client, or `None` to skip that client.
    fn send_to_all(&self, mut line: impl FnMut(&Cell, &Endpoint) -> Option<ServerCommand>) {
        for cell in self.directory.cells().into_iter().filter(|cell| !self.is_helper(&cell.handle)) {
            if let Some(endpoint) = cell.endpoint()
                && let Some(line) = line(&cell, &endpoint)
            {
                endpoint.send(&line);
            }
        }
    }

    /// Warns every signed-in client that the service will stop in `minutes` (payloads.md section 11).
    pub fn warn(&self, minutes: u32) {
        let line = ServerCommand::from(ServiceLine::Message(shutdown_warning(minutes)));
        self.send_to_all(|_, _| Some(line.clone()));
    }

    /// Sends an alert to every signed-in client of MSNP9 or later. Clients of MSNP8 receive none, because small
    /// libraries for MSNP8 do not read the payload of an alert (ns.md section 13).
    pub fn announce(&self, text: &str) -> Announced {
        let mut announced = Announced::default();
        let page = &self.config.sign_in.page;
        let id = u32::from_le_bytes(random::bytes()) >> 1;
        self.send_to_all(|cell, endpoint| {
            if endpoint.client.dialect < Dialect::Msnp9 {
                announced.not_sent += 1;
                if announced.unsupported.len() < MAX_LISTED {
                    announced.unsupported.push(cell.handle.clone());
                }
                return None;
            }
            announced.sent += 1;
            Some(ServiceLine::Notification(alert(&cell.handle, member_id(cell.id), id, page, text)).into())
        });
        announced
    }

    /// Sends every signed-in client to another notification server (ns.md section 4, XFR NS).
    pub fn move_to(&self, notification: &str) {
        self.send_to_all(|_, endpoint| {
            let (notification, dispatch) = (notification.to_owned(), endpoint.client.notification.clone());
            Some(SignInAnswer::Transfer { trid: TrId::UNASKED, notification, dispatch }.into())
        });
    }

    /// Closes the connections of an account and invalidates its cookies, because its password was
    /// changed or the account was removed. Tickets need no action, because the server checks them
    /// at each sign-in.
    pub async fn account_changed(&self, handle: &Handle) {
        let directory = &self.directory;
        // Ends the session immediately, even if the store cannot be read below. A sign-in that is
        // in progress holds the account's turn (the exclusive right to edit the roster) until the
        // sign-in is done. The code below waits for the turn, so it also ends the session of that
        // sign-in.
        if let Some(cell) = directory.find(handle) {
            cell.expel();
        }
        let turn = directory.turn(handle).await;
        match turn.cell().await {
            Ok(Some(cell)) => cell.expel(),
            Ok(None) => directory.forget_watcher(handle.clone()),
            Err(error) => tracing::error!(%error, %handle, "could not read the store after an account was changed"),
        }
        self.switchboard.expel(handle);
    }

    /// Informs every signed-in client that the server stops now, and ends the client's session (ns.md, OUT SSD).
    pub fn announce_stop(&self) {
        for endpoint in self.directory.endpoints() {
            notification::announce_shutdown(&endpoint);
        }
    }
}
