//! Taps: functions that see every line that a client sends and receives.

use std::sync::Arc;

use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::notification::{self, verb};
use msnp::{Dialect, Malformed, switchboard};

use crate::machine::Target;

/// A function that the client calls with everything that it sends and receives. The function sees
/// tickets, cookies and messages. It must not block, because the connection waits until it returns.
pub type Tap = Arc<dyn Fn(Wire<'_>) + Send + Sync>;

/// A line that a client sent or received.
#[derive(Clone, Copy, Debug)]
pub struct Wire<'a> {
    /// True for a connection to a switchboard, false for a connection to a notification server.
    pub is_switchboard: bool,
    /// True if the client sent the line.
    pub is_sent: bool,
    /// The line, without its line end.
    pub line: &'a [u8],
    /// The payload of the line.
    pub payload: &'a [u8],
}

/// Cuts the bytes of one connection into lines for a tap.
pub(super) struct Tapped {
    sent: Direction,
    received: Direction,
}

struct Direction {
    decoder: Decoder,
    show: Show,
}

struct Show {
    tap: Tap,
    is_switchboard: bool,
    is_sent: bool,
}

impl Receiver for Show {
    type Stop = Malformed;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Malformed> {
        match (self.is_switchboard, self.is_sent) {
            (false, false) => notification::server_payload_length(line, usize::MAX),
            (true, false) => switchboard::server_payload_length(line),
            // Lines that this crate sends are valid. In the stage `SignedIn`, `admit` refuses the
            // commands of the sign-in, but these commands have no payload.
            (false, true) => Ok(verb::admit(notification::Stage::SignedIn(Dialect::Msnp12), line).unwrap_or_default()),
            (true, true) => Ok(switchboard::admit(switchboard::Stage::Joined, line).unwrap_or_default()),
        }
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Malformed> {
        let Self { tap, is_switchboard, is_sent } = self;
        tap(Wire { is_switchboard: *is_switchboard, is_sent: *is_sent, line: frame.line, payload: frame.payload });
        Ok(Flow::Continue)
    }
}

impl Tapped {
    pub(super) fn new(tap: &Tap, target: &Target) -> Self {
        let is_switchboard = matches!(target, Target::Switchboard(_));
        let rules = if is_switchboard { LineRules::SWITCHBOARD } else { LineRules::NOTIFICATION };
        let direction = |is_sent| {
            let show = Show { tap: tap.clone(), is_switchboard, is_sent };
            Direction { decoder: Decoder::new(rules), show }
        };
        Self { sent: direction(true), received: direction(false) }
    }

    pub(super) fn sent(&mut self, bytes: &[u8]) {
        self.sent.feed(bytes);
    }

    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.received.feed(bytes);
    }
}

impl Direction {
    fn feed(&mut self, bytes: &[u8]) {
        // If a line is invalid, the machine ends the connection, and there is nothing more to show.
        let _ = self.decoder.feed(bytes, &mut self.show);
    }
}
