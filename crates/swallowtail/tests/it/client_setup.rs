//! Tests the set-up of clients: the command that writes the files, the pages that offer these
//! files, and the certificates.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use swallowtail_config::{Advertise, Listen, Network};
use swallowtail_setup::client_setup::Root;
use swallowtail_setup::client_table::Client;
use tokio::net::TcpStream;

use crate::support;
use crate::support::TestServer;
use crate::support::binary::{run, swallowtail};
use crate::support::http::{Answer, Http};
use crate::support::tls::{TestCertificate, trusting};

/// The hosts that clients sign in to.
const SIGN_IN: [&str; 5] =
    ["nexus.passport.com", "login.live.com", "login.passport.com", "login.passport.net", "loginnet.passport.com"];

async fn get(server: &TestServer, path: &str) -> Answer {
    get_as(server, path, "192.0.2.1:8080").await
}

async fn get_as(server: &TestServer, path: &str, host: &str) -> Answer {
    let mut http = Http::dial(server.server().addresses().http).await;
    http.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}"), b"").await
}

async fn with_https() -> TestServer {
    TestServer::start_with(|config| config.listen.https = Some("127.0.0.1:0".parse().unwrap())).await
}

fn https(server: &TestServer) -> SocketAddr {
    server.server().addresses().main("https").unwrap()
}

async fn root(server: &TestServer) -> CertificateDer<'static> {
    get(server, "/setup/root.cer").await.body.into()
}

/// Returns whether OpenSSL accepts a certificate for a name, trusting only this root.
fn openssl_accepts(root: &Path, certificate: &Path, name: &str) -> bool {
    let output = Command::new("openssl")
        .args(["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-verify_hostname", name, "-CAfile"])
        .args([root, certificate])
        .output()
        .expect(NO_OPENSSL);
    output.status.success()
}

/// Returns the output of an OpenSSL command. These tests use OpenSSL as a second check of the server's certificates.
fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().expect(NO_OPENSSL);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const NO_OPENSSL: &str = "openssl cannot be run: install the package openssl, or run cargo xtask test";

#[tokio::test]
#[ignore = "needs openssl: run cargo xtask test"]
async fn https_works_for_clients_that_trust_the_root_even_without_an_operators_certificate() {
    let server = with_https().await;
    let root = root(&server).await;
    let directory = support::private_directory();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("root.pem"), get(&server, "/setup/7.5/swallowtail-root.pem").await.body).unwrap();
    assert_eq!(CertificateDer::from_pem_file(file("root.pem")).unwrap(), root);
    for name in SIGN_IN {
        let stream = TcpStream::connect(https(&server)).await.unwrap();
        let stream = trusting(&root, stream, name).await.unwrap();
        let shown = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
        let mut http = Http::over(stream);
        let answer = http.ask(&format!("GET /rdr/pprdr.asp HTTP/1.1\r\nHost: {name}"), b"").await;
        assert_eq!(answer.header("PassportURLs"), Some(format!("DALogin={name}/login2.srf").as_str()));
        std::fs::write(file("shown.cer"), shown).unwrap();
        assert!(openssl_accepts(&file("root.pem"), &file("shown.cer"), name), "{name}");
        assert!(!openssl_accepts(&file("root.pem"), &file("shown.cer"), "example.com"));
    }
    for name in ["example.com", "live.com", "www.microsoft.com", "msnia.login.live.com"] {
        let stream = TcpStream::connect(https(&server)).await.unwrap();
        assert!(trusting(&root, stream, name).await.is_err(), "{name}");
    }
}

/// Signs a certificate for `name` with the key of a root. Returns whether OpenSSL and rustls accept
/// the certificate. Fails if they do not agree.
fn can_sign_for(root: &Path, name: &str) -> bool {
    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    let is_ip = name.parse::<IpAddr>().is_ok();
    std::fs::write(path("wish"), format!("subjectAltName={}:{name}", if is_ip { "IP" } else { "DNS" })).unwrap();
    let (key, request, made) = (path("wish.key"), path("wish.csr"), path("wish.pem"));
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", &key]);
    openssl(&["req", "-new", "-subj", "/O=none", "-key", &key, "-out", &request]);
    let (certificate, signs) = (path("certificate.pem"), path("key.pem"));
    let mut sign = vec!["x509", "-req", "-in", &request, "-CA", &certificate, "-CAkey", &signs, "-set_serial", "7"];
    let wish = path("wish");
    sign.extend(["-days", "30", "-sha256", "-extfile", &wish, "-out", &made]);
    openssl(&sign);
    let verified = Command::new("openssl")
        .args(["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver"])
        .args([if is_ip { "-verify_ip" } else { "-verify_hostname" }, name, "-CAfile", &certificate, &made])
        .output()
        .unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let end = CertificateDer::from_pem_file(&made).unwrap();
    let server = ServerName::try_from(name).unwrap();
    let rustls = verifier.verify_server_cert(&end, &[], &server, &[], UnixTime::now());
    assert_eq!(verified.status.success(), rustls.is_ok(), "{name}: {verified:?} {rustls:?}");
    rustls.is_ok()
}

#[test]
#[ignore = "needs openssl: run cargo xtask test"]
fn the_key_of_a_root_can_sign_only_for_the_names_of_that_root() {
    let named = ["login.live.com", "192.0.2.9", "2001:db8::9"];
    // The root is created with no IP address, with an address of one family, and with addresses of
    // both families.
    for count in 1..=named.len() {
        let directory = support::private_directory();
        let names: Vec<_> = named[..count].iter().map(ToString::to_string).collect();
        Root::open(directory.path(), &names).unwrap();
        let root = directory.path().join("root");
        for name in named {
            assert_eq!(can_sign_for(&root, name), names.iter().any(|own| own == name), "{name} of {names:?}");
        }
        for name in ["example.com", "live.com", "msnlogin.live.com", "192.0.2.1", "2001:db8::1", "127.0.0.1", "::1"] {
            assert!(!can_sign_for(&root, name), "{name} of {names:?}");
        }
        // The set-up instructions say that the root can also sign for subdomains of its own names.
        assert!(can_sign_for(&root, "below.login.live.com"));
    }
}

#[tokio::test]
async fn with_the_default_settings_the_proxy_connects_clients_to_the_tls_listener_of_the_server() {
    use tokio::io::AsyncWriteExt;
    let server = TestServer::start().await;
    let root = root(&server).await;
    let mut stream = TcpStream::connect(server.server().addresses().http).await.unwrap();
    stream.write_all(b"CONNECT loginnet.passport.com:443 HTTP/1.0\r\n\r\n").await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap());
    }
    let mut http = Http::over(trusting(&root, stream, "loginnet.passport.com").await.unwrap());
    assert_eq!(http.ask("POST / HTTP/1.1\r\nHost: loginnet.passport.com", b"").await.status, 200);
}

#[tokio::test]
async fn the_operators_certificate_takes_precedence_and_a_reload_keeps_the_root() {
    let directory = support::private_directory();
    let own = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let files = own.files.clone();
    let server = TestServer::start_with(|config| {
        config.listen.https = Some("127.0.0.1:0".parse().unwrap());
        config.http.names = vec!["chat.example.com".to_owned(), "msn.example.com".to_owned()];
        config.tls.certificate.push(files);
    })
    .await;
    let root = root(&server).await;
    for _ in 0..2 {
        assert!(own.dial(https(&server), "chat.example.com").await.is_ok());
        for name in ["nexus.passport.com", "msn.example.com"] {
            let stream = TcpStream::connect(https(&server)).await.unwrap();
            assert!(trusting(&root, stream, name).await.is_ok(), "{name}");
        }
        server.server().reload_certificates().unwrap();
    }
}

#[tokio::test]
async fn the_server_neither_creates_nor_offers_a_root_if_the_setting_named_own_root_is_false() {
    let server = TestServer::start_with(|config| config.tls.own_root = false).await;
    assert_eq!(get(&server, "/setup/root.cer").await.status, 404);
    assert!(!get(&server, "/setup/7.5").await.text().contains("swallowtail-root.cer\""));
    assert!(!server.data().join("root").exists());
    let error = format!(
        "{:#}",
        swallowtail_config::Config::parse("[listen]\nhttps = \"127.0.0.1:0\"\n[tls]\nown_root = false").unwrap_err()
    );
    assert!(error.contains("[[tls.certificate]]") && error.contains("tls.own_root"), "{error}");
}

#[tokio::test]
async fn the_pages_link_to_every_client_and_each_of_its_files() {
    let server = TestServer::start().await;
    let page = get(&server, "/setup").await;
    assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
    assert_guarded(&page, "/setup");
    assert_guarded(&get(&server, "/setup/root.cer").await, "/setup/root.cer");
    let mut seen = 0;
    let mut clients = Vec::new();
    for system in ["xp", "windows", "other"] {
        clients.extend(links(get(&server, &format!("/setup?on={system}")).await.text(), "/setup/"));
    }
    clients.sort_unstable();
    clients.dedup();
    assert_eq!(clients.len(), Client::ALL.len(), "{clients:?}");
    for client in clients {
        let page = get(&server, &client).await;
        assert_eq!((page.status, page.header("Cache-Control")), (200, Some("no-store")), "{client}");
        assert_guarded(&page, &client);
        assert!(page.text().contains("http://192.0.2.1:8080/signup"), "{client}");
        let undo = get(&server, &format!("{client}/undo")).await;
        assert!(undo.text().contains("To undo everything"), "{client}");
        for file in links(page.text(), &format!("{client}/")) {
            if file.ends_with("/undo") {
                continue;
            }
            let answer = get(&server, &file).await;
            let (_, name) = file.rsplit_once('/').unwrap();
            let (content_type, saved) = match name.rsplit_once('.').unwrap().1 {
                "html" => ("text/html; charset=utf-8", false),
                "txt" if name == "hosts.txt" => ("text/plain; charset=us-ascii", true),
                "txt" => ("text/plain; charset=utf-8", false),
                "cer" => ("application/x-x509-ca-cert", true),
                "pem" => ("application/x-pem-file", true),
                "pac" => ("application/x-ns-proxy-autoconfig", false),
                _ => ("application/octet-stream", true),
            };
            assert_eq!((answer.status, answer.header("Content-Type")), (200, Some(content_type)), "{file}");
            let disposition = format!("attachment; filename=\"{name}\"");
            assert_eq!(answer.header("Content-Disposition"), saved.then_some(disposition.as_str()), "{file}");
            assert!(!answer.body.is_empty(), "{file}");
            assert_guarded(&answer, &file);
            assert_eq!(answer.header("Cache-Control"), Some("no-cache"), "{file}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

/// Asserts that other sites cannot frame an answer, that no script in the answer runs, and that
/// browsers do not guess its type.
fn assert_guarded(answer: &Answer, path: &str) {
    for (name, value) in
        [("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin")]
    {
        assert_eq!(answer.header(name), Some(value), "{path}");
    }
    let policy = answer.header("Content-Security-Policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
}

/// Returns the links of a page that begin with `start`.
fn links(page: &str, start: &str) -> Vec<String> {
    let hrefs = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let links: Vec<_> = hrefs.filter(|link| link.starts_with(start)).collect();
    assert!(!links.is_empty(), "{start}");
    links
}

#[tokio::test]
async fn the_files_contain_the_address_at_which_the_visitor_reached_the_server() {
    let server = TestServer::start().await;
    let own = server.server().addresses().http;
    for (host, proxy) in [
        ("192.0.2.1:8080", "192.0.2.1:8080".to_owned()),
        ("msn.example.org", "msn.example.org:80".to_owned()),
        // If the request names no usable host, the files contain the address of the connection. A
        // name of Microsoft is not usable, because it resolves to the server only on a computer
        // that is already set up.
        ("\"><script>", own.to_string()),
        (&format!("nexus.passport.com:{}", own.port()), own.to_string()),
    ] {
        let script = get_as(&server, "/setup/7.5/proxy.pac", host).await;
        assert!(script.text().contains(&format!("return \"PROXY {proxy}\";")), "{host}: {}", script.text());
        let page = get_as(&server, "/setup/7.5", host).await;
        assert!(!page.text().contains("<script"), "{}", page.text());
    }
}

#[tokio::test]
async fn the_pages_show_the_addresses_for_the_visitors_network() {
    let any = Some("127.0.0.1:0".parse().unwrap());
    let server = TestServer::start_with(|config| {
        let listen = Listen { https: any, ..Listen::default() };
        let notification = Some("chat.example.com:1863".to_owned());
        let advertise = Advertise { notification, ..Advertise::default() };
        config.network.insert("far".to_owned(), Network { listen, advertise });
        let listen = Listen { http: any, notification: any, ..Listen::default() };
        let advertise = Advertise { switchboard: Some("chat.example.com:1864".to_owned()), ..Advertise::default() };
        config.network.insert("wide".to_owned(), Network { listen, advertise });
    })
    .await;
    let root = root(&server).await;
    let addresses = server.server().addresses().clone();

    let stream = TcpStream::connect(addresses.of("far", "https").unwrap()).await.unwrap();
    let mut far = Http::over(trusting(&root, stream, "login.live.com").await.unwrap());
    let page = far.ask("GET /setup/msnp11-sdk HTTP/1.1\r\nHost: msn.example.org", b"").await;
    for text in ["Not possible yet", "network.far.listen.http", "http://msn.example.org/signup"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    let script = far.ask("GET /proxy.pac HTTP/1.1\r\nHost: msn.example.org", b"").await;
    assert_eq!(script.status, 404, "that network has no proxy");

    let mut wide = Http::dial(addresses.of("wide", "http").unwrap()).await;
    let page = wide.ask("GET /setup/msnp11-sdk HTTP/1.1\r\nHost: msn.example.org:81", b"").await;
    let port = addresses.of("wide", "notification").unwrap().port();
    for text in [format!("it is on port {port} now"), "network.wide.listen.notification".to_owned()] {
        assert!(page.text().contains(&text), "{text}: {}", page.text());
    }
}

#[tokio::test]
async fn private_keys_cannot_be_fetched_at_any_url() {
    let server = with_https().await;
    let data = server.data().to_str().unwrap().to_owned();
    let output = run(&[
        "client-setup",
        "--client",
        "7.5-xp",
        "--host",
        "192.0.2.1",
        "--data",
        &data,
        "--to",
        &format!("{data}/out"),
    ]);
    assert!(output.status.success());
    let keys = ["root/key.pem", "old-tls/key.pem"].map(|path| {
        let path = server.data().join(path);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::read_to_string(&path).unwrap()
    });
    let mut paths: Vec<String> = Vec::new();
    for client in ["7.5", "7.5-xp", "..", "%2e%2e", "root", "old-tls", "%2Froot", "."] {
        for file in [
            "key.pem",
            "root/key.pem",
            "../root/key.pem",
            "..%2froot%2fkey.pem",
            "..%5Croot%5Ckey.pem",
            "%2e%2e/%2e%2e/root/key.pem",
            "swallowtail-root.key",
            "swallowtail-root.pem%00key.pem",
            "root.key",
            "old-tls/key.pem",
            "..%2Fold-tls%2Fkey.pem",
            "names.txt",
        ] {
            paths.push(format!("/setup/{client}/{file}"));
        }
    }
    for path in [
        "/root/key.pem",
        "//root/key.pem",
        "/setup//root/key.pem",
        "/setup/root.pem",
        "/setup/root.key",
        "/setup/key.pem",
    ] {
        paths.push(path.to_owned());
    }
    for path in paths {
        let answer = get(&server, &path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("Page not found"), "{path}");
    }
    for client in ["7.5", "7.5-xp", "pidgin"] {
        for link in links(get(&server, &format!("/setup/{client}")).await.text(), &format!("/setup/{client}/")) {
            let body = get(&server, &link).await.body;
            let text = String::from_utf8_lossy(&body);
            assert!(!text.contains("PRIVATE KEY"), "{link}");
            assert!(
                keys.iter().flat_map(|key| key.lines()).all(|line| line.len() < 32 || !text.contains(line)),
                "{link}"
            );
        }
    }
    assert!(get(&server, "/setup/7.5-xp").await.text().contains("swallowtail-xp.cer"), "created while the server runs");
    // The page does not fail if the certificate cannot be read. It offers all other files.
    std::fs::write(server.data().join("old-tls/certificate.pem"), "damaged").unwrap();
    let damaged = get(&server, "/setup/7.5-xp").await;
    assert!(damaged.status == 200 && !damaged.text().contains("swallowtail-xp.cer"), "{}", damaged.text());
}

#[test]
fn the_client_setup_command_lists_all_clients_if_no_client_is_named() {
    let output = run(&["client-setup"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("7.5-xp") && text.contains("Pidgin"), "{text}");
    let clients: serde_json::Value = serde_json::from_slice(&run(&["client-setup", "--json"]).stdout).unwrap();
    assert!(clients.as_array().unwrap().iter().any(|client| client["id"] == "7.5-xp"), "{clients}");
}

#[test]
fn client_setup_prints_the_hash_of_the_root_only_if_it_writes_the_root() {
    let directory = support::private_directory();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    for (client, is_printed) in [("7.5", true), ("gtmess", true), ("msnp11-sdk", false), ("7.5-xp", false)] {
        let (data, to) = (path("data"), path(client));
        let output = run(&["client-setup", "--client", client, "--host", "192.0.2.1", "--data", &data, "--to", &to]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        assert_eq!(text.contains("SHA-256 of the root"), is_printed, "{client}: {text}");
        assert_eq!(Path::new(&to).join("swallowtail-root.cer").exists(), is_printed, "{client}");
    }
}

#[test]
fn client_setup_writes_all_files_and_overwrites_no_existing_file() {
    let directory = support::private_directory();
    let path = |name: &str| directory.path().join(name);
    let settings = path("settings.toml");
    std::fs::write(&settings, "[http]\nnames = [\"msn.example.org\"]\n").unwrap();
    let command = |more: &[&str]| {
        let mut command = swallowtail();
        command.current_dir(directory.path()).args(["client-setup", "--config", settings.to_str().unwrap()]).args(more);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, said, error) = command(&["--client", "7.5"]);
    assert_eq!(code, Some(0), "{error}");
    let root = std::fs::read(path("client-setup-7.5/swallowtail-root.cer")).unwrap();
    for name in ["steps.html", "steps.txt", "swallowtail.reg", "undo.reg", "proxy.pac", "swallowtail-root.pem"] {
        assert!(said.contains(name) && path("client-setup-7.5").join(name).exists(), "{name}: {said}");
    }
    assert!(said.contains("msn.example.org") && said.contains("Next: "), "{said}");

    let (code, _, error) = command(&["--client", "7.5"]);
    assert!(code == Some(1) && error.contains("client-setup-7.5/steps.html already exists; --force"), "{error}");
    let (code, ..) = command(&["--client", "7.5", "--force", "--host", "192.0.2.1"]);
    assert_eq!(code, Some(0));
    assert_eq!(std::fs::read(path("client-setup-7.5/swallowtail-root.cer")).unwrap(), root, "the same root");
    assert!(
        std::fs::read_to_string(path("client-setup-7.5/hosts.txt")).unwrap().contains("192.0.2.1 login.live.com\r\n")
    );

    for (more, code, cause) in [
        (&["--client", "9.9"][..], 1, "9.9"),
        (&["--client", "7.5", "--host", "a b"], 2, "--host"),
        (&["--client", "7.5", "--host", "::1"], 2, "IPv4"),
    ] {
        let (really, _, error) = command(more);
        assert!(really == Some(code) && error.contains(cause), "{error}");
    }
}

#[test]
fn client_setup_asks_for_the_host_if_the_settings_do_not_name_one() {
    let directory = support::private_directory();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let everywhere = "[listen]\nhttp = \"0.0.0.0:80\"\n";
    let six = "[advertise]\npassport = \"[2001:db8::1]:80\"\n";
    for (settings, host) in [
        (everywhere.to_owned(), None),
        // Old clients do not support IPv6, so `client-setup` does not use this address.
        (format!("{everywhere}{six}"), None),
        ("[listen]\nhttp = \"[::1]:80\"\n".to_owned(), None),
        (format!("{six}[http]\nnames = [\"msn.example.org\"]\n"), Some("msn.example.org")),
        ("[advertise]\npassport = \"login.example.org:8080\"\n".to_owned(), Some("login.example.org")),
        ("[listen]\nhttp = \"[::ffff:192.0.2.7]:80\"\n".to_owned(), Some("192.0.2.7")),
    ] {
        std::fs::write(path("settings.toml"), &settings).unwrap();
        let (data, to) = (path("data"), path("out"));
        let output = swallowtail()
            .args(["client-setup", "--client", "7.5", "--config", &path("settings.toml")])
            .args(["--data", &data, "--to", &to, "--force"])
            .output()
            .unwrap();
        let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.success(), host.is_some(), "{settings}: {error}");
        match host {
            Some(host) => assert!(said.contains(&format!("the server {host} to ")), "{settings}: {said}"),
            None => assert!(error.contains("--host"), "{settings}: {error}"),
        }
    }
}

#[test]
#[ignore = "needs openssl: run cargo xtask test"]
fn the_certificate_for_windows_xp_is_valid_only_for_the_sign_in_hosts() {
    let directory = support::private_directory();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let command = || {
        run(&[
            "client-setup",
            "--client",
            "7.0-xp",
            "--host",
            "192.0.2.1",
            "--data",
            &path("data"),
            "--to",
            &path("out"),
            "--force",
        ])
    };
    let said = String::from_utf8(command().stdout).unwrap();
    let (certificate, key) = (path("data/old-tls/certificate.pem"), path("data/old-tls/key.pem"));
    assert!(said.contains(&format!("--certificate {certificate} --key {key}")), "{said}");
    let installed = std::fs::read(path("out/swallowtail-xp.cer")).unwrap();
    command();
    assert_eq!(std::fs::read(path("out/swallowtail-xp.cer")).unwrap(), installed, "created once");
    assert!(
        std::fs::read_to_string(&key).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"),
        "PKCS #8, as the terminator requires"
    );
    for name in SIGN_IN {
        assert!(openssl_accepts(Path::new(&certificate), Path::new(&certificate), name), "{name}");
    }
    assert!(!openssl_accepts(Path::new(&certificate), Path::new(&certificate), "example.com"));
    let text = openssl(&["x509", "-in", &certificate, "-noout", "-text"]);
    for part in ["Signature Algorithm: sha256WithRSAEncryption", "Public-Key: (2048 bit)", "CA:FALSE"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let public = openssl(&["rsa", "-in", &key, "-check", "-pubout"]);
    assert!(public.contains(&openssl(&["x509", "-in", &certificate, "-noout", "-pubkey"])), "{public}");
}
