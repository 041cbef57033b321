//! Connections and requests over real sockets, to various handlers.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use swallowtail_config::HeaderCase;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::testing::{TestServer, between};
use crate::connection::serve;
use crate::passport::transcript::{self, RST};

#[tokio::test]
async fn an_answer_has_exactly_the_expected_bytes() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /rdr/pprdr.asp HTTP/1.0\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let date = between(&text, "Date: ", "\r\n").to_owned();
    let expected = format!(
        "HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Type: text/html\r\n\
         PassportURLs: DALogin={}/login2.srf\r\nContent-Length: 0\r\nConnection: close\r\nDate: {date}\r\n\r\n",
        server.address
    );
    // hyper decides the order of the lines.
    let sorted = |text: &str| text.split_inclusive("\r\n").map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&text), sorted(&expected));
    assert_eq!(text.len(), expected.len());
}

#[tokio::test]
async fn header_names_are_in_title_case_if_the_settings_say_so() {
    let server = TestServer::start_with(|config| config.http.header_case = HeaderCase::Title).await;
    let answer = server.ask("GET /rdr/pprdr.asp HTTP/1.1\r\nHost: a.b\r\n\r\n").await;
    assert_eq!(answer.header("Passporturls"), "DALogin=a.b/login2.srf");
    let answer = server.ask("GET /login2.srf HTTP/1.1\r\nHost: a.b\r\n\r\n").await;
    assert!(answer.header("Www-Authenticate").starts_with("Passport1.4 "));
}

#[tokio::test]
async fn the_port_check_gets_200_while_an_unknown_path_gets_404_and_a_wrong_method_gets_405() {
    let server = TestServer::start().await;
    let table = [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK"),
        ("GET /nothing HTTP/1.1\r\nHost: config.messenger.msn.com\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("GET /RST.srf HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        ("POST /login2.srf HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 405 Method Not Allowed"),
    ];
    for (request, status) in table {
        let answer = server.ask(request).await;
        assert_eq!((answer.status.as_str(), answer.body.as_str()), (status, ""), "{request}");
        assert_eq!(answer.header("Content-Length"), "0", "{request}");
        let closes = answer.headers.contains("Connection: close");
        assert_eq!(
            closes,
            request.contains(".srf"),
            "gtmess reads the answers of the login page to the end: {request}"
        );
    }
}

#[tokio::test]
async fn the_connection_closes_after_the_answer_to_a_request_with_a_version_before_http_1_1() {
    let server = TestServer::start().await;
    // An HTTP/1.0 proxy does not support chunks. The server must not read the body from such a proxy as a second
    // request.
    let smuggled = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    for request in ["GET / HTTP/1.0\r\n\r\n", "GET /\r\n\r\n", smuggled] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        timeout(Duration::from_secs(10), stream.read_to_string(&mut text)).await.unwrap().unwrap();
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{request}: {text}");
    }
}

#[tokio::test]
async fn malformed_requests_are_refused_and_the_client_receives_the_refusal() {
    let server = TestServer::start().await;
    let long = "x".repeat(20_000);
    let table = [
        (format!("GET / HTTP/1.1\r\nX: {long}\r\n\r\n"), "HTTP/1.1 431 Request Header Fields Too Large"),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), "HTTP/1.1 431 Request Header Fields Too Large"),
        ("hello\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request"),
    ];
    for (request, status) in table {
        assert_eq!(server.ask(request).await.status, status);
    }
}

#[tokio::test]
async fn a_request_that_is_being_handled_is_answered_when_the_server_stops() {
    let server = TestServer::start().await;
    let request = transcript::message(RST, "rst", '>');
    let (head, tail) = request.split_at(request.len() - 10);
    let mut busy = TcpStream::connect(server.address).await.unwrap();
    busy.write_all(head.as_bytes()).await.unwrap();
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    let begun = Instant::now();
    let address = server.address;
    let stopping = tokio::spawn(server.stop());
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    busy.write_all(tail.as_bytes()).await.unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("Compact1"), "{answer}");
    drop(busy);
    stopping.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(address).await.is_err());
}

/// Connects and sends bytes.
async fn connect_and_send(server: &TestServer, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_connection_that_has_to_make_room_gets_503_whether_its_request_is_complete_or_not() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.http_connections_per_address = 1;
    })
    .await;
    let post = "POST /RST.srf HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    for begun in ["", "G", "GET / HTTP/1.1\r\nHost: x\r\n", post] {
        let mut stream = connect_and_send(&server, begun).await;
        if begun == post {
            let mut proceed = *b"HTTP/1.1 100 Continue\r\n\r\n";
            stream.read_exact(&mut proceed).await.unwrap();
        }
        let answer = server.ask("GET /rdr/pprdr.asp HTTP/1.0\r\n\r\n").await;
        assert_eq!(answer.status, "HTTP/1.1 200 OK");
        let mut text = String::new();
        timeout(Duration::from_secs(10), stream.read_to_string(&mut text)).await.unwrap().unwrap();
        assert!(text.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{begun:?}: {text}");
        for line in ["Retry-After: 60", "Connection: close", "Content-Length: 0"] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
        }
    }
}

/// Sends these requests, each after the answer to the previous one, and then nothing more. Returns the last answer, and
/// the number of seconds until the server closes the connection.
async fn silent_after(requests: &[&str]) -> (String, u64) {
    let server = TestServer::start().await;
    let (site, caller) = (server.site(), server.caller("127.0.0.1:5"));
    let (_stop, stopped) = watch::channel(false);
    // From here on, only timers are pending, and the paused clock jumps to the next one.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let (mut client, end) = tokio::io::duplex(4096);
    let task = tokio::spawn(serve(Box::new(end), caller, site, stopped, server.visit()));
    let mut answer = String::new();
    for request in requests {
        client.write_all(request.as_bytes()).await.unwrap();
        if requests.len() > 1 {
            let mut bytes = [0; 1000];
            let _ = timeout(Duration::from_millis(100), client.read(&mut bytes)).await;
        }
    }
    client.read_to_string(&mut answer).await.unwrap();
    let seconds = begun.elapsed().as_secs();
    tokio::time::resume();
    drop(client);
    let _ = task.await.unwrap();
    (answer, seconds)
}

#[tokio::test]
async fn a_request_head_may_take_10_seconds_and_a_request_body_20_seconds() {
    for head in ["", "GET /login2.srf", "GET /login2.srf HTTP/1.1\r\nHost: x\r\n"] {
        let (answer, seconds) = silent_after(&[head]).await;
        assert_eq!((answer.as_str(), seconds), ("", 10), "{head:?}");
    }
    let (answer, seconds) = silent_after(&["POST /RST.srf HTTP/1.1\r\nContent-Length: 9\r\n\r\n<"]).await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert_eq!(seconds, 20);
}

#[tokio::test]
async fn a_connection_may_be_idle_for_a_minute_and_each_request_head_may_take_10_seconds() {
    let answered = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    let (answer, seconds) = silent_after(&[answered]).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(seconds, 60);
    assert_eq!(silent_after(&[answered, "GET / HT"]).await.1, 10);
}
