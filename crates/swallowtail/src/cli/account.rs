//! `swallowtail account ...`: what an operator does with accounts.
//!
//! The commands work on the data directory itself, also while a server runs on it: SQLite lets them take turns. A
//! server sees a new account or password at the next sign-in.

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
use crate::cli::output::{printable, say};
use crate::cli::parse::{parse_handle, parse_name};
use crate::cli::prompt;
use crate::control;

/// Make, list, change and remove accounts
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account
    ///
    /// Asks for the password twice. When standard input is no terminal, or with --password-stdin, the password is its
    /// first line.
    Add {
        /// The address to sign in with, such as alice@example.com. No mail is ever sent to it
        #[arg(value_parser = parse_handle)]
        handle: Handle,
        /// The name that others see until its owner changes it; if left out, the part of the address before the @
        #[arg(long, value_parser = parse_name)]
        name: Option<DisplayName>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        /// Create the data directory and the database if they do not exist
        #[arg(long)]
        create: bool,
    },
    /// List all accounts with display name and the day they were made (UTC)
    List,
    /// Remove an account with its contact lists and groups
    ///
    /// Whoever is signed in to the account is signed out.
    Remove {
        /// The address of the account
        #[arg(value_parser = parse_handle)]
        handle: Handle,
        /// Do not ask whether it is meant
        #[arg(long)]
        yes: bool,
    },
    /// Set another password
    ///
    /// Whoever is signed in to the account is signed out.
    Password {
        /// The address of the account
        #[arg(value_parser = parse_handle)]
        handle: Handle,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make many accounts from a CSV file, all of them or none
    ///
    /// Each line is handle,password or handle,password,display name; a first line that begins with the word handle is
    /// skipped. In place of a password there may be its argon2id hash as a PHC string ($argon2id$v=19$m=...), in double
    /// quotes because it holds commas. Blanks around a password belong to it.
    Import {
        /// The file, in UTF-8
        file: PathBuf,
        /// Create the data directory and the database if they do not exist
        #[arg(long)]
        create: bool,
    },
}

/// Carries out a command on the data directory of `config`.
///
/// # Errors
/// One sentence that names the cause; for an import up to 20 lines that do.
pub async fn run(command: AccountCommand, config: &Config) -> anyhow::Result<()> {
    let data = config.data.as_path();
    let store = match &command {
        AccountCommand::Add { create, .. } | AccountCommand::Import { create, .. } => {
            open_to_add(data, *create).await?
        }
        AccountCommand::List | AccountCommand::Remove { .. } | AccountCommand::Password { .. } => {
            open_existing(data).await?
        }
    };
    let accounts = Accounts::new(store.clone());
    let changed = match &command {
        AccountCommand::Remove { handle, .. } | AccountCommand::Password { handle, .. } => Some(handle.clone()),
        _ => None,
    };
    let done = carry_out(command, &accounts, config.sign_up.min_password).await;
    store.close().await;
    say(done?);
    if let Some(handle) = changed {
        // Whoever is signed in to that account has no right to be any more.
        control::tell(data, &control::Command::Changed(handle))?;
    }
    Ok(())
}

/// Does it, and returns what to say.
async fn carry_out(command: AccountCommand, accounts: &Accounts, min_password: usize) -> anyhow::Result<String> {
    match command {
        AccountCommand::Add { handle, name, password_stdin, .. } => {
            let ask = || prompt::new_password(password_stdin);
            add(accounts, handle, name, ask, min_password).await
        }
        AccountCommand::List => Ok(table(&accounts.list().await?)),
        AccountCommand::Remove { handle, yes } => {
            require(accounts, &handle).await?;
            if !yes {
                prompt::confirm(&format!("Remove {handle} with its contact lists?"))?;
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

/// Makes an account. The password is asked for only once it is clear that the address is free.
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

/// The accounts in columns.
fn table(accounts: &[Account]) -> String {
    if accounts.is_empty() {
        return "There are no accounts yet: `swallowtail account add` makes one.".to_owned();
    }
    let mut rows = vec![["Handle".to_owned(), "Display name".to_owned(), "Created".to_owned()]];
    rows.extend(accounts.iter().map(|account| {
        let created = Utc::from_unix(account.created_at).date();
        [printable(account.handle.as_str()), printable(account.name.as_str()), created]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (handle, name) = (width(0), width(1));
    let lines = rows.iter().map(|row| format!("{:handle$}  {:name$}  {}", row[0], row[1], row[2]));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
