//! What is wrong with a network.

use std::time::Duration;

use crate::loss::Loss;

/// What is wrong with the network, in both directions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// From the client to the server.
    pub up: Line,
    /// From the server to the client.
    pub down: Line,
}

impl Faults {
    /// Returns the same faults in both directions.
    #[must_use]
    pub const fn both(line: Line) -> Self {
        Self { up: line, down: line }
    }
}

/// What is wrong in one direction. By default, nothing is.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// How long every byte is on its way.
    pub delay: Duration,
    /// How much longer some bytes are on their way, at most. Their order stays.
    pub jitter: Duration,
    /// The largest number of bytes in a second.
    pub rate: Option<u32>,
    /// The size of every segment, in bytes.
    pub segment: Option<usize>,
    /// The pause after each segment.
    pub gap: Duration,
    /// Whether nothing is read any more, so that the window of the sender closes.
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

/// What a scenario wants from all connections of a proxy.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) faults: Faults,
    /// How often the connections were reset, on each side.
    pub(super) ended: [u32; 2],
}
