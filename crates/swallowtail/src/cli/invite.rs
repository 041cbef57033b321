//! `swallowtail invite ...`: creates, lists and removes invite codes, with which people create their own accounts.
//!
//! Like the `account` commands, these commands work on the database directly, even while a server
//! is running.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Subcommand;
use swallowtail_base::utc::Utc;
use swallowtail_store::accounts::InviteCode;
use swallowtail_store::database::{Invite, NewInvite, Store};

use crate::cli::data::{open_existing, open_to_add};
use crate::cli::output::{json, say, table};

/// Create, list and remove invite codes
#[derive(Debug, Subcommand)]
pub enum InviteCommand {
    /// Create a code and print it
    ///
    /// The code is printed only once, because the server stores just its hash. Give it to the people who may create an
    /// account on the page /signup.
    Add {
        /// The number of accounts that can be created with the code
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        uses: u32,
        /// How long the code is valid: a number with m, h, d or w, such as 12h or 7d [default: until it is used up]
        #[arg(long, value_name = "TIME", value_parser = parse_span)]
        expires: Option<u64>,
        /// A note that identifies the code in the list
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// Create the data directory and the database if they do not exist
        #[arg(long)]
        create: bool,
    },
    /// List all codes with their numbers, remaining uses and expiry (UTC)
    ///
    /// Long notes are cut to the width of the terminal. --json prints full notes.
    List {
        /// Print JSON: number, uses, uses_left, created, expires (null if never), valid and note, for each code
        #[arg(long)]
        json: bool,
    },
    /// Remove a code, so that it is no longer valid
    ///
    /// Accounts that were created with the code remain.
    Remove {
        /// The number of the code in the list
        number: i64,
    },
}

/// Carries out a command on the data directory `data`.
///
/// # Errors
/// Returns one sentence that names the cause.
pub async fn run(command: InviteCommand, data: &Path) -> anyhow::Result<()> {
    let store = match &command {
        InviteCommand::Add { create, .. } => open_to_add(data, *create).await?,
        InviteCommand::List { .. } | InviteCommand::Remove { .. } => open_existing(data).await?,
    };
    let done = carry_out(command, &store, Utc::now()).await;
    store.close().await;
    say(done?);
    Ok(())
}

/// Carries out a command and returns the text to print.
async fn carry_out(command: InviteCommand, store: &Store, now: Utc) -> anyhow::Result<String> {
    match command {
        InviteCommand::Add { uses, expires, note, .. } => {
            let code = InviteCode::random();
            let expires_at = expires.map(|seconds| now.plus(seconds).unix());
            let number = store.add_invite(&NewInvite { code_hash: code.hash(), uses, expires_at, note }).await?;
            let accounts = if uses == 1 { "one account".to_owned() } else { format!("{uses} accounts") };
            let until = expires_at.map(|end| format!(", until {}", moment(end))).unwrap_or_default();
            Ok(format!(
                "{code}\nThis is invite {number}, valid for {accounts}{until}. It will not be shown again.\nUse it on the page /signup of the server."
            ))
        }
        InviteCommand::List { json } => {
            let invites = store.invites().await?;
            if json { as_json(&invites, now) } else { Ok(as_text(&invites, now)) }
        }
        InviteCommand::Remove { number } => match store.remove_invite(number).await? {
            true => Ok(format!("Removed invite {number}.")),
            false => bail!("invite {number} does not exist; `swallowtail invite list` prints the numbers"),
        },
    }
}

/// Returns the invites as a table.
fn as_text(invites: &[Invite], now: Utc) -> String {
    if invites.is_empty() {
        return "There are no invites yet. To create one, run `swallowtail invite add`.".to_owned();
    }
    let rows = invites.iter().map(|invite| {
        let left = format!("{} of {}", invite.uses_left, invite.uses);
        let end = match invite.expires_at {
            _ if invite.is_valid(now.unix()) => invite.expires_at.map_or_else(|| "no expiry".to_owned(), moment),
            Some(_) if invite.uses_left > 0 => "expired".to_owned(),
            _ => "used up".to_owned(),
        };
        [invite.id.to_string(), left, Utc::from_unix(invite.created_at).date(), end, invite.note.clone()]
    });
    table(["Number", "Left", "Created", "Valid until", "Note"], rows)
}

/// Returns the invites as a list in JSON.
fn as_json(invites: &[Invite], now: Utc) -> anyhow::Result<String> {
    let stamp = |unix| Utc::from_unix(unix).stamp();
    let invites: Vec<_> = invites
        .iter()
        .map(|invite| {
            serde_json::json!({
                "number": invite.id,
                "uses": invite.uses,
                "uses_left": invite.uses_left,
                "created": stamp(invite.created_at),
                "expires": invite.expires_at.map(stamp),
                "valid": invite.is_valid(now.unix()),
                "note": invite.note,
            })
        })
        .collect();
    Ok(json(&invites)?)
}

/// Returns a time as `2005-11-22 05:10`.
fn moment(unix: i64) -> String {
    let stamp = Utc::from_unix(unix).stamp();
    stamp.chars().take("2005-11-22T05:10".len()).collect::<String>().replace('T', " ")
}

/// Parses a number with a unit. Returns seconds.
fn parse_span(text: &str) -> anyhow::Result<u64> {
    /// The maximum, ten years. A longer time is surely a mistake. With this limit, no date
    /// overflows.
    const MAX_DAYS: u64 = 3650;
    const DAY: u64 = 24 * 3600;
    let advice = "expected a number with m, h, d or w, such as 12h or 7d";
    let units = [('m', 60), ('h', 3600), ('d', DAY), ('w', 7 * DAY)];
    let unit = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
    let (number, unit) = unit.context(advice)?;
    anyhow::ensure!(!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()), advice);
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*unit));
    let seconds = seconds.filter(|seconds| (1..=MAX_DAYS * DAY).contains(seconds));
    seconds.with_context(|| format!("expected more than 0 and at most {MAX_DAYS} days"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_132_636_200;

    async fn open() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        (directory, store)
    }

    fn add(uses: u32, expires: Option<u64>, note: &str) -> InviteCommand {
        InviteCommand::Add { uses, expires, note: note.to_owned(), create: false }
    }

    #[test]
    fn a_time_span_consists_of_a_number_and_a_unit() {
        let valid = [("90m", 5400), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600), ("3650d", 315_360_000)];
        for (text, seconds) in valid {
            assert_eq!(parse_span(text).unwrap(), seconds, "{text}");
        }
        for text in ["", "7", "d", "+7d", "7 d", "7y", "0d", "3651d", "99999999999999999999d", "9999999999999999w"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_code_is_printed_only_once_and_the_list_shows_its_remaining_uses() {
        let (_directory, store) = open().await;
        let now = Utc::from_unix(NOW);
        let empty = carry_out(InviteCommand::List { json: false }, &store, now).await.unwrap();
        assert_eq!(empty, "There are no invites yet. To create one, run `swallowtail invite add`.");
        let said = carry_out(add(1, Some(3600), "for \u{1b}Bob"), &store, now).await.unwrap();
        let (code, rest) = said.split_once('\n').unwrap();
        assert_eq!(
            rest,
            "This is invite 1, valid for one account, until 2005-11-22 06:10. It will not be shown again.\nUse it on the page /signup of the server."
        );
        assert!(InviteCode::parse(code).is_some(), "{code}");
        carry_out(add(30, None, ""), &store, now).await.unwrap();
        let created = Utc::now().date();
        let list = carry_out(InviteCommand::List { json: false }, &store, now).await.unwrap();
        assert!(!list.contains(code));
        let expected = format!(
            "Number  Left      Created     Valid until       Note\n\
             1       1 of 1    {created}  2005-11-22 06:10  for \\u{{1b}}Bob\n\
             2       30 of 30  {created}  no expiry"
        );
        assert_eq!(list, expected);
        let listed = carry_out(InviteCommand::List { json: true }, &store, now).await.unwrap();
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        assert_eq!((&listed[0]["note"], &listed[0]["valid"]), (&"for \u{1b}Bob".into(), &true.into()));
        assert_eq!((&listed[1]["uses_left"], &listed[1]["expires"]), (&30.into(), &serde_json::Value::Null));
        let late = carry_out(InviteCommand::List { json: false }, &store, now.plus(3600)).await.unwrap();
        assert!(late.contains("1 of 1") && late.contains("expired"), "{late}");
    }

    #[tokio::test]
    async fn a_removed_code_is_not_valid() {
        let (_directory, store) = open().await;
        let said = carry_out(add(5, None, ""), &store, Utc::now()).await.unwrap();
        let code = InviteCode::parse(said.lines().next().unwrap()).unwrap();
        assert!(store.is_valid_invite(&code.hash()).await.unwrap());
        carry_out(InviteCommand::Remove { number: 1 }, &store, Utc::now()).await.unwrap();
        assert!(!store.is_valid_invite(&code.hash()).await.unwrap());
        let again = carry_out(InviteCommand::Remove { number: 1 }, &store, Utc::now()).await.unwrap_err();
        assert_eq!(again.to_string(), "invite 1 does not exist; `swallowtail invite list` prints the numbers");
    }
}
