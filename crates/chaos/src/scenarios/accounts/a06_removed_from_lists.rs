//! An account with lists of its own, on the lists of others, is removed and created again.
//!
//! Entries for the account stay on the lists of others, who can remove them. The account's own lists do not stay. If
//! the address gets a new account, this account is asked about everybody who still has the address on a list (ns.md
//! section 1.2 rule 11). An address is free again immediately, because the server does not reserve addresses yet.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, PASSWORD, Person, Received, SignIn};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "A06",
    "An account is removed while it is on the lists of others (its address is not reserved yet)",
    |bed| Box::pin(run(bed)),
)
.accounts(1 + OTHERS)
.except(&[(Rule::History, "the account loses its lists, as it must")]);

/// The number of others who have the account on their lists. Half of them are online when the account is removed.
const OTHERS: usize = 20;

/// The bits of the lists (ns.md section 1.2).
const FORWARD: u32 = 1;
const ALLOW: u32 = 2;
const BLOCK: u32 = 4;
const REVERSE: u32 = 8;
const PENDING: u32 = 16;

async fn run(bed: &mut Bed) -> Result<Measured> {
    let gone = Account::numbered(0);
    fill(bed, &gone.handle).await?;
    let mut online = bed.people_with(&bed.dialer, (1..=OTHERS).step_by(2), SignIn::default()).await?;
    for person in &mut online {
        person.notification.before_pong().await?;
    }
    bed.server.command_done(&["account", "remove", &gone.handle, "--yes"]).await?;
    for person in &mut online {
        person.notification.expect(&format!("REM 0 RL {}", gone.handle)).await?;
    }
    drop(online);
    bed.server.command_done(&["store", "check"]).await.context("after the removal")?;
    for number in 1..=OTHERS {
        let (_, entries) = lists(bed, number).await?;
        let expected = if is_blocking(number) { FORWARD | BLOCK } else { FORWARD | ALLOW };
        let entry = entries.get(&gone.handle).with_context(|| format!("user{number} has lost the entry"))?;
        ensure!(entry.bits == expected, "user{number} has the bits {} instead of {expected}", entry.bits);
    }
    create_again(bed, &gone).await?;
    bed.server.command_done(&["store", "check"]).await.context("at the end")?;
    Ok(Measured::new().count("lists", OTHERS))
}

const fn is_blocking(number: usize) -> bool {
    number.is_multiple_of(4)
}

/// Puts the account on the lists of all others, and all others on its own, in a group.
async fn fill(bed: &Bed, handle: &str) -> Result<()> {
    let mut person = bed.person(0).await?;
    let group = person.notification.done("ADG", "Friends").await?.word(3);
    for number in 1..=OTHERS {
        let other = Account::numbered(number).handle;
        person.notification.done("ADC", &format!("AL N={other}")).await?;
        person.notification.done("ADC", &format!("FL N={other} F={other} {group}")).await?;
        let mut other = bed.person(number).await?;
        let list = if is_blocking(number) { "BL" } else { "AL" };
        other.notification.done("ADC", &format!("{list} N={handle}")).await?;
        other.notification.done("ADC", &format!("FL N={handle} F={handle}")).await?;
    }
    Ok(())
}

/// An entry of a list.
struct Entry {
    bits: u32,
    guid: String,
}

/// Signs in and returns the entries by address.
async fn lists(bed: &Bed, number: usize) -> Result<(Person, BTreeMap<String, Entry>)> {
    let mut person = bed.person(number).await?;
    let burst = person.notification.before_pong().await?;
    let entries = burst.iter().filter(|received| received.verb() == "LST").filter_map(entry).collect();
    Ok((person, entries))
}

/// Reads `LST N=handle F=nick [C=guid] bits netid [groups]`.
fn entry(received: &Received) -> Option<(String, Entry)> {
    let line = received.line();
    let words: Vec<_> = line.split(' ').collect();
    let handle = words.get(1)?.strip_prefix("N=")?.to_owned();
    let guid = words.iter().find_map(|word| word.strip_prefix("C=")).unwrap_or_default().to_owned();
    let bits = words.iter().skip(2).find_map(|word| word.parse().ok())?;
    Some((handle, Entry { bits, guid }))
}

/// Creates the account again. Checks that the account has no lists, and that it is asked about everybody who still has
/// it on a list.
async fn create_again(bed: &Bed, account: &Account) -> Result<()> {
    let handle = account.handle.as_str();
    let (mut leaving, entries) = lists(bed, 1).await?;
    let guid = &entries.get(handle).context("the entry is gone")?.guid;
    leaving.notification.done("REM", &format!("FL {guid}")).await.context("an entry could not be removed")?;
    let words = ["account", "add", handle, "--password-stdin"];
    bed.server.command_done_with(&words, &format!("{PASSWORD}\n")).await?;
    bed.dialer.fetch_ticket(account).await?;
    let (mut person, entries) = lists(bed, 0).await?;
    let pending: Vec<_> = entries.values().map(|entry| entry.bits).collect();
    ensure!(pending == vec![PENDING; OTHERS - 1], "the new account has entries with the bits {pending:?}");
    // The account is no longer asked about a person who removes it now.
    let (mut other, entries) = lists(bed, 2).await?;
    let guid = &entries.get(handle).context("the entry is gone")?.guid;
    ensure!(entries.get(handle).is_some_and(|entry| entry.bits & REVERSE == 0), "the new account has nobody on FL");
    other.notification.done("REM", &format!("FL {guid}")).await?;
    person.notification.expect(&format!("REM 0 RL {}", other.handle())).await?;
    Ok(())
}
