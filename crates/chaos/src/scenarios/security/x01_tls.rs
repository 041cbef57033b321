//! Scans every listener of the server. Checks which versions of TLS the listener agrees to, and
//! which versions it refuses.
//!
//! The list of sockets comes from the kernel, so that the scan misses no listener. The server
//! itself never agrees to an old version. The TLS terminator for Windows XP (packaging/old-tls) is
//! another program.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;

use crate::bed::Bed;
use crate::client::{Dial, PATIENCE};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;
use crate::tls::{DEFLATE, Hello, Question, Reply, SSL3, TLS10, TLS11, TLS12, TLS13, ssl2_hello};

/// Every kind of listener that the settings know, in two networks. Each listener has an address of
/// its own, which tells the scan the kind of the listener. The listeners of the main network for
/// plain MSNP and HTTP are set with flags.
const SETTINGS: &str = r#"
[listen]
https = "127.1.1.1:0"
notification_tls = "127.1.1.2:0"
switchboard_tls = "127.1.1.3:0"
dispatch = "127.1.1.4:0"
[network.office.listen]
notification = "127.1.1.5:0"
http = "127.1.1.6:0"
https = "127.1.1.7:0"
switchboard = "127.1.1.8:0"
"#;
/// The number of listeners that the settings and the flags name.
const LISTENERS: usize = 11;
/// The addresses of the listeners with TLS.
const SECURE: [[u8; 4]; 4] = [[127, 1, 1, 1], [127, 1, 1, 2], [127, 1, 1, 3], [127, 1, 1, 7]];
/// The addresses of the listeners for MSNP without TLS that the settings name. Flags name further
/// listeners of this kind.
const CHAT: [[u8; 4]; 3] = [[127, 1, 1, 4], [127, 1, 1, 5], [127, 1, 1, 8]];
/// The address of the listener for HTTP without TLS that the settings name. A flag names another
/// listener of this kind.
const HTTP: [u8; 4] = [127, 1, 1, 6];
/// The request that a client sends to the proxy to reach the sign-in service.
const CONNECT: &[u8] = b"CONNECT login.live.com:443 HTTP/1.1\r\nHost: login.live.com:443\r\n\r\n";
/// The cipher suites of TLS 1.2 that the server agrees to. They have forward secrecy and
/// authenticated encryption. They use signatures by ECDSA keys, because the server's own
/// certificate has such a key.
const STRONG: [u16; 3] = [0xc02b, 0xc02c, 0xcca9];
/// The number of suites that fit into one hello of one record.
const SUITES: usize = 7500;
/// The number of damaged hellos that are sent to each listener.
const DAMAGED: usize = 150;
/// The number of hellos that are on the way at the same time.
const AT_ONCE: usize = 16;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("X01", "Every listener is scanned for old TLS", |bed| Box::pin(run(bed)))
        .setup(|| Setup { settings: SETTINGS.to_owned(), ..Setup::default() })
        .smoke();

/// The kind of a listener.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tls,
    Chat,
    Http,
}

/// The place to which a hello is sent.
#[derive(Clone, Copy)]
struct Target {
    dial: Dial,
    tunnel: Option<&'static [u8]>,
}

impl Target {
    async fn ask(self, bytes: &[u8]) -> Result<Reply> {
        Question { tunnel: self.tunnel, ..Question::new(self.dial, bytes) }.ask(PATIENCE).await
    }
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let listeners = bed.server.listeners()?;
    ensure!(listeners.len() == LISTENERS, "expected {LISTENERS} listeners, found {listeners:?}");
    let mut refused = 0;
    let mut targets = Vec::new();
    for address in listeners {
        let target = Target { dial: Dial::to(address), tunnel: None };
        match kind(bed, address).with_context(|| format!("{address} is not in the settings"))? {
            Kind::Tls => targets.push(target),
            plain => answers_plainly(target, plain).await.with_context(|| format!("the plain listener {address}"))?,
        }
    }
    ensure!(targets.len() == SECURE.len(), "only {} listeners have TLS", targets.len());
    targets.push(Target { dial: Dial::to(bed.dialer.addresses.http), tunnel: Some(CONNECT) });
    for target in &targets {
        let name = || format!("{}{}", target.dial.to, target.tunnel.map_or("", |_| " through the proxy"));
        agrees(*target).await.with_context(name)?;
        refused += refuses(*target).await.with_context(name)?;
        damaged(bed, *target).await.with_context(name)?;
        agrees(*target).await.with_context(name)?;
    }
    by_default(bed).await.context("with the default settings")?;
    let measured = Measured::new().count("listeners", LISTENERS).count("with TLS", targets.len());
    Ok(measured.count("hellos refused", refused).count("damaged", bed.size.of(DAMAGED) * targets.len()))
}

/// Returns the kind of listener that an address has according to the settings and the flags.
fn kind(bed: &Bed, address: SocketAddr) -> Option<Kind> {
    let own = bed.server.addresses();
    let is = |ip: &[u8; 4]| IpAddr::from(*ip) == address.ip();
    if SECURE.iter().any(is) {
        Some(Kind::Tls)
    } else if CHAT.iter().any(is) || [own.notification, own.switchboard].contains(&address) {
        Some(Kind::Chat)
    } else {
        (is(&HTTP) || address == own.http).then_some(Kind::Http)
    }
}

/// Checks that a listener without TLS reads the hello as a line of text. MSNP must end the
/// connection without an answer (framing.md section 9), and HTTP must answer 400.
async fn answers_plainly(target: Target, kind: Kind) -> Result<()> {
    for version in [SSL3, TLS12, TLS13] {
        let mut hello = Hello::new(version);
        // This byte ends a line, so that the server need not wait for the end of the line.
        hello.random[5] = b'\n';
        let reply = target.ask(&hello.bytes()).await?;
        let is_right = match (&reply, kind) {
            (Reply::Refused(None), Kind::Chat) => true,
            (Reply::NotTls(bytes), Kind::Http) => bytes.starts_with(b"HTTP/1.1 400 "),
            _ => false,
        };
        ensure!(is_right, "a hello of {version:#x} was answered with {reply:?}");
    }
    Ok(())
}

/// Checks that a listener with TLS agrees to TLS 1.2 and TLS 1.3.
async fn agrees(target: Target) -> Result<()> {
    for version in [TLS12, TLS13] {
        match target.ask(&Hello::new(version).bytes()).await? {
            Reply::Agreed { version: chosen, compression: 0, .. } if chosen == version => {}
            reply => bail!("a hello of {version:#x} was answered with {reply:?}"),
        }
    }
    let compressed = Hello { compression: vec![DEFLATE], ..Hello::new(TLS12) };
    let reply = target.ask(&compressed.bytes()).await?;
    let is_compressed = matches!(reply, Reply::Agreed { compression: 1.., .. });
    ensure!(!is_compressed, "the server agreed to compression");
    for suite in STRONG {
        let reply = target.ask(&Hello::new(TLS12).with_suites(&[suite]).bytes()).await?;
        let is_agreed = matches!(reply, Reply::Agreed { suite: chosen, .. } if chosen == suite);
        ensure!(is_agreed, "the suite {suite:#06x} was answered with {reply:?}");
    }
    Ok(())
}

/// Checks that a listener with TLS refuses everything that is old or weak, and closes the connection. Returns the
/// number of refused hellos.
async fn refuses(target: Target) -> Result<usize> {
    let mut hellos = vec![("SSL 2.0".to_owned(), ssl2_hello())];
    for version in [SSL3, TLS10, TLS11] {
        hellos.push((format!("version {version:#x}"), Hello::new(version).bytes()));
        let named = Hello { versions: vec![version], ..Hello::new(TLS12) };
        hellos.push((format!("version {version:#x} by extension"), named.bytes()));
    }
    let others: Vec<_> = (0..=u16::MAX).filter(|suite| !STRONG.contains(suite)).collect();
    for suites in others.chunks(SUITES) {
        let hello = Hello::new(TLS12).with_suites(suites);
        hellos.push((format!("suites {:#06x} to {:#06x}", suites[0], suites[suites.len() - 1]), hello.bytes()));
    }
    // ECDSA and RSA with SHA-1, and RSA with MD5.
    let weak_hash = Hello { signatures: vec![0x0203, 0x0201, 0x0101], ..Hello::new(TLS12) };
    hellos.push(("signatures with SHA-1".to_owned(), weak_hash.bytes()));
    // sect163k1 and secp160r1.
    let weak_curve = Hello { groups: vec![0x0001, 0x0010], ..Hello::new(TLS12) };
    hellos.push(("short curves".to_owned(), weak_curve.bytes()));
    for (what, bytes) in &hellos {
        let reply = target.ask(bytes).await?;
        ensure!(matches!(reply, Reply::Refused(_)), "{what} was answered with {reply:?}");
    }
    Ok(hellos.len())
}

/// Sends hellos that have wrong bytes, are truncated, or are too long. The server must answer or
/// close the connection, whatever the hellos contain.
async fn damaged(bed: &mut Bed, target: Target) -> Result<()> {
    let mut running = JoinSet::new();
    for _ in 0..bed.size.of(DAMAGED) {
        let mut bytes = Hello::new(*bed.random.pick(&[SSL3, TLS12, TLS13]).context("no version")?).bytes();
        for _ in 0..=bed.random.index(8) {
            let place = bed.random.index(bytes.len());
            bytes[place] = bed.random.bytes(1)[0];
        }
        if bed.random.chance(30) {
            bytes.truncate(bed.random.index(bytes.len()));
        } else if bed.random.chance(20) {
            bytes.extend(bed.random.bytes(20_000));
        }
        if running.len() >= AT_ONCE
            && let Some(done) = running.join_next().await
        {
            done??;
        }
        running.spawn(async move {
            // The server may wait for the rest of a truncated hello, so the client also sends a
            // FIN.
            let question = Question { tunnel: target.tunnel, is_end: true, ..Question::new(target.dial, &bytes) };
            question.ask(PATIENCE).await
        });
    }
    while let Some(done) = running.join_next().await {
        let reply = done??;
        ensure!(reply != Reply::Silent, "a damaged hello was neither answered nor refused");
    }
    Ok(())
}

/// Checks that a server without settings has three listeners, and that none of them agrees to TLS.
async fn by_default(bed: &Bed) -> Result<()> {
    let directory = bed.server.directory().join("default");
    std::fs::create_dir(&directory)?;
    let mut server = bed.server.start_another(&directory, Setup::default()).await?;
    let own = *server.addresses();
    let listeners = server.listeners()?;
    ensure!(listeners.len() == 3, "expected 3 listeners, found {listeners:?}");
    for (address, kind) in [(own.notification, Kind::Chat), (own.switchboard, Kind::Chat), (own.http, Kind::Http)] {
        answers_plainly(Target { dial: Dial::to(address), tunnel: None }, kind).await?;
    }
    // A tunnel through the proxy must not connect to a listener with TLS either.
    let tunnel = Target { dial: Dial::to(own.http), tunnel: Some(CONNECT) };
    let old = tunnel.ask(&Hello::new(TLS10).bytes()).await;
    let is_open = matches!(old, Ok(Reply::Agreed { .. }));
    ensure!(!is_open, "the proxy connects to a listener with TLS: {old:?}");
    ensure!(server.stop().await?.success(), "the server ended with an error");
    Ok(())
}
