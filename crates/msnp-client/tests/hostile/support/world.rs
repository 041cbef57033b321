//! A server in memory, to which the client connects.

use std::io;
use std::sync::Arc;

use msnp::Handle;
use msnp::notification::Ticket;
use msnp_client::machine::{SignedOut, Target};
use msnp_client::transport::{BoxedStream, Connect, Connecting};
use msnp_client::{Account, Client, Events, Receipt, Server};
use tokio::io::duplex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::Wire;

/// The handle of Alice, whose account the client signs in.
pub(crate) const ALICE: &str = "alice@example.com";
/// The GUID of Bob.
pub(crate) const BOB_GUID: &str = "c1f9a363-4ee9-4a33-a434-b056a4c55b98";
/// The GUID of the only group.
pub(crate) const FRIENDS: &str = "f1f9a363-4ee9-4a33-a434-b056a4c55b98";
/// The number of bytes that a connection can hold in each direction.
const BUFFER: usize = 16 * 1024;

/// The task of a sign-in that is in progress.
pub(crate) type SignIn = JoinHandle<Result<(Client, Events), SignedOut>>;

/// A step of the sign-in: the command that the client has sent, and that the server has not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Step {
    Ver,
    Cvr,
    Usr,
    Ticket,
    Syn,
    Chg,
}

/// The steps in which the account is not signed in yet.
pub(crate) const SIGN_IN: [Step; 6] = [Step::Ver, Step::Cvr, Step::Usr, Step::Ticket, Step::Syn, Step::Chg];

/// The server's end of all connections, and the client's settings.
pub(crate) struct World {
    pub(crate) server: Server,
    connections: UnboundedReceiver<(Target, Wire)>,
}

struct Door(UnboundedSender<(Target, Wire)>);

impl Connect for Door {
    fn connect<'a>(&'a self, target: &'a Target) -> Connecting<'a> {
        Box::pin(async move {
            let (near, far) = duplex(BUFFER);
            let wire = (target.clone(), Wire::new(far));
            self.0.send(wire).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
            Ok(Box::new(near) as BoxedStream)
        })
    }
}

/// Returns the ticket that each sign-in uses.
pub(crate) fn ticket() -> Ticket {
    Ticket::parse("t=secret&p=").unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        let (sender, connections) = unbounded_channel();
        Self { server: Server::at("example.com").connect_with(Arc::new(Door(sender))), connections }
    }

    pub(crate) fn account() -> Account {
        let source = |_| Box::pin(async { Ok(ticket()) }) as msnp_client::TicketFuture;
        Account::with_tickets(Handle::parse(ALICE).unwrap(), Arc::new(source))
    }

    /// Begins to sign in.
    pub(crate) fn begin(&self) -> SignIn {
        let (server, account) = (self.server.clone(), Self::account());
        tokio::spawn(async move { Client::sign_in(&server, &account).await })
    }

    /// Waits for the next connection.
    pub(crate) async fn next(&mut self) -> (Target, Wire) {
        self.connections.recv().await.unwrap()
    }

    /// Waits for the next connection, which must be to a notification server.
    pub(crate) async fn notification(&mut self) -> Wire {
        let (target, wire) = self.next().await;
        assert!(matches!(target, Target::Notification(_)), "{target:?}");
        wire
    }

    /// Waits for the next connection, which must be to a switchboard.
    pub(crate) async fn switchboard(&mut self) -> Wire {
        let (target, wire) = self.next().await;
        assert!(matches!(target, Target::Switchboard(_)), "{target:?}");
        wire
    }

    /// Returns the number of connections that the client has opened since the last call of this
    /// function.
    pub(crate) fn count(&mut self) -> usize {
        std::iter::from_fn(|| self.connections.try_recv().ok()).count()
    }

    /// Signs Alice in. Bob is on her contact list, and she has one group.
    pub(crate) async fn online(&mut self) -> (Client, Events, Wire) {
        let signing_in = self.begin();
        let mut wire = self.notification().await;
        sign_in(&mut wire).await;
        let (client, events) = signing_in.await.unwrap().unwrap();
        (client, events, wire)
    }

    /// Opens a conversation with Bob, who joins it. Returns the switchboard, and the transaction id of the first
    /// message.
    pub(crate) async fn talk(&mut self, client: &Client, wire: &mut Wire) -> (Wire, u32, Receipt) {
        let receipt = client.conversation(&super::bob()).send_text("hi");
        let mut board = self.open_board(wire).await;
        board.say("USR 1 OK alice@example.com Alice\n").await;
        let call = board.expect("CAL").await;
        board.say(&format!("CAL {call} RINGING 12\nJOI bob@example.com Bob 0\n")).await;
        let trid = board.expect_message().await;
        (board, trid, receipt)
    }

    /// Answers XFR SB, and waits for USR on the new connection.
    pub(crate) async fn open_board(&mut self, wire: &mut Wire) -> Wire {
        let trid = wire.expect("XFR").await;
        wire.say(&format!("XFR {trid} SB 192.0.2.1:1864 CKI cookie\n")).await;
        let mut board = self.switchboard().await;
        board.expect("USR 1 alice@example.com cookie").await;
        board
    }
}

/// Returns the usual answer to a command of the sign-in.
pub(crate) fn answer(step: Step, trid: u32) -> String {
    match step {
        Step::Ver => format!("VER {trid} MSNP12\n"),
        Step::Cvr => format!("CVR {trid} 7 7 7 http://a http://b\n"),
        Step::Usr => format!("USR {trid} TWN S policy\n"),
        Step::Ticket => format!("USR {trid} OK {ALICE} 1 0\n"),
        Step::Syn => format!(
            "SYN {trid} a b 1 1\nGTC A\nBLP AL\nPRP MFN Alice\nLSG Friends {FRIENDS}\n\
             LST N=bob@example.com F=Bob C={BOB_GUID} 11 1\n"
        ),
        Step::Chg => format!("CHG {trid} NLN 0\n"),
    }
}

/// Answers the commands of the sign-in before `step`. Returns the transaction id of the command of
/// `step`, which stays unanswered.
pub(crate) async fn reach(wire: &mut Wire, step: Step) -> u32 {
    for before in SIGN_IN {
        let trid = wire.expect(verb(before)).await;
        if before == step {
            return trid;
        }
        wire.say(&answer(before, trid)).await;
    }
    panic!("{step:?} is not a step of the sign-in")
}

/// Signs the client in.
pub(crate) async fn sign_in(wire: &mut Wire) {
    let trid = reach(wire, Step::Chg).await;
    wire.say(&answer(Step::Chg, trid)).await;
}

fn verb(step: Step) -> &'static str {
    match step {
        Step::Ver => "VER",
        Step::Cvr => "CVR",
        Step::Usr => "USR",
        Step::Ticket => "USR",
        Step::Syn => "SYN",
        Step::Chg => "CHG",
    }
}
