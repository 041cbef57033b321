//! Random words full of escapes, sent as names, groups and addresses. No escape may become a
//! separate line for another client. If a client receives a name and sends back the same word, the
//! name must stay the same.

use anyhow::{Context, Result, ensure};

use super::words::meaning;
use crate::bed::Bed;
use crate::client::{Board, Person, Received, befriend, chat};
use crate::measured::Measured;
use crate::random::Random;
use crate::scenario::Scenario;
use crate::server::Setup;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "F08",
    "Names and addresses contain escaped line ends, escaped NUL characters and broken escapes",
    |bed| Box::pin(run(bed)),
)
.accounts(2)
.setup(|| Setup { settings: "[limits]\nname_changes = 10000\n".into(), ..Setup::default() });

/// The number of words that are sent as names.
const NAMES: usize = 300;
/// The largest number of parts in a word.
const PARTS: u64 = 6;

/// The pieces of which words are made.
const PIECES: &[&str] = &[
    "%0D%0A",
    "%0d%0a",
    "%0A",
    "%0D",
    "%00",
    "%",
    "%%",
    "%zz",
    "%4",
    "%250D%250A",
    "%2500",
    "%25",
    "%20",
    "%09",
    "%41",
    "%C3%A9",
    "%C3",
    "%FF",
    "+",
    "a",
    "é",
    "FLN%20user0@example.com",
    "OUT",
    "<b>",
    "&#13;",
];

/// Addresses that belong to no account, with or without decoding. The server does not decode a word
/// that contains `@` (framing.md section 5).
const ADDRESSES: &[&str] = &[
    "user1@example.com%0D%0AOUT",
    "user1%0D%0A@example.com",
    "user1@example.com%00",
    "user1%00%40example.com",
    "user1%40example.com%0D%0AOUT",
    "%75ser1@example.com",
    "user1%2540example.com",
    "user1%",
    "%zz%40example.com",
];

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    other.notification.before_pong().await?;
    let count = bed.size.of(NAMES);
    let mut accepted = 0;
    for _ in 0..count {
        let word = word(&mut bed.random);
        accepted += usize::from(name(&mut one, &mut other, &word).await.with_context(|| word.clone())?);
        group(&mut one, &word).await.with_context(|| word.clone())?;
    }
    rings(&mut one, &mut other).await?;
    addresses(&mut one, &mut other).await?;
    Ok(Measured::new().count("words", count).count("accepted", accepted).count("addresses", ADDRESSES.len()))
}

fn word(random: &mut Random) -> String {
    let parts = 1 + random.below(PARTS);
    (0..parts).filter_map(|_| random.pick(PIECES).copied()).collect()
}

/// Sets a name twice: first as given, and then as a contact has received it. Returns whether the server accepted the
/// name.
async fn name(one: &mut Person, other: &mut Person, word: &str) -> Result<bool> {
    let answer = one.notification.ask("PRP", &format!("MFN {word}")).await?;
    let seen = only_presence(other).await?;
    let Some(text) = meaning(word.as_bytes()) else {
        ensure!(answer.code() == Some(209), "an invalid name was answered with {}", answer.line());
        ensure!(seen.is_empty(), "a contact received {}", seen[0].line());
        return Ok(false);
    };
    ensure!(answer.code().is_none(), "a valid name was answered with {}", answer.line());
    // A name with the same meaning as the one before is not a change, so the contact receives nothing.
    let Some(first) = seen.last() else { return Ok(true) };
    let received = first.word(3);
    ensure!(meaning(received.as_bytes()) == Some(text), "a contact received {}", first.line());
    one.notification.done("PRP", &format!("MFN {received}")).await?;
    let again = only_presence(other).await?;
    ensure!(
        again.is_empty(),
        "the user set the name again, to the word that a contact had received, and the contact then received {}",
        again[0].line()
    );
    Ok(true)
}

/// Reads all lines that a contact has received. Each line, except a challenge, must show the
/// presence of the sender.
async fn only_presence(other: &mut Person) -> Result<Vec<Received>> {
    let mut received = other.notification.before_pong().await?;
    received.retain(|received| !received.starts_with("CHL 0"));
    for one in &received {
        let is_presence = one.starts_with("NLN NLN user0@example.com") && one.unit.words().len() == 5;
        ensure!(is_presence, "a contact received {}", one.line());
    }
    Ok(received)
}

async fn group(one: &mut Person, word: &str) -> Result<()> {
    let answer = one.notification.ask("ADG", word).await?;
    let expected = match meaning(word.as_bytes()) {
        None => Some(201),
        Some(text) if text.len() > 61 => Some(229),
        Some(_) => None,
    };
    ensure!(answer.code() == expected, "ADG {word} was answered with {}", answer.line());
    if expected.is_none() {
        one.notification.done("RMG", &answer.word(3)).await?;
    }
    Ok(())
}

/// Checks that a name with escapes stays one word in an invitation (RNG) and in the line about a
/// member (IRO). The escapes must not divide the RNG or the IRO into two lines.
async fn rings(one: &mut Person, other: &mut Person) -> Result<()> {
    one.notification.done("PRP", "MFN a%250D%250AOUT%20%09b").await?;
    let mut board = one.open_board().await?;
    board.connection.done("CAL", other.handle()).await?;
    let ring = other.notification.expect("RNG").await?;
    ensure!(ring.unit.words().len() == 7, "the invitation was {}", ring.line());
    let mut joined = other.dialer.switchboard().await?;
    other.dialer.keep_secret(&ring.word(4));
    let trid = joined.send("ANS", &format!("{} {} {}", other.handle(), ring.word(4), ring.word(1))).await?;
    let member = joined.expect(&format!("IRO {trid}")).await?;
    ensure!(member.unit.words().len() == 7, "the line about the member was {}", member.line());
    joined.answer(trid).await?;
    Ok(())
}

/// Checks that an address with escapes is refused, and that nobody receives anything.
async fn addresses(one: &mut Person, other: &mut Person) -> Result<()> {
    let [mut board, joined] = chat(one, other).await?;
    drop(joined);
    board.connection.expect("BYE").await?;
    other.notification.before_pong().await?;
    for address in ADDRESSES {
        // After five refused calls in a row, a member must pause (sb.md section 5). So each call has a new
        // conversation.
        let Board { mut connection, .. } = one.open_board().await?;
        match connection.ask("CAL", address).await {
            Ok(called) => {
                ensure!(matches!(called.code(), Some(208 | 217)), "CAL {address} was answered with {}", called.line());
            }
            // The server closes the connection if an address contains a control character, even an
            // escaped one (sb.md section 8).
            Err(error) => ensure!(connection.has_ended(), "CAL {address}: {error:#}"),
        }
        let added = one.notification.ask("ADC", &format!("AL N={address}")).await?;
        ensure!(matches!(added.code(), Some(201 | 208)), "ADC {address} was answered with {}", added.line());
    }
    // `%40` is the only escape that clients write into an address.
    let Board { mut connection, .. } = one.open_board().await?;
    connection.done("CAL", "user1%40example.com").await?;
    let received = other.notification.before_pong().await?;
    let verbs: Vec<_> = received.iter().map(Received::verb).filter(|verb| verb != "CHL").collect();
    ensure!(verbs == ["RNG"], "the callee received {verbs:?}");
    Ok(())
}
