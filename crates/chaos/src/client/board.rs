//! The connection of one participant to a switchboard session.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::connection::{Connection, PATIENCE};
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

    /// Sends a message with flag A. Returns whether the server delivered it to everybody (ACK) or not (NAK).
    ///
    /// # Errors
    /// Fails if neither arrives.
    pub async fn deliver(&mut self, payload: &[u8]) -> Result<bool> {
        let trid = self.post("A", payload).await?;
        let answer = self.connection.answer(trid).await?;
        match answer.verb().as_str() {
            "ACK" => Ok(true),
            "NAK" => Ok(false),
            _ => bail!("a message was answered with {}", answer.line()),
        }
    }

    /// Returns the next message. Skips everything else.
    ///
    /// # Errors
    /// Fails if none arrives.
    pub async fn message(&mut self) -> Result<Received> {
        self.connection.expect("MSG").await
    }

    /// Returns the next message, if one arrives in time.
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

    /// Sends a text to another participant, who must receive it. Returns how long it took.
    ///
    /// # Errors
    /// Fails if it does not arrive as it was sent, or if the server does not acknowledge it.
    pub async fn exchange(&mut self, other: &mut Self) -> Result<Duration> {
        let payload = text("exchange");
        let begun = Instant::now();
        let trid = self.post("A", &payload).await?;
        let received = other.connection.expect(&format!("MSG {}", self.handle)).await?;
        if received.payload() != payload {
            bail!("{} received another message than {} sent", other.handle, self.handle);
        }
        let answer = self.connection.answer(trid).await?;
        if answer.verb() != "ACK" {
            bail!("a delivered message was answered with {} in {} s", answer.line(), PATIENCE.as_secs());
        }
        Ok(received.at - begun)
    }
}
