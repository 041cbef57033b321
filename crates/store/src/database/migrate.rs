//! Migrations, which bring the tables of an older or new database up to date.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// The migrations, in order: version, name, statements. A migration that has been released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "accounts and lists", include_str!("../../migrations/0001_accounts_and_lists.sql")),
    (2, "group numbers", include_str!("../../migrations/0002_group_numbers.sql")),
    (3, "invites", include_str!("../../migrations/0003_invites.sql")),
];

/// Brings the tables up to date. `serve` and `account add` may open the same old database at the same time. The second
/// process to run a migration fails. It then tries again and finds that the migration is done.
pub(super) async fn migrate(writer: &SqlitePool) -> Result<(), MigrateError> {
    let migrator = migrator();
    for _ in MIGRATIONS {
        match migrator.run(writer).await {
            Err(error @ MigrateError::ExecuteMigration(..)) => tracing::debug!(%error, "retrying a migration"),
            done => return done,
        }
    }
    migrator.run(writer).await
}

fn migrator() -> Migrator {
    let step = |(version, name, sql): &(i64, &'static str, &'static str)| {
        let sql = AssertSqlSafe(*sql).into_sql_str();
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(step).collect())
}
