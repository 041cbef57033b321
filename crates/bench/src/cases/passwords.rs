//! Sign-ins with a password. The floor only hashes passwords.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use swallowtail_chaos::client::http::{request, ticket_in, ticket_request};
use swallowtail_chaos::client::{Dial, PASSWORD, PATIENCE};
use swallowtail_store::accounts::password;

use super::load::measure;
use crate::bench::Bench;
use crate::series::{Series, Unit};
use crate::wire::client_address;

/// The number of sign-ins at the same time.
const AT_ONCE: usize = 8;
/// A salt as long as those of the server.
const SALT: &[u8; 16] = b"sixteen bytes ok";
/// The number of accounts. The accounts take turns to sign in.
const ACCOUNTS: usize = 2000;
const SMOKE_ACCOUNTS: usize = 100;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let (running, data) = bench.serve_accounts(bench.size(ACCOUNTS, SMOKE_ACCOUNTS)).await?;
    let to = running.server.addresses().http;
    let next = Arc::new(AtomicUsize::new(0));
    let handles: Arc<Vec<String>> = Arc::new(data.accounts.into_iter().map(|account| account.handle).collect());
    let mut series = Series::new(format!("{AT_ONCE} sign-ins at a time"), Unit::PerSecond);
    for _ in bench.rounds() {
        series.floor.push(hash_only(bench.time()).await?);
        let end = Instant::now() + bench.time();
        let lane = |_| {
            let (handles, next) = (handles.clone(), next.clone());
            async move {
                let mut count = 0;
                while Instant::now() < end {
                    let number = next.fetch_add(1, Ordering::Relaxed) % handles.len();
                    let dial = Dial { from: Some(client_address(number)), ..Dial::to(to) };
                    let answer = request(dial, &ticket_request(&handles[number], PASSWORD), PATIENCE).await?;
                    ensure!(ticket_in(&answer).is_some(), "a sign-in was answered with {}", answer.status());
                    count += 1;
                }
                anyhow::Ok((count, ()))
            }
        };
        let (load, _) = measure((0..AT_ONCE).map(lane), || running.server.figures()).await?;
        series.server.push(load.per_second());
    }
    bench.add(series);
    Ok(())
}

/// Hashes a password on every core for some time, with the server's parameters for hashing. Returns
/// the number of hashes in a second.
async fn hash_only(time: Duration) -> Result<f64> {
    let begun = Instant::now();
    let cores = std::thread::available_parallelism()?.get();
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            tokio::task::spawn_blocking(move || {
                let parameters = Params::new(password::MEMORY_KIB, password::PASSES, password::LANES, None)?;
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
                let mut memory = vec![Block::new(); argon2.params().block_count()];
                let (mut hash, mut count) = ([0; 32], 0_u32);
                while begun.elapsed() < time {
                    argon2.hash_password_into_with_memory(PASSWORD.as_bytes(), SALT, &mut hash, &mut memory)?;
                    count += 1;
                }
                anyhow::Ok(count)
            })
        })
        .collect();
    let mut count = 0;
    for thread in threads {
        count += thread.await.context("a hashing thread failed")??;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
