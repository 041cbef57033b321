//! `swallowtail serve`.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;

use super::say;
use crate::config::Config;
use crate::control::{Command, Control};
use crate::server::Server;

const MINUTE: Duration = Duration::from_secs(60);

/// Runs a server until it is told to stop.
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let data = config.data.clone();
    let mut signals = StopSignals::listen()?;
    let server = Server::start(config).await?;
    let mut control = Control::open(&data)?;
    let accounts = server.service().store.count_accounts().await?;
    say(welcome(&server, &data.display().to_string(), accounts));
    until_stop(&server, &mut control, &mut signals).await;
    say("Stopping. Once more stops at once.");
    tokio::select! {
        () = server.stop() => {}
        () = signals.wait() => anyhow::bail!("stopped before everybody was told"),
    }
    say("Stopped.");
    Ok(())
}

/// Does what the operator says, until that is to stop.
async fn until_stop(server: &Server, control: &mut Control, signals: &mut StopSignals) {
    loop {
        let command = tokio::select! {
            command = control.next() => command,
            () = signals.wait() => return,
        };
        match command {
            Command::Announce(text) => server.announce(&text),
            Command::Move(address) => server.move_to(&address),
            Command::Changed(handle) => server.account_changed(&handle).await,
            Command::Stop(minutes) => {
                say(format_args!("Stopping in {minutes} minutes. Ctrl-C stops now."));
                tokio::select! {
                    () = count_down(server, minutes) => {}
                    () = signals.wait() => {}
                }
                return;
            }
        }
    }
}

/// Warns at once, and again when 5, 2 and 1 minutes are left (payloads.md section 11).
async fn count_down(server: &Server, minutes: u32) {
    for left in (1..=minutes).rev() {
        if left == minutes || matches!(left, 5 | 2 | 1) {
            server.warn(left);
        }
        tokio::time::sleep(MINUTE).await;
    }
}

/// What an operator wants to know at the start.
fn welcome(server: &Server, data: &str, accounts: u64) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "swallowtail".to_owned());
    let addresses = server.addresses();
    let mut text = format!(
        "Swallowtail {} is running.\n\n  notification server  {}\n  switchboard          {}\n  sign-in pages        http://{}\n",
        env!("CARGO_PKG_VERSION"),
        addresses.notification,
        addresses.switchboard,
        addresses.http,
    );
    if let Some(dispatch) = addresses.dispatch {
        text += &format!("  dispatch server      {dispatch}\n");
    }
    text += &format!("  data directory       {data}\n\n");
    text += &match accounts {
        0 => "There are no accounts yet. To make one:\n".to_owned(),
        1 => "There is 1 account. To make another one:\n".to_owned(),
        more => format!("There are {more} accounts. To make another one:\n"),
    };
    text += &format!("  {program} account --data {data} add alice@example.com\n");
    let all = [addresses.notification, addresses.switchboard, addresses.http];
    if all.iter().any(|address| address.ip().is_loopback()) {
        text +=
            "\nOnly this machine can reach it. For others, listen on an address of your network, or on all of them:\n";
        text += &format!(
            "  {program} serve --data {data} --notification {} --switchboard {} --http {}\n",
            everywhere(addresses.notification),
            everywhere(addresses.switchboard),
            everywhere(addresses.http),
        );
    }
    text += "\nCtrl-C stops it.";
    text
}

fn everywhere(address: SocketAddr) -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], address.port()))
}

/// Ctrl-C and SIGTERM.
struct StopSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl StopSignals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                .context("cannot listen for SIGTERM")?,
        })
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
