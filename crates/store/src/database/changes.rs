//! The SQL statements that carry out an [`Edit`].

use msnp::notification::Phone;
use msnp::{Handle, List, Timestamp};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::columns::{bits, ticks};
use super::edit::Edit;
use super::error::StoreError;
use crate::roster::{Change, Entry, Settings};

pub(super) async fn write_edit(connection: &mut SqliteConnection, edit: &Edit) -> Result<(), StoreError> {
    let editor = sqlx::query("select 1 from accounts where id = $1").bind(edit.by.0);
    if editor.fetch_optional(&mut *connection).await?.is_none() {
        return Err(StoreError::Gone);
    }
    for (account, change) in &edit.changes {
        write_change(connection, account.0, change).await?;
    }
    if let Some((handle, now)) = &edit.touched {
        let forward = bits(List::Forward);
        let sql = format!(
            "update accounts set list_version = list_version + 1, \
             list_stamp = case when list_stamp < $2 then $2 else list_stamp + 1 end \
             where id in (select owner from entries where handle = $1 and lists & {forward} <> 0)"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(handle.as_str()).bind(ticks(*now));
        query.execute(connection).await?;
    }
    Ok(())
}

async fn write_change(connection: &mut SqliteConnection, owner: i64, change: &Change) -> Result<(), sqlx::Error> {
    match change {
        Change::Entry(handle, entry) => write_entry(connection, owner, handle, entry).await,
        Change::Group(guid, group) => {
            let sql = "insert into contact_groups (owner, guid, name, number) values ($1, $2, $3, $4) \
                       on conflict (owner, guid) do update set name = $3, number = $4";
            let number = group.number.map(|number| i64::from(number.get()));
            let query = sqlx::query(sql).bind(owner).bind(guid.to_string()).bind(&*group.name).bind(number);
            query.execute(connection).await.map(drop)
        }
        Change::OtherContactsName(name) => {
            let sql = "update accounts set other_contacts_name = $2 where id = $1";
            sqlx::query(sql).bind(owner).bind(&**name).execute(connection).await.map(drop)
        }
        Change::GroupRemoved(guid) => {
            let sql = "delete from contact_groups where owner = $1 and guid = $2";
            sqlx::query(sql).bind(owner).bind(guid.to_string()).execute(connection).await.map(drop)
        }
        Change::Name(name) => {
            let sql = "update accounts set display_name = $2 where id = $1";
            sqlx::query(sql).bind(owner).bind(name.as_str()).execute(connection).await.map(drop)
        }
        Change::Settings(settings) => write_settings(connection, owner, settings).await,
        Change::ListChanged(now) => step(connection, owner, "list_stamp", *now).await,
        Change::SettingsChanged(now) => step(connection, owner, "settings_stamp", *now).await,
    }
}

async fn write_entry(
    connection: &mut SqliteConnection,
    owner: i64,
    handle: &Handle,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    if entry.lists.is_empty() {
        let sql = "delete from entries where owner = $1 and handle = $2";
        return sqlx::query(sql).bind(owner).bind(handle.as_str()).execute(connection).await.map(drop);
    }
    sqlx::query(
        // If the account was removed after the edit was planned, skip the entry and write the rest of the edit.
        "insert into entries (owner, handle, lists, nickname, contact, in_other_contacts) \
         select $1, $2, $3, $4, $5, $6 where exists (select 1 from accounts where id = $1) \
         on conflict (owner, handle) do update set lists = $3, nickname = $4, contact = $5, in_other_contacts = $6",
    )
    .bind(owner)
    .bind(handle.as_str())
    .bind(i64::from(entry.lists.number()))
    .bind(entry.nickname.as_ref().map(msnp::DisplayName::as_str))
    .bind(entry.contact.map(|guid| guid.to_string()))
    .bind(i64::from(entry.in_other_contacts))
    .execute(&mut *connection)
    .await?;
    let sql = "delete from contact_group_members where owner = $1 and handle = $2";
    sqlx::query(sql).bind(owner).bind(handle.as_str()).execute(&mut *connection).await?;
    for group in &entry.groups {
        let sql = "insert into contact_group_members (owner, handle, guid) values ($1, $2, $3)";
        let query = sqlx::query(sql).bind(owner).bind(handle.as_str()).bind(group.to_string());
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write_settings(connection: &mut SqliteConnection, owner: i64, settings: &Settings) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update accounts set add_prompt = $2, privacy = $3, phone_home = $4, phone_work = $5, phone_mobile = $6, \
         paging = $7 where id = $1",
    )
    .bind(owner)
    .bind(settings.add_prompt.word())
    .bind(settings.privacy.word())
    .bind(settings.phone(Phone::Home))
    .bind(settings.phone(Phone::Work))
    .bind(settings.phone(Phone::Mobile))
    .bind(i64::from(settings.paging))
    .execute(connection)
    .await
    .map(drop)
}

/// Advances a stamp and the version as [`Stamps`](crate::roster::Stamps) does in memory. Never moves a stamp back,
/// because an edit by another account may have advanced it since this edit was planned.
async fn step(
    connection: &mut SqliteConnection,
    owner: i64,
    stamp: &'static str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "update accounts set list_version = list_version + 1, \
         {stamp} = case when {stamp} < $2 then $2 else {stamp} + 1 end where id = $1"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(owner).bind(ticks(now)).execute(connection).await.map(drop)
}
