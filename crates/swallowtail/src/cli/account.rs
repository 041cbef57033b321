//! `swallowtail account ...`: creates, lists, changes and removes accounts.
//!
//! The commands work on the database directly, even while a server is running. SQLite coordinates
//! the access of the command and the server. The server uses a new account or password from the
//! next sign-in on.

mod import;
mod notes;

use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use msnp::{DisplayName, Handle};
use swallowtail_base::utc::Utc;
use swallowtail_config::Config;
use swallowtail_store::accounts::{Accounts, check_sendable, default_name};
use swallowtail_store::database::Account;

use crate::cli::data::{open_existing, open_to_add};
use crate::cli::output::{json, say, table};
use crate::cli::parse::{parse_handle, parse_name};
use crate::cli::prompt;
use crate::control;

/// Create, list, change and remove accounts
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Create an account
    ///
    /// Asks for the password twice. With --password-stdin, or if standard input is not a terminal, the password is read
    /// from the first line of standard input.
    Add {
        /// The address to sign in with, such as alice@example.com. No mail is sent to it
        #[arg(value_parser = parse_handle)]
        handle: Handle,
        /// The display name, which the user can change later. By default, the part of the address before the @ sign
        #[arg(long, value_parser = parse_name)]
        name: Option<DisplayName>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        /// Create the data directory and the database if they do not exist
        #[arg(long)]
        create: bool,
    },
    /// List all accounts with their display names and the days on which they were created (UTC)
    ///
    /// Long names are cut to the width of the terminal. --json prints full names.
    List {
        /// Print JSON: handle, name and created, for each account
        #[arg(long)]
        json: bool,
    },
    /// Remove an account, its contact lists and its groups
    ///
    /// If a client is signed in to the account, it is signed out.
    Remove {
        /// The address of the account
        #[arg(value_parser = parse_handle)]
        handle: Handle,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Change the password of an account
    ///
    /// If a client is signed in to the account, it is signed out.
    Password {
        /// The address of the account
        #[arg(value_parser = parse_handle)]
        handle: Handle,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Create many accounts from a CSV file. If a line has a mistake, no account is created
    ///
    /// Each line is `handle,password` or `handle,password,display name`. If the first line begins with the word `handle`,
    /// it is skipped. Instead of a password, a line can contain the argon2id hash of the password as a PHC string
    /// ($argon2id$v=19$m=...). Put the hash in double quotes, because it contains commas. Spaces before or after a
    /// password are part of the password.
    ///
    /// Passwords are hashed on all cores. The progress is shown on standard error.
    Import {
        /// The CSV file, in UTF-8
        file: PathBuf,
        /// Create the data directory and the database if they do not exist
        #[arg(long)]
        create: bool,
    },
}

/// Carries out a command on the data directory of `config`.
///
/// # Errors
/// Returns one sentence that names the cause, or up to 20 lines for the mistakes in an imported file.
pub async fn run(command: AccountCommand, config: &Config) -> anyhow::Result<()> {
    let data = config.data.as_path();
    refuse_helper(&command, config.helper().as_ref())?;
    let store = match &command {
        AccountCommand::Add { create, .. } | AccountCommand::Import { create, .. } => {
            open_to_add(data, *create).await?
        }
        AccountCommand::List { .. } | AccountCommand::Remove { .. } | AccountCommand::Password { .. } => {
            open_existing(data).await?
        }
    };
    let accounts = Accounts::new(store.clone()).with_first_contact(config.first_contact());
    let changed = match &command {
        AccountCommand::Remove { handle, .. } | AccountCommand::Password { handle, .. } => Some(handle.clone()),
        _ => None,
    };
    let done = carry_out(command, &accounts, config.sign_up.min_password).await;
    store.close().await;
    say(done?);
    if let Some(handle) = changed {
        // The server signs out the clients of that account.
        control::send(data, &control::Command::Changed(handle))?;
    }
    Ok(())
}

/// Fails for a command that changes the account of the helper. The server creates that account, and it has no password.
fn refuse_helper(command: &AccountCommand, helper: Option<&Handle>) -> anyhow::Result<()> {
    let handle = match command {
        AccountCommand::Add { handle, .. }
        | AccountCommand::Remove { handle, .. }
        | AccountCommand::Password { handle, .. } => handle,
        AccountCommand::List { .. } | AccountCommand::Import { .. } => return Ok(()),
    };
    if Some(handle) == helper {
        bail!(
            "{handle} is the helper of this server, and the server itself manages this account; see [helper] in the \
             settings"
        );
    }
    Ok(())
}

/// Carries out a command and returns the text to print.
async fn carry_out(command: AccountCommand, accounts: &Accounts, min_password: usize) -> anyhow::Result<String> {
    match command {
        AccountCommand::Add { handle, name, password_stdin, .. } => {
            let ask = || prompt::new_password(password_stdin);
            add(accounts, handle, name, ask, min_password).await
        }
        AccountCommand::List { json } => {
            let accounts = accounts.list().await?;
            if json { as_json(&accounts) } else { Ok(as_text(&accounts)) }
        }
        AccountCommand::Remove { handle, yes } => {
            require(accounts, &handle).await?;
            if !yes {
                prompt::confirm(&format!("Remove {handle} and its contact lists?"))?;
            }
            accounts.remove(&handle).await?;
            Ok(format!("Removed {handle}."))
        }
        AccountCommand::Password { handle, password_stdin } => {
            require(accounts, &handle).await?;
            let password = prompt::new_password(password_stdin)?;
            accounts.set_password(&handle, &password).await?;
            Ok(format!("Changed the password of {handle}.{}", notes::on_password(&password, min_password)))
        }
        AccountCommand::Import { file, .. } => {
            let count = import::run(accounts, &file).await?;
            let accounts = if count == 1 { "account" } else { "accounts" };
            Ok(format!("Imported {count} {accounts}."))
        }
    }
}

/// Creates an account. Checks that the address is free before asking for the password.
async fn add(
    accounts: &Accounts,
    handle: Handle,
    name: Option<DisplayName>,
    ask: impl FnOnce() -> anyhow::Result<String>,
    min_password: usize,
) -> anyhow::Result<String> {
    check_sendable(&handle)?;
    if accounts.exists(&handle).await? {
        bail!("the account {handle} already exists");
    }
    let password = ask()?;
    let name = name.unwrap_or_else(|| default_name(&handle));
    accounts.create(handle.clone(), name, &password).await?;
    Ok(format!("Added {handle}.{}", notes::on_password(&password, min_password)))
}

async fn require(accounts: &Accounts, handle: &Handle) -> anyhow::Result<()> {
    if accounts.exists(handle).await? { Ok(()) } else { bail!("the account {handle} does not exist") }
}

/// Returns the accounts as a table.
fn as_text(accounts: &[Account]) -> String {
    if accounts.is_empty() {
        return "There are no accounts yet. To create one, run `swallowtail account add`.".to_owned();
    }
    let rows = accounts.iter().map(|account| {
        let created = Utc::from_unix(account.created_at).date();
        [account.handle.to_string(), account.name.as_str().to_owned(), created]
    });
    table(["Handle", "Display name", "Created"], rows)
}

/// Returns the accounts as a list in JSON.
fn as_json(accounts: &[Account]) -> anyhow::Result<String> {
    let accounts: Vec<_> = accounts
        .iter()
        .map(|account| {
            let created = Utc::from_unix(account.created_at).stamp();
            serde_json::json!({ "handle": account.handle.as_str(), "name": account.name.as_str(), "created": created })
        })
        .collect();
    Ok(json(&accounts)?)
}

#[cfg(test)]
mod tests;
