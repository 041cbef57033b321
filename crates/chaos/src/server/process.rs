//! A process that prints its addresses.

use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::Addresses;

/// A running process. It is killed when this value is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    id: u32,
}

impl Process {
    /// Starts a process and waits until it has printed its addresses.
    pub(super) async fn start(mut command: Command, patience: Duration) -> Result<(Self, Addresses)> {
        let mut child = command.spawn().context("the server cannot be started")?;
        let id = child.id().context("the server has ended")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let addresses =
            timeout(patience, addresses(&mut lines)).await.context("the server did not start in time")??;
        // This task reads all further output of the process. Otherwise the pipe could fill, or
        // could be closed while the process still writes to it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok((Self { child, id }, addresses))
    }

    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// Returns the id of the process, if the process is still alive.
    pub(super) fn alive(&mut self) -> Option<u32> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self.id)
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        let id = i32::try_from(self.id).ok().and_then(Pid::from_raw).context("the process has no valid id")?;
        kill_process(id, signal).context("could not send a signal to the server")
    }

    /// Kills the process, and waits until it has ended.
    pub(super) async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("could not kill the server")
    }

    /// Waits until the process ends.
    pub(super) async fn ended(&mut self, patience: Duration) -> Result<ExitStatus> {
        Ok(timeout(patience, self.child.wait()).await??)
    }
}

async fn addresses(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Addresses> {
    let mut printed = Vec::new();
    loop {
        let line = lines.next_line().await.context("could not read the output of the server")?;
        printed.push(line.context("the server ended without printing its addresses")?);
        if let Some(addresses) = Addresses::read(&printed) {
            return addresses;
        }
    }
}
