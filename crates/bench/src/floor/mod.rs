//! Floors: the smallest programs that could do the same work as the server. Each floor with sockets
//! is a process of its own, like the server.

mod accept;
mod fan_out;
mod hold;
mod relay;
mod send;
mod sql;

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result};
use clap::ValueEnum;
use swallowtail_chaos::server::Figures;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

pub(crate) use sql::Sql;

/// The work that a floor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Copies bytes from one connection of a pair to the other.
    Relay,
    /// Accepts connections, and answers each line with a short line.
    Hold,
    /// Copies bytes from the first connection to all other connections.
    FanOut,
    /// Reads a number from each line, and answers with about that number of bytes.
    Send,
}

/// The maximum number of connections in the queue of a listener. It is the kernel's default limit.
const BACKLOG: u32 = 4096;

/// A running floor. The process is killed when this value is dropped.
pub(crate) struct Floor {
    /// The address of its listener.
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
        let mut child =
            command.process_group(0).spawn().context("could not start the comparison program (the floor)")?;
        let output = child.stdout.take().context("the comparison program (the floor) has no output")?;
        let line = BufReader::new(output).lines().next_line().await?.context("the comparison program has ended")?;
        Ok(Self { address: line.parse().context("the comparison program (the floor) printed no address")?, child })
    }

    /// Returns the resources that the process uses.
    ///
    /// # Errors
    /// Fails if the process has ended.
    pub(crate) fn figures(&self) -> Result<Figures> {
        Figures::of(self.child.id().context("the comparison program (the floor) has ended")?)
    }
}

/// Runs a floor until standard input ends.
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
