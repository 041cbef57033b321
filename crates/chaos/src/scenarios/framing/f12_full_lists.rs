//! Bursts of list edits, and lists and groups at their limits. The lists must contain every
//! accepted edit, and no refused edit.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Account, Person, SignIn};
use crate::measured::Measured;
use crate::random::Random;
use crate::rule::Rule;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F12",
    "Thousands of list edits are sent in one go, and lists and groups reach their limits",
    |bed| Box::pin(run(bed)),
)
.accounts(OTHERS + SENDERS)
.except(&[(Rule::Memory, "each connection to the database caches up to 2 MB of the database")]);

/// The number of people who send bursts at the same time.
const SENDERS: usize = 10;
/// The number of edits in a burst. The server reads 200 immediately, and then 50 a second (framing.md section 11).
const EDITS: usize = 700;
/// The number of bursts that each person sends.
const BURSTS: usize = 2;
/// The limit on the growth of the memory in the second burst, in KiB.
const GROWTH_KIB: u64 = 2 * 1024;
/// The number of accounts that each person tries to add to the contact list. The list has room for
/// fewer contacts.
const OTHERS: usize = 620;
/// The largest number of contacts (framing.md section 6).
const CONTACTS: usize = 600;
/// The largest number of groups (framing.md section 6).
const GROUPS: usize = 30;
/// The length of the longest name of a group, in bytes (framing.md section 6).
const GROUP_NAME: usize = 61;

async fn run(bed: &mut Bed) -> Result<Measured> {
    let people = bed.people_with(&bed.dialer, OTHERS..OTHERS + SENDERS, SignIn::default()).await?;
    let mut senders: Vec<_> = people.into_iter().map(|person| Sender { person, listed: BTreeSet::new() }).collect();
    let mut sent = 0;
    let mut memory = Vec::new();
    for _ in 0..BURSTS {
        let edits = bed.size.of(EDITS);
        let mut running = JoinSet::new();
        for mut sender in senders.drain(..) {
            let mut random = bed.random.fork();
            running.spawn(async move { sender.burst(edits, &mut random).await.map(|()| sender) });
        }
        while let Some(done) = running.join_next().await {
            senders.push(done??);
            sent += edits;
        }
        memory.push(bed.server.figures()?.anonymous_kib);
    }
    let accepted: usize = senders.iter().map(|sender| sender.listed.len()).sum();
    for sender in senders {
        let listed = listed(&sender.person).await?;
        let (accepted, found) = (sender.listed.len(), listed.len());
        ensure!(listed == sender.listed, "the server accepted {accepted} contacts, and its list has {found}");
    }
    // The second burst changes the lists little, so the memory of the server must grow little.
    let grown = memory[BURSTS - 1].saturating_sub(memory[0]);
    ensure!(grown <= GROWTH_KIB, "the second burst made the memory grow by {grown} KiB");
    codes(bed).await?;
    old_codes(bed).await?;
    let refused = sent - accepted;
    Ok(Measured::new().count("edits", sent).count("accepted", accepted).count("refused", refused).figure(
        "memory for second burst",
        grown as f64,
        "KiB",
    ))
}

/// A person who sends bursts, with the contacts that the server has accepted.
struct Sender {
    person: Person,
    listed: BTreeSet<String>,
}

impl Sender {
    /// Sends edits in one write. The server must accept or refuse each edit according to the
    /// contacts that are on the list at the time of that edit.
    async fn burst(&mut self, edits: usize, random: &mut Random) -> Result<()> {
        let notification = &mut self.person.notification;
        let sender = notification.sender();
        let mut order: Vec<_> = (0..OTHERS).collect();
        random.shuffle(&mut order);
        let mut bytes = String::new();
        let mut sent = Vec::new();
        for &number in order.iter().cycle().take(edits) {
            let handle = Account::numbered(number).handle;
            let trid = sender.next_trid();
            let line = format!("ADC {trid} FL N={handle} F={handle}");
            sender.note_sent(&line, b"");
            bytes.push_str(&line);
            bytes.push_str("\r\n");
            sent.push((trid, handle));
        }
        notification.send_bytes(bytes.as_bytes()).await?;
        for (trid, handle) in sent {
            let answer = notification.answer(trid).await?;
            let code = match (self.listed.contains(&handle), self.listed.len() < CONTACTS) {
                (true, _) => Some(215),
                (false, false) => Some(210),
                (false, true) => None,
            };
            let count = self.listed.len();
            ensure!(answer.code() == code, "with {count} contacts, ADC {handle} was answered with {}", answer.line());
            if code.is_none() {
                self.listed.insert(handle);
            }
        }
        Ok(())
    }
}

/// Returns the contacts on FL, as the server lists them.
async fn listed(person: &Person) -> Result<BTreeSet<String>> {
    let mut again = Person::sign_in(&person.dialer, &person.account).await?;
    let burst = again.notification.before_pong().await?;
    let contacts = burst.iter().filter(|received| received.verb() == "LST" && received.line().contains(" C="));
    Ok(contacts.map(|received| received.word(1).trim_start_matches("N=").to_owned()).collect())
}

/// Checks the error codes for single edits (ns.md sections 8 and 9).
async fn codes(bed: &Bed) -> Result<()> {
    let mut person = bed.person(0).await?;
    let long = |length| "g".repeat(length);
    let mut groups = Vec::new();
    let named: Vec<_> = (1..GROUPS).map(|number| format!("g{number}")).chain([long(GROUP_NAME)]).collect();
    ensure!(person.notification.ask("ADG", &long(GROUP_NAME + 1)).await?.code() == Some(229));
    for name in &named {
        groups.push(person.notification.done("ADG", name).await?.word(3));
    }
    let table = [
        ("ADG", "one-more".to_owned(), 223),
        ("ADG", named[0].clone(), 228),
        ("REG", format!("{} {}", groups[1], named[0]), 228),
        ("REG", format!("{} {}", groups[1], long(GROUP_NAME + 1)), 229),
        ("ADC", format!("FL N={}", person.handle()), 201),
        ("ADC", format!("BL N={}", person.handle()), 201),
        ("ADC", "FL N=nobody@example.com".to_owned(), 208),
        ("ADC", "FL N=no-address".to_owned(), 201),
        ("REM", "AL user1@example.com".to_owned(), 216),
    ];
    for (verb, words, code) in table {
        let answer = person.notification.ask(verb, &words).await?;
        ensure!(answer.code() == Some(code), "{verb} {words} was answered with {} instead of {code}", answer.line());
    }
    person.notification.done("ADC", "AL N=user1@example.com").await?;
    for (words, code) in [("AL N=user1@example.com", 215), ("BL N=user1@example.com", 219)] {
        let answer = person.notification.ask("ADC", words).await?;
        ensure!(answer.code() == Some(code), "ADC {words} was answered with {}", answer.line());
    }
    for group in &groups {
        person.notification.done("RMG", group).await?;
    }
    Ok(())
}

/// Checks that a client with a dialect before MSNP10 receives the error code 205 if it adds an
/// address that has no account.
async fn old_codes(bed: &Bed) -> Result<()> {
    let how = SignIn { dialect: 9, ..SignIn::default() };
    let mut person = Person::sign_in_with(&bed.dialer, &Account::numbered(1), how).await?;
    let answer = person.notification.ask("ADD", "FL nobody@example.com nobody").await.context("MSNP9")?;
    ensure!(answer.code() == Some(205), "ADD was answered with {}", answer.line());
    Ok(())
}
