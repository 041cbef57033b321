//! Opening many conversations at the same time.

use std::time::Instant;

use anyhow::Result;
use swallowtail_chaos::client::SignIn;
use tokio::task::JoinSet;

use crate::bench::Bench;
use crate::person::{chat, sign_in_all};
use crate::series::{Series, Unit, percentile};

/// How many users open a conversation at the same time.
const CHATS: usize = 200;
const SMOKE_CHATS: usize = 20;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let chats = bench.size(CHATS, SMOKE_CHATS);
    let (running, data) = bench.serve_accounts(2 * chats).await?;
    let how = SignIn { synchronise: false, ..SignIn::default() };
    let mut people = sign_in_all(running.server.addresses(), &data.accounts, how).await?;
    let mut half = Series::new(format!("{chats} conversations opened at the same time, p50"), Unit::Milliseconds);
    let mut most = Series::new(format!("{chats} conversations opened at the same time, p99"), Unit::Milliseconds);
    let mut cost =
        Series::new(format!("{chats} conversations opened at the same time, each"), Unit::ProcessorMicroseconds);
    for _ in bench.rounds() {
        let before = running.server.figures()?;
        let mut opening = JoinSet::new();
        for (number, pair) in data.accounts.chunks_exact(2).enumerate() {
            let pair = [pair[0].clone(), pair[1].clone()];
            let (mut caller, mut callee) = (people.remove(0), people.remove(0));
            opening.spawn(async move {
                let begun = Instant::now();
                // The conversation ends when its connections are dropped.
                chat(&mut caller, &mut callee, number, &pair).await?;
                anyhow::Ok((number, caller, callee, begun.elapsed().as_secs_f64() * 1e3))
            });
        }
        let mut opened = opening.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
        let processor_seconds = running.server.figures()?.processor_seconds - before.processor_seconds;
        cost.server.push(processor_seconds * 1e6 / chats as f64);
        opened.sort_unstable_by_key(|(number, ..)| *number);
        let mut times = Vec::new();
        for (_, caller, callee, time) in opened {
            people.extend([caller, callee]);
            times.push(time);
        }
        half.server.extend(percentile(&mut times, 0.5));
        most.server.extend(percentile(&mut times, 0.99));
    }
    bench.add(half);
    bench.add(most);
    bench.add(cost);
    Ok(())
}
