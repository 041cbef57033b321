//! Tests with login services that send any answer, over real sockets.

use std::net::SocketAddr;

use msnp_client::machine::SignedOut;
use msnp_client::{Account, Client, LoginKind, Server};

use crate::support::{ALICE, Growth, Page, Pages, Step, World, answer, page, reach};

/// The name of a case, the page that the server sends, and a test of the reason for the failed
/// sign-in.
type Case = (&'static str, Page, fn(&SignedOut) -> bool);

/// Signs in with a password, with the login service that `pages` serves.
async fn sign_in_at(pages: &Pages, kind: LoginKind) -> SignedOut {
    let mut world = World::new();
    let server: Server = world.server.clone().http(pages.base()).login(kind);
    let account = Account::new(ALICE, "password").unwrap();
    let signing_in = tokio::spawn(async move { Client::sign_in(&server, &account).await });
    let mut wire = world.notification().await;
    let trid = reach(&mut wire, Step::Usr).await;
    wire.say(&answer(Step::Usr, trid)).await;
    signing_in.await.unwrap().unwrap_err()
}

fn endless(text: &str, more: &[u8]) -> Page {
    Page { endless: more.to_vec(), ..page(text) }
}

fn silent(text: &str) -> Page {
    Page { stays_open: true, pauses_clock: true, ..page(text) }
}

fn cases() -> Vec<Case> {
    let lost: fn(&SignedOut) -> bool = |reason| matches!(reason, SignedOut::Lost(_));
    let refused: fn(&SignedOut) -> bool = |reason| matches!(reason, SignedOut::Refused(_));
    vec![
        ("nothing", page(""), lost),
        ("not HTTP", page("SSH-2.0-OpenSSH_9.2\n"), lost),
        ("binary", Page { bytes: vec![0xFF; 1000], ..Default::default() }, lost),
        ("half a head", page("HTTP/1.1 200 OK\nServer: x\n"), lost),
        ("an endless header", endless("HTTP/1.1 200 OK\nX: ", &[b'x'; 4096]), lost),
        ("endless headers", endless("HTTP/1.1 200 OK\n", &b"X: y\r\n".repeat(100)), lost),
        ("an endless status", endless("HTTP/1.1 ", &[b'2'; 4096]), lost),
        ("an endless body", endless("HTTP/1.1 200 OK\n\n", &[b'x'; 4096]), refused),
        ("4 GiB that never come", silent("HTTP/1.1 200 OK\nContent-Length: 4294967296\n\nabc"), lost),
        ("4 GiB that end early", page("HTTP/1.1 200 OK\nContent-Length: 4294967296\n\nabc"), refused),
        ("a negative length", page("HTTP/1.1 200 OK\nContent-Length: -1\n\nabc"), refused),
        ("silence", silent(""), lost),
        ("silence in the head", silent("HTTP/1.1 200"), lost),
        ("an empty ticket", page("HTTP/1.1 200 OK\nAuthentication-Info: from-PP=''\n\n"), refused),
        ("a ticket with a line end", page("HTTP/1.1 200 OK\nAuthentication-Info: from-PP='t=a%0D%0AOUT'\n\n"), refused),
        ("half a ticket", page("HTTP/1.1 200 OK\nAuthentication-Info: from-PP='t=abc\n\n"), refused),
        ("a redirect to nowhere", page("HTTP/1.1 302 Found\nLocation: \n\n"), refused),
        ("a redirect to a file", page("HTTP/1.1 302 Found\nLocation: file:///etc/passwd\n\n"), refused),
        ("busy", page("HTTP/1.1 503 Busy\n\n"), lost),
        ("wrong password", page("HTTP/1.1 401 No\n\n"), |reason| *reason == SignedOut::WrongPassword),
    ]
}

/// Runs a test in a runtime of its own, because some pages pause the clock of the runtime.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Starts a server with this login page.
async fn login_page(answer: Page) -> Pages {
    Pages::start(move |line, address| match line.contains("pprdr") {
        true => nexus(address),
        false => answer.clone(),
    })
    .await
}

fn nexus(address: SocketAddr) -> Page {
    page(&format!("HTTP/1.1 200 OK\nPassportURLs: DALogin=http://{address}/login\nContent-Length: 0\n\n"))
}

#[test]
fn the_error_for_an_invalid_answer_from_a_login_page_gives_a_reason() {
    let growth = Growth::start();
    for (name, answer, is_expected) in cases() {
        run(async {
            let pages = login_page(answer).await;
            let reason = sign_in_at(&pages, LoginKind::Passport14).await;
            assert!(is_expected(&reason), "{name}: {reason:?}");
            // The server also counts bytes that the client never reads, and the buffers of the
            // sockets can hold several megabytes of these. So the limit is high.
            assert!(pages.written() < 32 * 1024 * 1024, "{name}: {} bytes", pages.written());
            assert_eq!(pages.requests(), 2, "{name}");
        });
    }
    growth.assert_below(64 * 1024 * 1024);
}

#[test]
fn the_error_for_an_invalid_answer_from_a_token_service_gives_a_reason() {
    for (name, answer, is_expected) in cases() {
        run(async {
            let pages = Pages::start(move |_, _| answer.clone()).await;
            let reason = sign_in_at(&pages, LoginKind::Rst).await;
            assert!(is_expected(&reason), "{name}: {reason:?}");
            assert_eq!(pages.requests(), 1, "{name}");
        });
    }
    for body in
        ["<BinarySecurityToken", "<BinarySecurityToken>", "<BinarySecurityToken></", "BinarySecurityToken>\r\n<"]
    {
        run(async {
            let text = format!("HTTP/1.1 200 OK\n\n{body}");
            let pages = Pages::start(move |_, _| page(&text)).await;
            let reason = sign_in_at(&pages, LoginKind::Rst).await;
            assert!(matches!(reason, SignedOut::Refused(_)), "{body}: {reason:?}");
        });
    }
}

#[tokio::test]
async fn the_client_gives_up_on_a_login_page_that_redirects_forever() {
    let pages = Pages::start(|line, address| match line.contains("pprdr") {
        true => nexus(address),
        false => page(&format!("HTTP/1.1 302 Found\nLocation: http://{address}/again\n\n")),
    })
    .await;
    let reason = sign_in_at(&pages, LoginKind::Passport14).await;
    assert_eq!(reason, SignedOut::Refused("the login page redirects too often".to_owned()));
    assert_eq!(pages.requests(), 7);
}

#[tokio::test]
async fn the_reason_for_a_refused_sign_in_is_short_and_has_no_control_characters() {
    for status in ["403 \u{202e}Forbidden\x1b[2J", "200 OK\x07", "500 Oops"] {
        let text = format!("HTTP/1.1 {status}\n\n\x1b]0;title\x07\u{202e}{}", "long ".repeat(10_000));
        let reason = sign_in_at(&login_page(page(&text)).await, LoginKind::Passport14).await.to_string();
        assert!(!reason.contains(|char: char| char.is_control() || char == '\u{202e}'), "{status}: {reason:?}");
        assert!(reason.len() < 1_000, "{status}: {} bytes", reason.len());
    }
}

#[tokio::test]
async fn a_nexus_that_names_an_invalid_login_page_causes_an_error() {
    for urls in ["DALogin=", "DALogin=ftp://x/", "DALogin=http://", "DALogin=http://a@b/", "DALogin=a b"] {
        let text = format!("HTTP/1.1 200 OK\nPassportURLs: {urls}\n\n");
        let reason = sign_in_at(&Pages::start(move |_, _| page(&text)).await, LoginKind::Passport14).await;
        assert!(matches!(reason, SignedOut::Refused(_)), "{urls}: {reason:?}");
    }
}
