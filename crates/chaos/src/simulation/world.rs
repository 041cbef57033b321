//! Everything that takes part in a schedule (one simulated run).

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use swallowtail_base::simulation::Simulation;
use swallowtail_messenger::chat::ChatServer;
use tokio::time::Instant;

use super::choices::Choices;
use super::host::Host;
use super::person::Person;
use super::stranger::Stranger;
use super::wire::{Quality, Wire};
use crate::history::Action;
use crate::observer::Watch;

/// The minimum and the maximum number of people.
const PEOPLE: (u64, u64) = (5, 12);
/// The probability, in percent, that rates are limited for a client.
const LIMITED: u64 = 30;
/// The time at which a schedule begins, in seconds since 1970.
const BEGIN: u64 = 1_100_000_000;
/// The qualities from which the network of most connections is chosen.
const NETWORKS: [Quality; 4] = [
    Quality::PERFECT,
    Quality { delay: 1, piece: 1500, hesitation: 5 },
    Quality { delay: 4, piece: 200, hesitation: 20 },
    Quality { delay: 2, piece: 9, hesitation: 40 },
];

/// Everything that takes part in a schedule (one simulated run).
pub(super) struct World {
    pub(super) choices: Choices,
    pub(super) host: Host,
    pub(super) people: Vec<Person>,
    pub(super) stranger: Stranger,
    pub(super) watch: Watch,
    /// The oldest dialect in this schedule.
    pub(super) oldest: u32,
    /// The number of the step.
    pub(super) step: u64,
    /// The number of the last value that was set or sent. No value is used twice.
    last: u64,
    /// Connections that their clients have left. It is possible that the server has not noticed
    /// this yet.
    pub(super) ghosts: Vec<Wire>,
    /// True if a client has changed a telephone number.
    pub(super) has_phones: bool,
    /// The time by which the clock of the server has jumped ahead, in seconds.
    pub(super) jump: Rc<Cell<u64>>,
    _simulation: Simulation,
}

impl World {
    /// Begins a schedule. Must be called in a runtime whose clock is paused.
    pub(super) fn begin(mut choices: Choices, stranger: Stranger) -> Option<Self> {
        let jump = Rc::new(Cell::new(0));
        let simulation = simulate(&mut choices, jump.clone());
        let count = choices.between(PEOPLE.0, PEOPLE.1);
        let oldest = u32::try_from(choices.between(8, 11)).unwrap_or(8);
        let host = Host::start(usize::try_from(count).ok()?, &mut choices)?;
        let person = |(number, handle): (usize, String)| {
            let network = if choices.chance(LIMITED) { [192, 0, 2] } else { [10, 0, 0] };
            let last = u8::try_from(number + 10).unwrap_or(u8::MAX);
            let from = SocketAddr::from(([network[0], network[1], network[2], last], 5000));
            Person::new(number, handle, from)
        };
        let people = host.handles().enumerate().map(person).collect();
        let watch = Watch::new();
        for (account, parts) in host.truth() {
            watch.note(Action::Initial { account, parts });
        }
        Some(Self {
            choices,
            host,
            people,
            stranger,
            watch,
            oldest,
            step: 0,
            last: 0,
            ghosts: Vec::new(),
            has_phones: false,
            jump,
            _simulation: simulation,
        })
    }

    /// Opens a connection of a user.
    pub(super) fn connect(&mut self, number: usize, server: ChatServer) -> Option<Wire> {
        let from = self.people.get(number)?.from;
        self.connect_from(from, server)
    }

    /// Opens a connection from an address.
    pub(super) fn connect_from(&mut self, from: SocketAddr, server: ChatServer) -> Option<Wire> {
        let quality = self.choices.pick(NETWORKS)?;
        self.host.connect(server, from, &mut self.choices, quality, self.step)
    }

    /// Returns a number that was not used before.
    pub(super) fn unique(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Returns the words of CHG for a new status. The capabilities are different each time.
    pub(super) fn status(&mut self, dialect: u32) -> String {
        let status =
            self.choices.pick(["NLN", "NLN", "BSY", "IDL", "BRB", "AWY", "PHN", "LUN", "HDN"]).unwrap_or("NLN");
        let capabilities = self.unique();
        // MSNP8 has no pictures. If one client of the schedule uses MSNP8, no client sets a
        // picture, so that all clients see the same status.
        let object = if self.oldest > 8 && dialect > 8 && self.choices.chance(30) {
            format!(
                " %3Cmsnobj%20Creator%3D%22u%40example.com%22%20Size%3D%22{capabilities}%22%20Type%3D%223%22%20\
                     Location%3D%22a.tmp%22%20Friendly%3D%22AAA%3D%22%20SHA1D%3D%22b%3D%22%20SHA1C%3D%22c%3D%22%2F%3E"
            )
        } else {
            String::new()
        };
        format!("{status} {capabilities}{object}")
    }

    /// Lets bytes arrive on all connections.
    pub(super) fn advance(&mut self) {
        self.step += 1;
        let step = self.step;
        self.ghosts.iter().chain(self.stranger.wires()).for_each(|wire| wire.advance(step));
        self.people.iter_mut().flat_map(Person::links).for_each(|link| link.wire.advance(step));
    }
}

/// Lets the choices decide the random numbers of the server. Lets the runtime decide the clock of
/// the server.
fn simulate(choices: &mut Choices, jump: Rc<Cell<u64>>) -> Simulation {
    let mut random = choices.random();
    let fill = move |bytes: &mut [u8]| {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&random.next_u64().to_le_bytes()[..part.len()]);
        }
    };
    let begun = Instant::now();
    Simulation::begin(fill, move || Duration::from_secs(BEGIN + jump.get()) + begun.elapsed())
}
