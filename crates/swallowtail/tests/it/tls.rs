//! Tests signing in over TLS: the certificate that the server chooses, and the reloading of certificates.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::Signal;
use swallowtail::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support;
use crate::support::binary::RunningBinary;
use crate::support::http::Http;
use crate::support::people::enter;
use crate::support::time::PATIENCE;
use crate::support::tls::TestCertificate;
use crate::support::wire::Wire;
use crate::support::{TestServer, is_closed};

/// The interval at which a test checks whether another process has had an effect.
const LOOK: Duration = Duration::from_millis(20);

fn https(server: &Server) -> SocketAddr {
    server.addresses().main("https").unwrap()
}

async fn start(certificates: &[&TestCertificate]) -> TestServer {
    let files: Vec<_> = certificates.iter().map(|certificate| certificate.files.clone()).collect();
    TestServer::start_with(|config| {
        config.tls.certificate = files;
        config.listen.https = Some("127.0.0.1:0".parse().unwrap());
    })
    .await
}

#[tokio::test]
async fn over_tls_the_nexus_answers_with_an_https_address_on_the_requested_host() {
    let directory = support::private_directory();
    let certificate = TestCertificate::write(directory.path(), "own", &["nexus.passport.com"]);
    let server = start(&[&certificate]).await;
    let mut http = Http::over(certificate.dial(https(server.server()), "nexus.passport.com").await.unwrap());
    let answer = http.ask("GET /rdr/pprdr-url.asp HTTP/1.1\r\nHost: nexus.passport.com", b"").await;
    assert_eq!(answer.header("PassportURLs"), Some("DALogin=https://nexus.passport.com/login2.srf"));
}

#[tokio::test]
async fn the_first_certificate_is_used_if_there_is_no_certificate_for_the_requested_name() {
    let directory = support::private_directory();
    let own = TestCertificate::write(directory.path(), "own", &["chat.example.com", "127.0.0.1"]);
    let old = TestCertificate::write(directory.path(), "old", &["login.live.com", "*.passport.com"]);
    let server = start(&[&own, &old]).await;
    let address = https(server.server());
    for (certificate, name) in [(&own, "chat.example.com"), (&old, "login.live.com"), (&old, "nexus.passport.com")] {
        assert!(certificate.dial(address, name).await.is_ok(), "{name}");
    }
    // A connection to an IP address has no SNI, and old clients send no SNI either.
    assert!(own.dial(address, "127.0.0.1").await.is_ok());
}

#[tokio::test]
async fn a_reload_uses_new_certificates_and_ignores_invalid_ones() {
    let directory = support::private_directory();
    let first = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let server = start(&[&first]).await;
    let address = https(server.server());
    let mut open = Http::over(first.dial(address, "chat.example.com").await.unwrap());

    let second = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    assert!(first.dial(address, "chat.example.com").await.is_ok(), "the new certificate is not used yet");
    server.server().reload_certificates().unwrap();
    assert!(first.dial(address, "chat.example.com").await.is_err());
    assert!(second.dial(address, "chat.example.com").await.is_ok());
    assert_eq!(open.ask("POST / HTTP/1.1\r\nHost: x", b"").await.status, 200, "an open connection stays open");

    std::fs::write(&second.files.key, "no key").unwrap();
    let error = format!("{:#}", server.server().reload_certificates().unwrap_err());
    assert!(error.contains("own.key") && error.contains("tls.certificate.key"), "{error}");
    assert!(second.dial(address, "chat.example.com").await.is_ok());
}

#[tokio::test]
async fn an_unfinished_handshake_does_not_delay_the_stop_of_the_server() {
    let directory = support::private_directory();
    let certificate = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let files = certificate.files.clone();
    let any = Some("127.0.0.1:0".parse().unwrap());
    let server = TestServer::start_with(|config| {
        config.tls.certificate.push(files);
        config.listen.https = any;
        config.listen.notification_tls = any;
    })
    .await;
    let mut hanging = Vec::new();
    for key in ["https", "notification_tls"] {
        let mut stream = TcpStream::connect(server.server().addresses().main(key).unwrap()).await.unwrap();
        // The beginning of a ClientHello.
        stream.write_all(&[22, 3, 1, 2]).await.unwrap();
        hanging.push(stream);
    }
    // The server has read these bytes before it answers the following request.
    let mut http = Http::dial(server.server().addresses().http).await;
    assert_eq!(http.ask("GET /proxy.pac HTTP/1.1\r\nHost: x", b"").await.status, 200);
    drop(http);
    server.stop().await;
    for stream in hanging {
        assert!(is_closed(stream), "the stop waited until its timeout");
    }
}

#[tokio::test]
async fn a_refused_client_gets_an_answer_over_tls_and_an_unfinished_handshake_makes_room_for_others() {
    let directory = support::private_directory();
    let certificate = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let files = certificate.files.clone();
    let server = TestServer::start_with(|config| {
        config.tls.certificate.push(files);
        config.listen.notification_tls = Some("127.0.0.1:0".parse().unwrap());
        config.limits.exempt.clear();
        config.limits.connections_per_address = 1;
    })
    .await;
    let alice = server.account("alice").await;
    let address = server.server().addresses().main("notification_tls").unwrap();
    let mut hanging = TcpStream::connect(address).await.unwrap();
    let wire = Wire::over(certificate.dial(address, "chat.example.com").await.unwrap());
    assert_eq!(timeout(PATIENCE, hanging.read(&mut [0])).await.unwrap().unwrap_or(0), 0);
    let _signed_in = enter(wire, &alice, &server.ticket("alice").await).await;
    let mut refused = Wire::over(certificate.dial(address, "chat.example.com").await.unwrap());
    refused.line("VER 1 MSNP12").await;
    assert_eq!(refused.last_lines().await, ["600 1"]);
}

#[tokio::test]
async fn an_unusable_certificate_is_reported_at_startup() {
    let directory = support::private_directory();
    let one = TestCertificate::write(directory.path(), "one", &["a.example.com"]);
    let other = TestCertificate::write(directory.path(), "other", &["b.example.com"]);
    let missing = directory.path().join("missing.pem");
    let mut mixed = one.files.clone();
    mixed.key.clone_from(&other.files.key);
    let mut absent = one.files.clone();
    absent.chain.clone_from(&missing);
    for (files, names) in [(mixed, ["other.key", "one.pem"]), (absent, ["missing.pem", "tls.certificate.chain"])] {
        let data = support::private_directory();
        let mut config = swallowtail_config::Config { data: data.path().to_owned(), ..Default::default() };
        config.tls.certificate.push(files);
        let error = format!("{:#}", Server::start(config).await.err().unwrap());
        assert!(names.iter().all(|name| error.contains(name)), "{error}");
    }
}

#[tokio::test]
async fn sighup_reloads_the_certificates() {
    let directory = support::private_directory();
    let first = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let path = |path: &std::path::Path| path.display().to_string();
    let settings = format!(
        "[listen]\nhttps = \"127.0.0.1:0\"\n[[tls.certificate]]\nchain = \"{}\"\nkey = \"{}\"\n",
        path(&first.files.chain),
        path(&first.files.key)
    );
    let server = RunningBinary::start_configured(&directory.path().join("data"), &settings);
    let address = server.https.unwrap();
    assert!(first.dial(address, "chat.example.com").await.is_ok());
    let second = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    server.signal(Signal::HUP);
    let shown = timeout(PATIENCE, async {
        while second.dial(address, "chat.example.com").await.is_err() {
            sleep(LOOK).await;
        }
    });
    shown.await.unwrap();
    assert!(server.log().contains("reloaded the certificates"), "{}", server.log());
    // An invalid certificate is reported, and changes nothing.
    std::fs::write(&second.files.chain, "").unwrap();
    server.signal(Signal::HUP);
    let logged = timeout(PATIENCE, async {
        while !server.log().contains("could not reload the certificates") {
            sleep(LOOK).await;
        }
    });
    logged.await.unwrap();
    assert!(second.dial(address, "chat.example.com").await.is_ok());
}
