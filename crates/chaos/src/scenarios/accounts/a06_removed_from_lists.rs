//! An account is removed and created again. It has lists of its own, and it is on the lists of
//! others.
//!
//! The entries for the account stay on the lists of others until the others remove these entries.
//! The account's own lists are deleted. A new account may be created with the same address. The
//! server then asks the new account about everybody who still has the address on a list (ns.md
//! section 1.2 rule 11). An address is free again immediately, because the server does not reserve
//! addresses yet.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, PASSWORD, Person, Received, SignIn};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "A06",
    "An account is removed while it is on the lists of others (the server does not reserve its address yet)",
    |bed| Box::pin(run(bed)),
)
.accounts(1 + OTHERS)
.except(&[(Rule::History, "the account loses its lists, as it must")]);

/// The number of other people who have the account on their lists. Half of them are online when the
/// account is removed.
const OTHERS: usize = 20;

/// The bits of the lists in LST (ns.md section 1.2): FL here, and AL, BL, RL and PL in the next
/// constants.
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
        let entry = entries.get(&gone.handle);
        let entry = entry.with_context(|| format!("user{number} has lost the entry of the removed account"))?;
        ensure!(
            entry.bits == expected,
            "user{number} has the removed account with the bits {} instead of {expected}",
            entry.bits
        );
    }
    create_again(bed, &gone).await?;
    bed.server.command_done(&["store", "check"]).await.context("at the end")?;
    Ok(Measured::new().count("lists", OTHERS))
}

const fn is_blocking(number: usize) -> bool {
    number.is_multiple_of(4)
}

/// Puts the account on the lists of all other people. Puts all other people on the account's own
/// lists, in a group.
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

/// Signs in as the account with this number. Returns the entries of its lists, by address.
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

/// Creates the account again. Checks that the new account has no lists, and that the server asks
/// the new account about everybody who still has its address on a list.
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
    // If a person now removes the account from FL, the server no longer asks the account about that
    // person.
    let (mut other, entries) = lists(bed, 2).await?;
    let guid = &entries.get(handle).context("user2 has lost the entry of the account")?.guid;
    ensure!(
        entries.get(handle).is_some_and(|entry| entry.bits & REVERSE == 0),
        "user2 has the new account on RL, but the new account has nobody on FL"
    );
    other.notification.done("REM", &format!("FL {guid}")).await?;
    person.notification.expect(&format!("REM 0 RL {}", other.handle())).await?;
    Ok(())
}
