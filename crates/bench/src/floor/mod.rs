//! Floors: the smallest programs that could do the same work as the server. They run in processes of their own, as the
//! server does.

mod accept;
mod fan_out;
mod hold;
mod relay;
mod send;

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result};
use clap::ValueEnum;
use swallowtail_chaos::server::Figures;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// The work of a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Copies bytes from one connection of a pair to the other.
    Relay,
    /// Accepts connections, and answers each line with a short one.
    Hold,
    /// Copies bytes from the first connection to all others.
    FanOut,
    /// Answers each line that contains a number with so many bytes.
    Send,
}

/// The queue of a listener. It is as long as the kernel allows by default.
const BACKLOG: u32 = 4096;

/// A running floor. The process is killed when this value is dropped.
pub(crate) struct Floor {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Floor {
    /// Starts a floor.
    ///
    /// # Errors
    /// Fails if the process does not start.
    pub(crate) async fn start(kind: Kind) -> Result<Self> {
        let kind = kind.to_possible_value().context("the kind has no name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", kind.get_name()]).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.process_group(0).spawn().context("could not start a floor")?;
        let output = child.stdout.take().context("the floor has no output")?;
        let line = BufReader::new(output).lines().next_line().await?.context("the floor ended")?;
        Ok(Self { address: line.parse().context("the floor printed no address")?, child })
    }

    /// Returns what the process uses.
    ///
    /// # Errors
    /// Fails if the process has ended.
    pub(crate) fn figures(&self) -> Result<Figures> {
        Figures::of(self.child.id().context("the floor has ended")?)
    }
}

/// Serves as a floor until standard input ends.
///
/// # Errors
/// Fails if no port is free.
pub(crate) async fn serve(kind: Kind) -> Result<()> {
    swallowtail_chaos::server::raise_file_limit()?;
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 99, 2], 0)))?;
    let listener = socket.listen(BACKLOG)?;
    println!("{}", listener.local_addr()?);
    let serving = async {
        match kind {
            Kind::Relay => relay::serve(listener).await,
            Kind::Hold => hold::serve(listener).await,
            Kind::FanOut => fan_out::serve(listener).await,
            Kind::Send => send::serve(listener).await,
        }
    };
    let mut input = tokio::io::stdin();
    tokio::select! {
        result = serving => result,
        _ = input.read_u8() => Ok(()),
    }
}
