//! The import of many accounts, and the start of a server that has these accounts.

use std::fmt::Write;
use std::time::Instant;

use anyhow::Result;
use swallowtail_chaos::client::{Account, PASSWORD};
use swallowtail_store::accounts::password;

use crate::bench::Bench;
use crate::floor::Sql;
use crate::series::{Series, Unit};

/// The number of accounts.
const ACCOUNTS: usize = 100_000;
const SMOKE_ACCOUNTS: usize = 1000;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let count = bench.size(ACCOUNTS, SMOKE_ACCOUNTS);
    let hash = password::hash(PASSWORD)?;
    let handles: Vec<_> = (0..count).map(|number| Account::numbered(number).handle).collect();
    let mut rows = String::new();
    for (number, handle) in handles.iter().enumerate() {
        writeln!(rows, "{handle},\"{hash}\",user{number}")?;
    }
    let mut import = Series::new(format!("import of {count} hashes"), Unit::Seconds);
    let mut start = Series::new(format!("start with {count} accounts"), Unit::Seconds);
    for _ in bench.rounds() {
        import.floor.push(Sql::new(0).await?.import(&handles, &hash)?);
        let (mut running, ()) = bench.serve(async |_| Ok(())).await?;
        running.server.stop().await?;
        let file = running.server.directory().join("accounts.csv");
        std::fs::write(&file, &rows)?;
        let begun = Instant::now();
        running.server.command_done(&["account".as_ref(), "import".as_ref(), file.as_os_str()]).await?;
        import.server.push(begun.elapsed().as_secs_f64());
        start.server.push(running.server.restart().await?.as_secs_f64());
    }
    bench.add(import);
    bench.add(start);
    Ok(())
}
