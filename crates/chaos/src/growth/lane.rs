//! A lane: a task that visits the server again and again, with accounts of its own.

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;

use super::kind::Kind;
use crate::bed::Bed;
use crate::client::gateway::Session;
use crate::client::{Account, Dialer, PATIENCE, Person, SignIn, befriend, chat};
use crate::observer::Watch;
use crate::tcp::reset_when_closed;

/// The number of accounts of a lane (a task that visits the server again and again). The server
/// slows down repeated sign-ins of one account, so the lane uses its accounts in turn.
pub(super) const ACCOUNTS: usize = 100;
/// The number of connections in one visit. This program discards the history of a visit after the
/// visit, so that the memory of this program does not grow.
const CONNECTIONS: usize = 100;
/// The number of conversations in one visit.
const CONVERSATIONS: usize = 20;
/// The number of status changes in one visit.
const CHANGES: usize = 200;

/// A task that visits the server again and again. The first account and the second account of a
/// lane are contacts of each other.
pub(super) struct Lane {
    dialer: Dialer,
    first: usize,
    visits: usize,
}

impl Lane {
    /// Begins the lane with this number.
    pub(super) async fn begin(bed: &Bed, number: usize) -> Result<Self> {
        let lane = Self { dialer: bed.dialer.clone(), first: number * ACCOUNTS, visits: 0 };
        let [mut one, mut other] = lane.pair(&lane.dialer).await?;
        befriend(&mut one, &mut other).await?;
        Ok(lane)
    }

    /// Visits the server once. Returns the number of connections, sign-ins, conversations or changes.
    pub(super) async fn visit(&mut self, kind: Kind) -> Result<u64> {
        self.visits += 1;
        let account = Account::numbered(self.first + self.visits % ACCOUNTS);
        let ticket = self.dialer.ticket(&account).await?;
        // Each visit uses a new dialer with an empty history, so that no history grows from visit
        // to visit.
        let dialer = Dialer::new(self.dialer.addresses, Watch::new());
        dialer.keep_ticket(&account, ticket.clone());
        match kind {
            Kind::Connections => connections(&dialer).await,
            Kind::SignIns => sign_in(&dialer, &account).await,
            Kind::Conversations => conversations(self.pair(&dialer).await?).await,
            Kind::Gateway => gateway(&dialer, &account, &ticket).await,
            Kind::Presence => presence(self.pair(&dialer).await?).await,
        }
    }

    /// Signs in the two accounts of the lane that are contacts of each other.
    async fn pair(&self, dialer: &Dialer) -> Result<[Person; 2]> {
        let [one, other] = [0, 1].map(|number| Account::numbered(self.first + number));
        for account in [&one, &other] {
            dialer.keep_ticket(account, self.dialer.ticket(account).await?);
        }
        Ok([Person::sign_in(dialer, &one).await?, Person::sign_in(dialer, &other).await?])
    }
}

async fn connections(dialer: &Dialer) -> Result<u64> {
    let addresses = &dialer.addresses;
    let words: [&[u8]; 3] = [b"", b"VER 1 MSNP12 CVR0\r\n", b"GET / HT"];
    let to = [addresses.notification, addresses.switchboard, addresses.http];
    for (number, address) in to.into_iter().cycle().enumerate().take(CONNECTIONS) {
        let mut stream = dialer.dial(address).connect().await?;
        // The server may have closed the connection already.
        let _ = stream.write_all(words[number / to.len() % words.len()]).await;
        // Without the reset, each closed connection would hold its port for a minute.
        reset_when_closed(&stream);
    }
    Ok(CONNECTIONS as u64)
}

async fn sign_in(dialer: &Dialer, account: &Account) -> Result<u64> {
    let mut person = Person::sign_in(dialer, account).await?;
    person.notification.send_bytes(b"OUT\r\n").await?;
    person.notification.until_ended(PATIENCE).await?;
    Ok(1)
}

async fn conversations([mut one, mut other]: [Person; 2]) -> Result<u64> {
    for _ in 0..CONVERSATIONS {
        let [mut board, mut joined] = chat(&mut one, &mut other).await?;
        board.exchange(&mut joined).await?;
        board.connection.reset();
        joined.connection.expect("BYE").await?;
        joined.connection.reset();
    }
    Ok(CONVERSATIONS as u64)
}

async fn gateway(dialer: &Dialer, account: &Account, ticket: &str) -> Result<u64> {
    let mut commands = SignIn::default().commands(&account.handle, ticket);
    let last = commands.pop().context("a sign-in has commands")?;
    let mut session = Session::open(dialer, "NS", lines(&commands).as_bytes()).await?;
    session.send(lines(&[last]).as_bytes()).await?;
    session.line("CHG").await?;
    session.end().await?;
    Ok(1)
}

fn lines(commands: &[String]) -> String {
    commands.iter().map(|command| format!("{command}\r\n")).collect()
}

async fn presence([mut one, mut other]: [Person; 2]) -> Result<u64> {
    for number in 0..CHANGES {
        let status = ["BSY", "AWY", "PHN"][number % 3];
        one.notification.done("CHG", &format!("{status} 0")).await?;
        other.notification.expect(&format!("NLN {status} {}", one.handle())).await?;
    }
    Ok(CHANGES as u64)
}
