//! A switchboard connection of the doctor.

use std::net::SocketAddr;

use anyhow::Context;
use msnp::frame::LineRules;
use msnp::switchboard::{ClientCommand, Cookie, ServerCommand, server_payload_length};
use msnp::{ErrorCode, Handle, TrId};

use super::link::Link;

/// A switchboard connection.
pub(in crate::doctor) struct SwitchboardProbe(Link);

impl SwitchboardProbe {
    /// Connects to the switchboard.
    pub(in crate::doctor) async fn dial(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self(Link::dial(address, LineRules::SWITCHBOARD, server_payload_length).await?))
    }

    /// Opens a session with a cookie, and leaves it. Returns the error code if the server refuses the cookie.
    pub(in crate::doctor) async fn open(
        &mut self,
        handle: Handle,
        cookie: Cookie,
    ) -> anyhow::Result<Result<(), ErrorCode>> {
        self.send(&ClientCommand::Usr { trid: TrId::new(1), handle: Some(handle), cookie }).await?;
        let answer = self.0.wait_for(|frame| match ServerCommand::decode(frame.as_frame()).ok()? {
            ServerCommand::Opened { .. } => Some(Ok(())),
            ServerCommand::Error(_, code) => Some(Err(code)),
            _ => None,
        });
        let answer = answer.await.context("waiting for USR OK")?;
        if answer.is_ok() {
            self.send(&ClientCommand::Out).await?;
        }
        Ok(answer)
    }

    async fn send(&mut self, command: &ClientCommand<'_>) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        self.0.send(&bytes).await
    }
}
