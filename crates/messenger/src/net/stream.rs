//! The streams by which clients come.

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes in both directions that a client can come by: TCP, TLS, an in-memory pipe, a tunnel.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

/// A stream of any kind: a tunnel can hold TLS that holds requests.
pub type AnyStream = Box<dyn Stream>;
