//! Cookies that the server must refuse, and the one use of each cookie that must succeed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::bed::Bed;
use crate::client::{Board, Dialer, Person};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The time for which a cookie is valid (sb.md section 2).
const LIFE: Duration = Duration::from_secs(120);
/// The scenario tries cookies this long before they expire, and other cookies this long after they
/// have expired.
const MARGIN: Duration = Duration::from_secs(2);
/// The time within which the server must close a connection after 911. The server sends queued bytes for at most 1 s.
const CLOSING: Duration = Duration::from_secs(5);
/// The number of session ids that are guessed.
const GUESSES: usize = 1000;
/// The number of clients that present one cookie at the same time.
const AT_ONCE: usize = 100;

pub(super) const SCENARIO: Scenario = Scenario::runs(
    "S04",
    "A cookie works only once, only for its account, command and conversation, and only for two minutes",
    |bed| Box::pin(run(bed)),
)
.accounts(3)
.smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    let mut people = bed.people(3).await?;
    let [alice, bob, carol] = &mut people[..] else { bail!("three people were expected") };
    let issued = Instant::now();
    let mut kept = Kept::issue(alice, bob).await?;
    let mut gate = Gate { dialer: bed.dialer.clone(), refused: 0 };
    open_with_wrong_cookies(&mut gate, alice, carol).await?;
    join_with_wrong_cookies(&mut gate, alice, carol).await?;
    guess(&mut gate, alice, bed.size.of(GUESSES)).await?;
    let opened = present_together(&bed.dialer, alice).await?;
    ensure!(opened == 1, "{AT_ONCE} clients presented one cookie at the same time, and {opened} of them joined");
    // Only a run at full scale waits for two minutes.
    if bed.size.percent() >= 100 {
        sleep_until((issued + LIFE - MARGIN).into()).await;
        kept.still_work(&bed.dialer).await?;
        sleep_until((issued + LIFE + MARGIN).into()).await;
        kept.have_expired(&mut gate).await?;
    }
    Ok(Measured::new().count("refused", gate.refused))
}

/// Presents cookies that the server must refuse, and counts them.
struct Gate {
    dialer: Dialer,
    refused: usize,
}

impl Gate {
    /// Checks that the server answers with 911, sends nothing else, and closes the connection.
    async fn refuses(&mut self, verb: &str, words: &str) -> Result<()> {
        let mut connection = self.dialer.switchboard().await?;
        let answer = connection.ask(verb, words).await?;
        ensure!(answer.code() == Some(911), "{verb} {words} was answered with {}", answer.line());
        let rest = connection.until_ended(CLOSING).await?;
        ensure!(rest.is_empty(), "{verb} {words} was answered with 911, and then with {}", rest[0].line());
        self.refused += 1;
        Ok(())
    }
}

async fn open_with_wrong_cookies(gate: &mut Gate, alice: &mut Person, carol: &mut Person) -> Result<()> {
    let (one, other) = (alice.handle().to_owned(), carol.handle().to_owned());
    // A cookie that another account has presented is not valid any more, not even for its owner.
    let (_, cookie) = alice.board_cookie().await?;
    gate.refuses("USR", &format!("{other} {cookie}")).await?;
    gate.refuses("USR", &format!("{one} {cookie}")).await?;
    // A cookie that was presented with the wrong command is not valid any more either.
    let (_, cookie) = alice.board_cookie().await?;
    gate.refuses("ANS", &format!("{one} {cookie} 1")).await?;
    gate.refuses("USR", &format!("{one} {cookie}")).await?;
    // A cookie that is almost correct does not invalidate the correct cookie. The correct cookie
    // works once.
    let (_, cookie) = alice.board_cookie().await?;
    for wrong in [&cookie[1..], &cookie[..cookie.len() - 1], &format!("{cookie}0"), &flipped(&cookie), "0"] {
        gate.refuses("USR", &format!("{one} {wrong}")).await?;
    }
    let mut board = gate.dialer.switchboard().await?;
    board.done("USR", &format!("{one} {cookie}")).await?;
    gate.refuses("USR", &format!("{one} {cookie}")).await?;
    Ok(())
}

/// Returns a cookie with a different last character: a letter in the other case, or another digit.
fn flipped(cookie: &str) -> String {
    let (rest, last) = cookie.split_at(cookie.len() - 1);
    let last: String = last
        .chars()
        .map(|last| match last {
            'a'..='z' => last.to_ascii_uppercase(),
            'A'..='Z' => last.to_ascii_lowercase(),
            '0' => '1',
            _ => '0',
        })
        .collect();
    format!("{rest}{last}")
}

/// An invitation to a session.
struct Invitation {
    session: u32,
    cookie: String,
}

impl Invitation {
    async fn receive(person: &mut Person) -> Result<Self> {
        let ring = person.notification.expect("RNG").await?;
        let cookie = ring.word(4);
        person.dialer.keep_secret(&cookie);
        Ok(Self { session: ring.word(1).parse().context("the session id is not a number")?, cookie })
    }
}

async fn join_with_wrong_cookies(gate: &mut Gate, alice: &mut Person, carol: &mut Person) -> Result<()> {
    let (one, other) = (alice.handle().to_owned(), carol.handle().to_owned());
    // The server refuses a cookie with a wrong session, with a wrong account and with a wrong
    // command. After that, it also refuses the cookie with the correct words.
    for wrong in 0..3 {
        let mut board = alice.open_board().await?;
        board.connection.done("CAL", &other).await?;
        let Invitation { session, cookie } = Invitation::receive(carol).await?;
        match wrong {
            0 => gate.refuses("ANS", &format!("{other} {cookie} {}", session ^ 1)).await?,
            1 => gate.refuses("ANS", &format!("{one} {cookie} {session}")).await?,
            _ => gate.refuses("USR", &format!("{other} {cookie}")).await?,
        }
        gate.refuses("ANS", &format!("{other} {cookie} {session}")).await?;
    }
    // The server refuses an invitation to a session that has ended.
    let mut board = alice.open_board().await?;
    board.connection.done("CAL", &other).await?;
    let Invitation { session, cookie } = Invitation::receive(carol).await?;
    board.connection.send_bytes(b"OUT\r\n").await?;
    board.connection.until_ended(CLOSING).await?;
    gate.refuses("ANS", &format!("{other} {cookie} {session}")).await
}

/// Presents guessed cookies for session ids. Session ids are not secret, so knowing a session id
/// must not help to join the session.
async fn guess(gate: &mut Gate, alice: &mut Person, guesses: usize) -> Result<()> {
    let mut board = alice.open_board().await?;
    let answer = board.connection.done("CAL", "user1@example.com").await?;
    let session: u32 = answer.word(3).parse().context("the session id is not a number")?;
    for guess in 0..guesses {
        let session = if guess % 2 == 0 { session } else { session ^ u32::try_from(guess)? };
        gate.refuses("ANS", &format!("{} {guess}.{session}.1 {session}", alice.handle())).await?;
    }
    Ok(())
}

/// Lets many clients present one cookie at the same time. Returns how many of them join.
async fn present_together(dialer: &Dialer, alice: &mut Person) -> Result<usize> {
    let (_, cookie) = alice.board_cookie().await?;
    let words = format!("{} {cookie}", alice.handle());
    let mut running = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (dialer, words) = (dialer.clone(), words.clone());
        running.spawn(async move {
            let mut connection = dialer.switchboard().await?;
            let answer = connection.ask("USR", &words).await?;
            anyhow::Ok((answer.code(), connection))
        });
    }
    let mut opened = 0;
    // All connections stay open until every answer has arrived.
    let mut connections = Vec::new();
    while let Some(answer) = running.join_next().await {
        let (code, connection) = answer??;
        ensure!(code.is_none() || code == Some(911), "a cookie was answered with {code:?}");
        opened += usize::from(code.is_none());
        connections.push(connection);
    }
    Ok(opened)
}

/// Cookies that nobody uses for two minutes.
struct Kept {
    handles: [String; 2],
    /// Cookies for new sessions.
    opening: [String; 2],
    /// Invitations to two sessions, which stay open.
    joining: Vec<Invitation>,
    _boards: Vec<Board>,
}

impl Kept {
    async fn issue(alice: &mut Person, bob: &mut Person) -> Result<Self> {
        let opening = [alice.board_cookie().await?.1, alice.board_cookie().await?.1];
        let (mut joining, mut boards) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let mut board = alice.open_board().await?;
            board.connection.done("CAL", bob.handle()).await?;
            joining.push(Invitation::receive(bob).await?);
            boards.push(board);
        }
        Ok(Self { handles: [alice.handle().to_owned(), bob.handle().to_owned()], opening, joining, _boards: boards })
    }

    /// Returns the words of USR and ANS with one half of the cookies.
    fn words(&self, half: usize) -> [(&'static str, String); 2] {
        let Invitation { session, cookie } = &self.joining[half];
        [
            ("USR", format!("{} {}", self.handles[0], self.opening[half])),
            ("ANS", format!("{} {cookie} {session}", self.handles[1])),
        ]
    }

    async fn still_work(&mut self, dialer: &Dialer) -> Result<()> {
        for (verb, words) in self.words(0) {
            dialer.switchboard().await?.done(verb, &words).await.context("just before it expires")?;
        }
        Ok(())
    }

    async fn have_expired(&mut self, gate: &mut Gate) -> Result<()> {
        for (verb, words) in self.words(1) {
            gate.refuses(verb, &words).await.context("after it has expired")?;
        }
        Ok(())
    }
}
