//! The faults of a network.

use std::time::Duration;

use crate::loss::Loss;

/// The faults of a network, in each direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The faults from the client to the server.
    pub up: Line,
    /// The faults from the server to the client.
    pub down: Line,
}

impl Faults {
    /// Returns the same faults in both directions.
    #[must_use]
    pub const fn both(line: Line) -> Self {
        Self { up: line, down: line }
    }
}

/// The faults in one direction. By default, there are none.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The delay of every byte.
    pub delay: Duration,
    /// The largest additional delay of a byte. The additional delay is random. Bytes stay in order.
    pub jitter: Duration,
    /// The largest number of bytes per second.
    pub rate: Option<u32>,
    /// The size of every segment, in bytes.
    pub segment: Option<usize>,
    /// The pause after each segment.
    pub gap: Duration,
    /// True if the proxy stops reading, so that the TCP window towards the sender closes and the
    /// sender cannot send any more.
    pub stalled: bool,
    /// The packets that are lost. The sender sends them again, or finds out that the connection is dead.
    pub loss: Loss,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            rate: None,
            segment: None,
            gap: Duration::ZERO,
            stalled: false,
            loss: Loss::None,
        }
    }
}

/// One of the two sides of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// The state that a scenario wants for all connections of a proxy.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) faults: Faults,
    /// The number of times that the scenario has reset the connections on the client's side, and
    /// the number of times on the server's side.
    pub(super) ended: [u32; 2],
}
