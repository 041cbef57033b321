//! Tests conversations against servers that play a script.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use msnp::Dialect;
use msnp::frame::Frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn line(text: &str) -> ServerCommand {
    ServerCommand::decode(Dialect::Msnp12, Frame { line: text.as_bytes(), payload: &[] }).unwrap()
}

/// One step of a server: it waits until it has received this, and then sends that.
type Step = (&'static str, String);

/// Starts a server that accepts one connection, plays its steps, and then keeps the connection open.
async fn server(steps: Vec<Step>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut received = String::new();
        for (wanted, answer) in steps {
            while !received.contains(wanted) {
                let mut chunk = [0; 4096];
                let count = stream.read(&mut chunk).await.unwrap();
                assert!(count > 0, "{wanted} was not sent");
                received += &String::from_utf8_lossy(&chunk[..count]);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    address
}

/// Alice's chat with Bob, and the lines that it has shown.
struct Desk {
    chat: Chat,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    /// Alice is signed in to a notification server with these steps.
    async fn new(notification: Vec<Step>) -> Self {
        let [me, other] = ["alice@example.com", "bob@example.com"].map(|handle| Handle::parse(handle).unwrap());
        let no_tap: Tap = Arc::new(|_| {});
        let notification = NotificationClient::dial(server(notification).await, no_tap).await.unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let lines = shown.clone();
        let screen = Screen::new(move |line| lines.lock().unwrap().push(line.to_owned()));
        Self { chat: Chat { me, other, screen, notification, conversation: None }, shown }
    }

    /// Bob calls Alice to a switchboard with these steps.
    async fn called_to(mut self, steps: Vec<Step>) -> Self {
        let joined = ("ANS 1 ", "IRO 1 1 1 bob@example.com Bob 0\r\nANS 1 OK\r\n".to_owned());
        let board = server([vec![joined], steps].concat()).await;
        let ring = line(&format!("RNG 11752013 {board} CKI 0123456789abcdef bob@example.com Bob"));
        self.chat.on_notification(ring).await.unwrap();
        assert!(self.chat.conversation.is_some());
        self
    }

    /// Handles frames until the conversation is over.
    async fn until_over(&mut self) {
        while self.chat.conversation.is_some() {
            let frame = conversation::next(&mut self.chat.conversation).await;
            self.chat.receive(frame).await;
        }
    }

    fn shown(&self) -> Vec<String> {
        std::mem::take(&mut self.shown.lock().unwrap())
    }
}

const BYE: &str = "BYE bob@example.com\r\n";

#[tokio::test]
async fn a_conversation_ends_only_when_the_other_user_of_it_goes_offline() {
    let mut desk = Desk::new(Vec::new()).await.called_to(Vec::new()).await;
    desk.chat.on_notification(line("FLN carol@example.com")).await.unwrap();
    assert!(desk.chat.conversation.is_some());
    desk.chat.on_notification(line("FLN bob@example.com")).await.unwrap();
    assert!(desk.chat.conversation.is_none(), "the next line would be lost");
}

/// BYE never comes here: the notification server knows first that Bob is offline.
#[tokio::test]
async fn a_line_typed_between_fln_and_bye_is_shown_as_not_sent() {
    let usr = ("USR 1 ", "USR 1 OK alice@example.com Alice\r\n".to_owned());
    let cal = ("CAL 2 bob@example.com", "217 2\r\n".to_owned());
    let board = server(vec![usr, cal]).await;
    let xfr = ("XFR 1 SB", format!("XFR 1 SB {board} CKI 0123456789abcdef\r\n"));
    let mut desk = Desk::new(vec![xfr]).await.called_to(Vec::new()).await;
    desk.chat.on_notification(line("FLN bob@example.com")).await.unwrap();
    assert!(!desk.chat.on_typed("Still there?").await);
    assert_eq!(desk.shown(), ["* bob@example.com is offline.", "* Not sent: bob@example.com is offline"]);
}

#[tokio::test]
async fn a_text_without_ack_before_bye_is_shown_as_not_sent_and_a_confirmed_one_is_not() {
    // The server had sent BYE before it read the second text, so its NAK comes too late.
    let confirmed = ("one", "ACK 2\r\n".to_owned());
    let late = ("two", format!("{BYE}NAK 3\r\n"));
    let mut desk = Desk::new(Vec::new()).await.called_to(vec![confirmed, late]).await;
    desk.chat.on_typed("one").await;
    desk.chat.on_typed("two").await;
    desk.until_over().await;
    assert_eq!(desk.shown(), ["* Not sent: two"]);
}

#[tokio::test]
async fn a_refused_text_is_shown_as_not_sent_once() {
    let refused = ("one", format!("NAK 2\r\n{BYE}"));
    let mut desk = Desk::new(Vec::new()).await.called_to(vec![refused]).await;
    desk.chat.on_typed("one").await;
    desk.until_over().await;
    assert_eq!(desk.shown(), ["* Not sent: one"]);
}

#[tokio::test]
async fn an_unconfirmed_text_is_shown_when_the_notification_server_ends_the_conversation() {
    let mut desk = Desk::new(Vec::new()).await.called_to(Vec::new()).await;
    desk.chat.on_typed("one").await;
    assert!(desk.chat.is_pending());
    desk.chat.on_notification(line("FLN bob@example.com")).await.unwrap();
    assert_eq!(desk.shown(), ["* bob@example.com is offline.", "* May not have arrived: one"]);
}

#[tokio::test]
async fn a_command_is_not_sent_and_a_doubled_slash_sends_one() {
    // The script ends only if the first text on the switchboard is this one.
    let text = ("\r\n\r\n/text", format!("ACK 2\r\n{BYE}"));
    let mut desk = Desk::new(Vec::new()).await.called_to(vec![text]).await;
    assert!(!desk.chat.on_typed("/help").await);
    assert!(desk.shown().iter().any(|line| line.contains("/quit")));
    assert!(!desk.chat.on_typed("/nick Bob").await);
    let said = desk.shown();
    assert!(said[0].starts_with("* Unknown command /nick; nothing was sent."), "{said:?}");
    assert!(!desk.chat.is_pending());
    desk.chat.on_typed("//text").await;
    desk.until_over().await;
    assert_eq!(desk.shown(), [""; 0]);
    assert!(desk.chat.on_typed("/quit").await);
}
