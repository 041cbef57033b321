//! A signed-in user.

use anyhow::{Context, Result, ensure};

use super::account::Account;
use super::board::Board;
use super::connection::Connection;
use super::dialer::Dialer;
use super::sign_in::SignIn;

/// A signed-in user.
#[derive(Debug)]
pub struct Person {
    /// The account.
    pub account: Account,
    /// The connection to the notification server.
    pub notification: Connection,
    /// The dialer for further connections of this client.
    pub dialer: Dialer,
}

impl Person {
    /// Signs in as an account, synchronises and goes online, with MSNP12.
    ///
    /// # Errors
    /// Fails if the server refuses.
    pub async fn sign_in(dialer: &Dialer, account: &Account) -> Result<Self> {
        Self::sign_in_with(dialer, account, SignIn::default()).await
    }

    /// Signs in as an account.
    ///
    /// # Errors
    /// Fails if the server refuses.
    pub async fn sign_in_with(dialer: &Dialer, account: &Account, how: SignIn) -> Result<Self> {
        let ticket = dialer.ticket(account).await?;
        let mut notification = dialer.notification().await?;
        how.carry_out(&mut notification, &account.handle, &ticket).await?;
        Ok(Self { account: account.clone(), notification, dialer: dialer.clone() })
    }

    /// Returns the address of the account.
    #[must_use]
    pub fn handle(&self) -> &str {
        &self.account.handle
    }

    /// Asks for a switchboard. Returns the address and the cookie that the server sends.
    ///
    /// # Errors
    /// Fails if the server gives no switchboard.
    pub async fn board_cookie(&mut self) -> Result<(String, String)> {
        let answer = self.notification.done("XFR", "SB").await?;
        ensure!(answer.starts_with("XFR"), "XFR was answered with {}", answer.line());
        let cookie = answer.word(5);
        self.dialer.keep_secret(&cookie);
        Ok((answer.word(3), cookie))
    }

    /// Opens a switchboard session that has no other members yet.
    ///
    /// # Errors
    /// Fails if the server gives no switchboard.
    pub async fn open_board(&mut self) -> Result<Board> {
        let (address, cookie) = self.board_cookie().await?;
        let mut connection = self.dialer.switchboard_at(&address).await?;
        connection.done("USR", &format!("{} {cookie}", self.handle())).await.context("could not open a session")?;
        Ok(Board { connection, handle: self.handle().to_owned() })
    }

    /// Lets a member invite this client to a session, and joins the session. Returns this client's
    /// connection to the session.
    ///
    /// # Errors
    /// Fails if the server refuses the invitation.
    pub async fn join(&mut self, board: &mut Board) -> Result<Board> {
        let invited = board.connection.done("CAL", self.handle()).await;
        invited.with_context(|| format!("could not invite {}", self.handle()))?;
        let joined = self.answer().await?;
        board.connection.expect(&format!("JOI {}", self.handle())).await?;
        Ok(joined)
    }

    /// Waits for an invitation and accepts it.
    ///
    /// # Errors
    /// Fails if no invitation arrives or the server does not let this client join.
    pub async fn answer(&mut self) -> Result<Board> {
        let ring = self.notification.expect("RNG").await?;
        let (session, address, cookie) = (ring.word(1), ring.word(2), ring.word(4));
        self.dialer.keep_secret(&cookie);
        let mut connection = self.dialer.switchboard_at(&address).await?;
        let words = format!("{} {cookie} {session}", self.handle());
        connection.done("ANS", &words).await.context("could not join a session")?;
        Ok(Board { connection, handle: self.handle().to_owned() })
    }
}

/// Opens a conversation between two people who are online.
///
/// # Errors
/// Fails if the server refuses.
pub async fn chat(one: &mut Person, other: &mut Person) -> Result<[Board; 2]> {
    let mut board = one.open_board().await?;
    let joined = other.join(&mut board).await?;
    Ok([board, joined])
}

/// Puts each of two people on the contact list and the allow list of the other, and waits until both see each other.
///
/// # Errors
/// Fails if the server refuses.
pub async fn befriend(one: &mut Person, other: &mut Person) -> Result<()> {
    let handles = [other.handle().to_owned(), one.handle().to_owned()];
    for (person, friend) in [one, other].into_iter().zip(handles) {
        person.notification.done("ADC", &format!("AL N={friend}")).await?;
        person.notification.done("ADC", &format!("FL N={friend} F={friend}")).await?;
    }
    Ok(())
}
