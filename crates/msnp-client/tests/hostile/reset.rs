//! Tests with connections that the server resets instead of closing them, over real sockets.

use msnp_client::machine::SignedOut;
use msnp_client::{Client, Server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{SIGN_IN, Step, World, answer};

/// Reads a command, and returns its transaction id.
async fn command(stream: &mut BufReader<TcpStream>) -> u32 {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Accepts a connection, answers the commands of the sign-in before `step`, and resets the
/// connection when the command of `step` arrives. If `step` is `None`, resets the connection
/// immediately.
async fn reset_at(listener: &TcpListener, step: Option<Step>) {
    let mut stream = BufReader::new(listener.accept().await.unwrap().0);
    for before in SIGN_IN.into_iter().take_while(|_| step.is_some()) {
        let trid = command(&mut stream).await;
        if Some(before) == step {
            break;
        }
        stream.write_all(answer(before, trid).replace('\n', "\r\n").as_bytes()).await.unwrap();
    }
    stream.into_inner().set_zero_linger().unwrap();
}

#[tokio::test]
async fn a_reset_in_any_step_is_reported_as_a_lost_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::at("127.0.0.1").notification(listener.local_addr().unwrap().to_string());
    for step in SIGN_IN.map(Some).into_iter().chain([None]) {
        let account = World::account();
        let (result, ()) = tokio::join!(Client::sign_in(&server, &account), reset_at(&listener, step));
        let reason = result.unwrap_err();
        assert!(matches!(reason, SignedOut::Lost(_)), "{step:?}: {reason:?}");
    }
}

#[tokio::test]
async fn a_connection_to_a_port_without_a_server_is_reported_as_lost_and_the_report_names_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let server = Server::at("127.0.0.1").notification(&address);
    let reason = Client::sign_in(&server, &World::account()).await.unwrap_err();
    assert!(matches!(&reason, SignedOut::Lost(text) if text.contains(&address)), "{reason:?}");
}
