//! The connection of one participant to a switchboard session.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::connection::Connection;
use super::received::{Next, Received};
use super::text::text;

/// The connection of one participant to a switchboard session.
#[derive(Debug)]
pub struct Board {
    /// The connection.
    pub connection: Connection,
    /// The address of the participant.
    pub handle: String,
}

impl Board {
    /// Sends a message. Returns its TrID.
    ///
    /// # Errors
    /// Fails if the connection has ended.
    pub async fn post(&self, flag: &str, payload: &[u8]) -> Result<u32> {
        self.connection.send_payload("MSG", flag, payload).await
    }

    /// Sends a message with flag A. Returns true if the server delivered it to everybody (ACK), and
    /// false if not (NAK).
    ///
    /// # Errors
    /// Fails if neither ACK nor NAK arrives.
    pub async fn deliver(&mut self, payload: &[u8]) -> Result<bool> {
        let trid = self.post("A", payload).await?;
        let answer = self.connection.answer(trid).await?;
        match answer.verb().as_str() {
            "ACK" => Ok(true),
            "NAK" => Ok(false),
            _ => bail!("a message was answered with {}", answer.line()),
        }
    }

    /// Returns the next message. Skips all other lines.
    ///
    /// # Errors
    /// Fails if none arrives.
    pub async fn message(&mut self) -> Result<Received> {
        self.connection.expect("MSG").await
    }

    /// Returns the next message, or `None` if no message arrives within `patience`.
    pub async fn message_within(&mut self, patience: Duration) -> Option<Received> {
        let deadline = Instant::now() + patience;
        loop {
            match self.connection.next_before(deadline).await {
                Next::Received(received) if received.verb() == "MSG" => return Some(received),
                Next::Received(_) => {}
                Next::Ended | Next::Nothing => return None,
            }
        }
    }

    /// Sends a text to another participant, who must receive it. Returns the delivery time.
    ///
    /// # Errors
    /// Fails if the text does not arrive as it was sent, or if the server does not acknowledge the
    /// text.
    pub async fn exchange(&mut self, other: &mut Self) -> Result<Duration> {
        let payload = text("exchange");
        let begun = Instant::now();
        let trid = self.post("A", &payload).await?;
        let received = other.connection.expect(&format!("MSG {}", self.handle)).await?;
        if received.payload() != payload {
            bail!("{} received a message that differs from the message that {} sent", other.handle, self.handle);
        }
        let answer = self.connection.answer(trid).await?;
        if answer.verb() != "ACK" {
            bail!("a delivered message was answered with {} instead of ACK", answer.line());
        }
        Ok(received.at - begun)
    }
}
