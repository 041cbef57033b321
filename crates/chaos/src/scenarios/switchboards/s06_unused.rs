//! Conversations that are asked for and never opened, invitations that are never answered, and
//! conversations in which nothing happens. The server must forget all of them in time, and reuse
//! their memory.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use crate::bed::Bed;
use crate::client::{Board, PATIENCE, Person, chat, text};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The number of accounts that ask for conversations.
const ACCOUNTS: usize = 200;
/// The largest number of unused cookies that an account may have (sb.md section 2).
const COOKIES: usize = 120;
/// The number of conversations with one member in which nothing happens.
const ALONE: usize = 200;
/// The number of conversations with two members in which nothing happens.
const IN_PAIRS: usize = 20;
/// The time for which a cookie is valid, and for which an unanswered invitation (a ring) is pending
/// (sb.md sections 2 and 5).
const LIFE: Duration = Duration::from_secs(120);
/// The time after which this server closes a conversation in which nothing happens, as set below.
const IDLE: Duration = Duration::from_secs(30);
/// The time by which the server may be late.
const LATE: Duration = Duration::from_secs(5);

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S06",
    "Cookies stay unused, invitations stay unanswered, conversations stay silent, and the server forgets all of them",
    |bed| Box::pin(run(bed)),
)
.accounts(ACCOUNTS)
.except(&[(
    Rule::Memory,
    "the allocator keeps the memory of the cookies, and the scenario checks that the server reuses it",
)])
.setup(|| Setup { settings: "[limits]\nswitchboard_idle = 30\n".into(), ..Setup::default() });

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut people = bed.people(bed.size.of(ACCOUNTS).max(2 * IN_PAIRS + 2)).await?;
    let idle = tokio::spawn(idle(&mut people, bed.size.of(ALONE)).await?.closed());
    let unanswered = tokio::spawn(Unanswered::begin(&mut people).await?.until_forgotten());
    let (people, cookies) = ask_for_cookies(people).await?;
    let asked = Instant::now();
    let first = bed.server.figures()?.anonymous_kib;
    let rung = unanswered.await??;
    sleep_until((asked + LIFE + LATE).into()).await;
    // The cookies have expired, so everybody may get new cookies. The new cookies reuse the memory
    // of the old cookies.
    let (_people, _) = ask_for_cookies(people).await?;
    let second = bed.server.figures()?.anonymous_kib;
    ensure!(
        second <= first * 11 / 10,
        "the server had {first} KiB with the first cookies, and {second} KiB with the second cookies"
    );
    Ok(Measured::new()
        .count("cookies", cookies)
        .seconds("silent conversations closed in", idle.await??)
        .seconds("rung again after", rung)
        .figure("memory of second cookies relative to first cookies", 100.0 * second as f64 / first as f64, "%"))
}

/// Asks for conversations until the server refuses. Returns the people, and the number of cookies that the server gave.
async fn ask_for_cookies(people: Vec<Person>) -> Result<(Vec<Person>, usize)> {
    let mut running = JoinSet::new();
    for mut person in people {
        running.spawn(async move {
            for _ in 0..COOKIES {
                person.board_cookie().await?;
            }
            let answer = person.notification.ask("XFR", "SB").await?;
            ensure!(
                answer.code() == Some(800),
                "XFR with {COOKIES} unused cookies was answered with {}",
                answer.line()
            );
            Ok(person)
        });
    }
    let mut people = Vec::new();
    while let Some(person) = running.join_next().await {
        people.push(person??);
    }
    let given = people.len() * COOKIES;
    Ok((people, given))
}

/// Conversations in which nothing happens.
struct Idle {
    alone: Vec<Board>,
    pairs: Vec<[Board; 2]>,
}

/// Opens conversations with one member, and conversations with two members.
async fn idle(people: &mut [Person], alone: usize) -> Result<Idle> {
    let mut idle = Idle { alone: Vec::new(), pairs: Vec::new() };
    for number in 0..alone {
        let number = number % people.len();
        idle.alone.push(people[number].open_board().await?);
    }
    for pair in people.chunks_exact_mut(2).take(IN_PAIRS) {
        let [one, other] = pair else { bail!("two people were expected") };
        idle.pairs.push(chat(one, other).await?);
    }
    Ok(idle)
}

impl Idle {
    /// Waits until the server has closed all of these conversations, as sb.md section 7 demands.
    /// Returns the time until then.
    async fn closed(self) -> Result<Duration> {
        let begun = Instant::now();
        for board in self.alone {
            ends(board, None).await?;
        }
        for [one, other] in self.pairs {
            let handles = [other.handle.clone(), one.handle.clone()];
            for (board, other) in [one, other].into_iter().zip(handles) {
                ends(board, Some(&format!("BYE {other} 1"))).await?;
            }
        }
        let took = begun.elapsed();
        ensure!(took <= IDLE + LATE, "silent conversations were closed only after {took:?}");
        Ok(took)
    }
}

/// Waits until the server closes a connection. Checks the last line that arrives before the end.
async fn ends(mut board: Board, last: Option<&str>) -> Result<()> {
    let lines = board.connection.until_ended(IDLE + LATE + PATIENCE).await?;
    let is_right = |line: &str| last.is_none_or(|last| line == last);
    match lines.last() {
        None => ensure!(last.is_none(), "the server closed a conversation without the line {last:?}"),
        Some(line) => {
            ensure!(is_right(&line.line()), "the last line of a conversation was {} instead of {last:?}", line.line());
        }
    }
    Ok(())
}

/// An invitation that nobody answers.
struct Unanswered {
    board: Board,
    callee: String,
    rung: Instant,
    /// The other member, who receives messages, because only messages keep a conversation alive.
    _other: Board,
}

impl Unanswered {
    async fn begin(people: &mut [Person]) -> Result<Self> {
        let [one, two, three, ..] = people else { bail!("three people were expected") };
        let [mut board, other] = chat(one, two).await?;
        board.connection.done("CAL", three.handle()).await?;
        Ok(Self { board, callee: three.handle().to_owned(), rung: Instant::now(), _other: other })
    }

    /// Sends CAL again and again, until the first invitation is not pending any more. Returns the
    /// time from the first invitation until then.
    async fn until_forgotten(mut self) -> Result<Duration> {
        let last = self.rung + LIFE + LATE;
        let mut pause = Duration::from_secs(10);
        loop {
            let answer = self.board.connection.ask("CAL", &self.callee).await?;
            match answer.code() {
                None => return Ok(self.rung.elapsed()),
                Some(215) if Instant::now() < last => {}
                _ => bail!("{:?} after the ring, CAL was answered with {}", self.rung.elapsed(), answer.line()),
            }
            if self.rung.elapsed() + pause * 2 > LIFE {
                pause = Duration::from_secs(1);
            }
            self.board.post("U", &text("unanswered")).await?;
            sleep(pause).await;
        }
    }
}
