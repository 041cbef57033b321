//! How long chat messages take while the server does other work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use msnp::switchboard::AckFlag;
use swallowtail_chaos::client::http::{request, ticket_request};
use swallowtail_chaos::client::{Dial, PASSWORD, PATIENCE, SignIn};
use swallowtail_chaos::server::Addresses;
use tokio::task::JoinSet;

use super::load::measure;
use super::pump::{Form, Messages, Pumped, pump};
use crate::bench::Bench;
use crate::data::Known;
use crate::person::{chats, sign_in_all};
use crate::series::{Series, Unit};
use crate::wire::{Wire, client_address};

/// The number of chats that are measured. In each chat, one user sends a message, waits until the
/// message has arrived, and pauses.
const CHATS: usize = 10;
const CHAT: Messages = Messages { bytes: 300, flag: AckFlag::OnFailure, window: 1, pause: Duration::from_millis(5) };
/// The parts of a file. Half of the workers send a file, each to one of the others.
const FILE: Messages = Messages { bytes: 1380, flag: AckFlag::Data, window: 16, pause: Duration::ZERO };
/// The number of users who edit, sign in, or send and receive files at the same time.
const WORKERS: usize = 20;

/// The work that the server does besides the chats.
#[derive(Clone, Copy, Debug)]
enum Other {
    Nothing,
    Passwords,
    Edits,
    Files,
}

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let (running, data) = bench.serve_accounts(2 * CHATS + WORKERS).await?;
    let addresses = *running.server.addresses();
    let (talkers, workers) = data.accounts.split_at(2 * CHATS);
    let mut pairs = chats(&addresses, talkers).await?;
    let time = bench.time();
    for (other, name) in [
        (Other::Nothing, "chat without other work"),
        (Other::Passwords, "chat during sign-ins with passwords"),
        (Other::Edits, "chat during edits"),
        (Other::Files, "chat during file transfers"),
    ] {
        let mut half = Series::new(format!("{name}, p50"), Unit::Milliseconds);
        let mut most = Series::new(format!("{name}, p99"), Unit::Milliseconds);
        for _ in bench.rounds() {
            let stop = Arc::new(AtomicBool::new(false));
            let working = work(other, &addresses, workers, &stop, time).await?;
            let tasks = pairs.drain(..).map(|mut pair: [Wire; 2]| async move {
                let pumped = pump(&mut pair, CHAT, Form::Client, time).await?;
                anyhow::Ok((pumped.arrived, (pumped, pair)))
            });
            let tasks: Vec<_> = tasks.collect();
            let (_, results) = measure(tasks, || running.server.figures()).await?;
            stop.store(true, Ordering::Relaxed);
            working.join_all().await.into_iter().collect::<Result<()>>()?;
            let mut all = Pumped::default();
            for (pumped, pair) in results {
                all.add(pumped);
                pairs.push(pair);
            }
            half.server.push(all.within(0.5));
            most.server.push(all.within(0.99));
            most.errors += all.errors;
        }
        bench.add(half);
        bench.add(most);
    }
    Ok(())
}

/// Starts the other work. It ends after `stop` is set, and file transfers end after `time`.
async fn work(
    other: Other,
    addresses: &Addresses,
    workers: &[Known],
    stop: &Arc<AtomicBool>,
    time: Duration,
) -> Result<JoinSet<Result<()>>> {
    let mut working = JoinSet::new();
    match other {
        Other::Nothing => {}
        Other::Passwords => {
            for (number, worker) in workers.iter().cloned().enumerate() {
                let dial = Dial { from: Some(client_address(number)), ..Dial::to(addresses.http) };
                let stop = stop.clone();
                working.spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        request(dial, &ticket_request(&worker.handle, PASSWORD), PATIENCE).await?;
                    }
                    Ok(())
                });
            }
        }
        Other::Edits => {
            let how = SignIn { status: None, ..SignIn::default() };
            for mut person in sign_in_all(addresses, workers, how).await? {
                let stop = stop.clone();
                working.spawn(async move {
                    for count in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let value = if count % 2 == 0 { "N" } else { "A" };
                        person.write(format!("GTC {} {value}\r\n", count + 30).as_bytes()).await?;
                        person.expect("GTC").await?;
                    }
                    Ok(())
                });
            }
        }
        Other::Files => {
            for mut pair in chats(addresses, workers).await? {
                working.spawn(async move {
                    let pumped = pump(&mut pair, FILE, Form::Client, time).await?;
                    ensure!(pumped.errors == 0, "{} parts of a file were lost, repeated or reordered", pumped.errors);
                    Ok(())
                });
            }
        }
    }
    Ok(working)
}
