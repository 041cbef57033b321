//! `swallowtail serve`.

use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use msnp::Handle;
use swallowtail_base::return_free_memory;
use swallowtail_config::Config;
use swallowtail_messenger::operator::Announced;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::cli::lan;
use crate::cli::listen_flags::ListenFlags;
use crate::cli::output::say;
use crate::cli::source::Source;
use crate::cli::traced::Traced;
use crate::cli::welcome::{Screen, Start, welcome};
use crate::control::{self, Command, Control};
use crate::server::Server;

const MINUTE: Duration = Duration::from_secs(60);
/// The interval at which `serve` reports certificates that expire soon.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The interval at which `serve` returns free memory to the system.
const MEMORY_INTERVAL: Duration = Duration::from_secs(30);
/// The number of connections that must have ended before `serve` returns free memory again. Fewer
/// connections free too little: at 16 KiB for each connection, these free 4 MiB.
const MANY_ENDED: u64 = 256;

/// Flags of `serve`, which override the settings.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) source: Source,
    #[command(flatten)]
    listen: Traced<ListenFlags>,
}

impl ServeArgs {
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        Ok(self.source.load(self.listen.overrides())?.config)
    }
}

/// Runs a server until it is stopped. `file` is the configuration file.
pub(super) async fn run(config: Config, file: Option<&Path>) -> anyhow::Result<()> {
    let data = config.data.clone();
    control::check_path(&data)?;
    let mut signals = StopSignals::listen()?;
    let mut reload = signal(SignalKind::hangup()).context("cannot listen for signals")?;
    let has_helper = config.helper().is_some();
    let server = Server::start(config).await?;
    let mut control = Control::open(&data)?;
    // The count does not include the helper, because nobody can sign in to its account.
    let accounts = server.store().count_accounts().await?.saturating_sub(has_helper.into());
    let start = Start { addresses: server.addresses(), data: &data, file, accounts, reachable: &lan::addresses() };
    say(welcome(&start, &Screen::of_stdout()));
    tokio::select! {
        () = until_stop(&server, &mut control, &mut signals) => {}
        never = keep_certificates(&server, &mut reload) => match never {},
        never = return_memory(&server) => match never {},
    }
    say("Stopping. Press Ctrl-C again to stop immediately.");
    tokio::select! {
        () = server.stop() => {}
        () = signals.wait() => anyhow::bail!("stopped before all clients were notified"),
    }
    say("Stopped.");
    Ok(())
}

/// Carries out commands of the operator until the server must stop.
async fn until_stop(server: &Server, control: &mut Control, signals: &mut StopSignals) {
    let mut stop: Pin<Box<dyn Future<Output = ()> + Send + '_>> = Box::pin(std::future::pending());
    loop {
        let (command, done) = tokio::select! {
            request = control.next() => request,
            () = &mut stop => return,
            () = signals.wait() => return,
        };
        let mut report = String::new();
        match command {
            Command::Announce(text) => report = announced(&server.service().announce(&text)),
            Command::Move(address) => server.service().move_to(&address),
            Command::Changed(handle) => tokio::select! {
                () = server.service().account_changed(&handle) => {}
                () = signals.wait() => return,
            },
            // A later command replaces an earlier command, so an operator can move a stop to an
            // earlier or later time.
            Command::Stop(minutes) => {
                match minutes {
                    0 => {}
                    1 => say("Stopping in 1 minute. Ctrl-C stops now."),
                    more => say(format_args!("Stopping in {more} minutes. Ctrl-C stops now.")),
                }
                stop = Box::pin(count_down(server, minutes));
            }
        }
        // The `swallowtail` command that sent the request, such as `swallowtail stop`, may have
        // ended already.
        let _ = done.send(report);
    }
}

/// Returns the report of an announcement.
fn announced(Announced { sent, not_sent, unsupported }: &Announced) -> String {
    let clients = |count: usize| if count == 1 { "1 client".to_owned() } else { format!("{count} clients") };
    let mut report = format!("Sent to {}.", clients(*sent));
    if *not_sent > 0 {
        let handles: Vec<_> = unsupported.iter().map(Handle::as_str).collect();
        let more = if unsupported.len() < *not_sent { ", ..." } else { "" };
        let (clients, handles) = (clients(*not_sent), handles.join(", "));
        report += &format!(" Not sent to {clients} without support for alerts (MSNP8): {handles}{more}.");
    }
    report
}

/// Reloads the certificates at each SIGHUP. Looks for certificates that expire soon and reports
/// them. This happens at the start, once a day, and after each SIGHUP.
async fn keep_certificates(server: &Server, hangup: &mut Signal) -> Infallible {
    let mut day = interval(DAY);
    day.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = day.tick() => {}
            Some(()) = hangup.recv() => match server.reload_certificates() {
                Ok(()) => tracing::info!("reloaded the certificates"),
                Err(error) => {
                    tracing::error!("could not reload the certificates, so the old ones stay in use: {error:#}");
                }
            },
        }
        server.report_expiring_certificates();
    }
}

/// Returns free memory to the system whenever many connections have ended.
async fn return_memory(server: &Server) -> Infallible {
    let mut ticks = interval(MEMORY_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut returned = 0;
    loop {
        ticks.tick().await;
        let ended = server.ended_connections();
        if ended - returned < MANY_ENDED {
            continue;
        }
        returned = ended;
        let begun = Instant::now();
        // A panic has been logged already.
        let _ = spawn_blocking(return_free_memory).await;
        tracing::debug!(microseconds = begun.elapsed().as_micros(), ended, "returned free memory to the system");
    }
}

/// Warns clients immediately, and again when 5, 2 and 1 minutes are left (payloads.md section 11).
async fn count_down(server: &Server, minutes: u32) {
    for left in (1..=minutes).rev() {
        if left == minutes || matches!(left, 5 | 2 | 1) {
            server.service().warn(left);
        }
        tokio::time::sleep(MINUTE).await;
    }
}

/// The signals that stop the server: Ctrl-C and SIGTERM.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
