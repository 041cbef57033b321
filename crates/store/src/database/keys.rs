//! The secret keys of this server.

use super::columns::unix_now;
use super::error::StoreError;
use super::sql::{all, execute};
use super::store::Store;

impl Store {
    /// Returns the keys for `purpose` with their numbers, newest first. The first call for a purpose creates a key of
    /// 32 random bytes.
    pub async fn server_keys(&self, purpose: &'static str) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|_| StoreError::Random)?;
        self.modify(move |connection| {
            let create = "insert into server_keys (purpose, id, secret, created_at) \
                 select $1, 1, $2, $3 where not exists (select 1 from server_keys where purpose = $1)";
            execute(connection, create, &[&purpose, &secret, &unix_now()])?;
            let read = "select id, secret from server_keys where purpose = $1 order by id desc";
            all(connection, read, &[&purpose], |row| {
                let number = u32::try_from(row.get::<_, i64>(0)?).map_err(|_| StoreError::Malformed("key number"))?;
                Ok((number, row.get(1)?))
            })
        })
        .await
    }
}
