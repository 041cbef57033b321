//! One connection over HTTP: its requests, then what is in the tunnel that it may have asked for.

use std::io;
use std::sync::Arc;

use swallowtail_messenger::chat::ChatServer;
use swallowtail_messenger::net::{AnyStream, Caller, Permit, Via};
use tokio::sync::watch;

use crate::http;
use crate::proxy::{self, Target};
use crate::site::Site;

/// Serves a connection to its end, or until `shutdown`: then the request under way is the last one. `place` is given
/// back then, or when the connection turns out to be a chat, which has places of its own.
///
/// # Errors
/// Returns what reading and writing failed with.
pub(crate) async fn serve(
    stream: AnyStream,
    caller: Caller,
    site: Arc<Site>,
    shutdown: watch::Receiver<bool>,
    place: Option<Permit>,
) -> io::Result<()> {
    let Some((target, stream)) = http::serve(stream, &caller, &site, shutdown.clone()).await? else { return Ok(()) };
    let mut caller = Caller { via: Via::Tunnel, ..caller };
    let stream = match target {
        Target::Http => stream,
        Target::Https => {
            let entered = proxy::enter_tls(stream, &caller, &site, shutdown.clone()).await?;
            let Some(stream) = entered else { return Ok(()) };
            caller.secure = true;
            stream
        }
        Target::Chat => {
            if let Some(chat) = site.chat.admit(caller.peer) {
                // A chat stays for long, and has a place of its own.
                drop(place);
                site.chat.serve(stream, &caller, ChatServer::Either, chat).await;
            }
            return Ok(());
        }
    };
    // A tunnel in a tunnel is refused, so nothing can follow these requests.
    http::serve(stream, &caller, &site, shutdown).await.map(drop)
}
