//! The golden conversations of docs/protocol/transcripts, played over real sockets against a server in this process.

#![allow(clippy::unwrap_used, reason = "a failure is what a test is for")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use msnp_conformance::{
    BoxFuture, Endpoints, Needs, NotPlayable, Options, Outcome, Pace, PlayReport, Script, Target, play,
};
use swallowtail::server::Server;
use swallowtail_config::Config;
use swallowtail_store::accounts::Accounts;

/// What is played. The other files are samples.
const FILES: &[&str] = &[
    "contact-add-msnp12",
    "contact-block-remove-msnp12",
    "dialect-change",
    "dispatch-by-dialect",
    "gateway-http",
    "groups-by-dialect",
    "groups-msnp12",
    "lists-msnp10-msnp11",
    "lists-msnp8-msnp9",
    "lists-msnp9-with-msnp12",
    "msnp10-signin",
    "msnp11-signin",
    "msnp12-signin",
    "msnp8-signin",
    "msnp8-with-msnp12",
    "msnp9-signin",
    "name-psm-msnp12",
    "names-by-dialect",
    "ns-errors-msnp12",
    "passport14-http",
    "presence-by-dialect",
    "presence-msnp12",
    "quirks",
    "refusals-by-dialect",
    "rst-soap-http",
    "sb-chat-msnp12",
    "sb-dialects",
    "sb-errors",
    "sb-msnp8-to-msnp11",
    "sb-multiparty",
    "second-signin-msnp12",
    "services-by-dialect",
];

/// Starts one server for each part that is played.
struct OwnServer;

struct Running {
    endpoints: Endpoints,
    /// Taken when it is stopped.
    server: Mutex<Option<Server>>,
    accounts: Accounts,
    _data: tempfile::TempDir,
}

impl Target for OwnServer {
    fn open<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<Box<dyn msnp_conformance::Server>, NotPlayable>> {
        Box::pin(async move {
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
            let running: Box<dyn msnp_conformance::Server> =
                Box::new(Running { endpoints, server, accounts, _data: data });
            Ok(running)
        })
    }
}

/// Ports chosen by the system; no network is exempt, so that the limits hold for loopback too.
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
            other => return Err(NotPlayable(format!("the setting {other} is not built"))),
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
            let name = msnp::DisplayName::new(name).ok_or_else(|| anyhow::anyhow!("not a display name: {name:?}"))?;
            self.accounts.create(handle, name, password).await?;
            Ok(())
        })
    }

    fn stop(&self, minutes: u32) -> BoxFuture<'_, Result<(), NotPlayable>> {
        let server = self.server.lock().unwrap().take();
        Box::pin(async move {
            let server = server.ok_or_else(|| NotPlayable("it is stopped already".to_owned()))?;
            // The minutes are not waited for.
            server.service().warn(minutes);
            tokio::spawn(server.stop());
            Ok(())
        })
    }
}

fn scripts() -> Vec<Script> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts");
    let read = |name: &&str| {
        let file = format!("{name}.txt");
        let text = std::fs::read_to_string(folder.join(&file)).unwrap();
        Script::parse(&file, &text).unwrap()
    };
    FILES.iter().map(read).collect()
}

async fn play_all(pace: Pace) -> Vec<PlayReport> {
    let options = Options { pace, ..Options::default() };
    let reports = play(Arc::new(OwnServer), scripts(), &options).await;
    for report in &reports {
        println!("{report}");
        match &report.outcome {
            Outcome::Passed => {}
            Outcome::Failed(failure) => panic!("{}\n{failure}", report.title()),
            Outcome::NotPlayed(reason) => panic!("{} was not played: {reason}", report.title()),
        }
    }
    reports
}

/// Also: the commands between two waits, sent one byte at a time and in one segment, give the same bytes back.
#[tokio::test(flavor = "multi_thread")]
async fn every_transcript_passes_however_its_bytes_are_cut() {
    let (whole, bytes, segment) =
        tokio::join!(play_all(Pace::Whole), play_all(Pace::OneByte), play_all(Pace::OneSegment));
    assert!(whole.len() > FILES.len() && whole.len() == bytes.len() && whole.len() == segment.len());
    for ((whole, bytes), segment) in whole.iter().zip(&bytes).zip(&segment) {
        assert_eq!(said(whole), said(bytes), "{} byte by byte", whole.title());
        assert_eq!(said(whole), said(segment), "{} in one segment", whole.title());
    }
}

/// What the server said to each connection, with names in place of what it chose.
fn said(report: &PlayReport) -> Vec<(&String, String)> {
    let text = |(name, bytes)| (name, String::from_utf8_lossy(bytes as &Vec<u8>).into_owned());
    report.masked_streams().iter().map(text).collect()
}
