//! Defines every command with its arguments, and calls the module that carries it out.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use swallowtail_config::LogFormat;

use crate::cli::parse::parse_place;
use crate::cli::serve::ServeArgs;
use crate::cli::source::Source;
use crate::cli::{account, chat, client_setup, config, demo, doctor, invite, listen, operate, send, serve, store};

/// A self-hosted MSN Messenger service
#[derive(Debug, Parser)]
#[command(name = "swallowtail", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    ///
    /// No configuration file is required. By default, the server stores its data in ./swallowtail-data and accepts
    /// connections from this machine only. Ctrl-C or SIGTERM stops the server and signs clients out cleanly. SIGHUP
    /// reloads the certificates.
    ///
    /// The log goes to standard error. SWALLOWTAIL_LOG sets its level: error, warn, info, debug or trace [default: info].
    Serve(ServeArgs),
    /// Check or show the settings
    Config {
        #[command(flatten)]
        source: Source,
        #[command(subcommand)]
        command: config::ConfigCommand,
    },
    /// Create, list, change and remove accounts
    Account(AccountArgs),
    /// Create, list and remove invite codes, with which people create their own accounts
    Invite(InviteArgs),
    /// Check the database
    Store {
        #[command(flatten)]
        source: Source,
        #[command(subcommand)]
        command: store::StoreCommand,
    },
    /// Write the files and steps that connect a client to this server
    ///
    /// Writes a certificate, files that change the settings of Windows, and step-by-step instructions for one client
    /// program. The page /setup of a running server offers the same files.
    ClientSetup {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        args: client_setup::ClientSetupArgs,
    },
    /// Send an announcement to everyone who is signed in
    ///
    /// Clients that support alerts (6.0 and later) show the text.
    Announce {
        #[command(flatten)]
        source: Source,
        /// The text of the announcement
        text: String,
    },
    /// Stop a running server, with a warning to its clients
    ///
    /// Clients show how many minutes are left, immediately and again when 5, 2 and 1 minutes are
    /// left. When no time is left, the server signs all clients out. Most clients reconnect by
    /// themselves when the server is back.
    Stop {
        #[command(flatten)]
        source: Source,
        /// Minutes until the server stops; 0 stops it immediately
        #[arg(long = "in", value_name = "MINUTES", default_value_t = 0)]
        minutes: u32,
    },
    /// Move everyone who is signed in to another notification server
    Move {
        #[command(flatten)]
        source: Source,
        /// Address of the other server, HOST:PORT
        #[arg(value_parser = parse_place)]
        address: String,
    },
    /// Chat in this terminal
    ///
    /// Signs in and shows your contacts. F1 lists the keys and commands. Asks for your password.
    ///
    /// To try a server, run this command in two terminals, once for each account.
    Chat(chat::ChatArgs),
    /// Send one message
    ///
    /// Signs in, sends the text, and waits until it is delivered. The account's other sessions are signed out.
    ///
    /// Exit code: 0 if the message was delivered, 1 if it was not, or if that is unknown.
    Send(send::SendArgs),
    /// Print what happens to an account
    ///
    /// Signs in and prints messages, presence and other events, one line each, until Ctrl-C. After
    /// a lost connection, it signs in again by itself. The account's other sessions are signed out.
    Listen(listen::ListenArgs),
    /// Find out why clients cannot sign in
    ///
    /// Checks everything that a sign-in depends on, in order: names, ports, certificates, sign-in, switchboard,
    /// gateway, proxy. If a check fails, the doctor prints the cause, the code that a client shows, and what to do.
    /// Without --host, the doctor checks the server in the settings, which must be running.
    ///
    /// Exit code: 0 if no check is red, 1 if a check is red, 2 if no check could run.
    Doctor(doctor::DoctorArgs),
    /// Show two clients signing in and chatting
    ///
    /// Starts a server on free ports with a temporary data directory. Two clients sign in over real sockets, add each
    /// other and chat. Every line that they send and receive is printed. The demo fails if a client does not receive an
    /// expected line.
    Demo,
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

impl Cli {
    /// Carries out the command.
    ///
    /// # Errors
    /// Returns one sentence that names the cause.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(args) => serve::run(args.config()?, args.source.file()).await?,
            Command::Config { source, command } => config::run(&command, &source)?,
            Command::Account(args) => account::run(args.command, &args.source.config()?).await?,
            Command::Invite(args) => invite::run(args.command, &args.source.config()?.data).await?,
            Command::Store { source, command } => return store::run(&command, &source.config()?.data).await,
            Command::ClientSetup { source, args } => client_setup::run(&args, &source.config()?).await?,
            Command::Announce { source, text } => operate::announce(&source, &text)?,
            Command::Stop { source, minutes } => operate::stop(&source, minutes)?,
            Command::Move { source, address } => operate::move_to(&source, address)?,
            Command::Chat(args) => chat::run(args).await?,
            Command::Send(args) => send::run(args).await?,
            Command::Listen(args) => listen::run(args).await?,
            Command::Doctor(args) => return Ok(doctor::run(args).await),
            Command::Demo => demo::run().await?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Returns the format of the log. If the settings are invalid, returns the default format,
    /// because the command itself reports the invalid settings.
    #[must_use]
    pub fn log_format(&self) -> LogFormat {
        match &self.command {
            Command::Serve(args) => args.config().map(|config| config.log.format).unwrap_or_default(),
            _ => LogFormat::Text,
        }
    }

    /// Returns the log level that applies unless `SWALLOWTAIL_LOG` is set.
    #[must_use]
    pub const fn default_log(&self) -> &'static str {
        match self.command {
            Command::Serve(_) => "info",
            _ => "warn",
        }
    }
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
