//! Reads rosters. [`super::writer`] writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use msnp::notification::{AddPrompt, Privacy};
use msnp::{DisplayName, Guid, Handle};
use rusqlite::{Connection, Row};
use thin_vec::ThinVec;

use super::account::{Account, Expected, columns};
use super::columns::{parse_bits, parse_group_number, parse_guid, parse_handle, parse_stamp};
use super::error::StoreError;
use super::sql::{all, first, snapshot};
use super::store::Store;
use crate::roster::{Entries, Entry, Group, Roster, Settings, Stamps};

impl Store {
    /// Returns an account and its roster. Returns `None` if the account does not exist, or if it is not the `expected`
    /// one. In these two cases the store reads the same: the row of the account. Otherwise anyone with a ticket of their
    /// own could measure whether another account exists, or how many contacts it has.
    pub async fn roster(
        &self,
        handle: &Handle,
        expected: Option<Expected>,
    ) -> Result<Option<(Account, Roster)>, StoreError> {
        let handle = handle.clone();
        // One transaction reads all tables, so that all of them are in the same state.
        self.read(move |connection| snapshot(connection, |connection| read_roster(connection, &handle, expected))).await
    }
}

fn read_roster(
    connection: &Connection,
    handle: &Handle,
    expected: Option<Expected>,
) -> Result<Option<(Account, Roster)>, StoreError> {
    let sql = concat!(
        "select ",
        columns!(),
        ", add_prompt, privacy, phone_home, phone_work, phone_mobile, paging, other_contacts_name, \
         list_stamp, settings_stamp, list_version from accounts where handle = $1"
    );
    let row = first(connection, sql, &[&handle.as_str()], |row| {
        let account = Account::from_row(row)?;
        let roster = parse_settings(&account, row)?;
        Ok((account, roster))
    })?;
    let Some((account, mut roster)) = row else { return Ok(None) };
    if expected.is_some_and(|expected| !account.is(expected)) {
        return Ok(None);
    }
    roster.groups = read_groups(connection, account.id.0)?;
    roster.entries = read_entries(connection, account.id.0)?;
    Ok(Some((account, roster)))
}

/// Returns the roster from an account's row, with its settings but without groups and entries.
fn parse_settings(account: &Account, row: &Row<'_>) -> Result<Roster, StoreError> {
    let text = |column| row.get::<_, String>(column);
    let optional_text = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(column)?.map(Arc::from));
    let number = |column| row.get::<_, i64>(column);

    let stamps = Stamps {
        list: parse_stamp(number("list_stamp")?),
        settings: parse_stamp(number("settings_stamp")?),
        version: u32::try_from(number("list_version")?).map_err(|_| StoreError::Malformed("list version"))?,
    };
    let mut roster = Roster::new(account.handle.clone(), account.name.clone(), stamps);
    roster.settings = Settings {
        add_prompt: AddPrompt::parse(text("add_prompt")?.as_bytes()).ok_or(StoreError::Malformed("add_prompt"))?,
        privacy: Privacy::parse(text("privacy")?.as_bytes()).ok_or(StoreError::Malformed("privacy"))?,
        home_phone: optional_text("phone_home")?,
        work_phone: optional_text("phone_work")?,
        mobile_phone: optional_text("phone_mobile")?,
        paging: number("paging")? != 0,
    };
    roster.other_contacts_name = optional_text("other_contacts_name")?;
    Ok(roster)
}

fn read_groups(connection: &Connection, owner: i64) -> Result<BTreeMap<Guid, Group>, StoreError> {
    all(connection, "select guid, name, number from contact_groups where owner = $1", &[&owner], |row| {
        let number = row.get::<_, Option<i64>>(2)?.map(parse_group_number).transpose()?;
        Ok((parse_guid(&row.get::<_, String>(0)?)?, Group { name: row.get::<_, String>(1)?.into(), number }))
    })
}

fn read_entries(connection: &Connection, owner: i64) -> Result<Entries, StoreError> {
    let sql = "select handle, lists, nickname, contact, in_other_contacts from entries where owner = $1";
    let mut entries: Entries = all(connection, sql, &[&owner], parse_entry)?;
    let sql = "select handle, guid from contact_group_members where owner = $1 order by handle, guid";
    let members: Vec<_> = all(connection, sql, &[&owner], |row| {
        Ok((parse_handle(&row.get::<_, String>(0)?)?, parse_guid(&row.get::<_, String>(1)?)?))
    })?;
    for (handle, guid) in members {
        if let Some(entry) = entries.get_mut(&handle) {
            entry.groups.push(guid);
        }
    }
    Ok(entries)
}

fn parse_entry(row: &Row<'_>) -> Result<(Handle, Entry), StoreError> {
    let nickname = row.get::<_, Option<String>>(2)?;
    let nickname = nickname.map(|name| DisplayName::new(&name).ok_or(StoreError::Malformed("nickname"))).transpose()?;
    let contact = row.get::<_, Option<String>>(3)?.map(|guid| parse_guid(&guid)).transpose()?;
    let in_other_contacts = row.get::<_, i64>(4)? != 0;
    let entry = Entry { lists: parse_bits(row.get(1)?)?, nickname, contact, groups: ThinVec::new(), in_other_contacts };
    Ok((parse_handle(&row.get::<_, String>(0)?)?, entry))
}
