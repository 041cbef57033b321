//! `swallowtail doctor`: runs the checks and prints their results.

mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use msnp::Handle;
use swallowtail_setup::client_table::Client;
use swallowtail_setup::doctor::{Options, Ports, State, Target, TestAccount, examine};

use super::output::{complain, say};
use super::parse::parse_handle;
use super::prompt;
use super::source::Source;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    source: Source,
    /// Check this server, by name or address, instead of the one in the settings
    #[arg(long)]
    host: Option<String>,
    /// Notification port of that server; 0 if it has none
    #[arg(long, value_name = "PORT", default_value_t = 1863, requires = "host")]
    notification_port: u16,
    /// HTTP port of that server; 0 if it has none
    #[arg(long, value_name = "PORT", default_value_t = 80, requires = "host")]
    http_port: u16,
    /// HTTPS port of that server; 0 if it has none
    #[arg(long, value_name = "PORT", default_value_t = 443, requires = "host")]
    https_port: u16,
    /// Act as this client, such as 7.5 or 7.5-xp (client-setup lists them)
    #[arg(long, value_name = "CLIENT", value_parser = parse_client)]
    client: Option<&'static Client>,
    /// Also check whether Microsoft's host names resolve to the server on this computer (for
    /// example with a hosts file)
    #[arg(long, requires = "client")]
    redirected: bool,
    /// Also check whether Windows XP can connect over its old TLS
    #[arg(long)]
    xp: bool,
    /// The root certificate (PEM) that clients trust. Without --root, the doctor also accepts a
    /// root certificate that this computer does not trust, if the server in --host uses one. But
    /// then it does not send the password of the test account to that server over the internet
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// Sign in with this account. Asks for its password. Use a test account, because other sessions
    /// of the account are signed out
    #[arg(long, value_name = "HANDLE", value_parser = parse_handle)]
    account: Option<Handle>,
    /// Read the password from the first line of standard input
    #[arg(long, requires = "account")]
    password_stdin: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

fn parse_client(text: &str) -> Result<&'static Client, String> {
    Client::find(&text.to_ascii_lowercase()).ok_or_else(|| {
        let ids: Vec<_> = Client::every().map(|client| client.id).collect();
        format!("known clients: {}", ids.join(", "))
    })
}

impl DoctorArgs {
    fn targets(&self) -> anyhow::Result<Vec<Target>> {
        let Some(host) = &self.host else { return Target::ours(&self.source.config()?) };
        let ports = Ports { notification: self.notification_port, http: self.http_port, https: self.https_port };
        Ok(vec![Target::remote(host, ports)])
    }

    fn options(&self) -> anyhow::Result<Options> {
        let account = match &self.account {
            Some(handle) => {
                Some(TestAccount { handle: handle.clone(), password: prompt::password(handle, self.password_stdin)? })
            }
            None => None,
        };
        let (client, redirected, xp, root) = (self.client, self.redirected, self.xp, self.root.clone());
        Ok(Options { client, redirected, xp, account, root })
    }
}

/// Runs the checks and prints their results. If an error prevents the checks, the exit code is 2, because the server is
/// not at fault.
pub(super) async fn run(args: DoctorArgs) -> ExitCode {
    match run_checks(&args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// Runs the checks. Returns whether no check is red.
async fn run_checks(args: &DoctorArgs) -> anyhow::Result<bool> {
    let (targets, options) = (args.targets()?, args.options()?);
    let mut examined = Vec::new();
    for target in &targets {
        if !args.json {
            say(show::title(target, &options));
        }
        let hops = examine(target, &options, |hop| {
            if !args.json {
                say(show::hop(hop));
            }
        });
        examined.push((target, hops.await));
    }
    let hops = || examined.iter().flat_map(|(_, hops)| hops);
    let is_green = hops().all(|hop| hop.finding.state != State::Red);
    say(if args.json { show::json(is_green, &examined)? } else { show::end(hops(), &options) });
    Ok(is_green)
}
