//! The test bed of one scenario: a running server with accounts, and the means to connect clients to it.

mod accounts;
mod size;
mod truth;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::client::{Account, Dialer, Person, SignIn};
use crate::disk::Disk;
use crate::observer::Watch;
use crate::proxy::{Faults, Proxy};
use crate::random::Random;
use crate::server::{Server, Setup};

pub use accounts::create_accounts;
pub use size::Size;

/// The lowest N of the networks 127.N.0.0/16 for servers. Clients connect from addresses with a lower N.
const FIRST_NETWORK: u8 = 128;
const NETWORKS: u8 = 100;
/// The number of people that sign in at the same time.
const SIGN_INS_AT_ONCE: usize = 64;

/// A running server with accounts, and the means to connect clients to it.
#[derive(Debug)]
pub struct Bed {
    /// The server under test.
    pub server: Server,
    /// The disk that holds the server's data, if the setup of the scenario asks for such a disk.
    pub disk: Option<Disk>,
    /// Connects clients directly to the server. The dialer knows a ticket of every account.
    pub dialer: Dialer,
    /// The source of all random choices of the scenario.
    pub random: Random,
    /// The size of the scenario.
    pub size: Size,
}

impl Bed {
    /// Creates the accounts and starts the server.
    ///
    /// # Errors
    /// Fails if the database cannot be written or the server does not start.
    pub async fn start(
        program: &Path,
        directory: &Path,
        setup: Setup,
        accounts: &[Account],
        seed: u64,
        size: Size,
    ) -> Result<Self> {
        let setup = Setup { address: own_address(), ..setup };
        let has_disk = setup.has_disk;
        let mut server = Server::stopped(program, directory, setup)?;
        let tickets = create_accounts(&server.data(), accounts).await?;
        let disk = if has_disk { Some(Disk::under(&mut server).await?) } else { None };
        server.restart().await?;
        let dialer = Dialer::new(*server.addresses(), Watch::new());
        truth::note_new(dialer.watch(), accounts)?;
        for (account, ticket) in accounts.iter().zip(tickets) {
            dialer.keep_ticket(account, ticket);
        }
        Ok(Self { server, disk, dialer, random: Random::new(seed), size })
    }

    /// Adds accounts to the history, as they are on the server's disk. No client may change these
    /// accounts during the call.
    ///
    /// # Errors
    /// Fails if the database cannot be read.
    pub async fn note_accounts(&self, handles: impl IntoIterator<Item = String>) -> Result<()> {
        truth::note_last(self.dialer.watch(), &self.server.data(), handles).await
    }

    /// Signs in as the account with this number.
    ///
    /// # Errors
    /// Fails if the server refuses.
    pub async fn person(&self, number: usize) -> Result<Person> {
        Person::sign_in(&self.dialer, &Account::numbered(number)).await
    }

    /// Signs in as the accounts with the lowest numbers, several at the same time.
    ///
    /// # Errors
    /// Fails if the server refuses one of the accounts.
    pub async fn people(&self, count: usize) -> Result<Vec<Person>> {
        self.people_with(&self.dialer, 0..count, SignIn::default()).await
    }

    /// Signs in as accounts with these numbers, several at the same time. The people are in the order of the numbers.
    ///
    /// # Errors
    /// Fails if the server refuses one of the accounts.
    pub async fn people_with(
        &self,
        dialer: &Dialer,
        numbers: impl IntoIterator<Item = usize>,
        how: SignIn,
    ) -> Result<Vec<Person>> {
        let mut running = JoinSet::new();
        let mut people = Vec::new();
        for (place, number) in numbers.into_iter().enumerate() {
            if running.len() >= SIGN_INS_AT_ONCE
                && let Some(signed_in) = running.join_next().await
            {
                people.push(signed_in??);
            }
            let dialer = dialer.clone();
            running.spawn(async move {
                let person = Person::sign_in_with(&dialer, &Account::numbered(number), how).await?;
                anyhow::Ok((place, person))
            });
        }
        while let Some(signed_in) = running.join_next().await {
            people.push(signed_in??);
        }
        people.sort_unstable_by_key(|(place, _)| *place);
        Ok(people.into_iter().map(|(_, person)| person).collect())
    }

    /// Returns a dialer and two proxies: one for its notification connections, and one for its switchboard connections.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn through_proxies(&mut self, faults: Faults) -> Result<(Dialer, [Proxy; 2])> {
        let addresses = *self.server.addresses();
        let notification = Proxy::start(addresses.notification, faults, self.random.fork()).await?;
        let switchboard = Proxy::start(addresses.switchboard, faults, self.random.fork()).await?;
        let mut dialer = self.dialer.clone();
        dialer.addresses.notification = notification.address();
        dialer.addresses.switchboard = switchboard.address();
        dialer.switchboards = Some(switchboard.address());
        Ok((dialer, [notification, switchboard]))
    }
}

/// Returns a loopback address for a server. No other server that this process starts uses the same
/// address. So if a server is being restarted, no other server can take its ports.
fn own_address() -> IpAddr {
    static SERVERS: AtomicU8 = AtomicU8::new(0);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let network = FIRST_NETWORK + SERVERS.fetch_add(1, Ordering::Relaxed) % NETWORKS;
    IpAddr::V4(Ipv4Addr::new(127, network, high, low.max(1)))
}
