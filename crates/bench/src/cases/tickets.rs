//! Sign-ins with a ticket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Result;
use swallowtail_chaos::client::SignIn;

use super::load::measure;
use crate::bench::Bench;
use crate::person::sign_in;
use crate::series::{Series, Unit};

/// The number of sign-ins at the same time.
const AT_ONCE: usize = 32;
/// The number of accounts. The accounts take turns to sign in, because the server slows down an
/// account that signs in again and again.
const ACCOUNTS: usize = 20_000;
const SMOKE_ACCOUNTS: usize = 500;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let (running, data) = bench.serve_accounts(bench.size(ACCOUNTS, SMOKE_ACCOUNTS)).await?;
    let addresses = *running.server.addresses();
    let (accounts, next) = (Arc::new(data.accounts), Arc::new(AtomicUsize::new(0)));
    let mut rate = Series::new(format!("{AT_ONCE} sign-ins at a time"), Unit::PerSecond);
    let mut cost = Series::new(format!("one sign-in, {AT_ONCE} at a time"), Unit::ProcessorMicroseconds);
    for _ in bench.rounds() {
        let end = Instant::now() + bench.time();
        let lane = |_| {
            let (accounts, next) = (accounts.clone(), next.clone());
            async move {
                let mut count = 0;
                while Instant::now() < end {
                    let number = next.fetch_add(1, Ordering::Relaxed) % accounts.len();
                    let how = SignIn { synchronise: false, status: None, ..SignIn::default() };
                    sign_in(&addresses, number, &accounts[number], how).await?;
                    count += 1;
                }
                anyhow::Ok((count, ()))
            }
        };
        let (load, _) = measure((0..AT_ONCE).map(lane), || running.server.figures()).await?;
        rate.server.push(load.per_second());
        cost.server.push(load.processor_micros());
    }
    bench.add(rate);
    bench.add(cost);
    Ok(())
}
