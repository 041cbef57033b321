//! Tests the HTTP proxy. Clients send requests for Microsoft's host names, and the user has changed
//! nothing except the proxy setting.

use tokio::net::TcpStream;

use crate::support;
use crate::support::http::{Answer, Gateway, Http};
use crate::support::people::{self, sign_in_bytes, text_message};
use crate::support::tls::TestCertificate;
use crate::support::wire::Wire;
use crate::support::{TestServer, address};

const PASSWORD: &str = "correct horse";

/// Starts a server with Alice and Bob, and with a certificate for Microsoft's names.
async fn start(certificate: &TestCertificate) -> TestServer {
    let files = certificate.files.clone();
    let server = TestServer::start_with(|config| config.tls.certificate.push(files)).await;
    for name in ["alice", "bob"] {
        server.account_with_password(name, PASSWORD).await;
    }
    server
}

/// Sends a `CONNECT`. Returns the head of the answer, and the stream.
async fn connect(server: &TestServer, target: &str) -> (String, TcpStream) {
    use tokio::io::AsyncWriteExt;
    let mut stream = TcpStream::connect(server.server().addresses().http).await.unwrap();
    stream.write_all(format!("CONNECT {target} HTTP/1.0\r\nUser-Agent: MSMSGS\r\n\r\n").as_bytes()).await.unwrap();
    (head_of(&mut stream).await, stream)
}

/// Reads the head of an answer and nothing after it.
async fn head_of(stream: &mut TcpStream) -> String {
    use tokio::io::AsyncReadExt;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn tunnel(server: &TestServer, target: &str) -> TcpStream {
    let (head, stream) = connect(server, target).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{target}: {head}");
    stream
}

/// Sends RST as client 7.5 does, through a tunnel to the login server of that client.
async fn ticket(server: &TestServer, certificate: &TestCertificate, name: &str) -> String {
    let stream = tunnel(server, "loginnet.passport.com:443").await;
    let stream = certificate.connect(stream, "loginnet.passport.com").await.unwrap();
    let body = format!(
        "<Envelope><Header><Security><UsernameToken><Username>{}</Username><Password>{PASSWORD}</Password></UsernameToken></Security></Header>\
         <Body><RequestSecurityToken Id=\"RST0\"><AppliesTo><EndpointReference><Address>messenger.msn.com</Address></EndpointReference>\
         </AppliesTo></RequestSecurityToken></Body></Envelope>",
        address(name)
    );
    let answer = Http::over(stream).ask("POST /RST.srf HTTP/1.1\r\nHost: loginnet.passport.com", body.as_bytes()).await;
    let text = answer.text();
    let (_, rest) = text.split_once("BinarySecurityToken Id=\"Compact0\">").unwrap();
    rest.split_once('<').unwrap().0.replace("&amp;", "&")
}

#[tokio::test]
async fn a_client_that_has_only_the_proxy_configured_can_sign_in_and_chat() {
    let directory = support::private_directory();
    let certificate = TestCertificate::write(directory.path(), "old", &["loginnet.passport.com"]);
    let server = start(&certificate).await;

    // Alice tunnels everything, including the connection to the address in XFR.
    let word = ticket(&server, &certificate, "alice").await;
    let stream = tunnel(&server, "messenger.hotmail.com:1863").await;
    let mut alice = people::enter(Wire::over(stream), &address("alice"), &word).await;
    people::synchronize(&mut alice).await;
    people::come_online(&mut alice).await;

    // Bob's firewall allows only HTTP requests, so he uses the gateway, with absolute targets.
    let word = ticket(&server, &certificate, "bob").await;
    let http = server.server().addresses().http;
    let site = "http://gateway.messenger.hotmail.com";
    let mut bob = Gateway::open_at(http, site, "NS", &sign_in_bytes(&address("bob"), &word)).await;
    bob.expect("USR 4 OK").await;
    bob.send("SYN 5 0 0\r\nCHG 6 NLN 0\r\n").await;
    bob.expect("CHG 6 NLN 0").await;

    let transfer = alice.done("XFR", "SB").await;
    let mut board = Wire::over(tunnel(&server, transfer.word(3)).await);
    board.done("USR", format!("{} {}", address("alice"), transfer.word(5))).await;
    board.done("CAL", address("bob")).await;
    let ring = bob.expect("RNG ").await;
    let words: Vec<_> = ring.lines().last().unwrap().split(' ').collect();
    let answer = format!("ANS 1 {} {} {}\r\n", address("bob"), words[4], words[1]);
    let mut joined = Gateway::open_at(http, site, "SB", &answer).await;
    joined.expect("ANS 1 OK").await;
    board.expect("JOI").await;
    let payload = text_message("through the proxy");
    assert_eq!(board.message(&payload).await.word(0), "ACK");
    joined.expect("MSG alice@example.com").await;
    joined.expect("Content-Type: text/plain").await;
    joined.send([format!("MSG 2 A {}\r\n", payload.len()).as_bytes(), &payload].concat()).await;
    assert_eq!(board.expect("MSG bob@example.com").await.payload, payload);
}

#[tokio::test]
async fn the_proxy_refuses_requests_that_are_not_for_services_of_this_server() {
    let server = TestServer::start().await;
    let http = server.server().addresses().http;
    let other = http.port();
    for target in [
        "example.com:443".to_owned(),
        "example.com:1863".to_owned(),
        "messenger.hotmail.com:25".to_owned(),
        "messenger.hotmail.com:1863.example.com:80".to_owned(),
        format!("127.0.0.1:{other}"),
        "127.0.0.1:22".to_owned(),
        "[::1]:1863".to_owned(),
        String::new(),
    ] {
        let (head, _) = connect(&server, &target).await;
        // For an invalid target, hyper itself answers with 400.
        let refused = ["HTTP/1.1 403 Forbidden\r\n", "HTTP/1.1 400 Bad Request\r\n"];
        assert!(refused.iter().any(|start| head.starts_with(start)), "{target}: {head}");
    }
    let get = async |target: &str| -> Answer {
        Http::dial(http).await.ask(&format!("GET {target} HTTP/1.1\r\nHost: x"), b"").await
    };
    for target in
        ["http://example.com/", "http://example.com/rdr/pprdr.asp", "http://messenger.hotmail.com.example.com/"]
    {
        assert_eq!(get(target).await.status, 403, "{target}");
    }
    assert_eq!(get("http://nexus.passport.com/rdr/pprdr.asp").await.status, 200);
    assert_eq!(get(&format!("http://{http}/proxy.pac")).await.status, 200, "the server's own address is accepted");
}

#[tokio::test]
async fn a_tunnel_to_port_80_accepts_requests_but_no_second_tunnel() {
    let server = TestServer::start().await;
    let mut inside = Http::over(tunnel(&server, "config.messenger.msn.com:80").await);
    assert_eq!(inside.ask("POST / HTTP/1.1\r\nHost: config.messenger.msn.com", b"").await.status, 200);
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    // The server also refuses a tunnel inside a tunnel. Otherwise nested tunnels could grow until
    // the stack overflows.
    let mut inside = TcpStream::connect(server.server().addresses().http).await.unwrap();
    inside.write_all("CONNECT g.msn.com:80 HTTP/1.1\r\n\r\n".repeat(10_000).as_bytes()).await.unwrap();
    inside.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = inside.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 1);
    assert!(answer.contains("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
}

#[tokio::test]
async fn a_connection_that_was_kept_alive_can_become_a_tunnel() {
    use tokio::io::AsyncWriteExt;
    let server = TestServer::start().await;
    let mut http = Http::dial(server.server().addresses().http).await;
    assert_eq!(http.ask("POST http://login.live.com/ HTTP/1.1\r\nHost: login.live.com", b"").await.status, 200);
    let mut stream = http.into_stream();
    // The first command may arrive in the same segment as the head.
    stream.write_all(b"CONNECT messenger.hotmail.com:1863 HTTP/1.1\r\n\r\nVER 1 MSNP12\r\n").await.unwrap();
    let head = head_of(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("Content-Length"), "{head}");
    assert_eq!(Wire::over(stream).next().await.unwrap().line, "VER 1 MSNP12");
}

#[tokio::test]
async fn the_answer_to_a_tls_tunnel_request_names_the_setting_to_add_if_there_is_no_certificate() {
    let server = TestServer::start_with(|config| config.tls.own_root = false).await;
    let (head, mut stream) = connect(&server, "login.live.com:443").await;
    assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
    let mut sentence = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut sentence).await.unwrap();
    assert!(sentence.contains("[[tls.certificate]]"), "{sentence}");
}

#[tokio::test]
async fn a_disabled_proxy_refuses_requests() {
    let server = TestServer::start_with(|config| config.proxy.enabled = false).await;
    let (head, _) = connect(&server, "messenger.hotmail.com:1863").await;
    assert!(head.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{head}");
    let mut http = Http::dial(server.server().addresses().http).await;
    assert_eq!(http.ask("GET /proxy.pac HTTP/1.1\r\nHost: x", b"").await.status, 404);
    assert_eq!(http.ask("GET http://nexus.passport.com/rdr/pprdr.asp HTTP/1.1\r\nHost: x", b"").await.status, 403);
}

#[tokio::test]
async fn links_in_the_client_open_the_page_in_the_settings() {
    let server = TestServer::start_with(|config| config.sign_in.page = "http://example.com/help".to_owned()).await;
    let mut http = Http::dial(server.server().addresses().http).await;
    let answer = http.ask("GET http://g.msn.com/5meen_us/60 HTTP/1.1\r\nHost: g.msn.com", b"").await;
    assert_eq!((answer.status, answer.header("Location")), (302, Some("http://example.com/help")));
}
