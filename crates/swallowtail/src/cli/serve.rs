//! `swallowtail serve`.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use swallowtail_base::shell_quoted;
use swallowtail_config::{Config, MAIN};
use swallowtail_site::listeners::Addresses;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::output::say;
use crate::cli::parse::parse_address;
use crate::cli::source::Source;
use crate::control::{self, Command, Control};
use crate::server::Server;

const MINUTE: Duration = Duration::from_secs(60);

/// Flags of `serve`, which override the settings.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) source: Source,
    /// Address of the notification server, which clients dial first; port 0 takes a free one [default: 127.0.0.1:1863]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_NOTIFICATION", value_parser = parse_address)]
    notification: Option<SocketAddr>,
    /// Address of the switchboard, where conversations are [default: 127.0.0.1:1864]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_SWITCHBOARD", value_parser = parse_address)]
    switchboard: Option<SocketAddr>,
    /// Address of the sign-in service over plain HTTP [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_HTTP", value_parser = parse_address)]
    http: Option<SocketAddr>,
    /// Address of a dispatch server, which sends clients on to the notification server [default: none]
    #[arg(long, value_name = "ADDR", env = "SWALLOWTAIL_DISPATCH", value_parser = parse_address)]
    dispatch: Option<SocketAddr>,
}

impl ServeArgs {
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config = self.source.config()?;
        let listen = &mut config.listen;
        listen.notification = self.notification.or(listen.notification);
        listen.switchboard = self.switchboard.or(listen.switchboard);
        listen.http = self.http.or(listen.http);
        listen.dispatch = self.dispatch.or(listen.dispatch);
        Ok(config)
    }
}

/// Runs a server until it is told to stop. `file` is where the settings are from.
pub(super) async fn run(config: Config, file: Option<&Path>) -> anyhow::Result<()> {
    let data = config.data.clone();
    control::check_path(&data)?;
    let mut signals = StopSignals::listen()?;
    let mut reload = signal(SignalKind::hangup()).context("cannot listen for signals")?;
    let server = Server::start(config).await?;
    let mut control = Control::open(&data)?;
    let accounts = server.store().count_accounts().await?;
    say(welcome(server.addresses(), &data, file, accounts));
    tokio::select! {
        () = until_stop(&server, &mut control, &mut signals) => {}
        never = reload_certificates(&server, &mut reload) => match never {},
    }
    say("Stopping. Ctrl-C again stops at once.");
    tokio::select! {
        () = server.stop() => {}
        () = signals.wait() => anyhow::bail!("stopped before everybody was told"),
    }
    say("Stopped.");
    Ok(())
}

/// Does what the operator says, until that is to stop.
async fn until_stop(server: &Server, control: &mut Control, signals: &mut StopSignals) {
    let mut stop: Pin<Box<dyn Future<Output = ()> + Send + '_>> = Box::pin(std::future::pending());
    loop {
        let (command, done) = tokio::select! {
            request = control.next() => request,
            () = &mut stop => return,
            () = signals.wait() => return,
        };
        match command {
            Command::Announce(text) => server.service().announce(&text),
            Command::Move(address) => server.service().move_to(&address),
            Command::Changed(handle) => tokio::select! {
                () = server.service().account_changed(&handle) => {}
                () = signals.wait() => return,
            },
            // The last word counts: a stop can be put off and hastened.
            Command::Stop(minutes) => {
                match minutes {
                    0 => {}
                    1 => say("Stopping in 1 minute. Ctrl-C stops now."),
                    more => say(format_args!("Stopping in {more} minutes. Ctrl-C stops now.")),
                }
                stop = Box::pin(count_down(server, minutes));
            }
        }
        // Who asked may have gone meanwhile.
        let _ = done.send(());
    }
}

/// At each SIGHUP.
async fn reload_certificates(server: &Server, hangup: &mut Signal) -> Infallible {
    loop {
        if hangup.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        match server.reload_certificates() {
            Ok(()) => tracing::info!("the certificates are read again"),
            Err(error) => tracing::error!("the certificates stay as they are: {error:#}"),
        }
    }
}

/// Warns at once, and again when 5, 2 and 1 minutes are left (payloads.md section 11).
async fn count_down(server: &Server, minutes: u32) {
    for left in (1..=minutes).rev() {
        if left == minutes || matches!(left, 5 | 2 | 1) {
            server.service().warn(left);
        }
        tokio::time::sleep(MINUTE).await;
    }
}

/// What an operator wants to know at the start. `file` has the settings.
fn welcome(addresses: &Addresses, data: &Path, file: Option<&Path>, accounts: u64) -> String {
    let program = std::env::args_os().next().unwrap_or_else(|| "swallowtail".into());
    let program = shell_quoted(Path::new(&program));
    let data_flag = format!("--data {}", shell_quoted(data));
    let mut text = format!("Swallowtail {} is running.\n\n", env!("CARGO_PKG_VERSION"));
    let told = told(addresses);
    let width = told.iter().map(|(name, _)| name.len()).max().unwrap_or_default().max("data directory".len());
    for (name, address) in told {
        text += &format!("  {name:<width$}  {address}\n");
    }
    text += &format!("  {:<width$}  {}\n\n", "data directory", data.display());
    text += &match accounts {
        0 => "There are no accounts yet. ".to_owned(),
        1 => "There is 1 account. ".to_owned(),
        more => format!("There are {more} accounts. "),
    };
    let site = site(addresses.http);
    text += &format!("In a browser:\n  {site}/signup  to make one\n  {site}/setup   to set a client up\n");
    if accounts == 0 {
        text += &format!("Or here:\n  {program} account add alice@example.com {data_flag}\n");
    }
    let flags = ["notification", "switchboard", "http", "dispatch"];
    let all = flags.into_iter().filter_map(|flag| Some((flag, addresses.main(flag)?)));
    let (local, reachable): (Vec<_>, Vec<_>) = all.partition(|(_, address)| address.ip().is_loopback());
    let is_public = addresses.all.values().any(|address| !address.ip().is_loopback());
    if !local.is_empty() {
        let names: Vec<_> = local.iter().map(|(name, _)| *name).collect();
        let what = if is_public { names.join(", ") } else { "it".to_owned() };
        text += &format!("\nOnly this machine can reach {what}. For others, listen on all addresses of the machine:\n");
        text += &format!("  {program} serve {data_flag}");
        if let Some(file) = file {
            text += &format!(" --config {}", shell_quoted(file));
        }
        for (name, address) in local
            .iter()
            .map(|(name, address)| (name, everywhere(*address)))
            .chain(reachable.iter().map(|(name, address)| (name, *address)))
        {
            text += &format!(" --{name} {address}");
        }
        text += "\n";
    }
    if is_public {
        text += "\nNothing is encrypted but what comes over TLS, and chats of old clients never do: run it in networks that you trust \
                 (SECURITY.md).\n";
    }
    text += "\nCtrl-C stops it.";
    text
}

/// Where a browser finds the pages. For a listener on every address that is the one by which this machine reaches
/// others.
fn site(http: SocketAddr) -> String {
    let mut address = http;
    if address.ip().is_unspecified() {
        address.set_ip(own_address().unwrap_or_else(|| Ipv4Addr::LOCALHOST.into()));
    }
    format!("http://{address}")
}

/// Nothing is sent: the system only says which of its addresses it would send from.
fn own_address() -> Option<IpAddr> {
    const ANYWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ANYWHERE).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// Every listener, in words, with its address.
fn told(addresses: &Addresses) -> Vec<(String, String)> {
    const WORDS: [(&str, &str); 7] = [
        ("notification", "notification server"),
        ("switchboard", "switchboard"),
        ("http", "sign-in service"),
        ("https", "sign-in over TLS"),
        ("dispatch", "dispatch server"),
        ("notification_tls", "notification, TLS"),
        ("switchboard_tls", "switchboard, TLS"),
    ];
    let mut networks: Vec<_> = addresses.all.keys().map(|(network, _)| network.as_str()).collect();
    networks.dedup();
    // The main one first, and by no name.
    networks.sort_by_key(|name| *name != MAIN);
    let mut told = Vec::new();
    for network in networks {
        for (key, word) in WORDS {
            let Some(address) = addresses.of(network, key) else { continue };
            let name = if network == MAIN { word.to_owned() } else { format!("{network}: {word}") };
            told.push((name, if key.starts_with("http") { format!("{key}://{address}") } else { address.to_string() }));
        }
    }
    told
}

fn everywhere(address: SocketAddr) -> SocketAddr {
    let all = if address.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
    SocketAddr::new(all, address.port())
}

/// Ctrl-C and SIGTERM.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(notification: &str, others: &str) -> Addresses {
        let parse = |text: &str| text.parse().unwrap();
        let (notification, others) = (parse(notification), parse(others));
        let all = [("notification", notification), ("switchboard", others), ("http", others)];
        Addresses::new(all.into_iter().map(|(key, address)| ((MAIN.to_owned(), key), address)).collect())
    }

    #[test]
    fn who_cannot_reach_it_is_said_with_a_command_that_changes_it() {
        let local = addresses("127.0.0.1:1863", "[::1]:7");
        let text = welcome(&local, Path::new("my data"), Some(Path::new("it's.toml")), 1);
        assert!(text.contains("Only this machine can reach it."), "{text}");
        let flags = "--data 'my data' --config 'it'\\''s.toml' --notification 0.0.0.0:1863 --switchboard [::]:7 --http [::]:7\n";
        assert!(text.contains(flags), "{text}");
        assert!(!text.contains("encrypted"), "{text}");
    }

    #[test]
    fn a_listener_that_alone_is_local_is_named() {
        let text = welcome(&addresses("127.0.0.1:1863", "192.0.2.1:7"), Path::new("data"), None, 0);
        assert!(text.contains("Only this machine can reach notification."), "{text}");
        assert!(text.contains("--notification 0.0.0.0:1863 --switchboard 192.0.2.1:7"), "{text}");
        assert!(text.contains("encrypted"), "{text}");
        let text = welcome(&addresses("0.0.0.0:1863", "0.0.0.0:7"), Path::new("data"), None, 0);
        assert!(!text.contains("Only this machine"), "{text}");
    }
}
