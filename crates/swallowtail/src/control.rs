//! What an operator tells a running server: a Unix socket in the data directory, one command a connection.
//!
//! Whoever may write to that directory may use it; it holds the database too. The line is the verb and its words, the
//! answer is `ok` or a sentence.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::Handle;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The socket inside the data directory.
const FILE_NAME: &str = "control.sock";
/// The longest command.
const MAX_LINE: u64 = 4096;
/// How long a command may take to come, and its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest path that a Unix socket can have, without the 0 after it.
const MAX_PATH: usize = 107;
/// After a connection could not be accepted, there may be no descriptor for the next one either.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
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
    /// The password of an account was changed, or the account is gone: whoever is signed in to it has no right to any
    /// more.
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
    let line = command.encode();
    anyhow::ensure!(line.len() as u64 <= MAX_LINE, "that is too long: a command has at most {MAX_LINE} bytes");
    let mut stream = match BlockingStream::connect(data.join(FILE_NAME)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(false),
        // The path is too long, so no server can run there.
        Err(error) if error.kind() == ErrorKind::InvalidInput => return Ok(false),
        Err(error) => return Err(error).context("cannot reach the running server"),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(line.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("the running server does not answer")?;
    match answer.trim_end() {
        "ok" => Ok(true),
        "" => bail!("the running server does not answer"),
        why => bail!("{why}"),
    }
}

/// Whether there can be a socket in a data directory.
///
/// # Errors
/// Its path is too long.
pub fn check_path(data: &Path) -> anyhow::Result<()> {
    let path = data.join(FILE_NAME);
    let length = path.as_os_str().len();
    anyhow::ensure!(
        length <= MAX_PATH,
        "the path of the data directory is too long: {} has {length} bytes, and a socket may have {MAX_PATH}",
        path.display()
    );
    Ok(())
}

/// A command, and whom to tell that it is carried out.
pub type Request = (Command, oneshot::Sender<()>);

/// The socket of a running server; it goes with it.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    requests: mpsc::Receiver<Request>,
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
        let (sender, requests) = mpsc::channel(16);
        tokio::spawn(async move {
            loop {
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "a command of the operator could not be accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                };
                let sender = sender.clone();
                tokio::spawn(async move {
                    let _ = timeout(PATIENCE, serve(stream, sender)).await;
                });
            }
        });
        Ok(Self { path, requests })
    }

    /// The next command.
    pub async fn next(&mut self) -> Request {
        match self.requests.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(mut stream: UnixStream, requests: mpsc::Sender<Request>) -> std::io::Result<()> {
    let mut line = Vec::new();
    BufReader::new((&mut stream).take(MAX_LINE)).read_until(b'\n', &mut line).await?;
    let answer = match carry_out(&line, &requests).await {
        Ok(()) => "ok\n".to_owned(),
        Err(error) => format!("{error:#}\n"),
    };
    stream.write_all(answer.as_bytes()).await
}

/// Returns when the server has done it.
async fn carry_out(line: &[u8], requests: &mpsc::Sender<Request>) -> anyhow::Result<()> {
    anyhow::ensure!(line.ends_with(b"\n"), "the command is not a line of at most {MAX_LINE} bytes");
    let command = Command::decode(std::str::from_utf8(line).context("the command is not UTF-8")?)?;
    let (done, wait) = oneshot::channel();
    requests.send((command, done)).await.context("the server is stopping")?;
    wait.await.context("the server is stopping")
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
        let long = data.path().join("x".repeat(MAX_PATH));
        assert!(check_path(&long).is_err() && check_path(data.path()).is_ok());
        assert!(!tell(&long, &Command::Stop(1)).unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn ok_means_that_it_is_done_and_what_is_too_long_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let mut control = Control::open(data.path()).unwrap();
        let path = data.path().to_owned();
        let told = |command: Command| {
            let path = path.clone();
            tokio::task::spawn_blocking(move || tell(&path, &command))
        };
        let stop = told(Command::Stop(1));
        let (command, done) = control.next().await;
        assert!(command == Command::Stop(1) && !stop.is_finished());
        done.send(()).unwrap();
        assert!(stop.await.unwrap().unwrap());
        let error = told(Command::Announce("é".repeat(3000))).await.unwrap().unwrap_err();
        assert!(error.to_string().contains("at most 4096 bytes"), "{error}");
    }
}
