//! What an operator tells a running server: a Unix socket in the data directory, one command a connection.
//!
//! Whoever may write to that directory may use it; it holds the database too. The line is the verb and its words, the answer is `ok`
//! or a sentence.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::Handle;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The socket inside the data directory.
const FILE_NAME: &str = "control.sock";
/// The longest command.
const MAX_LINE: u64 = 4096;
/// How long a command may take to come, and its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest warning before a stop, in minutes: a day.
const MAX_MINUTES: u32 = 24 * 60;

/// What a server can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Show everybody an alert.
    Announce(String),
    /// Warn everybody, and stop after so many minutes.
    Stop(u32),
    /// Send everybody to another notification server.
    Move(String),
    /// The password of an account was changed, or the account is gone: whoever is signed in to it has no right to any more.
    Changed(Handle),
}

impl Command {
    fn encode(&self) -> String {
        match self {
            Self::Announce(text) => format!("announce {text}\n"),
            Self::Stop(minutes) => format!("stop {minutes}\n"),
            Self::Move(address) => format!("move {address}\n"),
            Self::Changed(handle) => format!("changed {handle}\n"),
        }
    }

    fn decode(line: &str) -> anyhow::Result<Self> {
        let (verb, rest) = line.trim_end().split_once(' ').unwrap_or_else(|| (line.trim_end(), ""));
        Ok(match verb {
            "announce" if !rest.is_empty() => Self::Announce(rest.to_owned()),
            "stop" => {
                let minutes = rest.parse().ok().filter(|minutes| *minutes <= MAX_MINUTES);
                Self::Stop(minutes.with_context(|| format!("{rest:?} is no number of minutes up to {MAX_MINUTES}"))?)
            }
            "move" if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Self::Move(rest.to_owned())
            }
            "changed" => Self::Changed(Handle::parse_lax(rest).with_context(|| format!("{rest:?} is no address"))?),
            _ => bail!("the server does not know the command {verb:?}"),
        })
    }
}

/// Tells the server that runs on a data directory. `false` when none does.
///
/// # Errors
/// The server did not do it, and says why.
pub fn tell(data: &Path, command: &Command) -> anyhow::Result<bool> {
    let mut stream = match BlockingStream::connect(data.join(FILE_NAME)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(false),
        Err(error) => return Err(error).context("cannot reach the running server"),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(command.encode().as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("the running server does not answer")?;
    match answer.trim_end() {
        "ok" => Ok(true),
        why => bail!("{why}"),
    }
}

/// The socket of a running server; it goes with it.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    commands: mpsc::Receiver<Command>,
}

impl Control {
    /// Opens the socket. What an ended server left there is replaced: the caller has claimed the directory.
    ///
    /// # Errors
    /// Names the file.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(FILE_NAME);
        let _ = std::fs::remove_file(&path);
        let listener =
            UnixListener::bind(&path).with_context(|| format!("cannot make the socket {}", path.display()))?;
        let (sender, commands) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let _ = timeout(PATIENCE, serve(stream, sender)).await;
                });
            }
        });
        Ok(Self { path, commands })
    }

    /// The next command.
    pub async fn next(&mut self) -> Command {
        match self.commands.recv().await {
            Some(command) => command,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(mut stream: UnixStream, commands: mpsc::Sender<Command>) -> std::io::Result<()> {
    let mut line = String::new();
    BufReader::new((&mut stream).take(MAX_LINE)).read_line(&mut line).await?;
    let answer = match Command::decode(&line) {
        Ok(command) => match commands.send(command).await {
            Ok(()) => "ok\n".to_owned(),
            Err(_) => "the server is stopping\n".to_owned(),
        },
        Err(error) => format!("{error:#}\n"),
    };
    stream.write_all(answer.as_bytes()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_reads_back_as_itself() {
        let handle = Handle::parse("alice@example.com").unwrap();
        for command in [
            Command::Announce("Hello <everybody> & all".to_owned()),
            Command::Stop(5),
            Command::Move("10.0.0.5:1863".to_owned()),
            Command::Changed(handle),
        ] {
            assert_eq!(Command::decode(&command.encode()).unwrap(), command);
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        for line in ["", "stop", "stop soon", "stop 100000", "announce", "move", "move a b", "changed nobody", "dance"]
        {
            assert!(Command::decode(line).is_err(), "{line}");
        }
    }

    #[test]
    fn without_a_server_nobody_is_told() {
        let data = tempfile::tempdir().unwrap();
        assert!(!tell(data.path(), &Command::Stop(1)).unwrap());
    }
}
