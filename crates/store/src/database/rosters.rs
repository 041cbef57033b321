//! Reads rosters. [`super::writer`] writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use msnp::notification::{AddPrompt, Privacy};
use msnp::{DisplayName, Guid, Handle};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, Sqlite};

use super::account::AccountId;
use super::columns::{parse_bits, parse_group_number, parse_guid, parse_handle, parse_stamp};
use super::error::StoreError;
use super::store::Store;
use crate::roster::{Entry, Group, Roster, Settings, Stamps};

type EntryRow = (String, i64, Option<String>, Option<String>, i64);

impl Store {
    /// Returns the number and the roster of an account.
    pub async fn roster(&self, handle: &Handle) -> Result<Option<(AccountId, Roster)>, StoreError> {
        // One transaction, so that all tables are read in the same state.
        let mut snapshot = self.readers.begin().await?;
        let account = sqlx::query(
            "select id, display_name, add_prompt, privacy, phone_home, phone_work, phone_mobile, paging, \
             other_contacts_name, list_stamp, settings_stamp, list_version from accounts where handle = $1",
        )
        .bind(handle.as_str())
        .fetch_optional(&mut *snapshot)
        .await?;
        let Some(account) = account else { return Ok(None) };
        let id = account.try_get("id")?;
        let mut roster = parse_account(handle.clone(), &account)?;
        roster.groups = read_groups(&mut snapshot, id).await?;
        roster.entries = read_entries(&mut snapshot, id).await?;
        Ok(Some((AccountId(id), roster)))
    }
}

/// Returns the roster from an account's row, with its settings but without groups and entries.
fn parse_account(owner: Handle, row: &SqliteRow) -> Result<Roster, StoreError> {
    let text = |column| row.try_get::<String, _>(column);
    let optional_text = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<String>, _>(column)?.map(Arc::from));
    let number = |column| row.try_get::<i64, _>(column);

    let name = DisplayName::new(&text("display_name")?).ok_or(StoreError::Malformed("display name"))?;
    let stamps = Stamps {
        list: parse_stamp(number("list_stamp")?),
        settings: parse_stamp(number("settings_stamp")?),
        version: u32::try_from(number("list_version")?).map_err(|_| StoreError::Malformed("list version"))?,
    };
    let mut roster = Roster::new(owner, name, stamps);
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

async fn read_groups(snapshot: &mut SqliteConnection, owner: i64) -> Result<BTreeMap<Guid, Group>, StoreError> {
    let groups = sqlx::query_as::<Sqlite, (String, String, Option<i64>)>(
        "select guid, name, number from contact_groups where owner = $1",
    )
    .bind(owner)
    .fetch_all(snapshot)
    .await?;
    let group = |(guid, name, number): (String, String, Option<i64>)| {
        let number = number.map(parse_group_number).transpose()?;
        Ok((parse_guid(&guid)?, Group { name: name.into(), number }))
    };
    groups.into_iter().map(group).collect()
}

async fn read_entries(snapshot: &mut SqliteConnection, owner: i64) -> Result<BTreeMap<Handle, Entry>, StoreError> {
    let rows = sqlx::query_as::<Sqlite, EntryRow>(
        "select handle, lists, nickname, contact, in_other_contacts from entries where owner = $1",
    )
    .bind(owner)
    .fetch_all(&mut *snapshot)
    .await?;
    let mut entries = rows.into_iter().map(parse_entry).collect::<Result<BTreeMap<_, _>, _>>()?;
    let members = sqlx::query_as::<Sqlite, (String, String)>(
        "select handle, guid from contact_group_members where owner = $1 order by handle, guid",
    )
    .bind(owner)
    .fetch_all(snapshot)
    .await?;
    for (handle, guid) in members {
        let guid = parse_guid(&guid)?;
        if let Some(entry) = entries.get_mut(&parse_handle(&handle)?) {
            entry.groups.push(guid);
        }
    }
    Ok(entries)
}

fn parse_entry(row: EntryRow) -> Result<(Handle, Entry), StoreError> {
    let (handle, lists, nickname, contact, in_other_contacts) = row;
    let nickname = nickname.map(|name| DisplayName::new(&name).ok_or(StoreError::Malformed("nickname"))).transpose()?;
    let contact = contact.map(|guid| parse_guid(&guid)).transpose()?;
    let in_other_contacts = in_other_contacts != 0;
    let entry = Entry { lists: parse_bits(lists)?, nickname, contact, groups: Vec::new(), in_other_contacts };
    Ok((parse_handle(&handle)?, entry))
}
