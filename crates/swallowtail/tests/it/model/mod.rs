//! Compares the server with a small model of the rules (`rules`). Six users, with clients of all dialects, carry out
//! random operations. After every step, each client must show the state of the model. Every answer
//! must be the one that docs/protocol/ns.md describes.
//!
//! The seed of a run decides all its operations. These environment variables change the runs:
//!
//! - `SWALLOWTAIL_MODEL_SEED=7` runs only that seed.
//! - `SWALLOWTAIL_MODEL_SEEDS` is the number of runs: 1 by default, and 5 in `cargo xtask test`.
//! - `SWALLOWTAIL_MODEL_STEPS` is the length of each run: 2,000 by default, and 10,000 in `cargo xtask test`.
//!
//! To test for a whole night, set `SWALLOWTAIL_MODEL_SEEDS=50` and `SWALLOWTAIL_MODEL_STEPS=10000`, and run
//! `cargo test -p swallowtail --test it model`.

mod client;
mod operation;
mod rules;
mod run;
mod view;
mod words;

use tokio::task::JoinSet;

use crate::support::time::amount;
use run::Run;

/// The number of runs at the same time. Most of the time, a run waits for the network.
const AT_ONCE: usize = 4;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(format!("SWALLOWTAIL_MODEL_{name}")).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("SWALLOWTAIL_MODEL_{name} is not a number: {value}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_client_shows_the_same_state_as_the_model() {
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
