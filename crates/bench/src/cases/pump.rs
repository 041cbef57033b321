//! Sends messages through a conversation, or through a bare relay, and checks what arrives.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use msnp::frame::Frame;
use msnp::switchboard::AckFlag;

use crate::series::percentile;
use crate::wire::Wire;

/// The header of each message.
const HEADER: &str = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n";
/// The number of digits at the start of each text. The digits are the number of the message.
const DIGITS: usize = 10;

/// The messages of a measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Messages {
    /// The length of the payload in bytes.
    pub(super) bytes: usize,
    /// The answer that the sender asks for. `D` marks the data of a file.
    pub(super) flag: AckFlag,
    /// The number of messages that are on their way at the same time.
    pub(super) window: usize,
    /// The pause before each message, or zero to send as fast as possible.
    pub(super) pause: Duration,
}

/// The form in which this program writes the messages that it sends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// The form in which a client sends messages to a switchboard.
    Client,
    /// The form in which a switchboard sends messages to a client. A bare relay needs this form,
    /// because it does not convert messages.
    Relayed,
}

/// The results of sending messages: how many messages arrived, how many were wrong, and how long
/// they took.
#[derive(Debug, Default)]
pub(super) struct Pumped {
    /// The number of messages that arrived.
    pub(super) arrived: u64,
    /// The number of messages that were not the next expected one: an earlier message was lost,
    /// repeated or reordered.
    pub(super) errors: u64,
    /// How long each message was on its way, in milliseconds. Empty if the messages are sent
    /// without pauses.
    pub(super) times: Vec<f64>,
}

impl Messages {
    /// Appends message number `number` to `out`.
    fn write(self, form: Form, number: u64, out: &mut Vec<u8>) {
        let line = match form {
            Form::Client => {
                format!("MSG {} {} {}\r\n", number + 10, self.flag.word(), self.bytes)
            }
            Form::Relayed => format!("MSG user0@example.com user0 {}\r\n", self.bytes),
        };
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(HEADER.as_bytes());
        out.extend_from_slice(format!("{number:0DIGITS$}").as_bytes());
        out.resize(out.len() + self.bytes - HEADER.len() - DIGITS, b'x');
    }
}

/// Returns the number of a received message.
fn number(frame: Frame<'_>) -> Option<u64> {
    let digits = frame.payload.get(HEADER.len()..HEADER.len() + DIGITS)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Sends messages from one connection to the other for some time, and waits until all have arrived.
///
/// # Errors
/// Fails if a connection ends.
pub(super) async fn pump(
    [sender, receiver]: &mut [Wire; 2],
    messages: Messages,
    form: Form,
    time: Duration,
) -> Result<Pumped> {
    let end = Instant::now() + time;
    let (mut sent, mut answered) = (0, 0_u64);
    let mut pumped = Pumped::default();
    let mut out = Vec::new();
    let mut departures = Vec::new();
    loop {
        let on_their_way = sent - pumped.arrived;
        let more = if Instant::now() < end { messages.window as u64 - on_their_way } else { 0 };
        if more == 0 && on_their_way == 0 {
            break;
        }
        if more > 0 && !messages.pause.is_zero() {
            tokio::time::sleep(messages.pause).await;
        }
        out.clear();
        for _ in 0..more {
            messages.write(form, sent, &mut out);
            sent += 1;
        }
        departures.resize(departures.len() + more as usize, Instant::now());
        sender.write(&out).await?;
        let before = pumped.arrived;
        while pumped.arrived == before {
            let mut arrives = |frame: Frame<'_>| {
                pumped.note(frame, &departures, !messages.pause.is_zero());
                Ok(())
            };
            let mut answers = |frame: Frame<'_>| {
                ensure!(frame.line.starts_with(b"ACK"), "the sender received {}", frame.line.escape_ascii());
                answered += 1;
                Ok(())
            };
            tokio::select! {
                read = receiver.read(&mut arrives) => read?,
                read = sender.read(&mut answers) => read?,
            }
        }
    }
    while messages.flag.wants_ack() && matches!(form, Form::Client) && answered < sent {
        sender.expect("ACK").await?;
        answered += 1;
    }
    Ok(pumped)
}

impl Pumped {
    /// Counts a message that arrived.
    fn note(&mut self, frame: Frame<'_>, departures: &[Instant], is_timed: bool) {
        if !frame.line.starts_with(b"MSG") {
            return;
        }
        if number(frame) != Some(self.arrived) {
            self.errors += 1;
        }
        if is_timed && let Some(departure) = departures.get(self.arrived as usize) {
            self.times.push(departure.elapsed().as_secs_f64() * 1e3);
        }
        self.arrived += 1;
    }

    /// Returns the time, in milliseconds, within which the fraction `share` of the messages
    /// arrived.
    pub(super) fn within(&mut self, share: f64) -> f64 {
        percentile(&mut self.times, share).unwrap_or_default()
    }

    /// Adds the results in `other` to these results.
    pub(super) fn add(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.errors += other.errors;
        self.times.extend(other.times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_has_the_announced_length_and_contains_its_own_number() {
        let messages = Messages { bytes: 300, flag: AckFlag::Always, window: 1, pause: Duration::ZERO };
        let mut out = Vec::new();
        messages.write(Form::Client, 7, &mut out);
        let payload = out.strip_prefix(b"MSG 17 A 300\r\n").unwrap();
        assert_eq!(payload.len(), 300);
        assert_eq!(number(Frame { line: b"MSG a b 300", payload }), Some(7));
    }

    #[test]
    fn a_lost_message_is_an_error() {
        let messages = Messages { bytes: 300, flag: AckFlag::OnFailure, window: 1, pause: Duration::ZERO };
        let mut out = Vec::new();
        messages.write(Form::Relayed, 1, &mut out);
        let line = b"MSG user0@example.com user0 300";
        let mut pumped = Pumped::default();
        pumped.note(Frame { line, payload: &out[line.len() + 2..] }, &[], false);
        assert_eq!((pumped.arrived, pumped.errors), (1, 1));
    }
}
