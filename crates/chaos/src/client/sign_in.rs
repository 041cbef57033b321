//! Signing in to the notification server.

use anyhow::{Context, Result, ensure};

use super::connection::Connection;

/// The options of a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    /// The number of the dialect, 8 to 12.
    pub dialect: u8,
    /// True if the client fetches its lists.
    pub synchronise: bool,
    /// The status to set, or `None` to send no CHG.
    pub status: Option<&'static str>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self { dialect: 12, synchronise: true, status: Some("NLN") }
    }
}

impl SignIn {
    /// Returns the commands of the sign-in, each as a line without the line end. The first command
    /// has the TrID 1, and each further command has the next TrID.
    #[must_use]
    pub fn commands(self, handle: &str, ticket: &str) -> Vec<String> {
        let dialect = self.dialect;
        // The client offers two dialects, because a VER with only one dialect can have a special
        // meaning (ns.md sections 4 and 9).
        let offer = if dialect > 8 { format!("MSNP{dialect} MSNP{} CVR0", dialect - 1) } else { "MSNP8 CVR0".into() };
        let version = match dialect {
            8 => "5.0.0537",
            9 => "6.0.0602",
            10 => "6.1.0211",
            11 => "7.0.0813",
            _ => "7.5.0324",
        };
        let mut commands = vec![
            format!("VER 1 {offer}"),
            format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR {version} MSMSGS {handle}"),
            format!("USR 3 TWN I {handle}"),
            format!("USR 4 TWN S {ticket}"),
        ];
        if self.synchronise {
            commands.push(if dialect >= 10 { "SYN 5 0 0".to_owned() } else { "SYN 5 0".to_owned() });
        }
        if let Some(status) = self.status {
            commands.push(format!("CHG {} {status} 0", commands.len() + 1));
        }
        commands
    }

    /// Sends all commands in one write and waits until the server has carried them out.
    pub(super) async fn carry_out(self, connection: &mut Connection, handle: &str, ticket: &str) -> Result<()> {
        let commands = self.commands(handle, ticket);
        let sender = connection.sender();
        let mut last = 0;
        for command in &commands {
            sender.note_sent(command, b"");
            last = sender.next_trid();
        }
        connection.send_bytes(format!("{}\r\n", commands.join("\r\n")).as_bytes()).await?;
        let answer = connection.answer(4).await.with_context(|| format!("{handle} could not sign in"))?;
        ensure!(answer.starts_with("USR 4 OK"), "the sign-in of {handle} was answered with {}", answer.line());
        let answer = connection.answer(last).await.with_context(|| format!("{handle} could not sign in"))?;
        ensure!(answer.code().is_none(), "the sign-in of {handle} was answered with {}", answer.line());
        Ok(())
    }
}
