//! What ends a conversation, against servers that say a few lines.

use std::net::SocketAddr;

use msnp::Dialect;
use msnp::frame::Frame;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;

fn line(text: &str) -> ServerCommand {
    ServerCommand::decode(Dialect::Msnp12, Frame { line: text.as_bytes(), payload: &[] }).unwrap()
}

/// A server that takes one connection, says this, and then nothing more.
async fn server_that_says(lines: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(lines.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    });
    address
}

/// Alice in a conversation that Bob called her into.
async fn alice_with_bob() -> Chat {
    let [me, other] = ["alice@example.com", "bob@example.com"].map(|handle| Handle::parse(handle).unwrap());
    let nobody: Tap = std::sync::Arc::new(|_| {});
    let notification = NotificationClient::dial(server_that_says("").await, nobody).await.unwrap();
    let mut chat = Chat { me, other, screen: Screen, notification, conversation: None };
    let board = server_that_says("IRO 1 1 1 bob@example.com Bob 0\r\nANS 1 OK\r\n").await;
    let ring = line(&format!("RNG 11752013 {board} CKI 0123456789abcdef bob@example.com Bob"));
    chat.on_notification(ring).await.unwrap();
    assert!(chat.conversation.is_some());
    chat
}

#[tokio::test]
async fn the_conversation_ends_when_the_other_goes_off_line_and_not_when_a_third_does() {
    let mut chat = alice_with_bob().await;
    chat.on_notification(line("FLN carol@example.com")).await.unwrap();
    assert!(chat.conversation.is_some());
    chat.on_notification(line("FLN bob@example.com")).await.unwrap();
    assert!(chat.conversation.is_none(), "the next line would be lost");
}
