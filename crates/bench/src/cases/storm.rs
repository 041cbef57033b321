//! Many clients that lose their connections and come back at the same time.

use std::time::Instant;

use anyhow::Result;
use swallowtail_chaos::client::SignIn;
use swallowtail_chaos::server::Addresses;
use tokio::task::JoinSet;

use crate::bench::Bench;
use crate::data::Known;
use crate::floor::{Floor, Kind};
use crate::person::sign_in;
use crate::series::{Series, Unit};
use crate::wire::Wire;

/// The numbers of clients.
const CLIENTS: &[usize] = &[500, 5000];
const SMOKE_CLIENTS: usize = 100;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let most = bench.size(5000, SMOKE_CLIENTS);
    let (running, data) = bench.serve_accounts(most).await?;
    let floor = Floor::start(Kind::Hold).await?;
    let bare = Addresses { notification: floor.address, ..*running.server.addresses() };
    for clients in Bench::sizes(CLIENTS, most) {
        let mut series = Series::new(format!("{clients} clients reconnect at the same time"), Unit::Seconds);
        let accounts = &data.accounts[..clients];
        for _ in bench.rounds() {
            series.floor.push(come_back(&bare, accounts, &mut series.errors).await);
            series.server.push(come_back(running.server.addresses(), accounts, &mut series.errors).await);
        }
        bench.add(series);
    }
    Ok(())
}

/// Signs all accounts in at the same time. Returns the time in seconds until all were signed in or
/// had failed, and counts the clients that failed.
async fn come_back(addresses: &Addresses, accounts: &[Known], errors: &mut u64) -> f64 {
    let begun = Instant::now();
    let mut coming = JoinSet::new();
    for (number, account) in accounts.iter().cloned().enumerate() {
        let addresses = *addresses;
        coming.spawn(async move { sign_in(&addresses, number, &account, SignIn::default()).await });
    }
    let back: Vec<Result<Wire>> = coming.join_all().await;
    *errors += back.iter().filter(|result| result.is_err()).count() as u64;
    begun.elapsed().as_secs_f64()
}
