//! Tests `swallowtail doctor`. For a server without faults, all checks are green. For a server with
//! one fault, only the check for that fault is red.

mod program;

use std::net::SocketAddr;
use std::path::Path;

use msnp::{DisplayName, Handle};
use swallowtail_config::Config;
use swallowtail_setup::client_table::Client;
use swallowtail_setup::doctor::{Hop, Options, Ports, State, Target, TestAccount, examine};
use swallowtail_store::database::NewAccount;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::support::tls::TestCertificate;
use crate::support::{TestServer, address, password_hash, private_directory};

const PASSWORD: &str = "s3cr,t &%";
/// The names at which Microsoft's clients sign in.
const NAMES: [&str; 3] = ["nexus.passport.com", "loginnet.passport.com", "login.live.com"];

/// Starts a server with Alice's account and this certificate. `change` changes its settings.
async fn start(certificate: &TestCertificate, change: impl FnOnce(&mut Config)) -> TestServer {
    let files = certificate.files.clone();
    let server = TestServer::start_with(|config| {
        config.listen.https = Some("127.0.0.1:0".parse().unwrap());
        config.tls.certificate.push(files);
        // The server has no other certificate, so that the doctor finds the faults of this
        // certificate.
        config.tls.own_root = false;
        change(config);
    })
    .await;
    let alice = NewAccount {
        handle: Handle::parse(&address("alice")).unwrap(),
        name: DisplayName::new("Alice").unwrap(),
        password_hash: password_hash(PASSWORD),
    };
    server.server().accounts().import(&[alice]).await.unwrap();
    server
}

/// Returns the server as a target whose settings are unknown. Only its host and ports are known.
fn remote(server: &TestServer) -> Target {
    let addresses = server.server().addresses();
    let https = addresses.main("https").map_or(0, |address| address.port());
    Target::remote(
        "127.0.0.1",
        Ports { notification: addresses.notification.port(), http: addresses.http.port(), https },
    )
}

/// Returns the server as a target whose settings are known.
fn configured(server: &TestServer, change: impl FnOnce(&mut Config)) -> Target {
    let addresses = server.server().addresses();
    let mut config = Config::default();
    // The doctor compares the server's certificate with files only if `change` names them.
    config.tls.own_root = false;
    config.listen.notification = Some(addresses.notification);
    config.listen.switchboard = Some(addresses.switchboard);
    config.listen.http = Some(addresses.http);
    config.listen.https = addresses.main("https");
    config.listen.dispatch = addresses.main("dispatch");
    change(&mut config);
    Target::ours(&config).unwrap().remove(0)
}

fn alice() -> Options {
    let account = TestAccount { handle: Handle::parse(&address("alice")).unwrap(), password: PASSWORD.to_owned() };
    Options { account: Some(account), ..Options::default() }
}

fn client(id: &str) -> Option<&'static Client> {
    Some(Client::find(id).unwrap())
}

async fn checks(target: &Target, options: &Options) -> Vec<Hop> {
    let mut reported = Vec::new();
    let hops = examine(target, options, |hop| reported.push(hop.clone())).await;
    assert_eq!(reported, hops, "each check is reported once, in order");
    hops
}

/// Asserts that the checks in `names` are red, and that no other check is red.
fn assert_red<'a>(hops: &'a [Hop], names: &[&str]) -> Vec<&'a Hop> {
    let red: Vec<_> = hops.iter().filter(|hop| hop.finding.state == State::Red).collect();
    let found: Vec<_> = red.iter().map(|hop| hop.name).collect();
    assert_eq!(found, names, "{hops:#?}");
    for hop in &red {
        assert!(hop.finding.remedy.is_some(), "{hop:?}");
    }
    red
}

/// Asserts that a check is green and that its text contains `words`.
fn assert_green(hops: &[Hop], name: &str, words: &str) {
    let hop = hops.iter().find(|hop| hop.name == name).unwrap();
    assert!(hop.finding.state == State::Green && hop.finding.text.contains(words), "{hop:?}");
}

/// Asserts that the check `name` is red, and that no other check is red. Also asserts that the
/// cause and the remedy of this check contain all of `words`.
fn assert_fault<'a>(hops: &'a [Hop], name: &str, words: &[&str]) -> &'a Hop {
    let hop = assert_red(hops, &[name])[0];
    let said = format!("{} {}", hop.finding.text, hop.finding.remedy.as_ref().unwrap());
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
    hop
}

fn valid_certificate(directory: &Path) -> TestCertificate {
    TestCertificate::write(directory, "valid", &NAMES)
}

#[tokio::test]
async fn all_checks_are_green_for_a_server_without_faults() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |_| {}).await;
    for target in [remote(&server), configured(&server, |_| {})] {
        let hops = checks(&target, &alice()).await;
        assert_red(&hops, &[]);
        assert_green(&hops, "TLS", "TLS 1.2 and 1.3");
        assert_green(&hops, "certificate", "nexus.passport.com, valid until 4096-01-01; its root is private");
        assert_green(&hops, "nexus", "over TLS");
        assert_green(&hops, "clock", "differ by 0 s");
        assert_green(&hops, "login of 5.0 to 7.0", "got a ticket");
        assert_green(&hops, "login of 7.5", "got a ticket");
        assert_green(&hops, "sign-in", "USR OK");
        assert_green(&hops, "switchboard address", "XFR sends");
        assert_green(&hops, "switchboard", "USR OK");
        assert_green(&hops, "gateway", "opens, answers and closes");
        assert_green(&hops, "proxy", "for no other host");
        assert_green(&hops, "proxy file", "/proxy.pac");
    }
}

#[tokio::test]
async fn all_checks_are_green_for_every_client_of_a_server_without_faults() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |_| {}).await;
    for client in Client::every() {
        let hops = checks(&remote(&server), &Options { client: Some(client), ..alice() }).await;
        // No TLS terminator for Windows XP is running, so this check is red for the clients that
        // need old TLS.
        assert_red(&hops, if client.needs_old_tls() { &["TLS of Windows XP"] } else { &[] });
        assert_green(&hops, "switchboard", "USR OK");
    }
}

#[tokio::test]
async fn without_a_test_account_the_checks_are_green_if_the_server_refuses_the_sign_in() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |config| {
        config.listen.dispatch = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let hops = checks(&configured(&server, |_| {}), &Options::default()).await;
    assert_red(&hops, &[]);
    assert_green(&hops, "login of 5.0 to 7.0", "refused, as it should be");
    assert_green(&hops, "login of 7.5", "refused, as it should be");
    assert_green(&hops, "sign-in", "MSNP12; a wrong ticket is refused");
    assert_green(&hops, "switchboard", "a wrong cookie is refused");
    assert_green(&hops, "dispatch server", "which accepts connections");
    let dispatch = server.server().addresses().main("dispatch").unwrap().port();
    let http = server.server().addresses().http.port();
    // The doctor follows a remote dispatch server, as clients do, and speaks TLS in a tunnel.
    let target = Target::remote("localhost", Ports { notification: dispatch, http, https: 0 });
    let hops = checks(&target, &alice()).await;
    assert_red(&hops, &[]);
    assert_green(&hops, "host name", "localhost is 127.0.0.1");
    assert_green(&hops, "TLS", "1.2 and 1.3 on the proxy localhost:");
    assert_green(&hops, "nexus", "over TLS");
    assert_green(&hops, "switchboard", "USR OK");
}

#[tokio::test]
async fn an_advertised_switchboard_address_without_a_listener_is_reported() {
    let directory = private_directory();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let told = nobody.clone();
    let server = start(&valid_certificate(directory.path()), |config| config.advertise.switchboard = Some(told)).await;
    let words = [nobody.as_str(), "nothing listens", "advertise.switchboard"];
    assert_fault(&checks(&remote(&server), &alice()).await, "switchboard address", &words);
    // If the doctor knows the settings of the server, it finds the same fault even without an
    // account.
    let configured = configured(&server, |config| config.advertise.switchboard = Some(nobody.clone()));
    assert_fault(&checks(&configured, &Options::default()).await, "switchboard address", &words);
}

#[tokio::test]
async fn an_advertised_switchboard_address_of_another_service_is_reported() {
    let directory = private_directory();
    let web = another_service().await.to_string();
    let server = start(&valid_certificate(directory.path()), |config| config.advertise.switchboard = Some(web)).await;
    assert_fault(
        &checks(&remote(&server), &alice()).await,
        "switchboard",
        &["does not answer as the switchboard of this server"],
    );
}

/// Starts a web server that is not Swallowtail.
async fn another_service() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let answer = b"HTTP/1.1 404 Not Found\r\nServer: teapot/1.0\r\nContent-Length: 0\r\n\r\n";
                let _ = stream.write_all(answer).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_closed_gateway_port_is_reported() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |_| {}).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let closed = configured(&server, |config| config.listen.http = Some(nobody));
    let hops = checks(&closed, &alice()).await;
    let hop = assert_fault(&hops, "HTTP port", &["nothing listens", "cannot use the gateway", "listen.http"]);
    assert_eq!(hop.finding.codes[0], "81000306");
    // Although the HTTP port is closed, the doctor can sign in over TLS, so the later checks still
    // run.
    assert_green(&hops, "switchboard", "USR OK");

    let web = another_service().await;
    let other = configured(&server, |config| config.listen.http = Some(web));
    let hops = checks(&other, &alice()).await;
    assert_fault(&hops, "gateway", &["with 404", "teapot/1.0", "listen.http"]);
}

#[tokio::test]
async fn an_expired_certificate_is_reported() {
    let directory = private_directory();
    let expired = TestCertificate::write_expired(directory.path(), "old", &NAMES);
    let server = start(&expired, |_| {}).await;
    let hops = checks(&remote(&server), &alice()).await;
    let hop = assert_fault(&hops, "certificate", &["expired on 2005-12-31", "[[tls.certificate]]", "SIGHUP"]);
    assert_eq!(hop.finding.codes[0], "80048821");
    // Later checks still run, and say how they connect.
    assert_green(&hops, "login of 7.5", "over plain HTTP, because clients would fail at TLS (see above)");
    assert_green(&hops, "switchboard", "USR OK");
}

#[tokio::test]
async fn a_certificate_for_other_names_is_reported() {
    let directory = private_directory();
    let other = TestCertificate::write(directory.path(), "other", &["chat.example.com", "nexus.passport.com"]);
    let server = start(&other, |_| {}).await;
    let seven = Options { client: client("7.5"), ..alice() };
    let words = [
        "chat.example.com, nexus.passport.com",
        "7.5 on Windows 7, 10 or 11 asks for loginnet.passport.com and login.live.com",
    ];
    assert_fault(&checks(&remote(&server), &seven).await, "certificate", &words);
    let six = Options { client: client("6.2"), ..alice() };
    assert_red(&checks(&remote(&server), &six).await, &[]);
    // This root did not sign the certificate.
    let root = Some(valid_certificate(directory.path()).files.chain);
    assert_fault(&checks(&remote(&server), &Options { root, ..alice() }).await, "certificate", &["has no chain to"]);
    let root = Some(other.files.chain.clone());
    assert_red(&checks(&remote(&server), &Options { root, ..alice() }).await, &[]);
}

#[tokio::test]
async fn a_self_signed_certificate_from_openssl_is_accepted() {
    let directory = private_directory();
    let authority = TestCertificate::write_authority(directory.path(), "authority", &NAMES);
    let server = start(&authority, |_| {}).await;
    for root in [None, Some(authority.files.chain.clone())] {
        let hops = checks(&remote(&server), &Options { root, ..alice() }).await;
        assert_red(&hops, &[]);
        assert_green(&hops, "nexus", "over TLS");
    }
    let root = Some(valid_certificate(directory.path()).files.chain);
    assert_fault(&checks(&remote(&server), &Options { root, ..alice() }).await, "certificate", &["has no chain to"]);
}

#[tokio::test]
async fn the_doctor_reports_a_running_server_that_differs_from_the_settings() {
    let directory = private_directory();
    let data = directory.path().join("data");
    let (mine, other) =
        (valid_certificate(directory.path()), TestCertificate::write(directory.path(), "other", &NAMES));
    let server = start(&mine, |config| {
        config.tls.certificate.clear();
        config.tls.own_root = true;
        config.data = data.clone();
    })
    .await;
    let own_root = |config: &mut Config| {
        config.tls.own_root = true;
        config.data = data.clone();
    };
    let hops = checks(&configured(&server, own_root), &alice()).await;
    assert_red(&hops, &[]);
    assert_green(&hops, "certificate", "its root is in");
    let strange = configured(&server, |config| config.tls.certificate.push(other.files.clone()));
    let words = ["neither by a root that is trusted here nor by", "other.pem", "SIGHUP"];
    assert_fault(&checks(&strange, &alice()).await, "certificate", &words);
    // If the doctor cannot read the server's data directory, it says so.
    let unread = configured(&server, |config| {
        config.tls.own_root = true;
        config.data = directory.path().join("elsewhere");
    });
    let hops = checks(&unread, &alice()).await;
    assert_red(&hops, &[]);
    assert_green(&hops, "certificate", "Could not check whether it is this server's root: cannot read roots from");

    let server = start(&mine, |_| {}).await;
    let hops = checks(&configured(&server, |config| config.tls.certificate.push(mine.files.clone())), &alice()).await;
    assert_red(&hops, &[]);
    assert_green(&hops, "certificate", "the certificate is in");
}

/// Starts a server as the documentation recommends: with its own root for Microsoft's names, and with a certificate for
/// its own name. Returns the server, and a target with its settings.
async fn recommended(certificate: &TestCertificate, data: &Path) -> (TestServer, Target) {
    let settings = |config: &mut Config| {
        config.tls.own_root = true;
        config.data = data.to_owned();
        config.tls.certificate = vec![certificate.files.clone()];
    };
    let server = start(certificate, settings).await;
    let target = configured(&server, settings);
    (server, target)
}

#[tokio::test]
async fn every_check_of_the_recommended_set_up_is_green_for_every_client() {
    let directory = private_directory();
    let own = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let (_server, target) = recommended(&own, &directory.path().join("data")).await;
    let hops = checks(&target, &alice()).await;
    assert_red(&hops, &[]);
    assert_green(&hops, "certificate", "for chat.example.com, valid until 4096-01-01; the certificate is in");
    assert_green(&hops, "certificate", "nexus.passport.com, valid until");
    for client in Client::every().filter(|client| !client.needs_old_tls()) {
        let hops = checks(&target, &Options { client: Some(client), ..alice() }).await;
        assert_red(&hops, &[]);
    }
}

#[tokio::test]
async fn each_fault_in_the_recommended_set_up_is_reported() {
    let directory = private_directory();
    let data = |name: &str| directory.path().join(name);
    let expired = TestCertificate::write_expired(directory.path(), "old", &["chat.example.com"]);
    let (_server, target) = recommended(&expired, &data("for-expired")).await;
    let words = ["the certificate for chat.example.com expired on 2005-12-31", "SIGHUP"];
    assert_fault(&checks(&target, &alice()).await, "certificate", &words);

    // An operator's certificate for Microsoft's names replaces the certificate from the server's
    // own root.
    let claims = TestCertificate::write_expired(directory.path(), "claims", &["chat.example.com", "login.live.com"]);
    let (_server, target) = recommended(&claims, &data("for-claims")).await;
    assert_fault(&checks(&target, &alice()).await, "certificate", &["login.live.com", "expired"]);

    // The files were changed, but the server has not reloaded them.
    let own = TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let (server, target) = recommended(&own, &data("for-own")).await;
    TestCertificate::write(directory.path(), "own", &["new.example.com"]);
    let words = ["chat.example.com", "but clients ask for new.example.com", "SIGHUP"];
    assert_fault(&checks(&target, &alice()).await, "certificate", &words);
    TestCertificate::write(directory.path(), "own", &["chat.example.com"]);
    let words = ["the certificate for chat.example.com is signed neither by a root that is trusted here", "own.pem"];
    assert_fault(&checks(&target, &alice()).await, "certificate", &words);

    // The next server has no root of its own, and the doctor does not know the settings of that
    // server. A client asks for names that are not in the certificate.
    drop(server);
    let server = start(&own, |_| {}).await;
    let options = Options { client: client("7.5"), ..alice() };
    let words = ["the certificate is for chat.example.com, but MSN Messenger 7.5", "tls.own_root"];
    assert_fault(&checks(&remote(&server), &options).await, "certificate", &words);
}

/// Starts a service that accepts connections and sends nothing.
async fn silent_service() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(listener.accept().await.unwrap());
        }
    });
    address
}

#[tokio::test]
async fn the_report_about_a_silent_server_names_the_missing_answer() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |_| {}).await;
    let silent = silent_service().await;
    let target = configured(&server, |config| config.listen.notification = Some(silent));
    let hops = checks(&target, &Options::default()).await;
    let words = ["does not answer as a notification server", "waiting for the dialect: nothing was received for 4 s"];
    let hop = hops.iter().find(|hop| hop.name == "sign-in").unwrap();
    assert!(words.iter().all(|word| hop.finding.text.contains(word)), "{hop:?}");
}

/// Starts a reverse proxy that writes header names in lower case, as many proxies do.
async fn lower_casing(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(to).await.unwrap();
            tokio::spawn(async move {
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = from_server.read_u8().await else { return };
                    head.push(byte);
                }
                let lower = |line: &str| match line.split_once(':') {
                    Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
                    None => line.to_owned(),
                };
                let head: Vec<_> = std::str::from_utf8(&head).unwrap().split("\r\n").map(lower).collect();
                let _ = to_client.write_all(head.join("\r\n").as_bytes()).await;
                let _ = copy(&mut from_server, &mut to_client).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn lower_cased_headers_are_reported_once() {
    let server = start(&valid_certificate(private_directory().path()), |config| {
        config.listen.https = None;
        config.tls.certificate.clear();
    })
    .await;
    let proxy = lower_casing(server.server().addresses().http).await;
    let notification = server.notification().port();
    let target = Target::remote("127.0.0.1", Ports { notification, http: proxy.port(), https: 0 });
    let hops = checks(&target, &alice()).await;
    let words = ["the answer has the header passporturls", "exact spelling PassportURLs", "reverse proxy"];
    assert_fault(&hops, "nexus", &words);
    assert_green(&hops, "switchboard", "USR OK");
}

#[tokio::test]
async fn title_case_headers_are_reported_unless_the_settings_choose_title_case() {
    use swallowtail_config::HeaderCase::Title;
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |config| config.http.header_case = Title).await;
    assert_fault(&checks(&remote(&server), &alice()).await, "nexus", &["Passporturls", "http.header_case"]);
    assert_red(&checks(&configured(&server, |config| config.http.header_case = Title), &alice()).await, &[]);
}

#[tokio::test]
async fn a_wrong_password_is_reported_with_the_code_that_the_client_shows() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |_| {}).await;
    let mut options = alice();
    options.account.as_mut().unwrap().password = "wrong horse".to_owned();
    let hops = checks(&remote(&server), &options).await;
    for hop in assert_red(&hops, &["login of 5.0 to 7.0", "login of 7.5"]) {
        assert_eq!(hop.finding.codes, ["80048821"]);
    }
    assert_green(&hops, "sign-in", "has no ticket to sign in with");
}

#[tokio::test]
async fn only_the_port_checks_are_red_if_a_server_is_down() {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let target = Target::remote("127.0.0.1", Ports { notification: free(), http: free(), https: free() });
    let hops = checks(&target, &alice()).await;
    assert_red(&hops, &["notification port", "HTTP port", "HTTPS port"]);
    let mut config = Config::default();
    for listener in [&mut config.listen.notification, &mut config.listen.switchboard, &mut config.listen.http] {
        *listener = Some(SocketAddr::from(([127, 0, 0, 1], free())));
    }
    let target = Target::ours(&config).unwrap().remove(0);
    assert_red(&checks(&target, &Options::default()).await, &["notification port", "switchboard port", "HTTP port"]);
    config.listen.one_port = true;
    let target = Target::ours(&config).unwrap().remove(0);
    assert_red(&checks(&target, &Options::default()).await, &["notification port", "HTTP port"]);
    let target = Target::remote("no-such-host.invalid", Ports { notification: 1863, http: 0, https: 0 });
    assert_red(&checks(&target, &alice()).await, &["host name"]);
}

#[tokio::test]
async fn the_report_shows_lines_for_the_hosts_file_if_names_of_microsoft_resolve_elsewhere() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |_| {}).await;
    let options = Options { client: client("7.5"), redirected: true, ..Options::default() };
    let hops = checks(&remote(&server), &options).await;
    let lines = ["hosts file", "127.0.0.1 messenger.hotmail.com", "127.0.0.1 login.live.com", "127.0.0.1 g.msn.com"];
    assert_fault(&hops, "Microsoft's names", &lines);
    let options = Options { client: client("meowsn"), ..options };
    assert_red(&checks(&remote(&server), &options).await, &[]);
}

#[tokio::test]
async fn xp_is_checked_only_on_request() {
    let directory = private_directory();
    let server = start(&valid_certificate(directory.path()), |_| {}).await;
    let options = Options { xp: true, ..alice() };
    let hops = checks(&remote(&server), &options).await;
    assert_fault(&hops, "TLS of Windows XP", &["the server refuses it", "packaging/old-tls", "proxy.old_tls"]);
}
