//! Connections: TCP, TLS, the HTTP gateway, or any stream of the caller.

mod gateway;
mod stream;
mod tcp;
mod tls;

use std::future::Future;
use std::io;
use std::pin::Pin;

use crate::machine::Target;

pub(crate) use gateway::Gateway;
pub use stream::{BoxedStream, Stream};
pub(crate) use tcp::tcp;
pub(crate) use tls::tls;
pub use tls::{BadRoots, Roots};

/// The result of [`Connect::connect`].
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<BoxedStream>> + Send + 'a>>;

/// Opens connections to notification servers and switchboards. Implement this trait to use streams
/// other than the built-in streams, for example in-memory pipes to a server in the same process.
pub trait Connect: Send + Sync {
    /// Opens a connection.
    fn connect<'a>(&'a self, target: &'a Target) -> Connecting<'a>;
}
