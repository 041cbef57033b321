//! Reads the telephone numbers of contacts.

use std::sync::{Arc, LazyLock};

use msnp::notification::Privacy;
use msnp::{Handle, List};
use rusqlite::Row;

use super::account::AccountId;
use super::columns::{bits, parse_handle};
use super::error::StoreError;
use super::sql::all;
use super::store::Store;
use crate::roster::Settings;

/// The telephone numbers of a contact, for the lines that answer SYN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPhones {
    /// The contact.
    pub handle: Handle,
    /// The contact's numbers (PHH, PHW, PHM) and MOB. All other settings have their default values.
    pub settings: Settings,
}

impl Store {
    /// Returns the telephone numbers of contacts of `owner`. The result contains each contact that
    /// has numbers and allows `owner` to see the numbers (ns.md section 6, BPR). `handle` is the
    /// address of `owner`.
    pub async fn contact_phones(&self, owner: AccountId, handle: &Handle) -> Result<Vec<ContactPhones>, StoreError> {
        let handle = handle.clone();
        self.read(move |connection| {
            all(connection, &CONTACT_PHONES, &[&owner.0, &handle.as_str()], ContactPhones::from_row)
        })
        .await
    }
}

impl ContactPhones {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let phone = |column| Ok::<_, StoreError>(row.get::<_, Option<String>>(column)?.map(Arc::from));
        let settings = Settings {
            home_phone: phone(1)?,
            work_phone: phone(2)?,
            mobile_phone: phone(3)?,
            paging: row.get::<_, i64>(4)? != 0,
            ..Settings::default()
        };
        Ok(Self { handle: parse_handle(&row.get::<_, String>(0)?)?, settings })
    }
}

/// The query of [`Store::contact_phones`]. `mine` is the owner's entry for the contact, and `theirs` is the contact's
/// entry for the owner. The last two conditions implement [`Roster::allows`](crate::roster::Roster::allows) in SQL,
/// because the rosters of contacts need not be in memory.
static CONTACT_PHONES: LazyLock<String> = LazyLock::new(|| {
    let (forward, allow, block) = (bits(List::Forward), bits(List::Allow), bits(List::Block));
    let open = Privacy::Allow.word();
    format!(
        "select contact.handle, contact.phone_home, contact.phone_work, contact.phone_mobile, contact.paging \
         from entries mine \
         join accounts contact on contact.handle = mine.handle \
         left join entries theirs on theirs.owner = contact.id and theirs.handle = $2 \
         where mine.owner = $1 and mine.lists & {forward} <> 0 \
         and (contact.phone_home is not null or contact.phone_work is not null \
         or contact.phone_mobile is not null or contact.paging <> 0) \
         and coalesce(theirs.lists, 0) & {block} = 0 \
         and (coalesce(theirs.lists, 0) & {allow} <> 0 or contact.privacy = '{open}')"
    )
});
