//! Changes of settings. The server writes each change to the disk before it answers.

use std::time::Instant;

use anyhow::Result;
use swallowtail_chaos::client::SignIn;

use super::load::measure;
use crate::bench::Bench;
use crate::floor::Sql;
use crate::person::sign_in_all;
use crate::series::{Series, Unit};

/// The numbers of clients to measure with. Each client sends its next edit after the answer to the
/// previous one.
const CLIENTS: &[usize] = &[1, 50, 500];
const SMOKE_CLIENTS: usize = 50;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let most = bench.size(500, SMOKE_CLIENTS);
    let (running, data) = bench.serve_accounts(most).await?;
    let how = SignIn { status: None, ..SignIn::default() };
    let mut people = sign_in_all(running.server.addresses(), &data.accounts, how).await?;
    let floor = Sql::new(most).await?;
    for &clients in CLIENTS.iter().filter(|clients| **clients <= most) {
        let each = u32::try_from(clients)?;
        let mut rate = Series::new(format!("{clients} clients"), Unit::PerSecond);
        let mut cost = Series::new(format!("one change, {clients} clients"), Unit::ProcessorMicroseconds);
        for _ in bench.rounds() {
            rate.floor.push(floor.edits(each, bench.time())?);
            let end = Instant::now() + bench.time();
            let tasks = people.drain(..clients).map(|mut person| async move {
                let mut count = 0;
                while Instant::now() < end {
                    let value = if count % 2 == 0 { "N" } else { "A" };
                    person.write(format!("GTC {} {value}\r\n", count + 30).as_bytes()).await?;
                    person.expect("GTC").await?;
                    count += 1;
                }
                anyhow::Ok((count, person))
            });
            let tasks: Vec<_> = tasks.collect();
            let (load, back) = measure(tasks, || running.server.figures()).await?;
            people.extend(back);
            rate.server.push(load.per_second());
            cost.server.push(load.processor_micros());
        }
        bench.add(rate);
        bench.add(cost);
    }
    Ok(())
}
