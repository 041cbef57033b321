//! Messages through the switchboard. The floor is a relay that only copies bytes.

use std::time::Duration;

use anyhow::Result;
use msnp::switchboard::AckFlag;
use swallowtail_chaos::server::Figures;

use super::load::{Load, measure};
use super::pump::{Form, Messages, Pumped, pump};
use crate::bench::Bench;
use crate::floor::{Floor, Kind};
use crate::person::chats;
use crate::series::{Series, Unit};
use crate::wire::{Service, Wire};

/// One measurement: pairs of users who send messages at the same time.
struct Shape {
    pairs: usize,
    messages: Messages,
}

const fn shape(pairs: usize, window: usize, bytes: usize, flag: AckFlag) -> Shape {
    Shape { pairs, messages: Messages { bytes, flag, window, pause: Duration::ZERO } }
}

/// All measurements, from one pair to 2000 pairs.
const SHAPES: &[Shape] = &[
    shape(1, 1, 300, AckFlag::OnFailure),
    shape(1, 16, 300, AckFlag::OnFailure),
    shape(1, 64, 300, AckFlag::OnFailure),
    shape(1, 16, 1600, AckFlag::OnFailure),
    shape(20, 1, 300, AckFlag::OnFailure),
    shape(20, 16, 300, AckFlag::OnFailure),
    shape(200, 1, 300, AckFlag::OnFailure),
    shape(200, 16, 1600, AckFlag::OnFailure),
    shape(2000, 1, 300, AckFlag::OnFailure),
    shape(1, 16, 300, AckFlag::Always),
    shape(200, 1, 300, AckFlag::Always),
];
/// The maximum number of pairs in a smoke test.
const SMOKE_PAIRS: usize = 20;

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let most = bench.size(2000, SMOKE_PAIRS);
    let (running, data) = bench.serve_accounts(2 * most).await?;
    let floor = Floor::start(Kind::Relay).await?;
    let mut server_pairs = chats(running.server.addresses(), &data.accounts).await?;
    let mut floor_pairs = bare_pairs(&floor, most).await?;
    for shape in SHAPES.iter().filter(|shape| shape.pairs <= most) {
        let mut rate = Series::new(shape.name(), Unit::PerSecond);
        let mut cost = Series::new(format!("{}, each", shape.name()), Unit::ProcessorMicroseconds);
        for _ in bench.rounds() {
            let load = shape.measure(bench, &mut floor_pairs, Form::Relayed, &mut rate, || floor.figures()).await?;
            rate.floor.push(load.per_second());
            cost.floor.push(load.processor_micros());
            let figures = || running.server.figures();
            let load = shape.measure(bench, &mut server_pairs, Form::Client, &mut rate, figures).await?;
            rate.server.push(load.per_second());
            cost.server.push(load.processor_micros());
        }
        bench.add(rate);
        bench.add(cost);
    }
    Ok(())
}

/// Connects pairs to a bare relay.
async fn bare_pairs(floor: &Floor, count: usize) -> Result<Vec<[Wire; 2]>> {
    let mut pairs = Vec::new();
    for number in 0..count {
        pairs.push([bare(floor, number).await?, bare(floor, number).await?]);
    }
    Ok(pairs)
}

async fn bare(floor: &Floor, number: usize) -> Result<Wire> {
    let mut wire = Wire::connect(Service::Switchboard, floor.address, number).await?;
    wire.announce(u32::try_from(number)?).await?;
    Ok(wire)
}

impl Shape {
    fn name(&self) -> String {
        let Self { pairs, messages: Messages { bytes, flag, window, .. } } = self;
        format!("{pairs} pairs, window {window}, {bytes} bytes, {}", flag.word())
    }

    /// Sends messages through the first `self.pairs` pairs at the same time, and counts the
    /// failures.
    async fn measure(
        &self,
        bench: &Bench,
        pairs: &mut Vec<[Wire; 2]>,
        form: Form,
        rate: &mut Series,
        figures: impl Fn() -> Result<Figures>,
    ) -> Result<Load> {
        let (messages, time) = (self.messages, bench.time());
        let tasks = pairs.drain(..self.pairs).map(|mut pair| async move {
            let pumped = pump(&mut pair, messages, form, time).await?;
            anyhow::Ok((pumped.arrived, (pumped, pair)))
        });
        let tasks: Vec<_> = tasks.collect();
        let (load, results) = measure(tasks, figures).await?;
        let mut all = Pumped::default();
        for (pumped, pair) in results {
            all.add(pumped);
            pairs.push(pair);
        }
        rate.errors += all.errors;
        Ok(load)
    }
}
