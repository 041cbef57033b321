//! The server and the password of the commands that sign in: `chat`, `send` and `listen`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use msnp::Handle;
use msnp_client::{Account, Server};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::prompt;
use super::source::Source;

/// The time limit for finding out whether the server runs.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The server to sign in to, and the source of the password.
#[derive(Debug, Args)]
pub(super) struct ConnectArgs {
    #[command(flatten)]
    source: Source,
    /// Sign in to this server, by name or address, instead of the one in the settings
    #[arg(long)]
    host: Option<String>,
    /// Address of the notification server, HOST:PORT [default: from the settings]
    #[arg(long, value_name = "ADDR")]
    notification: Option<String>,
    /// Address of the sign-in service, HOST:PORT for plain HTTP, or https://HOST [default: from the settings]
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,
    /// Connect through the HTTP gateway, for networks that only allow HTTP
    #[arg(long)]
    gateway: bool,
    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl ConnectArgs {
    /// Returns the server to sign in to. Without `--host`, this is the server in the settings, and
    /// the method fails if that server is not running. The commands call this method before they
    /// ask for a password, so nobody types a password for a server that is not running.
    pub(super) async fn server(&self) -> anyhow::Result<Server> {
        let mut server = match &self.host {
            Some(host) => {
                let mut server = Server::at(host);
                if let Some(notification) = &self.notification {
                    server = server.notification(notification);
                }
                if let Some(http) = &self.http {
                    server = server.http(base(http));
                }
                server
            }
            None => self.server_of_settings().await?,
        };
        if self.gateway {
            server = server.gateway();
        }
        Ok(server)
    }

    async fn server_of_settings(&self) -> anyhow::Result<Server> {
        let listen = self.source.config()?.listen;
        let notification = place(self.notification.as_ref(), listen.notification, "listen.notification")?;
        let http = place(self.http.as_ref(), listen.http, "listen.http")?;
        for address in [&http, &notification] {
            let is_url = address.contains("://");
            let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(address));
            if !is_url && !matches!(connected.await, Ok(Ok(_))) {
                bail!(
                    "could not connect to {address}; if the server is not running, start it with `swallowtail serve`; to \
                     sign in to another server, pass --host"
                );
            }
        }
        let host = notification.rsplit_once(':').map_or(notification.as_str(), |(host, _)| host);
        Ok(Server::at(host).notification(&notification).http(base(&http)))
    }

    /// Returns the account with its password. If there is a password file, its first line is the
    /// password. Otherwise the password is the first line of standard input, or the user is asked
    /// for it.
    pub(super) fn account(&self, handle: &Handle, from_stdin: bool) -> anyhow::Result<Account> {
        let password = match &self.password_file {
            Some(file) => {
                let opened = std::fs::File::open(file).with_context(|| format!("could not open {}", file.display()))?;
                prompt::read_line(std::io::BufReader::new(opened))
                    .with_context(|| format!("could not use {}", file.display()))?
            }
            None => prompt::password(handle, from_stdin)?,
        };
        Ok(Account::new(handle.as_str(), &password)?)
    }
}

/// Returns the address that was given on the command line. If there is none, returns the address of
/// the listener in the settings. `key` names the setting of the listener.
fn place(given: Option<&String>, listener: Option<SocketAddr>, key: &str) -> anyhow::Result<String> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    let unset = || format!("{key} is not set; pass --host, or --notification and --http");
    let mut address = listener.with_context(unset)?;
    if address.ip().is_unspecified() {
        // A server that listens on all addresses is reachable on loopback.
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(address.to_string())
}

/// Returns the base address of the HTTP services.
fn base(http: &str) -> String {
    if http.contains("://") { http.to_owned() } else { format!("http://{http}") }
}
