//! The streams that carry the connections of clients.

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes in both directions: TCP, TLS, an in-memory pipe or a tunnel.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

/// A stream of any kind. Streams can be nested: a tunnel can carry TLS that carries requests.
pub type AnyStream = Box<dyn Stream>;
