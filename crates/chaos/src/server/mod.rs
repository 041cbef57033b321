//! The server under test: the built program in a process of its own, with a directory of its own.

mod addresses;
mod figures;
mod listeners;
mod log;
mod process;
mod setup;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

pub use addresses::Addresses;
pub use figures::{Figures, idle_seconds};
pub use setup::Setup;

use process::Process;

/// The time within which a server must print its addresses. The reference allows 5 s for a start. A
/// busy machine may need more.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// The time within which a server must end after SIGTERM. The server waits for its clients up to
/// three times, 5 s each time.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// A server with its directory. The process is killed when this value is dropped.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    directory: PathBuf,
    setup: Setup,
    /// Environment variables of the server and of its commands.
    environment: Vec<(String, PathBuf)>,
    process: Option<Process>,
    addresses: Addresses,
}

/// Returns the path of the server's program: the given path, or else the program that was built together with this one.
///
/// # Errors
/// Fails if the program does not exist.
pub fn program(given: Option<&Path>) -> Result<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join("swallowtail"));
    let program = given.map(Path::to_owned).or_else(beside).context("could not find the server's program")?;
    ensure!(program.is_file(), "{} does not exist: `cargo xtask chaos` builds it", program.display());
    Ok(program)
}

/// Lets this process and its servers open as many files as the system allows.
///
/// # Errors
/// Fails if the system refuses.
pub fn raise_file_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("could not raise the file limit")
}

impl Server {
    /// Starts the program `program serve` with its data, settings and log in `directory`.
    ///
    /// # Errors
    /// Fails if the server does not start. The error contains the end of its log.
    pub async fn start(program: &Path, directory: &Path, setup: Setup) -> Result<Self> {
        let mut server = Self::stopped(program, directory, setup)?;
        server.restart().await?;
        Ok(server)
    }

    /// Prepares a server without starting it, for a caller that first changes the server's data.
    ///
    /// # Errors
    /// Fails if the directory cannot be created or the settings cannot be written.
    pub fn stopped(program: &Path, directory: &Path, setup: Setup) -> Result<Self> {
        swallowtail_base::create_private_directory(&directory.join("data"))?;
        setup.write(directory).context("could not write the settings")?;
        let addresses = Addresses::any(setup.address);
        let (program, directory) = (program.into(), directory.into());
        Ok(Self { program, directory, setup, environment: Vec::new(), process: None, addresses })
    }

    /// Starts the server on the data that it left, at the same addresses. Returns the duration of the start.
    ///
    /// # Errors
    /// Fails if the server is already running or does not start.
    pub async fn restart(&mut self) -> Result<Duration> {
        ensure!(self.process.is_none(), "the server is already running");
        let begun = Instant::now();
        let command = self.serve_command();
        let (process, addresses) = match Process::start(command, START_PATIENCE).await {
            Ok(started) => started,
            Err(error) => bail!("{error:#}; the end of the log:\n{}", log::tail(&self.log_path())),
        };
        (self.process, self.addresses) = (Some(process), addresses);
        Ok(begun.elapsed())
    }

    /// Sets environment variables for the server, from its next start on, and for all its commands.
    pub fn set_environment(&mut self, variables: Vec<(String, PathBuf)>) {
        self.environment = variables;
    }

    /// Starts the server, and kills it with SIGKILL as soon as `end` completes, even during the
    /// start.
    ///
    /// # Errors
    /// Fails if the server is already running, cannot be started, or ends by itself.
    pub async fn start_until(&mut self, end: impl Future<Output = ()>) -> Result<()> {
        ensure!(self.process.is_none(), "the server is already running");
        let mut child = self.serve_command().stdout(Stdio::null()).spawn().context("the server cannot be started")?;
        tokio::select! {
            () = end => child.kill().await.context("could not kill the server"),
            status = child.wait() => {
                let end = log::tail(&self.log_path());
                bail!("the server ended by itself with {}; the end of its log:\n{end}", status?)
            }
        }
    }

    /// Runs `serve` until it ends by itself, because it must refuse to start. Returns what it printed and logged.
    ///
    /// # Errors
    /// Fails if the server starts, or does not end in time.
    pub async fn refuse_to_start(&mut self) -> Result<Output> {
        ensure!(self.process.is_none(), "the server is already running");
        let mut command = self.serve_command();
        command.stderr(Stdio::piped());
        let output = tokio::time::timeout(START_PATIENCE, command.output()).await;
        output
            .context("the server started, although it should have refused to start")?
            .context("could not run the server")
    }

    fn serve_command(&self) -> Command {
        let mut command = self.setup.command(&self.program);
        command.arg("serve").arg("--config").arg(self.directory.join("settings.toml"));
        command.arg("--data").arg(self.data()).args(self.addresses.flags());
        command.stdout(Stdio::piped()).stderr(log::append(&self.log_path()));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs another command of the program on the data of this server, such as `account list`.
    ///
    /// # Errors
    /// Fails if the command cannot be run. If the command runs and fails, the output shows the
    /// failure.
    pub async fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Result<Output> {
        self.command_with(arguments, "").await
    }

    /// Runs another command of the program, which must succeed. Returns what it printed.
    ///
    /// # Errors
    /// Fails if the command fails. The error contains the output of the command.
    pub async fn command_done(&self, arguments: &[impl AsRef<OsStr>]) -> Result<String> {
        self.command_done_with(arguments, "").await
    }

    /// Runs another command like [`Self::command_done`], with this text on its standard input.
    ///
    /// # Errors
    /// Fails if the command fails. The error contains the output of the command.
    pub async fn command_done_with(&self, arguments: &[impl AsRef<OsStr>], input: &str) -> Result<String> {
        let output = self.command_with(arguments, input).await?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        bail!("`{}` failed: {said}{}", words.join(" "), String::from_utf8_lossy(&output.stderr));
    }

    async fn command_with(&self, arguments: &[impl AsRef<OsStr>], input: &str) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--data").arg(self.data()).kill_on_drop(true);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("could not run {}", self.program.display()))?;
        if let Some(mut pipe) = child.stdin.take() {
            // If the command reads no input, it may have ended already.
            let _ = pipe.write_all(input.as_bytes()).await;
        }
        Ok(child.wait_with_output().await?)
    }

    /// Kills the server with SIGKILL, and waits until it has ended.
    ///
    /// # Errors
    /// Fails if the server is not running.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.take().context("the server is not running")?.kill().await
    }

    /// Stops the server with SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// Fails if the server is not running or does not end in time.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        let mut process = self.process.take().context("the server is not running")?;
        process.signal(Signal::TERM)?;
        process.ended(STOP_PATIENCE).await.context("the server did not end after SIGTERM")
    }

    /// Stops the process with SIGSTOP. The process keeps its connections and does nothing.
    ///
    /// # Errors
    /// Fails if the server is not running.
    pub fn pause(&self) -> Result<()> {
        self.running()?.signal(Signal::STOP)
    }

    /// Continues the process after [`Self::pause`].
    ///
    /// # Errors
    /// Fails if the server is not running.
    pub fn resume(&self) -> Result<()> {
        self.running()?.signal(Signal::CONT)
    }

    /// Sends a signal to the process.
    ///
    /// # Errors
    /// Fails if the server is not running.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.running()?.signal(signal)
    }

    /// Returns the id of the process, if it is still alive.
    pub fn alive(&mut self) -> Option<u32> {
        self.process.as_mut()?.alive()
    }

    /// Returns the resources that the process uses.
    ///
    /// # Errors
    /// Fails if the server is not running.
    pub fn figures(&self) -> Result<Figures> {
        Figures::of(self.running()?.id())
    }

    /// Returns the addresses of all TCP sockets on which the process listens, as the kernel knows them.
    ///
    /// # Errors
    /// Fails if the server is not running.
    pub fn listeners(&self) -> Result<Vec<SocketAddr>> {
        listeners::of(self.running()?.id())
    }

    /// Stops the server as in an upgrade, and starts a copy of the program on the data that the
    /// server left.
    ///
    /// # Errors
    /// Fails if the server does not stop without an error, or if the copy does not start.
    pub async fn replace_program(&mut self) -> Result<()> {
        let new = self.directory.join("new-swallowtail");
        std::fs::copy(&self.program, &new).context("could not copy the program")?;
        let status = self.stop().await?;
        ensure!(status.success(), "the old program ended with {status}");
        self.program = new;
        self.restart().await.map(drop)
    }

    /// Returns the path of the server's program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Starts a second server with the same program, in another directory.
    ///
    /// # Errors
    /// Fails if the server does not start. The error contains the end of its log.
    pub async fn start_another(&self, directory: &Path, setup: Setup) -> Result<Self> {
        Self::start(&self.program, directory, setup).await
    }

    fn running(&self) -> Result<&Process> {
        self.process.as_ref().context("the server is not running")
    }

    /// Returns the addresses on which the server listens.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Returns the data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Returns the directory that contains the data, the settings and the log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the file with everything that the server has logged since the first start.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    /// Returns the lines of the log that have the level WARN or ERROR.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn problems(&self) -> Result<Vec<String>> {
        let text = std::fs::read(self.log_path()).context("could not read the log")?;
        let lines = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect::<Vec<_>>();
        Ok(lines.into_iter().filter(|line| [" WARN ", " ERROR "].iter().any(|level| line.contains(level))).collect())
    }

    /// Returns the lines of the log that report a panic.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn panics(&self) -> Result<Vec<String>> {
        log::panics(&self.log_path())
    }
}
