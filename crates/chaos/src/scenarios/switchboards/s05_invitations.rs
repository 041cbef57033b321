//! Every reason for which an invitation fails. Neither the answer nor its delay may tell the caller
//! that the callee blocks the caller.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, Board, Person, SignIn};
use crate::measured::{Measured, percentile};
use crate::random::Random;
use crate::scenario::Scenario;

const CALLER: usize = 0;
/// The number of the account that blocks the caller.
const BLOCKER: usize = 1;
/// The number of the account that accepts only callers on its allow list. The caller of this
/// scenario is not on that list.
const PRIVATE: usize = 2;
/// The number of the account that the caller blocks. The caller can invite this account
/// nevertheless (sb.md section 5).
const BLOCKED: usize = 3;
/// The number of the account that is already in the conversation.
const PRESENT: usize = 4;
const HIDDEN: usize = 5;
/// The number of the account that never signs in.
const OFFLINE: usize = 6;
const ACCOUNTS: usize = 7;
/// The address that has no account.
const UNKNOWN: &str = "nobody@example.com";
/// The number of calls to each address that cannot be reached.
const ROUNDS: usize = 300;
/// The median delays of the answers for two addresses may differ by a quarter plus this time. A
/// database query or a lock takes longer. So the scenario notices if the server needs a query or a
/// lock for one reason to refuse an invitation, but not for the other reasons.
const NOISE: Duration = Duration::from_micros(100);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S05",
    "Invitations fail for every reason, and neither the answer nor its delay shows whether the caller is blocked",
    |bed| Box::pin(run(bed)),
)
.accounts(ACCOUNTS)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut people = bed.people_with(&bed.dialer, CALLER..=PRESENT, SignIn::default()).await?;
    let _hidden = bed.people_with(&bed.dialer, [HIDDEN], SignIn { status: Some("HDN"), ..SignIn::default() }).await?;
    let caller = handle(CALLER);
    people[BLOCKER].notification.done("ADC", &format!("BL N={caller}")).await?;
    people[PRIVATE].notification.done("BLP", "BL").await?;
    people[CALLER].notification.done("ADC", &format!("BL N={}", handle(BLOCKED))).await?;
    answers(&mut people).await?;
    let rounds = bed.size.of(ROUNDS);
    let medians = delays(&mut people[CALLER], rounds, &mut bed.random).await?;
    let (fastest, slowest) = (medians.values().min().copied(), medians.values().max().copied());
    let (fastest, slowest) = (fastest.unwrap_or_default(), slowest.unwrap_or_default());
    ensure!(slowest <= fastest * 5 / 4 + NOISE, "the delay of an answer shows why the invitation failed: {medians:?}");
    Ok(Measured::new().millis("fastest median", fastest).millis("slowest median", slowest))
}

fn handle(number: usize) -> String {
    Account::numbered(number).handle
}

/// Returns the addresses that cannot be reached, each for a reason that the caller must not learn.
fn unreachable() -> [String; 5] {
    [handle(BLOCKER), handle(PRIVATE), handle(HIDDEN), handle(OFFLINE), UNKNOWN.to_owned()]
}

/// Checks the answer to each kind of invitation (sb.md section 5).
async fn answers(people: &mut [Person]) -> Result<()> {
    let mut board = people[CALLER].open_board().await?;
    let present = people[PRESENT].join(&mut board).await?;
    for (callee, expected) in [(handle(CALLER), 215), (handle(PRESENT), 215), ("nobody".to_owned(), 208)] {
        expect(&mut board, &callee, Some(expected)).await?;
    }
    for callee in unreachable() {
        expect(&mut board, &callee, Some(217)).await?;
    }
    expect(&mut board, &handle(BLOCKED), None).await?;
    expect(&mut board, &handle(BLOCKED), Some(215)).await?;
    // The callee that the caller blocks must receive RNG, and no other callee may receive it.
    people[BLOCKED].notification.expect("RNG").await?;
    for number in [BLOCKER, PRIVATE] {
        let lines = people[number].notification.before_pong().await?;
        ensure!(lines.iter().all(|line| line.verb() != "RNG"), "{} received RNG", handle(number));
    }
    drop(present);
    Ok(())
}

async fn expect(board: &mut Board, callee: &str, code: Option<u16>) -> Result<()> {
    let answer = board.connection.ask("CAL", callee).await?;
    ensure!(answer.code() == code, "CAL {callee} was answered with {} instead of {code:?}", answer.line());
    Ok(())
}

/// Returns the median delay of the answer for each address that cannot be reached.
async fn delays(caller: &mut Person, rounds: usize, random: &mut Random) -> Result<BTreeMap<String, Duration>> {
    let mut board = caller.open_board().await?;
    let mut delays: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    let mut callees = unreachable();
    for _ in 0..rounds {
        random.shuffle(&mut callees);
        for callee in &callees {
            let begun = Instant::now();
            expect(&mut board, callee, Some(217)).await?;
            delays.entry(callee.clone()).or_default().push(begun.elapsed());
        }
    }
    Ok(delays.into_iter().map(|(callee, delays)| (callee, percentile(&delays, 50))).collect())
}
