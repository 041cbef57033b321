//! Sends commands, reads the answers, and signs in like a client.

use std::time::Duration;

use anyhow::bail;
use tokio::time::Instant;

use crate::wire::{Connection, Event, Unit};

/// The parts of the SYN burst that set-up needs (ns.md section 6).
#[derive(Debug, Default)]
pub(crate) struct Burst {
    /// The words of the SYN answer.
    pub(crate) syn: Vec<String>,
    pub(super) gtc: String,
    pub(super) blp: String,
    /// The property and the value of each `PRP` line.
    pub(super) values: Vec<(String, String)>,
    /// The GUIDs of the groups.
    pub(super) groups: Vec<String>,
    pub(super) entries: Vec<Entry>,
}

/// An `LST` line.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) handle: String,
    pub(super) guid: String,
    pub(super) bits: u8,
}

/// Sends a command and returns its answer. Ignores everything before the answer.
pub(crate) async fn ask(
    connection: &mut Connection,
    trid: u32,
    line: &str,
    payload: &[u8],
    timeout: Duration,
) -> anyhow::Result<Unit> {
    connection.note_sent(line.as_bytes(), payload);
    connection.send(&[line.as_bytes(), b"\r\n", payload].concat()).await;
    let deadline = Instant::now() + timeout;
    loop {
        let unit = next(connection, line, deadline).await?;
        if unit.word(1) != trid.to_string() {
            continue;
        }
        if unit.word(0).bytes().all(|byte| byte.is_ascii_digit()) {
            bail!("the server answered `{line}` with error {}", unit.word(0));
        }
        return Ok(unit);
    }
}

/// Returns the next unit that `wanted` accepts. Error messages contain `what`.
pub(crate) async fn wait_for(
    connection: &mut Connection,
    what: &str,
    timeout: Duration,
    wanted: impl Fn(&Unit) -> bool,
) -> anyhow::Result<Unit> {
    let deadline = Instant::now() + timeout;
    loop {
        let unit = next(connection, what, deadline).await?;
        if wanted(&unit) {
            return Ok(unit);
        }
    }
}

async fn next(connection: &mut Connection, what: &str, deadline: Instant) -> anyhow::Result<Unit> {
    match connection.next(deadline).await {
        Event::Unit(unit) => Ok(unit),
        Event::Closed(_) => bail!("the server closed the connection at `{what}`"),
        Event::Nothing(_) => bail!("timed out at `{what}`"),
    }
}

/// Sends OUT and waits for the server to close the connection. If the server does not close it,
/// closes the connection after the timeout.
pub(crate) async fn sign_out(connection: &mut Connection, timeout: Duration) {
    connection.note_sent(b"OUT", b"");
    connection.send(b"OUT\r\n").await;
    let deadline = Instant::now() + timeout;
    while let Event::Unit(_) = connection.next(deadline).await {}
    connection.close();
}

/// Does the first half of signing in, from VER to the first USR. Returns the policy.
pub(super) async fn introduce(
    connection: &mut Connection,
    dialect: u8,
    handle: &str,
    timeout: Duration,
) -> anyhow::Result<String> {
    // Offers two dialects, because an offer of exactly `MSNP12 CVR0` or `MSNP11 CVR0` has a special
    // meaning (ns.md sections 4, 9).
    let ver = if dialect > 8 {
        format!("VER 1 MSNP{dialect} MSNP{} CVR0", dialect - 1)
    } else {
        "VER 1 MSNP8 CVR0".to_owned()
    };
    let answer = ask(connection, 1, &ver, b"", timeout).await?;
    if answer.word(2) != format!("MSNP{dialect}") {
        bail!("the server does not support MSNP{dialect}; it answered `{ver}` with {}", answer.word(2));
    }
    let cvr = format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR {} MSMSGS {handle}", version(dialect));
    ask(connection, 2, &cvr, b"", timeout).await?;
    let answer = ask(connection, 3, &format!("USR 3 TWN I {handle}"), b"", timeout).await?;
    if answer.word(0) != "USR" {
        bail!("the server redirected {handle}; check that the notification address is not the dispatch address");
    }
    Ok(answer.word(4))
}

/// Does the second half of signing in. Sends the ticket and SYN, and reads the whole burst.
pub(super) async fn enter(
    connection: &mut Connection,
    dialect: u8,
    ticket: &str,
    timeout: Duration,
) -> anyhow::Result<Burst> {
    ask(connection, 4, &format!("USR 4 TWN S {ticket}"), b"", timeout).await?;
    let syn = if dialect >= 10 { "SYN 5 0 0" } else { "SYN 5 0" };
    let answer = ask(connection, 5, syn, b"", timeout).await?;
    let syn = answer.words().iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let mut burst = Burst { syn, ..Burst::default() };
    // The server answers requests in order (framing.md section 1), so the answer to a ping marks
    // the end of the burst.
    connection.note_sent(b"PNG", b"");
    connection.send(b"PNG\r\n").await;
    let deadline = Instant::now() + timeout;
    loop {
        let unit = next(connection, "PNG", deadline).await?;
        if unit.word(0) == "QNG" {
            return Ok(burst);
        }
        burst.add(&unit);
    }
}

impl Burst {
    /// Reads a line in the form of MSNP10 and later. Ignores other lines.
    fn add(&mut self, unit: &Unit) {
        match unit.word(0).as_str() {
            "GTC" => self.gtc = unit.word(1),
            "BLP" => self.blp = unit.word(1),
            "PRP" => self.values.push((unit.word(1), unit.word(2))),
            "LSG" => self.groups.push(unit.word(2)),
            "LST" => self.entries.push(Entry::read(unit)),
            _ => {}
        }
    }

    /// Returns the value of a property, or an empty string if it is not set.
    pub(super) fn value(&self, property: &str) -> &str {
        self.values.iter().find(|(key, _)| key == property).map_or("", |(_, value)| value)
    }
}

impl Entry {
    /// Parses `LST N=handle F=nick [C=guid] bits ...`.
    fn read(unit: &Unit) -> Self {
        let mut entry = Self { handle: String::new(), guid: String::new(), bits: 0 };
        for index in 1..unit.words().len() {
            let word = unit.word(index);
            match word.split_once('=') {
                Some(("N", handle)) => handle.clone_into(&mut entry.handle),
                Some(("C", guid)) => guid.clone_into(&mut entry.guid),
                Some(_) => {}
                None => {
                    entry.bits = word.parse().unwrap_or_default();
                    break;
                }
            }
        }
        entry
    }
}

/// Returns a client version that used the dialect.
fn version(dialect: u8) -> &'static str {
    match dialect {
        8 => "5.0.0537",
        9 => "6.0.0602",
        10 => "6.1.0211",
        11 => "7.0.0813",
        _ => "7.5.0324",
    }
}
