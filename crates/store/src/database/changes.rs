//! The SQL statements that carry out an [`Edit`].

use msnp::notification::Phone;
use msnp::{Handle, List, Timestamp};
use rusqlite::{Connection, Error};

use super::columns::{bits, ticks};
use super::edit::Edit;
use super::error::StoreError;
use super::sql::{execute, exists};
use crate::roster::{Change, Entry, Settings};

pub(super) fn write_edit(connection: &Connection, edit: &Edit) -> Result<(), StoreError> {
    if !exists(connection, "select 1 from accounts where id = $1", &[&edit.by.0])? {
        return Err(StoreError::Gone);
    }
    for (account, change) in &edit.changes {
        write_change(connection, account.0, change)?;
    }
    if let Some((handle, now)) = &edit.touched {
        let forward = bits(List::Forward);
        let sql = format!(
            "update accounts set list_version = list_version + 1, \
             list_stamp = case when list_stamp < $2 then $2 else list_stamp + 1 end \
             where id in (select owner from entries where handle = $1 and lists & {forward} <> 0)"
        );
        execute(connection, &sql, &[&handle.as_str(), &ticks(*now)])?;
    }
    Ok(())
}

fn write_change(connection: &Connection, owner: i64, change: &Change) -> Result<(), Error> {
    match change {
        Change::Entry(handle, entry) => return write_entry(connection, owner, handle, entry),
        Change::Group(guid, group) => {
            let sql = "insert into contact_groups (owner, guid, name, number) values ($1, $2, $3, $4) \
                       on conflict (owner, guid) do update set name = $3, number = $4";
            let number = group.number.map(|number| i64::from(number.get()));
            execute(connection, sql, &[&owner, &guid.to_string(), &&*group.name, &number])
        }
        Change::OtherContactsName(name) => {
            execute(connection, "update accounts set other_contacts_name = $2 where id = $1", &[&owner, &&**name])
        }
        Change::GroupRemoved(guid) => {
            let sql = "delete from contact_groups where owner = $1 and guid = $2";
            execute(connection, sql, &[&owner, &guid.to_string()])
        }
        Change::Name(name) => {
            execute(connection, "update accounts set display_name = $2 where id = $1", &[&owner, &name.as_str()])
        }
        Change::Settings(settings) => write_settings(connection, owner, settings),
        Change::ListChanged(now) => step(connection, owner, "list_stamp", *now),
        Change::SettingsChanged(now) => step(connection, owner, "settings_stamp", *now),
    }
    .map(drop)
}

fn write_entry(connection: &Connection, owner: i64, handle: &Handle, entry: &Entry) -> Result<(), Error> {
    let handle = handle.as_str();
    if entry.lists.is_empty() {
        let sql = "delete from entries where owner = $1 and handle = $2";
        return execute(connection, sql, &[&owner, &handle]).map(drop);
    }
    // If the account was removed after the edit was planned, skip the entry and write the rest of the edit.
    let sql = "insert into entries (owner, handle, lists, nickname, contact, in_other_contacts) \
               select $1, $2, $3, $4, $5, $6 where exists (select 1 from accounts where id = $1) \
               on conflict (owner, handle) do update \
               set lists = $3, nickname = $4, contact = $5, in_other_contacts = $6";
    let nickname = entry.nickname.as_ref().map(msnp::DisplayName::as_str);
    let contact = entry.contact.map(|guid| guid.to_string());
    let (lists, in_other_contacts) = (i64::from(entry.lists.number()), i64::from(entry.in_other_contacts));
    execute(connection, sql, &[&owner, &handle, &lists, &nickname, &contact, &in_other_contacts])?;
    let sql = "delete from contact_group_members where owner = $1 and handle = $2";
    execute(connection, sql, &[&owner, &handle])?;
    for group in &entry.groups {
        let sql = "insert into contact_group_members (owner, handle, guid) values ($1, $2, $3)";
        execute(connection, sql, &[&owner, &handle, &group.to_string()])?;
    }
    Ok(())
}

fn write_settings(connection: &Connection, owner: i64, settings: &Settings) -> Result<usize, Error> {
    let sql = "update accounts set add_prompt = $2, privacy = $3, phone_home = $4, phone_work = $5, \
               phone_mobile = $6, paging = $7 where id = $1";
    let [home, work, mobile] = [Phone::Home, Phone::Work, Phone::Mobile].map(|phone| settings.phone(phone));
    let (add_prompt, privacy) = (settings.add_prompt.word(), settings.privacy.word());
    execute(connection, sql, &[&owner, &add_prompt, &privacy, &home, &work, &mobile, &i64::from(settings.paging)])
}

/// Advances a stamp and the list version as [`Stamps`](crate::roster::Stamps) does in memory. Never
/// moves a stamp back, because an edit by another account may have advanced the stamp since this
/// edit was planned.
fn step(connection: &Connection, owner: i64, stamp: &'static str, now: Timestamp) -> Result<usize, Error> {
    let sql = format!(
        "update accounts set list_version = list_version + 1, \
         {stamp} = case when {stamp} < $2 then $2 else {stamp} + 1 end where id = $1"
    );
    execute(connection, &sql, &[&owner, &ticks(now)])
}
