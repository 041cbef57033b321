//! Reading rosters. They are written by [`super::writer`].

use std::collections::BTreeMap;
use std::sync::Arc;

use msnp::notification::{AddPrompt, Privacy};
use msnp::{DisplayName, GroupNumber, Guid, Handle, ListBits, Timestamp};
use sqlx::Sqlite;

use super::account::AccountId;
use super::error::StoreError;
use super::store::Store;
use crate::roster::{Entry, Group, Roster, Settings, Stamps};

/// A tuple has room for so many columns that the two halves of an account's row are read apart.
type AccountRow = (i64, String, String, String, String, i64, i64, i64, i64);
type PhoneRow = (Option<String>, Option<String>, Option<String>, Option<String>);
type EntryRow = (String, i64, Option<String>, Option<String>, i64);

impl Store {
    /// The number and the roster of an account.
    pub async fn roster(&self, handle: &Handle) -> Result<Option<(AccountId, Roster)>, StoreError> {
        // One transaction: one version of all the tables.
        let mut snapshot = self.readers.begin().await?;
        let row = sqlx::query_as::<Sqlite, AccountRow>(
            "select id, handle, display_name, add_prompt, privacy, paging, list_stamp, settings_stamp, list_version \
             from accounts where handle = $1",
        )
        .bind(handle.as_str())
        .fetch_optional(&mut *snapshot)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let id = row.0;
        let mut roster = bare_roster(row)?;

        let (home, work, mobile, other_contacts) = sqlx::query_as::<Sqlite, PhoneRow>(
            "select phone_home, phone_work, phone_mobile, other_contacts_name from accounts where id = $1",
        )
        .bind(id)
        .fetch_one(&mut *snapshot)
        .await?;
        roster.settings.phones = [home, work, mobile].map(|phone| phone.map(Arc::from));
        roster.other_contacts_name = other_contacts.map(Arc::from);

        let groups = sqlx::query_as::<Sqlite, (String, String, Option<i64>)>(
            "select guid, name, number from contact_groups where owner = $1",
        )
        .bind(id)
        .fetch_all(&mut *snapshot)
        .await?;
        for (guid, name, number) in groups {
            roster.groups.insert(parse_guid(&guid)?, Group { name: name.into(), number: parse_number(number)? });
        }
        let entries = sqlx::query_as::<Sqlite, EntryRow>(
            "select handle, lists, nickname, contact, in_other_contacts from entries where owner = $1",
        )
        .bind(id)
        .fetch_all(&mut *snapshot)
        .await?;
        roster.entries = entries.into_iter().map(parse_entry).collect::<Result<BTreeMap<_, _>, _>>()?;
        let members = sqlx::query_as::<Sqlite, (String, String)>(
            "select handle, guid from contact_group_members where owner = $1 order by handle, guid",
        )
        .bind(id)
        .fetch_all(&mut *snapshot)
        .await?;
        for (handle, guid) in members {
            let guid = parse_guid(&guid)?;
            if let Some(entry) = roster.entries.get_mut(&parse_handle(&handle)?) {
                entry.groups.push(guid);
            }
        }
        Ok(Some((AccountId(id), roster)))
    }
}

/// The telephone numbers of a contact, for the SYN burst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPhones {
    /// The contact.
    pub handle: Handle,
    /// PHH, PHW, PHM, MOB.
    pub settings: Settings,
}

impl Store {
    /// The numbers of all contacts of `owner` who have any and let `owner` see them (ns.md section 6, BPR).
    pub async fn contact_phones(&self, owner: AccountId, handle: &Handle) -> Result<Vec<ContactPhones>, StoreError> {
        type Row = (String, Option<String>, Option<String>, Option<String>, i64);
        // Lists: 1 is FL, 2 AL, 4 BL. `theirs` is what the contact keeps about the owner.
        let rows = sqlx::query_as::<Sqlite, Row>(
            "select contact.handle, contact.phone_home, contact.phone_work, contact.phone_mobile, contact.paging \
             from entries mine \
             join accounts contact on contact.handle = mine.handle \
             left join entries theirs on theirs.owner = contact.id and theirs.handle = $2 \
             where mine.owner = $1 and mine.lists & 1 <> 0 \
             and (contact.phone_home is not null or contact.phone_work is not null \
             or contact.phone_mobile is not null or contact.paging <> 0) \
             and coalesce(theirs.lists, 0) & 4 = 0 \
             and (coalesce(theirs.lists, 0) & 2 <> 0 or contact.privacy = 'AL')",
        )
        .bind(owner.0)
        .bind(handle.as_str())
        .fetch_all(&self.readers)
        .await?;
        let phones = |(handle, home, work, mobile, paging): Row| {
            let phones = [home, work, mobile].map(|phone| phone.map(Arc::from));
            let settings = Settings { phones, paging: paging != 0, ..Settings::default() };
            Ok(ContactPhones { handle: parse_handle(&handle)?, settings })
        };
        rows.into_iter().map(phones).collect()
    }
}

fn bare_roster(row: AccountRow) -> Result<Roster, StoreError> {
    let (_, handle, name, add_prompt, privacy, paging, list, settings, version) = row;
    let stamp = |ticks: i64| Timestamp::from_ticks(u64::try_from(ticks).unwrap_or_default());
    let stamps = Stamps {
        list: stamp(list),
        settings: stamp(settings),
        version: u32::try_from(version).map_err(|_| StoreError::Malformed("list version"))?,
    };
    let name = DisplayName::new(&name).ok_or(StoreError::Malformed("display name"))?;
    let mut roster = Roster::new(parse_handle(&handle)?, name, stamps);
    roster.settings = Settings {
        add_prompt: AddPrompt::parse(add_prompt.as_bytes()).ok_or(StoreError::Malformed("add_prompt"))?,
        privacy: Privacy::parse(privacy.as_bytes()).ok_or(StoreError::Malformed("privacy"))?,
        paging: paging != 0,
        ..Settings::default()
    };
    Ok(roster)
}

fn parse_entry(row: EntryRow) -> Result<(Handle, Entry), StoreError> {
    let (handle, lists, nickname, contact, in_other_contacts) = row;
    let lists = u32::try_from(lists).ok().and_then(ListBits::from_number).ok_or(StoreError::Malformed("list bits"))?;
    let nickname = nickname.map(|name| DisplayName::new(&name).ok_or(StoreError::Malformed("nickname"))).transpose()?;
    let contact = contact.map(|guid| parse_guid(&guid)).transpose()?;
    let in_other_contacts = in_other_contacts != 0;
    Ok((parse_handle(&handle)?, Entry { lists, nickname, contact, groups: Vec::new(), in_other_contacts }))
}

fn parse_number(number: Option<i64>) -> Result<Option<GroupNumber>, StoreError> {
    let parse = |number| u32::try_from(number).ok().and_then(GroupNumber::new);
    number.map(|number| parse(number).ok_or(StoreError::Malformed("group number"))).transpose()
}

fn parse_guid(text: &str) -> Result<Guid, StoreError> {
    Guid::parse(text.as_bytes()).ok_or(StoreError::Malformed("GUID"))
}

fn parse_handle(text: &str) -> Result<Handle, StoreError> {
    Handle::parse_contact(text).or_else(|_| Handle::parse_lax(text)).map_err(|_| StoreError::Malformed("handle"))
}
