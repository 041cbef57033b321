//! Compares the server with a small model of the rules (`rules`). Six users, with clients of all dialects, carry out random
//! operations. After every step each client shows what the model says, and every answer is the one in docs/protocol/ns.md.
//!
//! The seed of a run decides all its operations. `SWALLOWTAIL_MODEL_SEED=7` runs only that seed. `SWALLOWTAIL_MODEL_SEEDS`
//! is the number of runs, and `SWALLOWTAIL_MODEL_STEPS` their length: by default one run of 2,000 steps, and in
//! `cargo xtask test` five of 10,000. For a whole night: `SWALLOWTAIL_MODEL_SEEDS=50 SWALLOWTAIL_MODEL_STEPS=10000 cargo test -p swallowtail --test it
//! model`.

mod client;
mod operation;
mod rules;
mod run;
mod view;
mod words;

use tokio::task::JoinSet;

use crate::support::time::amount;
use run::Run;

/// The number of simultaneous runs. A run waits for the network most of the time.
const AT_ONCE: usize = 4;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(format!("SWALLOWTAIL_MODEL_{name}")).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("SWALLOWTAIL_MODEL_{name} is not a number: {value}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_client_shows_what_the_rules_say() {
    let only: Option<u64> = setting("SEED");
    let first = only.unwrap_or(1);
    let seeds = setting("SEEDS").unwrap_or_else(|| if only.is_some() { 1 } else { amount(1, 5) });
    let steps = setting("STEPS").unwrap_or_else(|| amount(2_000, 10_000));
    let mut runs = JoinSet::new();
    for seed in first..first + seeds {
        if runs.len() == AT_ONCE {
            runs.join_next().await.unwrap().unwrap();
        }
        runs.spawn(async move {
            Run::start(seed).await.walk(steps).await;
            println!("seed {seed}: {steps} steps");
        });
    }
    while let Some(run) = runs.join_next().await {
        run.unwrap();
    }
}
