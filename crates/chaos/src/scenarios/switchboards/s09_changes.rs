//! Names and statuses change while people are invited, and people sign out between an invitation
//! and its answer. A cookie holds the identity of its account at one moment (sb.md section 2). So
//! no member may be shown with the name of one moment and the capabilities of another moment. A
//! member need not stay signed in to the notification server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Board, Connection, Person, Received, Sender, text};
use crate::measured::Measured;
use crate::scenario::Scenario;

const ROUNDS: usize = 150;
/// The difference between the first number of a round and the first number of the next round.
const SPAN: usize = 100_000;
/// The number of changes that each account makes, and waits for, before it changes all the time.
const ANSWERED: usize = 2;
/// The pause between two changes of one account.
const PAUSE: Duration = Duration::from_micros(500);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S09",
    "Names, statuses and sessions change between CAL and ANS, names and capabilities agree, and conversations continue",
    |bed| Box::pin(run(bed)),
)
.accounts(2);

async fn run(bed: &mut Bed) -> Result<Measured> {
    let rounds = bed.size.of(ROUNDS);
    let mut changes = 0;
    for round in 0..rounds {
        let caller = Changing::begin(bed.person(0).await?, round).await?;
        let callee = Changing::begin(bed.person(1).await?, round).await?;
        let leaving = [Leaving::Nobody, Leaving::Callee, Leaving::Caller, Leaving::Hides][round % 4];
        changes += meet(caller, callee, leaving).await.with_context(|| format!("in round {round}, {leaving:?}"))?;
    }
    ensure!(changes > 0, "nothing changed while the invitations were on their way");
    Ok(Measured::new().count("rounds", rounds).count("changes during invitations", changes))
}

/// The people who sign out, or hide, before the invitation is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    Nobody,
    Callee,
    Caller,
    Hides,
}

/// A person whose capabilities and name change all the time. Both contain a number that grows with
/// each change. At any moment, the two numbers are equal, or one is the successor of the other.
struct Changing {
    person: Person,
    is_over: Arc<AtomicBool>,
    task: JoinHandle<Result<usize>>,
}

impl Changing {
    async fn begin(mut person: Person, round: usize) -> Result<Self> {
        let first = round * SPAN + 1;
        for number in first..first + ANSWERED {
            person.notification.done("CHG", &format!("NLN {number}")).await?;
            person.notification.done("PRP", &format!("MFN name{number}")).await?;
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(change(person.notification.sender(), first + ANSWERED, is_over.clone()));
        Ok(Self { person, is_over, task })
    }

    /// Ends the changes. Returns their number.
    async fn stop(self) -> Result<(Person, usize)> {
        self.is_over.store(true, Ordering::Release);
        let changes = self.task.await??;
        Ok((self.person, changes))
    }
}

async fn change(sender: Sender, first: usize, is_over: Arc<AtomicBool>) -> Result<usize> {
    let mut number = first;
    while !is_over.load(Ordering::Acquire) {
        sender.send("CHG", &format!("NLN {number}")).await?;
        sender.send("PRP", &format!("MFN name{number}")).await?;
        number += 1;
        sleep(PAUSE).await;
    }
    Ok(number - first)
}

/// Lets the caller invite the callee. The callee joins with an identity: the name and the
/// capabilities of one moment. Returns the number of changes while the invitation was on its way.
async fn meet(mut caller: Changing, mut callee: Changing, leaving: Leaving) -> Result<usize> {
    let mut board = caller.person.open_board().await?;
    board.connection.done("CAL", callee.person.handle()).await?;
    let ring = callee.person.notification.expect("RNG").await?;
    let ((caller, caller_changes), (callee, callee_changes)) = (caller.stop().await?, callee.stop().await?);
    let (handle, dialer) = (callee.handle().to_owned(), callee.dialer.clone());
    let (mut caller, mut callee) = (Some(caller), Some(callee));
    match leaving {
        Leaving::Nobody => {}
        Leaving::Callee => callee = None,
        Leaving::Caller => caller = None,
        Leaving::Hides => {
            for person in [&mut caller, &mut callee].into_iter().flatten() {
                person.notification.done("CHG", "HDN 0").await?;
            }
        }
    }
    dialer.keep_secret(&ring.word(4));
    let mut connection = dialer.switchboard().await?;
    let answered = connection.done("ANS", &format!("{handle} {} {}", ring.word(4), ring.word(1))).await?;
    ensure!(answered.word(2) == "OK", "ANS was answered with {}", answered.line());
    let mut joined = Board { connection, handle };
    let iro = joined.connection.expect("IRO").await?;
    let joi = board.connection.expect("JOI").await?;
    let name = identity(&joi, 2)?;
    let caller_name = identity(&iro, 5)?;
    ensure!(ring.word(6) == caller_name, "RNG contains {}, but IRO contains {caller_name}", ring.word(6));
    says(&joined, &mut board.connection, &name).await?;
    says(&board, &mut joined.connection, &caller_name).await?;
    drop((caller, callee));
    // Nothing that happens to a session of the notification server ends a conversation.
    joined.exchange(&mut board).await.context("after everybody has signed out")?;
    [board, joined].into_iter().for_each(|board| board.connection.settle());
    Ok(caller_changes + callee_changes)
}

/// Returns the name in a line. Checks that the name and the capabilities belong to the same moment.
fn identity(line: &Received, at: usize) -> Result<String> {
    let (name, capabilities) = (line.word(at), line.word(at + 1));
    let number: usize = capabilities.parse().with_context(|| format!("no capabilities in {}", line.line()))?;
    let named = name.strip_prefix("name").and_then(|number| number.parse::<usize>().ok());
    let fits = named.is_some_and(|named| named == number || named + 1 == number);
    ensure!(fits, "the name {name} and the capabilities {capabilities} were never set together: {}", line.line());
    Ok(name)
}

/// Sends a text from a member. Checks that the text arrives with the name with which the member
/// joined.
async fn says(board: &Board, other: &mut Connection, name: &str) -> Result<()> {
    board.post("U", &text("identity")).await?;
    let message = other.expect(&format!("MSG {}", board.handle)).await?;
    ensure!(message.word(2) == name, "{} joined as {name}, but sends messages as {}", board.handle, message.word(2));
    Ok(())
}
