//! `swallowtail send`: sends one message.

use std::io::{IsTerminal, Read, stdin};

use anyhow::{Context, bail};
use clap::Args;
use msnp::{Handle, Status};
use msnp_client::{Client, Undelivered};

use super::connect::ConnectArgs;
use super::output::say;
use super::parse::parse_handle;

/// The longest text, in bytes. Longer texts would be sent in more than 64 messages, which servers treat as a flood.
const MAX_TEXT: usize = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct SendArgs {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The account to send from
    #[arg(value_parser = parse_handle)]
    me: Handle,
    /// The account to send to
    #[arg(value_parser = parse_handle)]
    to: Handle,
    /// The text; - reads it from standard input
    #[arg(default_value = "-", hide_default_value = true)]
    text: String,
    /// Read the password from the first line of standard input. The text can be on the following
    /// lines
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
}

/// Sends the text, and fails unless it was delivered.
pub(super) async fn run(args: SendArgs) -> anyhow::Result<()> {
    let SendArgs { connect, me, to, text, password_stdin } = args;
    if text == "-" && stdin().is_terminal() {
        bail!("there is no text; pass it as the last argument, or write it to standard input");
    }
    let server = connect.server().await?;
    let account = connect.account(&me, password_stdin)?;
    let text = if text == "-" { read_text()? } else { text };
    if text.trim().is_empty() {
        bail!("the text is empty; nothing was sent");
    }
    // The status is busy, because contacts should not start to talk to a program that does not read
    // their answers.
    let builder = Client::builder(&server, &account).status(Status::Busy).reconnect(false);
    let (client, events) = builder.sign_in().await.with_context(|| format!("could not sign in as {me}"))?;
    let delivered = client.send_text(&to, &text).await;
    events.sign_out(client).await;
    match delivered {
        Err(Undelivered::Unknown) => {
            bail!("the connection was lost; the text to {to} may or may not have been delivered")
        }
        delivered => delivered.with_context(|| format!("not delivered to {to}"))?,
    }
    say(format_args!("Delivered to {to}."));
    Ok(())
}

/// Reads the rest of standard input, without the line break at its end.
fn read_text() -> anyhow::Result<String> {
    let mut text = String::new();
    let limit = u64::try_from(MAX_TEXT + 1).unwrap_or(u64::MAX);
    let read = stdin().lock().take(limit).read_to_string(&mut text);
    read.context("could not read the text from standard input, which must be UTF-8")?;
    if text.len() > MAX_TEXT {
        bail!("the text is longer than {MAX_TEXT} bytes; nothing was sent");
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
