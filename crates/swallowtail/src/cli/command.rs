//! Every command with its arguments, and which file carries it out.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use msnp::Handle;

use crate::cli::parse::{parse_handle, parse_place};
use crate::cli::serve::ServeArgs;
use crate::cli::source::Source;
use crate::cli::{account, chat, client_setup, config, demo, doctor, invite, operate, prompt, serve, store};

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
    /// Starts without any settings: it keeps its data in ./swallowtail-data and listens on loopback, where only this
    /// machine can reach it. Ctrl-C or SIGTERM stops it; everybody who is signed in is told. SIGHUP has it read its
    /// certificates again.
    ///
    /// It logs to standard error what SWALLOWTAIL_LOG says: error, warn, info, debug or trace [default: info].
    Serve(ServeArgs),
    /// Look at the settings
    Config {
        #[command(flatten)]
        source: Source,
        #[command(subcommand)]
        command: config::ConfigCommand,
    },
    /// Create, list, change and remove accounts
    Account(AccountArgs),
    /// Create, list and remove the codes with which people create their own accounts
    Invite(InviteArgs),
    /// Check the database
    Store {
        #[command(flatten)]
        source: Source,
        #[command(subcommand)]
        command: store::StoreCommand,
    },
    /// Write what a user needs to bring a client here
    ///
    /// Files for the settings of Windows, a certificate, and steps in plain words, for one client program and this
    /// server. The page /setup of a running server offers the same.
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
    /// Clients show how many minutes are left, are told again when 5, 2 and 1 are, and then sign out and come back by
    /// themselves.
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
    /// Signs in, adds the other account as a contact, and passes on what is typed, a line at a time. It asks for the
    /// password. Two of these in two terminals are a chat.
    Chat {
        #[command(flatten)]
        source: Source,
        /// Who you are: the address of your account
        #[arg(value_parser = parse_handle)]
        me: Handle,
        /// Whom you talk to
        #[arg(value_parser = parse_handle)]
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
    /// Find out why clients cannot sign in
    ///
    /// Makes the connections that a client makes, one after the other: names, ports, certificates, sign-in,
    /// switchboard, gateway, proxy. If one fails, it prints the cause, the code that a client shows, and what to do.
    /// Without --host it checks the server in the settings, which has to be running.
    ///
    /// Exit code: 0 if no check is red, 1 if one is, 2 if no check could be made.
    Doctor(doctor::DoctorArgs),
    /// Show two clients signing in and talking
    ///
    /// Starts a service on free ports with a temporary directory, signs two clients in over real sockets, has them add
    /// each other and talk, and shows what goes over the wire. Succeeds only if every step was really seen.
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
    /// Does what the command line says.
    ///
    /// # Errors
    /// A sentence for the operator.
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
            Command::Chat { source, me, other, notification, http, password_stdin } => {
                let servers = chat::Servers::find(&source.config()?.listen, notification, http).await?;
                chat::look_for(&servers, &me, &other).await?;
                let password = prompt::password(&me, password_stdin)?;
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
