//! The memory of sessions that do nothing. The floor is a program that only keeps the connections.

use anyhow::Result;
use swallowtail_chaos::client::SignIn;
use swallowtail_chaos::server::{Addresses, Figures};

use crate::bench::Bench;
use crate::data::{Data, Known};
use crate::floor::{Floor, Kind};
use crate::person::sign_in_all;
use crate::series::{Series, Unit};

/// The numbers of contacts. Each contact is also signed in.
const CONTACTS: &[usize] = &[0, 20, 150];
/// The number of sessions that sign in before the measured sessions. They cause all memory growth
/// that happens only once.
const FIRST: usize = 1000;
const MEASURED: usize = 4000;
const SMOKE_FIRST: usize = 20;
const SMOKE_MEASURED: usize = 60;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let (first, measured) = (bench.size(FIRST, SMOKE_FIRST), bench.size(MEASURED, SMOKE_MEASURED));
    for contacts in Bench::sizes(CONTACTS, first) {
        let mut series = Series::new(format!("a session with {contacts} contacts"), Unit::Kibibytes);
        for _ in bench.rounds() {
            let (running, data) =
                bench.serve(async |path| Data::create(path, first + measured, contacts).await).await?;
            let addresses = *running.server.addresses();
            series.server.push(each(&addresses, &data.accounts, first, || running.server.figures()).await?);
            let floor = Floor::start(Kind::Hold).await?;
            let bare = Addresses { notification: floor.address, ..addresses };
            series.floor.push(each(&bare, &data.accounts, first, || floor.figures()).await?);
        }
        bench.add(series);
    }
    Ok(())
}

/// Signs in all accounts. Returns the growth of the memory, in KiB, for each account that signs in
/// after the first `first` accounts.
async fn each(
    addresses: &Addresses,
    accounts: &[Known],
    first: usize,
    figures: impl Fn() -> Result<Figures>,
) -> Result<f64> {
    let how = SignIn::default();
    let _first = sign_in_all(addresses, &accounts[..first], how).await?;
    let before = figures()?.anonymous_kib;
    let measured = sign_in_all(addresses, &accounts[first..], how).await?;
    let after = figures()?.anonymous_kib;
    Ok((after as f64 - before as f64) / measured.len() as f64)
}
