//! Commands of the operator to a running server, over a Unix socket in the data directory. Each
//! connection carries one command.
//!
//! The server accepts commands only from root and from the user that runs the server. A command is a
//! line with a verb and its words. The answer is `ok` with a report, or a sentence that says why the
//! command failed. The server logs each command with the user and the process that sent it.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::Handle;
use rustix::process::geteuid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The socket inside the data directory.
const FILE_NAME: &str = "control.sock";
/// The maximum length of a command in bytes, including the line break.
const MAX_LINE: u64 = 4096;
/// The time limit for receiving a command, carrying it out and sending the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest path that a Unix socket can have, not counting the final 0 byte.
const MAX_PATH: usize = 107;
/// The pause after a connection could not be accepted. Usually no file descriptor is free, and the
/// next attempt would also fail.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// The longest time between the warning and a stop, in minutes. It is one day.
const MAX_MINUTES: u32 = 24 * 60;

/// A command to a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Show an alert to everyone who is signed in.
    Announce(String),
    /// Warn everyone who is signed in, and stop after this many minutes.
    Stop(u32),
    /// Send everyone who is signed in to another notification server.
    Move(String),
    /// End the sessions of an account, because its password was changed or the account was removed.
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
                Self::Stop(minutes.with_context(|| format!("{rest:?} is not a number of minutes up to {MAX_MINUTES}"))?)
            }
            "move" if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Self::Move(rest.to_owned())
            }
            "changed" => Self::Changed(Handle::parse_lax(rest).with_context(|| format!("{rest:?} is not an address"))?),
            _ => bail!("the server does not know the command {verb:?}"),
        })
    }
}

/// Sends a command to the server that runs on a data directory, and returns its report. `None` if no server runs there.
///
/// # Errors
/// Returns the reason why the command failed.
pub fn send(data: &Path, command: &Command) -> anyhow::Result<Option<String>> {
    let line = command.encode();
    anyhow::ensure!(line.len() as u64 <= MAX_LINE, "the command is too long: {} bytes, at most {MAX_LINE}", line.len());
    let mut stream = match BlockingStream::connect(data.join(FILE_NAME)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        // The path is too long, so no server can run there.
        Err(error) if error.kind() == ErrorKind::InvalidInput => return Ok(None),
        Err(error) => return Err(error).context("cannot reach the running server"),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(line.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("the running server does not answer")?;
    let answer = answer.trim_end();
    match answer.strip_prefix("ok") {
        Some(report) => Ok(Some(report.trim_start().to_owned())),
        None if answer.is_empty() => bail!("the running server does not answer"),
        None => bail!("{answer}"),
    }
}

/// Checks that the path of the socket in a data directory is not too long.
///
/// # Errors
/// Fails if the path is too long.
pub fn check_path(data: &Path) -> anyhow::Result<()> {
    let path = data.join(FILE_NAME);
    let length = path.as_os_str().len();
    anyhow::ensure!(
        length <= MAX_PATH,
        "the path of the data directory is too long: {} has {length} bytes, but the path of a socket may have at most \
         {MAX_PATH}",
        path.display()
    );
    Ok(())
}

/// A command, and the channel for its report. The report is a text of one line.
pub type Request = (Command, oneshot::Sender<String>);

/// The socket of a running server. Dropping this value removes the socket.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    requests: mpsc::Receiver<Request>,
}

impl Control {
    /// Opens the socket. Replaces a socket that an earlier server has left there. No other server
    /// can be using it, because the caller has claimed the directory.
    ///
    /// # Errors
    /// Returns an error that names the file.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(FILE_NAME);
        let _ = std::fs::remove_file(&path);
        let listener =
            UnixListener::bind(&path).with_context(|| format!("cannot create the socket {}", path.display()))?;
        let (sender, requests) = mpsc::channel(16);
        tokio::spawn(async move {
            loop {
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "could not accept a command of the operator");
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

    /// Waits for the next command.
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
    let result = match check_sender(stream.peer_cred()?.uid(), geteuid().as_raw()) {
        Ok(()) => carry_out(&line, &requests).await,
        Err(refused) => Err(refused),
    };
    log(&stream, &line, &result);
    let answer = match result {
        Ok(report) => format!("ok {report}\n"),
        Err(error) => format!("{error:#}\n"),
    };
    stream.write_all(answer.as_bytes()).await
}

/// Checks that a command comes from the user that runs the server, or from root. The permissions of the socket depend on
/// the umask of the server, so they are not enough.
fn check_sender(sender: u32, own: u32) -> anyhow::Result<()> {
    anyhow::ensure!(
        sender == own || sender == 0,
        "the server runs as user {own} and accepts commands only from that user and root, not from user {sender}"
    );
    Ok(())
}

/// Logs a command with the user and the process that sent it.
fn log(stream: &UnixStream, line: &[u8], result: &anyhow::Result<String>) {
    let sender = stream.peer_cred().ok();
    let user = sender.map(|sender| sender.uid());
    let process = sender.and_then(|sender| sender.pid());
    let command = String::from_utf8_lossy(line);
    let command = command.trim_end();
    match result {
        Ok(_) => tracing::info!(?command, user, process, "carried out a command of the operator"),
        Err(error) => tracing::warn!(?command, user, process, reason = %error, "refused a command of the operator"),
    }
}

/// Waits until the server has carried out a command, and returns its report.
async fn carry_out(line: &[u8], requests: &mpsc::Sender<Request>) -> anyhow::Result<String> {
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
    fn every_control_command_is_unchanged_after_writing_and_reading() {
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
    fn only_root_and_the_user_of_the_server_may_send_commands() {
        assert!(check_sender(1000, 1000).is_ok() && check_sender(0, 1000).is_ok());
        assert!(check_sender(1001, 1000).is_err());
        assert!(check_sender(1000, 0).is_err());
    }

    #[test]
    fn a_malformed_command_is_refused() {
        for line in ["", "stop", "stop soon", "stop 100000", "announce", "move", "move a b", "changed nobody", "dance"]
        {
            assert!(Command::decode(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_command_cannot_be_sent_if_no_server_runs() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(send(data.path(), &Command::Stop(1)).unwrap(), None);
        let long = data.path().join("x".repeat(MAX_PATH));
        assert!(check_path(&long).is_err() && check_path(data.path()).is_ok());
        assert_eq!(send(&long, &Command::Stop(1)).unwrap(), None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_command_is_carried_out_before_it_is_confirmed_and_a_command_that_is_too_long_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let mut control = Control::open(data.path()).unwrap();
        let path = data.path().to_owned();
        let sent = |command: Command| {
            let path = path.clone();
            tokio::task::spawn_blocking(move || send(&path, &command))
        };
        let stop = sent(Command::Stop(1));
        let (command, done) = control.next().await;
        assert!(command == Command::Stop(1) && !stop.is_finished());
        done.send("3 clients".to_owned()).unwrap();
        assert_eq!(stop.await.unwrap().unwrap().as_deref(), Some("3 clients"));
        let error = sent(Command::Announce("é".repeat(3000))).await.unwrap().unwrap_err();
        assert!(error.to_string().contains("at most 4096"), "{error}");
    }
}
