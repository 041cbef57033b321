//! Scripts, direction overrides and terminal escapes in everything that users can set or send.
//!
//! The protocol allows these texts, so they pass unchanged (framing.md section 5). Four outputs of
//! the program must show the texts in a form that has no effect: the pages, the log, the output of
//! commands, and the messenger for the terminal.

mod commands;
mod pages;
mod screen;
mod texts;

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::http::{escape, request, ticket_request};
use crate::client::{Account, Dialer, MARK, PASSWORD, PATIENCE, Person, SignIn, befriend, chat};
use crate::measured::Measured;
use crate::observer::Watch;
use crate::scenario::Scenario;
use crate::scenarios::framing::words::meaning;
use crate::server::Setup;

use screen::Screen;
use texts::{HANDLE, HOSTILE, HOSTILE_XML, SHORT, SHOWN, is_inert};

pub(super) const SCENARIO: Scenario =
    Scenario::runs("X03", "Names, messages and objects contain scripts and control characters", |bed| {
        Box::pin(run(bed))
    })
    .accounts(4)
    .setup(|| Setup { log: "trace".to_owned(), ..Setup::default() })
    .smoke();

/// The sizes that the descriptions of pictures claim.
const SIZES: [u64; 3] = [99, u32::MAX as u64, u64::MAX];

async fn run(bed: &mut Bed) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    other.notification.before_pong().await?;
    let passed = name(&mut one, &mut other).await.context("a display name")?
        + objects(&mut one, &mut other).await.context("the description of a picture")?
        + personal_message(&mut one, &mut other).await.context("a personal message")?
        + messages(&mut one, &mut other).await.context("a message")?
        + group(bed, one).await.context("the name of a group")?;
    let pages = pages::check(bed).await.context("a page")?;
    strangers(bed).await?;
    account(bed).await.context("an account with a direction override in its address")?;
    let commands = commands::check(bed).await.context("a command")?;
    terminal(bed).await.context("the messenger for the terminal")?;
    is_inert("the log", &std::fs::read(bed.server.log_path())?)?;
    let measured = Measured::new().count("texts that passed", passed).count("pages", pages);
    Ok(measured.count("commands", commands))
}

/// Checks that a display name reaches a contact unchanged.
async fn name(one: &mut Person, other: &mut Person) -> Result<usize> {
    one.notification.done("PRP", &format!("MFN {}", escape(HOSTILE))).await?;
    let line = other.notification.expect("NLN").await?;
    let words = line.unit.words();
    let seen = words.get(3).and_then(|word| meaning(word));
    ensure!(seen.as_deref() == Some(HOSTILE), "a contact received {}", line.line());
    Ok(1)
}

/// Checks that the descriptions of pictures reach a contact unchanged.
async fn objects(one: &mut Person, other: &mut Person) -> Result<usize> {
    for size in SIZES {
        let object = format!(
            "<msnobj Creator=\"{}\" Size=\"{size}\" Type=\"3\" Location=\"{HOSTILE_XML}\" Friendly=\"{HOSTILE_XML}\" \
             SHA1D=\"{HOSTILE_XML}\" SHA1C=\"{HOSTILE_XML}\"/>",
            one.handle()
        );
        let word = escape(&object);
        one.notification.done("CHG", &format!("NLN 268435456 {word}")).await?;
        let line = other.notification.expect("NLN").await?;
        ensure!(line.unit.line().ends_with(format!(" {word}").as_bytes()), "a contact received {}", line.line());
    }
    Ok(SIZES.len())
}

/// Checks that a personal message reaches a contact unchanged.
async fn personal_message(one: &mut Person, other: &mut Person) -> Result<usize> {
    let payload =
        format!("<Data><PSM>{HOSTILE_XML}</PSM><CurrentMedia>\\0Music\\01\\0{HOSTILE_XML}\\0</CurrentMedia></Data>");
    let trid = one.notification.send_payload("UUX", "", payload.as_bytes()).await?;
    let answer = one.notification.answer(trid).await?;
    ensure!(answer.code().is_none(), "UUX was answered with {}", answer.line());
    let received = other.notification.expect("UBX").await?;
    let payload = payload.as_bytes();
    ensure!(received.payload() == payload, "a contact received {:?}", String::from_utf8_lossy(received.payload()));
    Ok(1)
}

/// Checks that messages of every kind arrive unchanged. The messages have a hostile text in their
/// headers and in their bodies.
async fn messages(one: &mut Person, other: &mut Person) -> Result<usize> {
    let [mut board, mut joined] = chat(one, other).await?;
    let kinds = [
        format!(
            "Content-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN={HOSTILE}; CO=0\r\nP4-Context: {HOSTILE}"
        ),
        format!("Content-Type: text/x-msmsgscontrol\r\nTypingUser: {HOSTILE}"),
        format!("Content-Type: text/x-mms-emoticon; {HOSTILE}"),
        "Content-Type: text/x-msnmsgr-datacast".to_owned(),
    ];
    for (number, kind) in kinds.iter().enumerate() {
        let payload = format!("MIME-Version: 1.0\r\n{kind}\r\n\r\n{MARK} {number} {HOSTILE}\r\n{HOSTILE_XML}");
        ensure!(board.deliver(payload.as_bytes()).await?, "{kind:?} was not delivered");
        ensure!(joined.message().await?.payload() == payload.as_bytes(), "{kind:?} arrived changed");
    }
    Ok(kinds.len())
}

/// Checks that the name of a group is in the lists of the next sign-in.
async fn group(bed: &Bed, mut one: Person) -> Result<usize> {
    one.notification.done("ADG", &escape(SHORT)).await?;
    drop(one);
    let mut again = bed.person(0).await?;
    let line = again.notification.expect("LSG").await?;
    let words = line.unit.words();
    let is_known = words.iter().any(|word| meaning(word).as_deref() == Some(SHORT));
    ensure!(is_known, "the lists have {}", line.line());
    Ok(1)
}

/// Sends the hostile texts in place of an address, a client version or a path.
async fn strangers(bed: &Bed) -> Result<()> {
    let word = HOSTILE.replace(' ', "");
    for lines in [
        format!("VER 1 {word} CVR0\r\n"),
        format!("VER 1 MSNP12 MSNP11 CVR0\r\nCVR 2 0x0409 {word} {word} {word} {word} {word} {word} {HANDLE}\r\n"),
        SignIn::default().commands(HANDLE, "t=wrong&p=").join("\r\n") + "\r\n",
        format!("{word} {word}\r\n"),
    ] {
        let mut connection = bed.dialer.notification().await?;
        connection.send_bytes(lines.as_bytes()).await?;
        connection.next_within(PATIENCE).await;
    }
    let dial = bed.dialer.dial(bed.dialer.addresses.http);
    let escaped = escape(HOSTILE);
    for bytes in [
        ticket_request(HANDLE, "wrong"),
        format!("GET /{escaped}?{word} HTTP/1.1\r\nHost: {word}\r\n\r\n").into_bytes(),
        format!("CONNECT {HANDLE}:443 HTTP/1.1\r\nHost: {word}\r\n\r\n").into_bytes(),
        format!("POST /gateway/gateway.dll?Action={escaped}&SessionID={escaped} HTTP/1.1\r\nHost: x\r\n\r\n")
            .into_bytes(),
        soap(&format!("<x>{HOSTILE_XML}</x>")),
        soap(HOSTILE),
    ] {
        // The answer does not matter, and there may be none.
        let _ = request(dial, &bytes, PATIENCE).await;
    }
    Ok(())
}

/// Signs in to an account whose address has a direction override. The log names the address.
async fn account(bed: &Bed) -> Result<()> {
    bed.server.command_done_with(&["account", "add", HANDLE, "--password-stdin"], PASSWORD).await?;
    let dialer = Dialer::new(*bed.server.addresses(), Watch::new());
    Person::sign_in(&dialer, &Account { handle: HANDLE.to_owned() }).await?.notification.before_pong().await?;
    Ok(())
}

/// Returns a request for the client configuration.
fn soap(body: &str) -> Vec<u8> {
    format!(
        "POST /Config/MsgrConfig.asmx HTTP/1.1\r\nHost: config.messenger.msn.com\r\nContent-Type: text/xml\r\n\
         SOAPAction: \"{HOSTILE_XML}\"\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Chats with the messenger for the terminal. Checks that the messenger's output contains no terminal command that a
/// user wrote.
async fn terminal(bed: &Bed) -> Result<()> {
    // The history does not record the messenger, so it must not record the person who chats with
    // the messenger either.
    let dialer = Dialer::new(*bed.server.addresses(), Watch::new());
    let mut one = Person::sign_in(&dialer, &Account::numbered(3)).await?;
    one.notification.done("PRP", &format!("MFN {}", escape(HOSTILE))).await?;
    let me = Account::numbered(2);
    let screen = Screen::open(bed, &me, &one.account)?;
    // The name of the contact.
    screen.shows("<script>chaos()").await?;
    one.notification.done("ADC", &format!("FL N={0} F={0}", me.handle)).await?;
    let mut board = one.open_board().await?;
    board.connection.done("CAL", &me.handle).await?;
    board.connection.expect("JOI").await?;
    let payload =
        format!("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{SHORT} {MARK} terminal");
    ensure!(board.deliver(payload.as_bytes()).await?, "the message was not delivered");
    screen.shows(SHOWN).await?;
    let bytes = screen.bytes();
    let drawn = String::from_utf8_lossy(&bytes);
    for harmful in ["\u{202e}", "\u{2066}", "\u{9b}", "\u{7}", "\u{1b}]0;", "\u{1b}[?1337h"] {
        ensure!(!drawn.contains(harmful), "the terminal received {harmful:?}");
    }
    Ok(())
}
