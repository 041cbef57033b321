//! Tests malformed and hostile HTTP requests. The server answers a request or closes its
//! connection, and chats of other clients continue.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::http::{Gateway, Http};
use crate::support::time::{PATIENCE, eventually, pass};
use crate::support::{TestServer, address};

/// Sends a head, and then `more` up to `times` times, as long as the server accepts it. Returns the
/// server's answer.
async fn attack(server: SocketAddr, head: &str, more: &[u8], times: usize) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let (mut from, mut to) = stream.split();
    let mut answer = Vec::new();
    let send = async {
        if to.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        for _ in 0..times {
            if to.write_all(more).await.is_err() {
                return;
            }
        }
    };
    let both = async { tokio::join!(send, from.read_to_end(&mut answer)) };
    let ((), _) = timeout(PATIENCE, both).await.unwrap_or_else(|_| panic!("{head:?} keeps its connection"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn endless_bodies_and_malformed_heads_affect_only_their_own_connection() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    let http = server.server().addresses().http;
    let chunk = [b"8000\r\n".as_slice(), &[b'x'; 0x8000], b"\r\n"].concat();
    let deep = "<a>".repeat(10_000).into_bytes();
    let rst = "POST /RST.srf HTTP/1.1\r\nConnection: close\r\n";
    let config = "POST /Config/MsgrConfig.asmx HTTP/1.1\r\nConnection: close\r\n";
    let gateway = "POST /gateway/gateway.dll?Action=open&Server=NS&IP=x HTTP/1.1\r\nConnection: close\r\n";
    let table: &[(String, &[u8], usize, &str)] = &[
        (format!("{rst}Content-Length: 10485760\r\n\r\n"), &[b'x'; 0x8000], 320, "Invalid Request"),
        (format!("{rst}Transfer-Encoding: chunked\r\n\r\n"), &chunk, 1000, "Invalid Request"),
        (format!("{rst}Content-Length: {}\r\n\r\n", deep.len()), &deep, 1, "Invalid Request"),
        (format!("{config}Content-Length: 10485760\r\n\r\n"), &[b'x'; 0x8000], 320, "413 Payload Too Large"),
        (format!("{config}Transfer-Encoding: chunked\r\n\r\n"), &chunk, 1000, "413 Payload Too Large"),
        (format!("{config}Content-Length: {}\r\n\r\n", deep.len()), &deep, 1, "500 Internal Server Error"),
        (format!("{gateway}Content-Length: 10485760\r\n\r\n"), &[b'x'; 0x8000], 320, "413 Payload Too Large"),
        (format!("{gateway}Transfer-Encoding: chunked\r\n\r\n"), &chunk, 1000, "413 Payload Too Large"),
        (format!("{rst}Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), b"xxxxxx", 1, "400 Bad Request"),
        (format!("{rst}Content-Length: -1\r\n\r\n"), b"", 1, "400 Bad Request"),
        ("GET / HTTP/1.1\r\nA:".to_owned(), &[b'x'; 0x1000], 64, "431 Request Header Fields Too Large"),
        ("CONNECT messenger.hotmail.com:1863 HTTP/1.1\r\nA:".to_owned(), &[b'x'; 0x1000], 64, ""),
        (
            "GET /login2.srf HTTP/1.1\r\nConnection: close\r\nAuthorization: Passport1.4 sign-in=%,pwd=%%%\r\n\r\n"
                .to_owned(),
            b"",
            1,
            "401",
        ),
        (
            "GET /login2.srf HTTP/1.1\r\nConnection: close\r\nAuthorization: Passport1.4\r\n\r\n".to_owned(),
            b"",
            1,
            "401",
        ),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n".to_owned(), b"", 1, "400 Bad Request"),
        ("\0\0\0\0\r\n\r\n".to_owned(), b"", 1, "400 Bad Request"),
    ];
    for (head, more, times, expected) in table {
        let answer = attack(http, head, more, *times).await;
        assert!(answer.contains(expected), "{head:?}: {answer}");
    }
    bystanders.are_untouched().await;
}

/// Asks for a ticket from the address 127.0.0.`from`. Does not wait for the answer.
async fn ask_for_ticket(server: SocketAddr, from: u8, name: &str, password: &str) -> Http {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, from)), 0)).unwrap();
    let mut http = Http::over(socket.connect(server).await.unwrap());
    let head = format!(
        "GET /login2.srf HTTP/1.1\r\nHost: x\r\nAuthorization: Passport1.4 OrgVerb=GET,sign-in={},pwd={password},x",
        address(name)
    );
    http.send(&head, b"").await;
    http
}

/// Like [`ask_for_ticket`], but waits for the answer and returns its status.
pub(super) async fn try_password(server: SocketAddr, from: u8, name: &str, password: &str) -> u16 {
    ask_for_ticket(server, from, name, password).await.answer().await.status
}

#[tokio::test]
async fn an_address_that_guesses_passwords_is_refused_but_other_addresses_are_not() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.wrong_passwords_per_address = 3;
    })
    .await;
    server.account_with_password("alice", "right").await;
    let http = server.server().addresses().http;
    for name in ["alice", "nobody", "alice"] {
        assert_eq!(try_password(http, 7, name, "wrong").await, 401);
    }
    assert_eq!(
        try_password(http, 7, "alice", "right").await,
        503,
        "the address is refused even with the right password"
    );
    assert_eq!(try_password(http, 8, "alice", "right").await, 200);
    // Existing tickets stay valid, and clients that are signed in need no password.
    let ticket = server.ticket("alice").await;
    crate::support::people::sign_in(server.notification(), &address("alice"), &ticket).await;
}

#[tokio::test]
async fn sign_ins_to_an_account_under_attack_are_delayed_for_new_addresses_but_not_for_known_ones() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.wrong_passwords_per_account = 2;
    })
    .await;
    server.account_with_password("alice", "right").await;
    let http = server.server().addresses().http;
    assert_eq!(try_password(http, 1, "alice", "right").await, 200);
    for from in [2, 3] {
        assert_eq!(try_password(http, from, "alice", "wrong").await, 401);
    }
    // New addresses wait 1, 3, 7 and 15 seconds, in the order of their requests. If Alice signs in
    // between two attempts of new addresses, the later attempts wait longer.
    let strangers: Vec<_> = (4..8).map(|from| tokio::spawn(try_password(http, from, "alice", "right"))).collect();
    assert_eq!(try_password(http, 1, "alice", "right").await, 200);
    assert!(finished(&strangers) < strangers.len(), "Alice did not wait for the new addresses");
    pass(Duration::from_secs(31)).await;
    for stranger in strangers {
        assert_eq!(stranger.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn password_attempts_are_delayed_even_if_they_are_simultaneous() {
    let server = TestServer::start_with(|config| {
        config.limits.exempt.clear();
        config.limits.wrong_passwords_per_account = 2;
    })
    .await;
    let http = server.server().addresses().http;
    // The first two attempts are not delayed. The other five attempts wait 1, 3, 7, 15 and 31
    // seconds.
    let attempts: Vec<_> = (1..=7).map(|from| tokio::spawn(try_password(http, from, "alice", "wrong"))).collect();
    // An attempt on another account is not delayed, even if it arrives later than these attempts.
    assert_eq!(try_password(http, 8, "nobody", "wrong").await, 401);
    assert!(finished(&attempts) < attempts.len(), "none of them waits");
    // The test advances the clock next. If the server were still reading the database then, the read
    // would exceed its time limit. So the test first waits for the answers to these two attempts.
    eventually("the first two attempts are answered", || finished(&attempts) >= 2).await;
    pass(Duration::from_secs(31)).await;
    for attempt in attempts {
        assert_eq!(attempt.await.unwrap(), 401);
    }
}

fn finished(attempts: &[JoinHandle<u16>]) -> usize {
    attempts.iter().filter(|attempt| attempt.is_finished()).count()
}

#[tokio::test]
async fn guessed_session_ids_match_no_session() {
    let server = TestServer::start().await;
    let http = server.server().addresses().http;
    let mut own = Gateway::open(http, "NS", "").await;
    let (key, _) = own.session.split_once('.').map(|(key, rest)| (key.parse::<u64>().unwrap(), rest)).unwrap();
    for step in 1..200 {
        for guess in [key.wrapping_add(step), key.wrapping_sub(step), step] {
            assert_eq!(own.raw(&format!("SessionID={guess}.1"), b"OUT\r\n").await.status, 400);
        }
    }
    own.send("VER 1 MSNP12\r\n").await;
    own.expect("VER 1 MSNP12").await;
}

#[tokio::test]
async fn a_gateway_session_can_be_restricted_to_the_address_that_opened_it() {
    let server = TestServer::start_with(|config| config.gateway.bind_to_address = true).await;
    let http = server.server().addresses().http;
    let mut own = Gateway::open(http, "NS", "").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.9:0".parse().unwrap()).unwrap();
    let mut other = Http::over(socket.connect(http).await.unwrap());
    let head = format!("POST /gateway/gateway.dll?SessionID={} HTTP/1.1\r\nHost: x", own.session);
    assert_eq!(other.ask(&head, b"OUT\r\n").await.status, 400);
    own.send("VER 1 MSNP12\r\n").await;
    own.expect("VER 1 MSNP12").await;
}

#[tokio::test]
async fn a_client_that_does_not_read_answers_does_not_delay_other_clients() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    let mut stream = TcpStream::connect(server.server().addresses().http).await.unwrap();
    let request = b"GET /proxy.pac HTTP/1.1\r\nHost: x\r\n\r\n";
    // This fills the buffers of the client and of the server.
    let full = timeout(PATIENCE, async {
        loop {
            let write = timeout(Duration::from_millis(300), stream.write_all(request)).await;
            if !matches!(write, Ok(Ok(()))) {
                return;
            }
        }
    });
    full.await.unwrap();
    bystanders.are_untouched().await;
}
