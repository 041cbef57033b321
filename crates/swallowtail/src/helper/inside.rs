//! Connections to the notification server and the switchboard of this process, in memory.

use std::io;
use std::sync::Arc;

use msnp_client::Server;
use msnp_client::machine::Target;
use msnp_client::transport::{BoxedStream, Connect, Connecting};
use swallowtail_messenger::chat::{Chat, ChatServer};
use swallowtail_messenger::net::Caller;

/// The capacity of a connection in each direction, in bytes. It is as large as the pipes of the HTTP gateway.
const PIPE: usize = 64 * 1024;

/// Returns this process as the server for a client. The client uses no address and no host name.
pub(super) fn server(chat: Chat) -> Server {
    Server::at("localhost").connect_with(Arc::new(Inside(chat)))
}

struct Inside(Chat);

impl Connect for Inside {
    /// Opens a connection. The addresses in redirects are ignored, because this process is always the server.
    fn connect<'a>(&'a self, target: &'a Target) -> Connecting<'a> {
        let opened = self.open(match target {
            Target::Notification(_) => ChatServer::Notification,
            Target::Switchboard(_) => ChatServer::Switchboard,
        });
        Box::pin(async { opened.ok_or_else(|| io::Error::other("the server accepts no more connections")) })
    }
}

impl Inside {
    /// Opens a connection. Returns `None` if the server has too many connections or is stopping.
    fn open(&self, server: ChatServer) -> Option<BoxedStream> {
        let place = self.0.admit_own().ok()?;
        let chat = self.0.clone();
        let (near, far) = tokio::io::duplex(PIPE);
        tokio::spawn(async move { chat.serve(far, &Caller::own(), server, place).await });
        Some(Box::new(near))
    }
}
