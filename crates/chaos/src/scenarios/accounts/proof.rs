//! The server's answer to a ticket or a password, correct or wrong.

use anyhow::{Result, ensure};

use crate::client::http::{Answer, request, ticket_request};
use crate::client::{Connection, Dialer, PATIENCE};

/// Signs in with a ticket, and does nothing else. Returns the connection if the server accepts the
/// ticket.
///
/// # Errors
/// A refusal must be 911 and the end of the connection (ns.md section 4). Fails if the server
/// refuses the ticket in any other way.
pub(super) async fn present(dialer: &Dialer, handle: &str, ticket: &str) -> Result<Option<Connection>> {
    let mut connection = dialer.notification().await?;
    connection.done("VER", "MSNP12 MSNP11 CVR0").await?;
    connection.done("USR", &format!("TWN I {handle}")).await?;
    let answer = connection.ask("USR", &format!("TWN S {ticket}")).await?;
    if answer.word(2) == "OK" {
        return Ok(Some(connection));
    }
    ensure!(answer.code() == Some(911), "a ticket was answered with {}", answer.line());
    let rest = connection.until_ended(PATIENCE).await?;
    ensure!(rest.is_empty(), "911 was followed by {}", rest[0].line());
    Ok(None)
}

/// Asks the sign-in service for a ticket, with a Passport 1.4 request.
pub(super) async fn ask_for_ticket(dialer: &Dialer, handle: &str, password: &str) -> Result<Answer> {
    request(dialer.dial(dialer.addresses.http), &ticket_request(handle, password), PATIENCE).await
}
