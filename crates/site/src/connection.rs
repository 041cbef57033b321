//! Serves one HTTP connection: its requests, and then the contents of the tunnel if the client opens one.

use std::io;
use std::sync::Arc;

use swallowtail_messenger::chat::ChatServer;
use swallowtail_messenger::net::{AnyStream, Caller, NotAdmitted, Via};
use tokio::sync::watch;

use crate::http::{self, Visit};
use crate::proxy::{self, Target};
use crate::site::Site;

/// Serves a connection until it ends. After `shutdown`, finishes the current request and ends.
/// Releases `visit` when the connection ends, or when it becomes a chat connection. Chat
/// connections have a table of their own.
///
/// # Errors
/// Returns the error of the stream.
pub(crate) async fn serve(
    stream: AnyStream,
    caller: Caller,
    site: Arc<Site>,
    shutdown: watch::Receiver<bool>,
    visit: Visit,
) -> io::Result<()> {
    let Some((target, stream)) = http::serve(stream, &caller, &site, shutdown.clone(), &visit).await? else {
        return Ok(());
    };
    let mut caller = Caller { via: Via::Tunnel, ..caller };
    let stream = match target {
        Target::Http => stream,
        Target::Https => {
            let entered = visit.during(proxy::enter_tls(stream, &caller, &site, shutdown.clone())).await;
            let Some(stream) = entered.transpose()?.flatten() else { return Ok(()) };
            caller.secure = true;
            stream
        }
        Target::Chat => {
            match site.chat.admit(caller.peer) {
                Ok(chat) => {
                    // A chat connection lasts long. It counts towards the limit of chat
                    // connections, and no longer towards the limit of HTTP connections.
                    drop(visit);
                    site.chat.serve(stream, &caller, ChatServer::Either, chat).await;
                }
                Err(NotAdmitted(Some(place))) => site.chat.refuse(stream, place).await,
                Err(NotAdmitted(None)) => {}
            }
            return Ok(());
        }
    };
    // The server refuses a tunnel inside a tunnel, so these requests are the last ones on the
    // connection.
    http::serve(stream, &caller, &site, shutdown, &visit).await.map(drop)
}
