//! Tests with gateways that send any answer, over real sockets.

use msnp_client::machine::SignedOut;
use msnp_client::{Client, Server};

use crate::support::{Growth, Page, Pages, World, page};

/// Signs in over the gateway that `pages` serves.
async fn sign_in_at(pages: &Pages) -> SignedOut {
    let server = Server::at("127.0.0.1").http(pages.base()).gateway();
    Client::sign_in(&server, &World::account()).await.unwrap_err()
}

/// Runs a test in a runtime of its own, because some pages pause the clock of the runtime.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

fn session(fields: &str, rest: &str) -> Page {
    page(&format!("HTTP/1.1 200 OK\nX-MSN-Messenger: {fields}\n{rest}"))
}

fn silent(page: Page) -> Page {
    Page { stays_open: true, pauses_clock: true, ..page }
}

#[test]
fn the_error_for_an_invalid_answer_from_a_gateway_gives_a_reason() {
    let ver = "Content-Length: 14\n\nVER 1 MSNP12\n";
    let cases = [
        ("nothing", page("")),
        ("not HTTP", page("SSH-2.0-OpenSSH_9.2\n")),
        ("an error", page("HTTP/1.1 500 Oops\n\n")),
        ("no session", page(&format!("HTTP/1.1 200 OK\n{ver}"))),
        ("an empty session", session("SessionID=", ver)),
        ("a session with spaces", session("SessionID=a b", ver)),
        ("a session that adds a field", session("SessionID=1&Action=open", ver)),
        ("a long session", session(&format!("SessionID={}", "x".repeat(10_000)), ver)),
        ("a closed session", session("SessionID=1.1; Session=close", ver)),
        ("4 GiB that end early", session("SessionID=1.1", "Content-Length: 4294967296\n\nVER")),
        ("4 GiB that never come", silent(session("SessionID=1.1", "Content-Length: 4294967296\n\nVER"))),
        ("a body that never ends", silent(session("SessionID=1.1", "\nVER 1 MSNP12\n"))),
        ("silence", silent(page(""))),
        ("an endless body", Page { endless: vec![b'x'; 4096], ..session("SessionID=1.1", "\n") }),
        ("an endless head", Page { endless: vec![b'x'; 4096], ..page("HTTP/1.1 200 OK\nX: ") }),
        ("not MSNP", session("SessionID=1.1", "Content-Length: 5\n\na\0b\n")),
    ];
    let growth = Growth::start();
    for (name, answer) in cases {
        run(async {
            let pages = Pages::start(move |_, _| answer.clone()).await;
            let reason = sign_in_at(&pages).await;
            let is_expected = matches!(reason, SignedOut::Lost(_) | SignedOut::Invalid(_) | SignedOut::TimedOut);
            assert!(is_expected, "{name}: {reason:?}");
            assert!(pages.requests() <= 3, "{name}: {} requests", pages.requests());
            assert!(pages.written() < 32 * 1024 * 1024, "{name}: {} bytes", pages.written());
        });
    }
    growth.assert_below(64 * 1024 * 1024);
}

#[tokio::test]
async fn a_server_address_in_a_redirect_cannot_add_parameters_to_a_gateway_request() {
    // If the client used this server address unchanged, its next request would contain `IP=a`, and
    // the rest of the address would be further parameters of that request.
    let answer = "XFR 3 NS a&Action=open&IP=b:1863 0 192.0.2.1:1863\r\n";
    let pages = Pages::start(move |line, _| {
        assert!(!line.contains("IP=a"), "{line}");
        let body = match line.contains("Action=open") {
            true => "VER 1 MSNP12\r\nCVR 2 7 7 7 http://a http://b\r\n",
            false => answer,
        };
        page(&format!(
            "HTTP/1.1 200 OK\nX-MSN-Messenger: SessionID=1.1\nContent-Length: {}\n\n{}",
            body.len(),
            body.replace("\r\n", "\n")
        ))
    })
    .await;
    let reason = sign_in_at(&pages).await;
    assert_eq!(reason, SignedOut::Lost("the server named an address that is not valid".to_owned()));
}
