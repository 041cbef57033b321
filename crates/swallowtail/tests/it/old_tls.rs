//! Tests signing in as Windows XP does: over TLS 1.0, through the separate terminator of
//! packaging/old-tls (security.md section 8).
//!
//! The terminator is lighttpd, and `gnutls-cli` plays the client. `cargo xtask test` installs these two programs and
//! runs these tests.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use swallowtail_config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::support;
use crate::support::time::PATIENCE;
use crate::support::tls::TestCertificate;
use crate::support::{TestServer, people};

const RST: &str = include_str!("../../../../docs/protocol/transcripts/rst-soap-http.txt");
const PASSPORT14: &str = include_str!("../../../../docs/protocol/transcripts/passport14-http.txt");
const ALICE: &str = "alice@example.com";
const PASSWORD: &str = "s3cr,t &%";

/// XP in its original version: TLS 1.0, RSA key exchange, no TLS extensions. Of XP's ciphers, only
/// 3DES is still acceptable.
const XP: &str = "NONE:+VERS-TLS1.0:+RSA:+3DES-CBC:+SHA1:+COMP-NULL:+CTYPE-X509:+SIGN-ALL:%NO_EXTENSIONS:\
                  %DISABLE_SAFE_RENEGOTIATION";
/// XP with the update of August 2010, which adds an extension, and with the hotfix for AES.
const XP_UPDATED: &str = "NONE:+VERS-TLS1.0:+RSA:+AES-128-CBC:+3DES-CBC:+SHA1:+COMP-NULL:+CTYPE-X509:+SIGN-ALL";
/// A client that knows TLS 1.0 but requires a newer version.
const MODERN: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/// A running terminator. Dropping this value stops it.
struct Terminator {
    lighttpd: Child,
    address: SocketAddr,
}

impl Terminator {
    /// Starts a terminator in front of `to`.
    async fn start(to: SocketAddr) -> Self {
        Self::start_at(free_address(), to, &[]).await
    }

    async fn start_at(address: SocketAddr, to: SocketAddr, more: &[&str]) -> Self {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/old-tls");
        Self::start_with(address, to, &data, more).await
    }

    /// Starts a terminator in front of `to`. The terminator uses `certificate.pem` and `key.pem` in
    /// the directory `data`.
    async fn start_with(address: SocketAddr, to: SocketAddr, data: &Path, more: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let lighttpd = Command::new(root.join("../../packaging/old-tls/start"))
            .args(["--listen", &address.to_string(), "--to", &to.to_string()])
            .arg("--certificate")
            .arg(data.join("certificate.pem"))
            .arg("--key")
            .arg(data.join("key.pem"))
            .args(more)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut terminator = Self { lighttpd, address };
        let begun = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if terminator.lighttpd.try_wait().unwrap().is_some() {
                panic!("packaging/old-tls/start: {:?}", terminator.end().await);
            }
            assert!(begun.elapsed() < PATIENCE, "packaging/old-tls/start does not listen");
            sleep(Duration::from_millis(10)).await;
        }
        terminator
    }

    /// Waits until the terminator exits. Returns its status and its output.
    async fn end(&mut self) -> (ExitStatus, String) {
        let Ok(status) = timeout(PATIENCE, self.lighttpd.wait()).await else {
            panic!("the terminator does not exit");
        };
        let mut log = String::new();
        self.lighttpd.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
        (status.unwrap(), log)
    }
}

/// Returns an address with a free port. lighttpd cannot choose a free port by itself and report it.
/// So these tests choose the ports, on an IP address that other tests do not use.
fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap()
}

/// The result of a connection over TLS.
struct Talk {
    /// The output of `gnutls-cli` about the handshake.
    handshake: String,
    /// Everything that was received before the server closed the connection. Empty if the handshake failed.
    answer: String,
}

impl Talk {
    /// Returns whether the server aborted the handshake with an alert.
    fn was_refused(&self) -> bool {
        !self.handshake.contains("Handshake was completed") && self.handshake.contains("TLS fatal alert")
    }

    fn status(&self) -> &str {
        self.answer.lines().next().unwrap_or_else(|| panic!("no answer: {}", self.handshake))
    }
}

/// Performs a handshake with the GnuTLS `priority` string. Sends no SNI, and does not check the
/// certificate. Then sends `request` and reads until the server closes the connection.
async fn talk(address: SocketAddr, priority: &str, request: &str) -> Talk {
    let mut client = Command::new("gnutls-cli")
        .args(["--disable-sni", "--insecure", "--logfile=/dev/stderr", "--priority", priority])
        .args(["--port", &address.port().to_string(), &address.ip().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("gnutls-cli ({error}): on Debian, install it with: apt-get install gnutls-bin"));
    let mut input = client.stdin.take().unwrap();
    // After a failed handshake, the client does not read its input.
    let _ = input.write_all(request.as_bytes()).await;
    let Ok(output) = timeout(PATIENCE, client.wait_with_output()).await else {
        panic!("the server does not close");
    };
    // Until here, the input of the client was open. So the server closed the connection, and not
    // the client.
    drop(input);
    let output = output.unwrap();
    let [answer, handshake] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    Talk { handshake, answer }
}

/// Starts a server with the account of Alice, as in the transcripts.
async fn server(change: impl FnOnce(&mut Config)) -> TestServer {
    let server = TestServer::start_with(change).await;
    server.account_with_password("alice", PASSWORD).await;
    server
}

/// Starts a server as in [`server`], and a terminator in front of it.
async fn start() -> (TestServer, Terminator) {
    let server = server(|_| {}).await;
    let terminator = Terminator::start(server.server().addresses().http).await;
    (server, terminator)
}

/// Returns everything that connection `name` sends in the first part of a transcript.
fn request(transcript: &str, name: &str) -> String {
    let sign = format!("{name} >");
    let part = transcript.lines().take_while(|line| !line.starts_with("!part"));
    part.filter_map(|line| line.strip_prefix(&sign))
        .map(|record| match record.strip_prefix("| ") {
            Some(body) => body.to_owned(),
            None => format!("{}\r\n", record.trim_start()),
        })
        .collect()
}

/// Returns the lines of an answer, sorted and without the header `Date`.
fn lines(answer: &str) -> BTreeSet<&str> {
    answer.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: ")).collect()
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn xp_gets_a_ticket_that_is_accepted_at_sign_in() {
    let (server, terminator) = start().await;
    let talk = talk(terminator.address, XP, &request(RST, "rst")).await;
    assert!(talk.handshake.contains("(TLS1.0-X.509)-(RSA)-(3DES-CBC)-(SHA1)"), "{}", talk.handshake);
    assert_eq!(talk.status(), "HTTP/1.1 200 OK");
    let (_, rest) = talk.answer.split_once("<wsse:BinarySecurityToken Id=\"Compact1\">").unwrap();
    let (ticket, _) = rest.split_once("</wsse:BinarySecurityToken>").unwrap();
    people::sign_in(server.notification(), ALICE, &ticket.replace("&amp;", "&")).await;
}

/// The address of clients that use the proxy. It differs from the address of other clients in these
/// tests.
const TUNNELLER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9)), 0);

/// Starts a listener that tunnels one connection through the server's proxy to Microsoft's login server.
async fn tunnel(proxy: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(TUNNELLER).unwrap();
        let mut server = socket.connect(proxy).await.unwrap();
        server.write_all(b"CONNECT loginnet.passport.com:443 HTTP/1.0\r\n\r\n").await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(server.read_u8().await.unwrap());
        }
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    address
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn the_proxy_connects_xp_to_the_terminator_and_modern_clients_to_the_tls_listener_of_the_server() {
    let directory = support::private_directory();
    let certificate = TestCertificate::write(directory.path(), "own", &["loginnet.passport.com"]);
    let address = free_address();
    let server = server(|config| {
        config.proxy.old_tls = Some(address);
        config.tls.certificate.push(certificate.files.clone());
        config.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        // No address is exempt, and the limit is one wrong password for each address. After a wrong
        // password, the server answers further passwords from the same address with 503. So an
        // answer of 503 shows which address the server counts as the client's address.
        config.limits.exempt.clear();
        config.limits.wrong_passwords_per_address = 1;
    })
    .await;
    let http = server.server().addresses().http;
    let _terminator = Terminator::start_at(address, http, &["--proxy", "127.0.0.1"]).await;
    let old = talk(tunnel(http).await, XP, &request(RST, "rst")).await;
    assert!(old.handshake.contains("(TLS1.0-X.509)-(RSA)-(3DES-CBC)-(SHA1)"), "{}", old.handshake);
    assert!(old.answer.contains("Compact1"), "{}", old.answer);
    let modern = talk(tunnel(http).await, MODERN, &request(RST, "rst")).await;
    assert!(modern.handshake.contains("(TLS1.3"), "{}", modern.handshake);
    assert!(modern.answer.contains("Compact1"), "{}", modern.answer);
    // The client sends a wrong password through the tunnel. The server must count this password for
    // the address of the client, and not for the address of the terminator or the proxy.
    assert!(talk(tunnel(http).await, XP, &request(RST, "rst3")).await.answer.contains("FailedAuthentication"));
    assert_eq!(talk(tunnel(http).await, XP, &request(RST, "rst")).await.status(), "HTTP/1.1 503 Service Unavailable");
    let mut direct = TcpStream::connect(http).await.unwrap();
    direct.write_all(request(RST, "rst").as_bytes()).await.unwrap();
    let mut answer = String::new();
    direct.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("Compact1"), "{answer}");
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn the_certificate_from_client_setup_works_for_xp() {
    let server = server(|_| {}).await;
    let path = |name: &str| server.data().join(name).to_str().unwrap().to_owned();
    let arguments = ["--client", "7.5-xp", "--host", "192.0.2.1", "--data", &path(""), "--to", &path("out")];
    let output = support::binary::run(&[&["client-setup"], &arguments[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (address, http) = (free_address(), server.server().addresses().http);
    let terminator = Terminator::start_with(address, http, &server.data().join("old-tls"), &[]).await;
    for old in [XP, XP_UPDATED] {
        let talk = talk(terminator.address, old, &request(RST, "rst")).await;
        assert!(talk.handshake.contains("subject `CN=login.live.com'"), "{}", talk.handshake);
        assert!(talk.answer.contains("Compact1"), "{}", talk.answer);
    }
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn the_servers_own_tls_refuses_the_handshake_of_xp() {
    let directory = support::private_directory();
    let certificate = TestCertificate::write(directory.path(), "own", &["loginnet.passport.com"]);
    let server = server(|config| {
        config.tls.certificate.push(certificate.files.clone());
        config.listen.https = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let https = server.server().addresses().main("https").unwrap();
    for old in [XP, XP_UPDATED] {
        let talk = talk(https, old, &request(RST, "rst")).await;
        assert!(talk.was_refused(), "{}", talk.handshake);
    }
    assert!(talk(https, MODERN, &request(RST, "rst")).await.answer.contains("Compact1"));
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn an_updated_xp_uses_aes() {
    let (_server, terminator) = start().await;
    let talk = talk(terminator.address, XP_UPDATED, &request(PASSPORT14, "lg")).await;
    assert!(talk.handshake.contains("(TLS1.0-X.509)-(RSA)-(AES-128-CBC)-(SHA1)"), "{}", talk.handshake);
    assert_eq!(talk.status(), "HTTP/1.1 200 OK");
    assert!(talk.answer.contains("\r\nAuthentication-Info: Passport1.4 da-status=success,"), "{}", talk.answer);
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn answers_through_the_terminator_keep_their_header_spelling_and_close_the_connection() {
    let (server, terminator) = start().await;
    let request = request(PASSPORT14, "nx");
    let talk = talk(terminator.address, XP, &request).await;
    assert!(talk.answer.contains("\r\nPassportURLs: DALogin=nexus.passport.com/login2.srf\r\n"), "{}", talk.answer);
    assert!(talk.answer.contains("\r\nConnection: close\r\n"), "{}", talk.answer);
    let mut direct = TcpStream::connect(server.server().addresses().http).await.unwrap();
    direct.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    direct.read_to_string(&mut answer).await.unwrap();
    assert_eq!(lines(&talk.answer), lines(&answer));
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn the_terminator_serves_only_sign_in_requests() {
    let (_server, terminator) = start().await;
    let table = [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK"),
        // swallowtail itself would answer this request.
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("GET /start HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("GET /?/RST.srf HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found"),
        (
            "POST /RST.srf/../gateway/gateway.dll HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found",
        ),
        ("POST /RST.srf HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", "HTTP/1.1 413 Payload Too Large"),
    ];
    for (request, status) in table {
        assert_eq!(talk(terminator.address, XP, request).await.status(), status, "{request}");
    }
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn a_client_that_requires_tls_1_2_or_newer_is_refused() {
    let (_server, terminator) = start().await;
    let talk = talk(terminator.address, MODERN, &request(PASSPORT14, "nx")).await;
    assert!(talk.was_refused(), "{}", talk.handshake);
    assert_eq!(talk.answer, "");
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn a_signal_stops_the_terminator() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_server, mut terminator) = start().await;
        // lighttpd accepts connections a moment before it handles signals. When it has answered a
        // request, it handles signals.
        assert_eq!(talk(terminator.address, XP, &request(PASSPORT14, "nx")).await.status(), "HTTP/1.1 200 OK");
        let id = i32::try_from(terminator.lighttpd.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
        // The test does not check the exit status. After SIGTERM, it is 1 if a client is connected,
        // because the TLS library NSS is still in use.
        let (status, log) = terminator.end().await;
        assert!(log.contains("server stopped"), "{status}: {log}");
        assert!(TcpStream::connect(terminator.address).await.is_err(), "the port is still open");
    }
}

#[tokio::test]
#[ignore = "needs lighttpd with mod_nss and gnutls-cli: run cargo xtask test"]
async fn the_terminator_logs_no_secret_even_when_swallowtail_is_down() {
    let mut terminator = Terminator::start(free_address()).await;
    let request = request(PASSPORT14, "lg").replace("/login2.srf ", "/login2.srf?secret=query ");
    assert_eq!(talk(terminator.address, XP, &request).await.status(), "HTTP/1.1 503 Service Unavailable");
    terminator.lighttpd.start_kill().unwrap();
    let (_, log) = terminator.end().await;
    assert!(log.contains("Connection refused"), "{log}");
    for secret in ["secret", "alice", "Authorization", "s3cr"] {
        assert!(!log.contains(secret), "{log}");
    }
}
