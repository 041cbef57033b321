//! `swallowtail listen`: prints what happens to an account.

use std::io::{Write, stdout};

use anyhow::{Context, bail};
use clap::Args;
use msnp::Handle;
use msnp_client::Client;
use swallowtail_base::utc::Utc;

use super::connect::ConnectArgs;
use super::output::{escaped, json};
use super::parse::parse_handle;
use super::record::{Record, Stamped};

#[derive(Debug, Args)]
pub(super) struct ListenArgs {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The account to sign in with
    #[arg(value_parser = parse_handle)]
    me: Handle,
    /// Print one JSON object per line, for programs
    #[arg(long)]
    json: bool,
    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
}

/// Prints events until Ctrl-C, or until the reader closes the pipe.
pub(super) async fn run(args: ListenArgs) -> anyhow::Result<()> {
    let ListenArgs { connect, me, json, password_stdin } = args;
    let server = connect.server().await?;
    let account = connect.account(&me, password_stdin)?;
    let signed_in = Client::sign_in(&server, &account).await;
    let (client, mut events) = signed_in.with_context(|| format!("could not sign in as {me}"))?;
    if print(Record::SignedIn, json).is_err() {
        return Ok(());
    }
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(event) = event else { break };
        let end = event.signed_out().cloned();
        if let Some(record) = Record::of(event, &client)
            && print(record, json).is_err()
        {
            break;
        }
        if let Some(reason) = end {
            bail!("{me} was signed out: {reason}");
        }
    }
    events.sign_out(client).await;
    Ok(())
}

/// Prints a line immediately. An error means that nobody reads the output any longer.
fn print(record: Record, as_json: bool) -> anyhow::Result<()> {
    let line = if as_json {
        json(&Stamped { time: Utc::now().stamp(), record })?
    } else {
        format!("{} {}", Utc::now().stamp(), escaped(&record.to_string()))
    };
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
