//! The secret keys of this server.

use sqlx::Sqlite;

use super::columns::unix_now;
use super::error::StoreError;
use super::store::Store;

impl Store {
    /// Returns the keys for `purpose` with their numbers, newest first. The first call for a purpose creates a key of
    /// 32 random bytes.
    pub async fn server_keys(&self, purpose: &'static str) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|_| StoreError::Random)?;
        sqlx::query(
            "insert into server_keys (purpose, id, secret, created_at) \
             select $1, 1, $2, $3 where not exists (select 1 from server_keys where purpose = $1)",
        )
        .bind(purpose)
        .bind(secret.as_slice())
        .bind(unix_now())
        .execute(&self.writer)
        .await?;
        let rows = sqlx::query_as::<Sqlite, (i64, Vec<u8>)>(
            "select id, secret from server_keys where purpose = $1 order by id desc",
        )
        .bind(purpose)
        .fetch_all(&self.readers)
        .await?;
        let key = |(id, secret)| Ok((u32::try_from(id).map_err(|_| StoreError::Malformed("key number"))?, secret));
        rows.into_iter().map(key).collect()
    }
}
