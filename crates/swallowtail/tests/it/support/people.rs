//! Common steps of clients: signing in, going online, opening a conversation.

use std::net::SocketAddr;

use msnp_client::machine::SignedOut;
use msnp_client::{Account, Server};

use tokio::io::{AsyncRead, AsyncWrite};

use super::wire::Wire;

/// Signs in on a notification server, up to `USR OK`.
pub(crate) async fn sign_in(address: SocketAddr, handle: &str, ticket: &str) -> Wire {
    enter(Wire::dial(address).await, handle, ticket).await
}

/// Signs in on an existing connection.
pub(crate) async fn enter<S: AsyncRead + AsyncWrite + Unpin>(mut wire: Wire<S>, handle: &str, ticket: &str) -> Wire<S> {
    wire.send(sign_in_bytes(handle, ticket)).await;
    wire.expect("USR 4 OK").await;
    wire.expect("SBS").await;
    wire.expect("MSG Hotmail Hotmail").await;
    for answer in ["VER 1 MSNP12", "CVR 2", "USR 3 TWN S"] {
        wire.expect(answer).await;
    }
    wire
}

/// Returns all commands of a sign-in, to be sent in one write.
pub(crate) fn sign_in_bytes(handle: &str, ticket: &str) -> String {
    format!(
        "VER 1 MSNP12 MSNP11 CVR0\r\nCVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS {handle}\r\n\
         USR 3 TWN I {handle}\r\nUSR 4 TWN S {ticket}\r\n"
    )
}

/// Sends SYN. Returns the lines with lists and settings that the server sends after its answer to
/// SYN (the burst).
pub(crate) async fn synchronize(wire: &mut Wire) -> Vec<String> {
    wire.done("SYN", "0 0").await;
    let burst = wire.before_pong().await;
    burst.into_iter().map(|frame| frame.line).collect()
}

/// Sends the first CHG. The server sends the presence of contacts after the answer.
pub(crate) async fn come_online(wire: &mut Wire) {
    wire.done("CHG", "NLN 0").await;
    wire.expect("CHL 0 ").await;
}

/// The switchboard connections of two users in a conversation.
pub(crate) struct Chat {
    pub(crate) caller: Wire,
    pub(crate) callee: Wire,
}

impl Chat {
    /// Opens a conversation: XFR, USR, CAL, RNG, ANS, JOI. Both users must be online.
    pub(crate) async fn open(caller: (&str, &mut Wire), callee: (&str, &mut Wire)) -> Self {
        let mut board = open_board(caller.0, caller.1).await;
        let joined = join_board(&mut board, callee.0, callee.1).await;
        Self { caller: board, callee: joined }
    }

    /// Sends one message in each direction. Asserts that the server acknowledges both messages, and
    /// that they arrive unchanged.
    pub(crate) async fn exchange(&mut self, text: &str) {
        let payload = text_message(text);
        let answer = self.caller.message(&payload).await;
        assert_eq!(answer.word(0), "ACK");
        assert_eq!(self.callee.next().await.unwrap().payload, payload);
        let answer = self.callee.message(&payload).await;
        assert_eq!(answer.word(0), "ACK");
        assert_eq!(self.caller.next().await.unwrap().payload, payload);
    }
}

/// Opens a switchboard session with one member.
pub(crate) async fn open_board(handle: &str, notification: &mut Wire) -> Wire {
    let transfer = notification.done("XFR", "SB").await;
    let mut board = Wire::dial(transfer.word(3).parse().unwrap()).await;
    board.done("USR", format!("{handle} {}", transfer.word(5))).await;
    board
}

/// Calls a user into a session and answers the call.
pub(crate) async fn join_board(board: &mut Wire, callee: &str, notification: &mut Wire) -> Wire {
    board.done("CAL", callee).await;
    let ring = notification.expect("RNG ").await;
    let mut joined = Wire::dial(ring.word(2).parse().unwrap()).await;
    let words = format!("{callee} {} {}", ring.word(4), ring.word(1));
    let mut answer = joined.ask("ANS", words).await;
    while answer.word(0) == "IRO" {
        answer = joined.next().await.unwrap();
    }
    assert_eq!(answer.word(2), "OK", "{answer}");
    board.expect(&format!("JOI {callee} ")).await;
    joined
}

pub(crate) fn text_message(text: &str) -> Vec<u8> {
    format!("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{text}").into_bytes()
}

/// Fetches a ticket from the sign-in service at `http`. Returns the word `t=...&p=` with which USR
/// sends this ticket.
pub(crate) async fn fetch_ticket(http: SocketAddr, handle: &str, password: &str) -> Result<String, SignedOut> {
    let server = Server::at("127.0.0.1").http(format!("http://{http}"));
    let ticket = server.ticket(&Account::new(handle, password).unwrap()).await?;
    Ok(format!("t={}&p=", ticket.secret()))
}
