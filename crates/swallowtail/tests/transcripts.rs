//! Plays the golden transcripts of docs/protocol/transcripts over real sockets, against servers in this process.
//!
//! Each file in that folder is a test of its own. For example, `cargo test -p swallowtail --test
//! transcripts groups` plays the files with `groups` in their names. A new file needs no change
//! here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use msnp_conformance::{
    BoxFuture, Endpoints, Needs, NotPlayable, Options, Outcome, Pace, PlayReport, Script, Target, play, transcripts,
};
use swallowtail::server::Server;
use swallowtail_config::Config;
use swallowtail_store::accounts::{Accounts, Origin};
use swallowtail_store::database::NewAccount;
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The files that are not played, and the reasons. All other files in the folder are played.
const NOT_PLAYED: &[(&str, &str)] = &[("msnp12-signin-literal", "sample values, for tests of encoders and parsers")];

/// The default number of tests at the same time. `--test-threads` overrides it. A test spends most
/// of its time in waits during which the server must send nothing (the `..` records of
/// transcripts), so this is more than the number of cores.
const THREADS: usize = 16;

/// The maximum number of servers at the same time. It is so large that the waits during which a
/// server must send nothing overlap for different servers. It is so small that all servers can
/// check a password at the same time without delaying a client for seconds.
const SERVERS: usize = 32;

/// The time limit for a record of a transcript that the server must send.
/// docs/protocol/transcripts/README.md says 5 s, for a server on a machine of its own. The servers
/// of these tests share busy cores, so they get more time.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let runtime = Arc::new(Runtime::new().unwrap());
    let servers = Arc::new(OwnServers::new());
    let files = transcripts(&folder()).unwrap();
    let mut trials =
        vec![Trial::test("a_file_that_is_not_played_exists_and_has_a_static_line", check_files_that_are_not_played)];
    trials.extend(files.into_iter().filter(|file| !is_on_the_list(file)).map(|file| trial(file, &runtime, &servers)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts")
}

fn is_on_the_list(file: &Path) -> bool {
    NOT_PLAYED.iter().any(|(name, _)| file.file_stem().is_some_and(|stem| stem == *name))
}

/// Fails if a file in [`NOT_PLAYED`] does not exist, or has no `!static` line.
fn check_files_that_are_not_played() -> Result<(), Failed> {
    for (name, reason) in NOT_PLAYED {
        let script = Script::read(&folder().join(format!("{name}.txt"))).map_err(|error| format!("{error:#}"))?;
        let said = script.unplayable().unwrap_or_default();
        if !said.starts_with("static:") {
            return Err(format!("{name} is not played ({reason}), but has no `!static` line: {said}").into());
        }
    }
    Ok(())
}

/// Returns the test of one file. Its name is the name of the file. The test also fails if the file
/// cannot be parsed.
fn trial(file: PathBuf, runtime: &Arc<Runtime>, servers: &Arc<OwnServers>) -> Trial {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let (runtime, servers) = (runtime.clone(), servers.clone());
    Trial::test(name, move || runtime.block_on(passes_at_every_pace(&file, &servers)))
}

/// Plays a file in three ways: unchanged, one byte at a time, and with all commands between two
/// waits in one segment. The server must send the same lines each time.
async fn passes_at_every_pace(file: &Path, servers: &Arc<OwnServers>) -> Result<(), Failed> {
    let script = Script::read(file).map_err(|error| format!("{error:#}"))?;
    let (whole, bytes, segment) = tokio::join!(
        play_all(&script, servers, Pace::Whole),
        play_all(&script, servers, Pace::OneByte),
        play_all(&script, servers, Pace::OneSegment)
    );
    let (whole, bytes, segment) = (whole?, bytes?, segment?);
    assert!(!whole.is_empty() && whole.len() == bytes.len() && whole.len() == segment.len());
    for ((whole, bytes), segment) in whole.iter().zip(&bytes).zip(&segment) {
        assert_eq!(said(whole), said(bytes), "{} byte by byte", whole.title());
        assert_eq!(said(whole), said(segment), "{} in one segment", whole.title());
    }
    Ok(())
}

/// Plays all parts of a transcript at one pace. The error lists every part that failed or was not
/// played.
async fn play_all(script: &Script, servers: &Arc<OwnServers>, pace: Pace) -> Result<Vec<PlayReport>, Failed> {
    let options = Options { pace, timeout: PATIENCE, ..Options::default() };
    let reports = play(servers.clone(), vec![script.clone()], &options).await;
    let faults: Vec<String> = reports.iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(reports) } else { Err(format!("{pace:?}:\n{}", faults.join("\n")).into()) }
}

/// Returns what went wrong when a part of a transcript was played, if anything.
fn fault(report: &PlayReport) -> Option<String> {
    match &report.outcome {
        Outcome::Passed => None,
        Outcome::Failed(failure) => Some(format!("{}\n{failure}", report.title())),
        Outcome::NotPlayed(reason) => Some(format!("{} was not played: {reason}", report.title())),
    }
}

/// Returns the lines that the server sent on each connection. Names replace the values that the
/// server chose.
fn said(report: &PlayReport) -> Vec<(&String, String)> {
    let text = |(name, bytes)| (name, String::from_utf8_lossy(bytes as &Vec<u8>).into_owned());
    report.masked_streams().iter().map(text).collect()
}

/// Starts one server for each part of a transcript that is played.
struct OwnServers {
    permits: Arc<Semaphore>,
    hashes: Arc<Hashes>,
}

impl OwnServers {
    fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(SERVERS)), hashes: Arc::default() }
    }
}

/// The hash of each password. It is computed once for all servers, because hashing is slow on
/// purpose and a thousand accounts share a handful of passwords.
#[derive(Default)]
struct Hashes(tokio::sync::Mutex<HashMap<String, String>>);

impl Hashes {
    async fn of(&self, password: &str, accounts: &Accounts) -> anyhow::Result<String> {
        let mut known = self.0.lock().await;
        if let Some(hash) = known.get(password) {
            return Ok(hash.clone());
        }
        let hash = accounts.hash(&Origin::new(Ipv4Addr::LOCALHOST.into(), ""), password).await?;
        known.insert(password.to_owned(), hash.clone());
        Ok(hash)
    }
}

/// A server on which one part of a transcript is played.
struct Running {
    endpoints: Endpoints,
    /// The server. `None` after the server was stopped.
    server: Mutex<Option<Server>>,
    accounts: Accounts,
    hashes: Arc<Hashes>,
    _data: tempfile::TempDir,
    _permit: OwnedSemaphorePermit,
}

impl Target for OwnServers {
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn msnp_conformance::Server>, NotPlayable>> {
        Box::pin(async move {
            let permit = self.permits.clone().acquire_owned().await.map_err(|error| NotPlayable(error.to_string()))?;
            let data = tempfile::tempdir().map_err(|error| NotPlayable(error.to_string()))?;
            let config = config(data.path(), needs)?;
            let server = Server::start(config).await.map_err(|error| NotPlayable(format!("{error:#}")))?;
            let addresses = server.addresses();
            let endpoints = Endpoints {
                notification: addresses.notification.to_string(),
                switchboard: addresses.switchboard.to_string(),
                http: addresses.http.to_string(),
                dispatch: addresses.main("dispatch").map(|address| address.to_string()),
            };
            let accounts = server.accounts().clone();
            let server = Mutex::new(Some(server));
            let running: Box<dyn msnp_conformance::Server> = Box::new(Running {
                endpoints,
                server,
                accounts,
                hashes: self.hashes.clone(),
                _data: data,
                _permit: permit,
            });
            Ok(running)
        })
    }
}

/// Returns the settings of a server. The system chooses the ports. No network is exempt, so the
/// limits also apply to loopback.
fn config(data: &Path, needs: &Needs) -> Result<Config, NotPlayable> {
    let mut config = Config { data: data.to_owned(), ..Config::default() };
    let any = "127.0.0.1:0".parse().map_err(|_| NotPlayable("address".to_owned()))?;
    for listener in [&mut config.listen.notification, &mut config.listen.switchboard, &mut config.listen.http] {
        *listener = Some(any);
    }
    config.listen.dispatch = needs.dispatch.then_some(any);
    config.limits.exempt = Vec::new();
    for (key, value) in &needs.settings {
        match key.as_str() {
            "sb-idle" => config.limits.switchboard_idle = value.parse().unwrap(),
            "sign-in-seconds" => config.limits.sign_in_seconds = value.parse().unwrap(),
            "not-rst" => config.sign_in.not_rst = value == "true",
            "login-redirect" => config.sign_in.redirect = Some(value.clone()),
            "sign-in-failures-per-address" => config.limits.wrong_passwords_per_address = value.parse().unwrap(),
            other => return Err(NotPlayable(format!("the setting {other} is not supported"))),
        }
    }
    Ok(config)
}

impl msnp_conformance::Server for Running {
    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    fn create_account<'a>(
        &'a self,
        handle: &'a str,
        password: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let handle = msnp::Handle::parse(handle)?;
            let name = msnp::DisplayName::new(name).ok_or_else(|| anyhow::anyhow!("invalid display name: {name:?}"))?;
            let password_hash = self.hashes.of(password, &self.accounts).await?;
            self.accounts.import(&[NewAccount { handle, name, password_hash }]).await?;
            Ok(())
        })
    }

    fn stop(&self, minutes: u32) -> BoxFuture<'_, Result<(), NotPlayable>> {
        let server = self.server.lock().unwrap().take();
        Box::pin(async move {
            let server = server.ok_or_else(|| NotPlayable("the server is already stopped".to_owned()))?;
            // The server stops immediately after the warning. It does not wait until the minutes
            // have passed.
            server.service().warn(minutes);
            tokio::spawn(server.stop());
            Ok(())
        })
    }
}
