//! Runs the built program, and reads its addresses, log, memory use and exit status.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use swallowtail_base::create_private_directory;

use super::people;
use super::time::PATIENCE;
use super::wire::Wire;

/// Returns the program as a command to which a test adds arguments. Removes the environment
/// variables that configure the program.
pub(crate) fn swallowtail() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swallowtail"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWALLOWTAIL_")) {
        command.env_remove(name);
    }
    command.env("RUST_BACKTRACE", "1").stdin(Stdio::null());
    command
}

/// Runs the program until it exits.
pub(crate) fn run(arguments: &[&str]) -> Output {
    swallowtail().args(arguments).output().unwrap()
}

/// Runs `swallowtail account --data DIR ...` with `input` on standard input. The command must
/// succeed.
pub(crate) fn account(data: &Path, arguments: &[&str], input: &str) {
    let mut child = swallowtail()
        .args(["account", "--data", data.to_str().unwrap()])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "account {arguments:?}: {error}");
}

/// `swallowtail serve` on free ports. Dropping this value kills the program.
pub(crate) struct RunningBinary {
    child: Child,
    log: PathBuf,
    pub(crate) notification: SocketAddr,
    pub(crate) switchboard: SocketAddr,
    pub(crate) http: SocketAddr,
    /// The address of HTTPS, if the settings have one.
    pub(crate) https: Option<SocketAddr>,
}

impl RunningBinary {
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, "info")
    }

    /// Starts the program with these settings in a configuration file.
    pub(crate) fn start_configured(data: &Path, settings: &str) -> Self {
        create_private_directory(data).unwrap();
        std::fs::write(data.join("settings.toml"), settings).unwrap();
        Self::start_with(data, "info")
    }

    /// Starts the program with `log` as its log filter.
    pub(crate) fn start_with(data: &Path, log: &str) -> Self {
        create_private_directory(data).unwrap();
        let path = data.join("log.txt");
        let file = std::fs::File::options().create(true).append(true).open(&path).unwrap();
        let any = "127.0.0.1:0";
        let settings = data.join("settings.toml");
        let has_https = std::fs::read_to_string(&settings).is_ok_and(|settings| settings.contains("https = "));
        let settings = settings.exists().then(|| ["--config".into(), settings]);
        let mut child = swallowtail()
            .args(["serve", "--notification", any, "--switchboard", any, "--http", any, "--data"])
            .arg(data)
            .args(settings.into_iter().flatten())
            .env("SWALLOWTAIL_LOG", log)
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |what: &str| {
            let line = lines.by_ref().map(Result::unwrap).find(|line| line.contains(what));
            let line = line.unwrap_or_else(|| panic!("{what} was not printed: {}", read(&path)));
            let word = line.split_whitespace().last().unwrap();
            word.rsplit('/').next().unwrap().parse().unwrap()
        };
        let (notification, switchboard, http) =
            (address("notification server "), address("switchboard "), address("sign-in service "));
        let https = has_https.then(|| address("sign-in over TLS "));
        // The pipe must not fill, and must not close while the program may write to it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, log: path, notification, switchboard, http, https }
    }

    /// Returns everything that the program has logged.
    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    /// Asserts that the log has no warnings or errors.
    pub(crate) fn assert_quiet_log(&self) {
        let log = self.log();
        for bad in ["ERROR", "WARN", "panicked"] {
            assert!(!log.contains(bad), "{log}");
        }
    }

    /// Returns the program's resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = read(Path::new(&format!("/proc/{}/status", self.child.id())));
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Kills the program with SIGKILL. Only data on the disk remains.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// Waits until the program exits. Fails if that takes longer than [`PATIENCE`].
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the program does not exit: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Fetches a ticket from the sign-in service. Returns the word `t=...&p=` with which USR sends
    /// this ticket.
    pub(crate) async fn ticket(&self, handle: &str, password: &str) -> anyhow::Result<String> {
        Ok(people::fetch_ticket(self.http, handle, password).await?)
    }

    /// Signs in and synchronises.
    pub(crate) async fn sign_in(&self, handle: &str, ticket: &str) -> Wire {
        let mut wire = people::sign_in(self.notification, handle, ticket).await;
        people::synchronize(&mut wire).await;
        wire
    }

    /// Signs in, synchronises and goes online.
    pub(crate) async fn online(&self, handle: &str, ticket: &str) -> Wire {
        let mut wire = self.sign_in(handle, ticket).await;
        people::come_online(&mut wire).await;
        wire
    }
}

impl Drop for RunningBinary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        if !std::thread::panicking() {
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
