//! Certificates are replaced while people chat over TLS. Some of the new certificates are valid and
//! some cannot work. One of them expires soon, and one has expired.
//!
//! A raw TLS hello shows which certificate each listener uses. People who connected before the
//! replacement must not notice it.

mod certificate;
mod tunnel;

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Board, Dial, Dialer, PATIENCE, Person, SignIn, chat};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;
use crate::tls::{Hello, Question, Reply, TLS10, TLS12};

use certificate::{CHAIN, Certificate, KEY};
use tunnel::{Tunnel, connector, handshake};

/// The listeners with TLS, each with an address of its own.
const SETTINGS: &str = r#"
[listen]
https = "127.1.2.1:0"
notification_tls = "127.1.2.2:0"
switchboard_tls = "127.1.2.3:0"
[[tls.certificate]]
chain = "{directory}/chain.pem"
key = "{directory}/key.pem"
"#;
/// The addresses of HTTPS, the notification server and the switchboard.
const SECURE: [[u8; 4]; 3] = [[127, 1, 2, 1], [127, 1, 2, 2], [127, 1, 2, 3]];
/// The number of pairs that chat over TLS.
const PAIRS: usize = 20;
/// The pause between two messages of a pair.
const PAUSE: Duration = Duration::from_millis(50);
/// The pause between two checks of the log or of the listeners.
const LOOK: Duration = Duration::from_millis(20);
/// If a certificate expires in this many days, the server must not warn about it.
const LONG: i32 = 90;
/// If a certificate expires in this many days, the server must warn about it in the log.
const SHORT: i32 = 10;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("O03", "A certificate has expired, is replaced, or has the wrong key", |bed| Box::pin(run(bed)))
        .accounts(PAIRS * 2 + 2)
        .connections(PAIRS * 4)
        .setup(setup)
        .smoke();

/// A mistake: its name, the function that makes it in a directory, and the file that the log must name.
type Mistake = (&'static str, fn(&Path) -> Result<()>, &'static str);

const MISTAKES: [Mistake; 8] = [
    ("the key of another certificate", |at| Ok(fs::write(at.join(KEY), Certificate::until(LONG)?.key)?), KEY),
    ("no key", |at| Ok(fs::remove_file(at.join(KEY))?), KEY),
    ("a text that is not a key", |at| Ok(fs::write(at.join(KEY), "key")?), KEY),
    ("no certificate", |at| Ok(fs::remove_file(at.join(CHAIN))?), CHAIN),
    ("an empty file", |at| Ok(fs::write(at.join(CHAIN), "")?), CHAIN),
    ("a file that is half written", |at| Ok(fs::write(at.join(CHAIN), half(&Certificate::until(LONG)?.chain))?), CHAIN),
    ("a text that is not a certificate", |at| Ok(fs::write(at.join(CHAIN), NO_CERTIFICATE)?), CHAIN),
    ("a directory", |at| replace_by_directory(&at.join(CHAIN)), CHAIN),
];
const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

fn half(text: &str) -> &str {
    &text[..text.len() / 2]
}

fn replace_by_directory(path: &Path) -> Result<()> {
    fs::remove_file(path)?;
    Ok(fs::create_dir(path)?)
}

fn setup() -> Setup {
    // If the files are missing, the server refuses to start and names them.
    let files = Certificate::until(SHORT).map(|made| vec![(CHAIN, made.chain), (KEY, made.key)]).unwrap_or_default();
    Setup { settings: SETTINGS.to_owned(), files, ..Setup::default() }
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let listeners = Listeners::find(bed)?;
    let (finish, finished) = watch::channel(false);
    let first = Certificate::read(bed.server.directory())?;
    let mut chats = listeners.start_chats(bed, &first, &finished).await?;
    let mut refusals = JoinSet::new();
    refusals.spawn(refuse_until(listeners.0[0], finished));

    let good = Certificate::until(LONG)?;
    problem(bed, 0, CHAIN, "expires soon").await.context("at the start, a certificate that expires in ten days")?;
    let replaced = listeners.replace(bed, &good).await.context("replacement by a valid certificate")?;
    for (what, make, file) in MISTAKES {
        make(bed.server.directory()).context(what)?;
        one_problem(bed, file, "could not reload the certificates").await.context(what)?;
        listeners.all_show(&good).await.context(what)?;
        good.write(bed.server.directory())?;
    }
    Certificate::until(SHORT)?.write(bed.server.directory())?;
    one_problem(bed, CHAIN, "expires soon").await.context("a certificate that expires in ten days")?;
    expired(bed, &listeners).await.context("a certificate that has expired")?;
    let last = Certificate::until(LONG)?;
    listeners.replace(bed, &last).await.context("replacement by the last certificate")?;
    let problems = bed.server.problems()?;
    ensure!(problems.len() == MISTAKES.len() + 3, "the log has {problems:?}");

    finish.send_replace(true);
    let refused: usize = refusals.join_all().await.into_iter().sum();
    ensure!(refused > 0, "the server refused no handshake");
    let mut messages = 0;
    while let Some(done) = chats.running.join_next().await {
        messages += done?.context("a conversation over TLS")?;
    }
    listeners.chat_once(bed, &last).await.context("with the last certificate")?;
    let measured = Measured::new().count("sessions over TLS", bed.size.of(PAIRS) * 2).count("messages", messages);
    let measured = measured.count("mistakes", MISTAKES.len()).count("handshakes refused", refused);
    Ok(measured.millis("replaced in", replaced))
}

/// Sends SIGHUP. Checks that the log then has exactly one new line with the level WARN or ERROR,
/// and that this line names a file.
async fn one_problem(bed: &Bed, file: &str, text: &str) -> Result<()> {
    let before = bed.server.problems()?.len();
    bed.server.signal(Signal::HUP)?;
    problem(bed, before, file, text).await
}

/// Checks that the log has exactly one new line with the level WARN or ERROR, and that this line
/// names a file.
async fn problem(bed: &Bed, before: usize, file: &str, text: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let problems = loop {
        let problems = bed.server.problems()?;
        if problems.len() > before {
            break problems;
        }
        ensure!(Instant::now() < deadline, "the log has no new warning or error");
        sleep(LOOK).await;
    };
    let path = bed.server.directory().join(file).display().to_string();
    let [line] = &problems[before..] else { bail!("the log has {:?}", &problems[before..]) };
    ensure!(line.contains(text) && line.contains(&path), "the log does not name {path}, but has {line:?}");
    Ok(())
}

/// Checks that the server uses an expired certificate if the operator installs it, and that clients
/// refuse this certificate. Everything else must continue to work.
async fn expired(bed: &Bed, listeners: &Listeners) -> Result<()> {
    let old = Certificate::until(-1)?;
    old.write(bed.server.directory())?;
    one_problem(bed, CHAIN, "has expired").await?;
    listeners.all_show(&old).await?;
    let strict = handshake(&connector(&old.der()?)?, listeners.0[0]).await;
    ensure!(strict.is_err(), "a client that checks certificates accepted the expired certificate");
    let mut person = bed.person(PAIRS * 2).await.context("a sign-in without TLS")?;
    person.notification.before_pong().await?;
    Ok(())
}

/// Offers TLS 1.0 to a listener again and again. Returns how many times the listener refused.
async fn refuse_until(to: SocketAddr, finished: watch::Receiver<bool>) -> usize {
    let hello = Hello::new(TLS10).bytes();
    let mut refused = 0;
    while !*finished.borrow() {
        let reply = Question::new(Dial::to(to), &hello).ask(PATIENCE).await;
        refused += usize::from(matches!(reply, Ok(Reply::Refused(_))));
        sleep(PAUSE).await;
    }
    refused
}

/// Conversations over TLS, and the tunnels that they pass through.
struct Chats {
    running: JoinSet<Result<usize>>,
    _tunnels: [Tunnel; 2],
}

/// The listeners with TLS: HTTPS, the notification server and the switchboard.
struct Listeners([SocketAddr; 3]);

impl Listeners {
    fn find(bed: &Bed) -> Result<Self> {
        let all = bed.server.listeners()?;
        let find = |ip: [u8; 4]| all.iter().copied().find(|address| address.ip() == IpAddr::from(ip));
        let found: Vec<_> = SECURE.into_iter().filter_map(find).collect();
        let faulty = |found: Vec<_>| anyhow::anyhow!("expected {} listeners with TLS, found {found:?}", SECURE.len());
        let found = found.try_into().map_err(faulty)?;
        Ok(Self(found))
    }

    /// Returns a dialer whose clients chat over TLS, and its tunnels.
    async fn dialer(&self, bed: &Bed, trusted: &Certificate) -> Result<(Dialer, [Tunnel; 2])> {
        let trusted = trusted.der()?;
        let tunnels = [Tunnel::start(self.0[1], &trusted).await?, Tunnel::start(self.0[2], &trusted).await?];
        let mut dialer = bed.dialer.clone();
        dialer.addresses.notification = tunnels[0].address;
        dialer.switchboards = Some(tunnels[1].address);
        Ok((dialer, tunnels))
    }

    /// Lets pairs chat over TLS until `finished` is true.
    async fn start_chats(&self, bed: &Bed, trusted: &Certificate, finished: &watch::Receiver<bool>) -> Result<Chats> {
        let (dialer, tunnels) = self.dialer(bed, trusted).await?;
        let people = bed.people_with(&dialer, 0..bed.size.of(PAIRS) * 2, SignIn::default()).await?;
        let mut people = people.into_iter();
        let mut running = JoinSet::new();
        while let (Some(mut one), Some(mut other)) = (people.next(), people.next()) {
            // The chats begin before the certificate is replaced, because the tunnels do not trust
            // the next certificate.
            let boards = chat(&mut one, &mut other).await?;
            running.spawn(chat_until([one, other], boards, finished.clone()));
        }
        Ok(Chats { running, _tunnels: tunnels })
    }

    /// Lets two people sign in and chat over TLS, with a certificate that they check.
    async fn chat_once(&self, bed: &Bed, trusted: &Certificate) -> Result<()> {
        let (dialer, _tunnels) = self.dialer(bed, trusted).await?;
        let mut people = bed.people_with(&dialer, [PAIRS * 2, PAIRS * 2 + 1], SignIn::default()).await?;
        let [one, other] = people.as_mut_slice() else { bail!("two people were expected") };
        let [mut board, mut joined] = chat(one, other).await?;
        board.exchange(&mut joined).await?;
        Ok(())
    }

    /// Replaces the certificate. Returns the time until all listeners show the new certificate.
    async fn replace(&self, bed: &Bed, new: &Certificate) -> Result<Duration> {
        new.write(bed.server.directory())?;
        let begun = Instant::now();
        bed.server.signal(Signal::HUP)?;
        while self.all_show(new).await.is_err() {
            ensure!(begun.elapsed() < PATIENCE, "a listener still shows the old certificate");
            sleep(LOOK).await;
        }
        Ok(begun.elapsed())
    }

    async fn all_show(&self, expected: &Certificate) -> Result<()> {
        let expected = expected.der()?;
        let hello = Hello::new(TLS12).bytes();
        for listener in self.0 {
            let reply = Question::new(Dial::to(listener), &hello).ask(PATIENCE).await?;
            let Reply::Agreed { certificate: Some(shown), .. } = reply else {
                bail!("{listener} answered with {reply:?}");
            };
            ensure!(*shown == *expected, "{listener} shows another certificate");
        }
        Ok(())
    }
}

/// Chats until `finished` is true. Returns the number of messages.
async fn chat_until(mut people: [Person; 2], mut boards: [Board; 2], finished: watch::Receiver<bool>) -> Result<usize> {
    let mut messages = 0;
    while !*finished.borrow() {
        let [board, joined] = &mut boards;
        board.exchange(joined).await?;
        messages += 1;
        sleep(PAUSE).await;
    }
    for person in &mut people {
        person.notification.before_pong().await?;
    }
    Ok(messages)
}
