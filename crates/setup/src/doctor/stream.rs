//! Streams of any kind: TCP, a tunnel, or TLS over TCP or over a tunnel.

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection that a check reads from and writes to.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A stream of any kind.
pub(super) type AnyStream = Box<dyn Stream>;
