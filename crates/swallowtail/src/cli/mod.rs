//! The command line.

pub mod account;
mod chat;
mod client_setup;
mod demo;
mod doctor;
pub mod invite;
mod serve;

use std::fmt::Display;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use msnp::Handle;

use crate::control;
use swallowtail_config::host_port;
use swallowtail_config::{Config, is_host_and_port};
use swallowtail_site::tls::Tls;

/// A self-hosted MSN Messenger service
#[derive(Debug, Parser)]
#[command(name = "swallowtail", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service
    ///
    /// Starts without any settings: it keeps its data in ./swallowtail-data and listens on loopback, where only this machine
    /// can reach it. Ctrl-C or SIGTERM stops it; everybody who is signed in is told. SIGHUP has it read its certificates again.
    ///
    /// It logs to standard error what SWALLOWTAIL_LOG says: error, warn, info, debug or trace [default: info].
    Serve(ServeArgs),
    /// Look at the settings
    Config {
        #[command(flatten)]
        source: Source,
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Make, list, change and remove accounts
    Account(AccountArgs),
    /// Make, list and remove the codes with which people make accounts themselves
    Invite(InviteArgs),
    /// Write what a user needs to bring a client here
    ///
    /// Files for the settings of Windows, a certificate, and steps in plain words, for one client program and this server. The page /setup of a
    /// running server offers the same.
    ClientSetup {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        args: client_setup::ClientSetupArgs,
    },
    /// Tell everybody who is signed in something
    ///
    /// Shows a text as an alert in the clients that know alerts (6.0 and later).
    Announce {
        #[command(flatten)]
        source: Source,
        /// What to say
        text: String,
    },
    /// Stop a running service, with a warning
    ///
    /// Clients show how many minutes are left, are told again when 5, 2 and 1 are, and then sign out and come back by themselves.
    Stop {
        #[command(flatten)]
        source: Source,
        /// Minutes from now; 0 stops at once
        #[arg(long = "in", value_name = "MINUTES", default_value_t = 0)]
        minutes: u32,
    },
    /// Send everybody who is signed in to another notification server
    Move {
        #[command(flatten)]
        source: Source,
        /// Where they are to go, HOST:PORT
        #[arg(value_parser = parse_place)]
        address: String,
    },
    /// Talk to somebody, from this terminal
    ///
    /// Signs in, adds the other account as a contact, and passes on what is typed, a line at a time. It asks for the password. Two of these in two
    /// terminals are a chat.
    Chat {
        #[command(flatten)]
        source: Source,
        /// Who you are: the address of your account
        #[arg(value_parser = account::parse_handle)]
        me: Handle,
        /// Whom you talk to
        #[arg(value_parser = account::parse_handle)]
        other: Handle,
        /// Where the notification server is, HOST:PORT [default: as in the settings]
        #[arg(long, value_name = "ADDR")]
        notification: Option<String>,
        /// Where the sign-in service is, HOST:PORT, over plain HTTP [default: as in the settings]
        #[arg(long, value_name = "ADDR")]
        http: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Find out what keeps clients from signing in
    ///
    /// Goes a client's way through a server, hop by hop: names, ports, certificate, sign-in, switchboard, gateway, proxy. Says of each
    /// whether it is as it should be; if not, the cause, the code that a client shows, and what to do. Without --host it looks at the
    /// server of the settings, which should run.
    ///
    /// Exit code: 0 when nothing is red, 1 when something is, 2 when nothing could be looked at.
    Doctor(doctor::DoctorArgs),
    /// Show two clients signing in and talking
    ///
    /// Starts a service on free ports with a temporary directory, signs two clients in over real sockets, has them add each
    /// other and talk, and shows what goes over the wire. Succeeds only if every step was really seen.
    Demo,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say whether a file with settings is good, without starting anything
    ///
    /// Reads the file of --config and the certificates that it names. What is wrong is said with its line, and the command fails.
    Check,
}

/// Where the settings come from.
#[derive(Debug, Args)]
struct Source {
    /// Directory of the database; made if it is not there [default: swallowtail-data]
    #[arg(long, global = true, value_name = "DIR", env = "SWALLOWTAIL_DATA")]
    data: Option<PathBuf>,
    /// File with settings (TOML); flags go before it. swallowtail.example.toml has them all
    #[arg(long, global = true, value_name = "FILE", env = "SWALLOWTAIL_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    source: Source,
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

#[derive(Debug, Args)]
struct AccountArgs {
    #[command(flatten)]
    source: Source,
    #[command(subcommand)]
    command: account::AccountCommand,
}

#[derive(Debug, Args)]
struct InviteArgs {
    #[command(flatten)]
    source: Source,
    #[command(subcommand)]
    command: invite::InviteCommand,
}

impl Source {
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(file) => Config::read(file)?,
            None => Config::default(),
        };
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

impl ServeArgs {
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = self.source.config()?;
        let listen = &mut config.listen;
        listen.notification = self.notification.or(listen.notification);
        listen.switchboard = self.switchboard.or(listen.switchboard);
        listen.http = self.http.or(listen.http);
        listen.dispatch = self.dispatch.or(listen.dispatch);
        Ok(config)
    }
}

/// Where clients can be sent.
fn parse_place(text: &str) -> Result<String, String> {
    let good = is_host_and_port(text) && host_port::split(text).is_some_and(|(_, port)| port.is_some());
    good.then(|| text.to_owned())
        .ok_or_else(|| "it must be a host and a port, such as chat.example.com:1863".to_owned())
}

/// An address to listen on.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "it must be an IP address and a port; 0.0.0.0:8080 is port 8080 of every address".to_owned())
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(args) => serve::run(args.config()?, args.source.config.as_deref()).await?,
            Command::Config { source, command: ConfigCommand::Check } => check(&source)?,
            Command::Account(args) => account::run(args.command, &args.source.config()?.data).await?,
            Command::Invite(args) => invite::run(args.command, &args.source.config()?.data).await?,
            Command::ClientSetup { source, args } => client_setup::run(&args, &source.config()?)?,
            Command::Announce { source, text } => {
                // One line, whatever the shell made of it.
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                anyhow::ensure!(!text.is_empty(), "there is nothing to tell: the text is empty");
                tell(&source, &control::Command::Announce(text))?;
                say("Everybody who is signed in was told.");
            }
            Command::Stop { source, minutes } => {
                tell(&source, &control::Command::Stop(minutes))?;
                say(if minutes == 0 { "The server stops." } else { "Everybody who is signed in was warned." });
            }
            Command::Move { source, address } => {
                tell(&source, &control::Command::Move(address))?;
                say("Everybody who is signed in was sent there.");
            }
            Command::Chat { source, me, other, notification, http, password_stdin } => {
                let listen = source.config()?.listen;
                let servers = chat::Servers {
                    notification: find(notification, listen.notification).await?,
                    http: find(http, listen.http).await?,
                };
                chat::look_for(&servers, &me, &other).await?;
                let password = account::prompt::password(&me, password_stdin)?;
                chat::run(&servers, me, &password, other).await?;
            }
            Command::Doctor(args) => return Ok(doctor::run(args).await),
            Command::Demo => demo::run().await?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What is logged unless `SWALLOWTAIL_LOG` says otherwise.
    #[must_use]
    pub const fn default_log(&self) -> &'static str {
        match self.command {
            Command::Serve(_) => "info",
            _ => "warn",
        }
    }
}

/// The address that was named, or the one to dial for a listener of these settings.
async fn find(named: Option<String>, listener: Option<SocketAddr>) -> anyhow::Result<SocketAddr> {
    let Some(named) = named else {
        let mut address = listener.context("no server is set")?;
        if address.ip().is_unspecified() {
            // It listens everywhere, so here too.
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        return Ok(address);
    };
    let mut found = tokio::net::lookup_host(&named).await.with_context(|| format!("{named} cannot be found"))?;
    found.next().with_context(|| format!("{named} has no address"))
}

/// Whether a server could start with these settings.
fn check(source: &Source) -> anyhow::Result<()> {
    let config = source.config()?;
    // The root of our own is made at the start: nothing is started here.
    Tls::open(&config.tls, None)?;
    match &source.config {
        Some(file) => say(format_args!("{} is good.", file.display())),
        None => say("No file was named with --config: the settings are the defaults."),
    }
    Ok(())
}

/// Tells the server that runs on the data directory.
fn tell(source: &Source, command: &control::Command) -> anyhow::Result<()> {
    let data = source.config()?.data;
    let running = control::tell(&data, command)?;
    anyhow::ensure!(running, "no server runs on the data directory {}", data.display());
    Ok(())
}

/// Prints a line. A reader that has seen enough, as `head`, is no reason to fail.
fn say(text: impl Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
