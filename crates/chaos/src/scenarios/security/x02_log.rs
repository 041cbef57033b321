//! The server writes its most detailed log, while all kinds of secrets pass through the server. The
//! rule G7 searches the log for these secrets.

use anyhow::{Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, MARK, PASSWORD, PATIENCE, Person, SignIn, chat, http};
use crate::measured::Measured;
use crate::scenario::Scenario;
use crate::server::Setup;

/// The dialects that people use. Two people use each dialect.
const DIALECTS: [u8; 5] = [8, 9, 10, 11, 12];

pub(super) const SCENARIO: Scenario =
    Scenario::runs("X02", "The most detailed log is searched for secrets", |bed| Box::pin(run(bed)))
        .accounts(DIALECTS.len() * 2)
        .setup(|| Setup { log: "trace".to_owned(), ..Setup::default() })
        .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    for (place, dialect) in DIALECTS.into_iter().enumerate() {
        talk(bed, place * 2, dialect).await?;
    }
    fail(bed).await?;
    let code = bed.server.command_done(&["invite", "add"]).await?;
    code.split_whitespace().filter(|word| word.contains('-')).for_each(|word| bed.dialer.keep_secret(word));
    let size = std::fs::metadata(bed.server.log_path())?.len();
    ensure!(size > 0, "the log is empty");
    Ok(Measured::new().figure("log", size as f64 / 1024.0, "KiB"))
}

/// Lets two people sign in with passwords, and chat.
async fn talk(bed: &Bed, first: usize, dialect: u8) -> Result<()> {
    let how = SignIn { dialect, ..SignIn::default() };
    for number in [first, first + 1] {
        bed.dialer.fetch_ticket(&Account::numbered(number)).await?;
    }
    let mut people = bed.people_with(&bed.dialer, [first, first + 1], how).await?;
    let [one, other] = people.as_mut_slice() else { anyhow::bail!("two people were expected") };
    if dialect >= 11 {
        let message = format!("<Data><PSM>{MARK}</PSM><CurrentMedia></CurrentMedia></Data>");
        one.notification.send_payload("UUX", "", message.as_bytes()).await?;
    }
    let [mut board, mut joined] = chat(one, other).await?;
    board.exchange(&mut joined).await?;
    // Sends a message that nobody receives.
    drop(joined);
    board.connection.expect("BYE").await?;
    let is_delivered = board.deliver(&crate::client::text("nobody")).await?;
    ensure!(!is_delivered, "a message without a receiver was acknowledged");
    Ok(())
}

/// Tries sign-ins that fail in every way.
async fn fail(bed: &Bed) -> Result<()> {
    let account = Account::numbered(0);
    let dial = bed.dialer.dial(bed.dialer.addresses.http);
    let wrong = format!("{PASSWORD}-wrong");
    bed.dialer.keep_secret(&wrong);
    let answer = http::request(dial, &http::ticket_request(&account.handle, &wrong), PATIENCE).await?;
    ensure!(answer.status() == 401, "a wrong password was answered with {}", answer.status());
    // Sends the password in four requests. The first request is not valid HTTP. The second request
    // has the password in its path and in a header. The other two requests have it in their bodies.
    for request in [
        format!("{PASSWORD}\r\n\r\n"),
        format!("GET /login2.srf?password={PASSWORD} HTTP/1.1\r\nHost: x\r\nAuthorization: {PASSWORD}\r\n\r\n"),
        format!("POST /signup HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{PASSWORD}", PASSWORD.len()),
        format!("POST /RST.srf HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{PASSWORD}", PASSWORD.len()),
    ] {
        // The answer does not matter, and there may be none.
        let _ = http::request(dial, request.as_bytes(), PATIENCE).await;
    }
    let ticket = bed.dialer.ticket(&account).await?;
    // Sends the ticket of somebody else, and commands at the wrong time.
    for commands in [
        SignIn::default().commands(&Account::numbered(1).handle, &ticket).join("\r\n"),
        format!("VER 1 MSNP12 MSNP11 CVR0\r\nUSR 2 TWN S {ticket}"),
        format!("USR 1 {} {ticket}", account.handle),
    ] {
        for mut connection in [bed.dialer.notification().await?, bed.dialer.switchboard().await?] {
            // Sending fails if the server has already closed the connection.
            let _ = connection.send_bytes(format!("{commands}\r\n").as_bytes()).await;
            connection.until_ended(PATIENCE).await?;
        }
    }
    drop(Person::sign_in(&bed.dialer, &account).await?);
    Ok(())
}
