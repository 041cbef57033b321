//! The contact lists that a client fetches at sign-in. The floor is a program that sends about the
//! same number of bytes.

use std::time::Instant;

use anyhow::Result;
use swallowtail_chaos::client::SignIn;

use crate::bench::Bench;
use crate::data::Data;
use crate::floor::{Floor, Kind};
use crate::person::sign_in;
use crate::series::{Series, Unit};
use crate::wire::{Service, Wire};

/// The numbers of entries on the lists of a client, one number for each measurement. All entries
/// are mutual contacts.
const ENTRIES: &[usize] = &[150, 600, 1000];
const SMOKE_ENTRIES: usize = 150;
/// The number of times that the lists are fetched in a round.
const TIMES: usize = 50;
const SMOKE_TIMES: usize = 3;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let most = bench.size(1000, SMOKE_ENTRIES);
    for &entries in ENTRIES.iter().filter(|entries| **entries <= most) {
        measure(bench, entries).await?;
    }
    Ok(())
}

async fn measure(bench: &mut Bench, entries: usize) -> Result<()> {
    let (running, data) = bench.serve(async |path| Data::create(path, 2 * entries, entries).await).await?;
    let how = SignIn { status: None, ..SignIn::default() };
    let mut person = sign_in(running.server.addresses(), 0, &data.accounts[0], how).await?;
    let bytes = lists(&mut person, entries).await?;
    let floor = Floor::start(Kind::Send).await?;
    let mut bare = Wire::connect(Service::Notification, floor.address, 0).await?;
    let times = bench.size(TIMES, SMOKE_TIMES);
    let mut series = Series::new(format!("{entries} entries, {} KB", bytes / 1000), Unit::Milliseconds);
    for _ in bench.rounds() {
        let begun = Instant::now();
        for _ in 0..times {
            bare.write(format!("{bytes}\r\n").as_bytes()).await?;
            bare.expect("END").await?;
        }
        series.floor.push(begun.elapsed().as_secs_f64() * 1e3 / times as f64);
        let begun = Instant::now();
        for _ in 0..times {
            person.write(b"SYN 30 0 0\r\n").await?;
            lists(&mut person, entries).await?;
        }
        series.server.push(begun.elapsed().as_secs_f64() * 1e3 / times as f64);
    }
    bench.add(series);
    Ok(())
}

/// Reads the lists to their end. Returns the size of the lists in bytes.
async fn lists(person: &mut Wire, entries: usize) -> Result<usize> {
    let mut bytes = 0;
    for _ in 0..entries {
        bytes += person.expect("LST").await?.len() + 2;
    }
    Ok(bytes)
}
