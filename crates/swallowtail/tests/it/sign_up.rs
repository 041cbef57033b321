//! People make their accounts in a browser: over sockets, as browsers and as those who mean harm.

use std::sync::Arc;

use msnp::Handle;
use swallowtail_config::{Access, Config};
use swallowtail_store::accounts::InviteCode;
use swallowtail_store::database::NewInvite;
use tokio::task::JoinSet;

use crate::support;
use crate::support::binary::{self, RunningBinary};
use crate::support::http::{Answer, Browser, Http, form, value_of};
use crate::support::{TestServer, address, people};

const PASSWORD: &str = "s3cr,t &%";
/// A browser in the internet, as a trusted terminator tells it.
const AFAR: &str = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https";

/// Behind a terminator on this machine, so that tests can come from anywhere.
fn behind_terminator(config: &mut Config) {
    config.http.trusted_proxies.push("127.0.0.0/8".parse().unwrap());
}

async fn browser(server: &TestServer) -> Browser {
    Browser::open(server.server().addresses().http).await
}

fn fields<'a>(handle: &'a str, name: &'a str) -> [(&'static str, &'a str); 4] {
    [("address", handle), ("name", name), ("password", PASSWORD), ("again", PASSWORD)]
}

async fn invite(server: &TestServer, uses: u32, expires_at: Option<i64>) -> String {
    let code = InviteCode::random();
    let invite = NewInvite { code_hash: code.hash(), uses, expires_at, note: String::new() };
    server.server().store().add_invite(&invite).await.unwrap();
    code.to_string()
}

async fn accounts(server: &TestServer) -> u64 {
    server.server().store().count_accounts().await.unwrap()
}

async fn exists(server: &TestServer, handle: &str) -> bool {
    server.server().accounts().exists(&Handle::parse(handle).unwrap()).await.unwrap()
}

/// Fetches a ticket with the password of these tests and signs in.
async fn sign_in(server: &TestServer, handle: &str) -> support::wire::Wire {
    let nobody: msnp_client::Tap = Arc::new(|_| {});
    let parsed = Handle::parse(handle).unwrap();
    let http = server.server().addresses().http;
    let ticket = msnp_client::fetch_ticket(http, &parsed, PASSWORD, &nobody).await.unwrap();
    people::sign_in(server.notification(), handle, &format!("t={}&p=", ticket.secret())).await
}

fn assert_says(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.text().contains(text), "{text:?} is not in {}", answer.text());
}

#[tokio::test]
async fn who_signs_up_can_sign_in() {
    let server = TestServer::start().await;
    let mut browser = browser(&server).await;
    let page = browser.get("/signup").await;
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    assert_eq!(page.header("X-Frame-Options"), Some("DENY"));
    assert!(page.header("Content-Security-Policy").unwrap().contains("form-action 'self'"));
    let done = browser.fill("/signup", &fields("Alice@Example.com", "Alice A")).await;
    assert_says(&done, 200, "alice@example.com");
    assert!(done.text().contains("href=\"/setup\"") && !done.text().contains(PASSWORD));
    let mut alice = sign_in(&server, "alice@example.com").await;
    let burst = people::synchronize(&mut alice).await;
    assert!(burst.iter().any(|line| line == "PRP MFN Alice%20A"), "{burst:?}");
    browser.fill("/signup", &fields("bob@example.com", "")).await;
    let bob = Handle::parse("bob@example.com").unwrap();
    let bob = server.server().store().account(&bob).await.unwrap().unwrap();
    assert_eq!(bob.name.as_str(), "bob");
}

#[tokio::test]
async fn all_faults_are_said_at_once_and_what_was_typed_stays() {
    let server = TestServer::start().await;
    server.account("taken").await;
    let mut browser = browser(&server).await;
    let typed = [
        ("address", "taken@example.com"),
        ("name", "<script>alert(\"1\")</script>'&"),
        ("password", "first secret"),
        ("again", "second secret"),
    ];
    let answer = browser.fill("/signup", &typed).await;
    assert_says(&answer, 422, "Somebody has this address already");
    let page = answer.text();
    assert!(page.contains("This is not the same password") && page.contains("Nothing was made yet"));
    assert_eq!(value_of(page, "address"), "taken@example.com");
    assert_eq!(value_of(page, "name"), "&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#38;");
    assert!(!page.contains("<script") && !page.contains("secret"));
    // The page that came back can be sent at once.
    let token = value_of(page, "token");
    let html = "\"><b>@example.com";
    let again = [("token", token.as_str()), ("address", html), ("password", PASSWORD), ("again", PASSWORD)];
    let answer = browser.post("/signup", &again).await;
    assert_says(&answer, 422, "a character that an address cannot have");
    assert!(!answer.text().contains("<b>@"), "{}", answer.text());
    assert_eq!(accounts(&server).await, 1);
    // An address with signs that mean something to HTML is one, and shown as it is.
    let done = browser.fill("/signup", &fields("o'hara&co@example.com", "<i>")).await;
    assert_says(&done, 200, "o&#39;hara&#38;co@example.com");
}

#[tokio::test]
async fn a_form_that_is_not_ours_makes_nothing() {
    let server = TestServer::start().await;
    let http = server.server().addresses().http;
    let mut own = browser(&server).await;
    let token = value_of(own.get("/signup").await.text(), "token");
    let fields = fields("alice@example.com", "Alice");
    assert_says(&own.post("/signup", &fields).await, 403, "opened somewhere else");
    let forged = [fields.as_slice(), &[("token", &token[1..])]].concat();
    assert_says(&own.post("/signup", &forged).await, 403, "opened somewhere else");
    let good = [fields.as_slice(), &[("token", &token)]].concat();
    for foreign in ["Origin: http://evil.example", "Origin: null", "Referer: http://evil.example/signup"] {
        let answer = Browser::open(http).await.with(foreign).post("/signup", &good).await;
        assert_says(&answer, 403, "came from another site");
        assert_eq!(value_of(answer.text(), "address"), "alice@example.com", "what was typed stays");
    }
    // Fetched by somebody else, who can have it sent by a visitor's browser.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.9:0".parse().unwrap()).unwrap();
    let mut other = Browser::open_over(socket.connect(http).await.unwrap(), http);
    assert_says(&other.post("/signup", &good).await, 403, "opened somewhere else");
    assert_eq!(accounts(&server).await, 0);
    let mut same = Browser::open(http).await.with(&format!("Origin: http://{http}"));
    assert_says(&same.post("/signup", &good).await, 200, "Your account is made");
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let server = TestServer::start().await;
    let address = server.server().addresses().http;
    let urlencoded = "application/x-www-form-urlencoded";
    let long = form(&[("name", &"%".repeat(3000))]);
    let cases: [(&str, &[u8], u16); 6] = [
        (urlencoded, long.as_bytes(), 413),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/json", b"{}", 415),
        ("text/plain", b"address=a", 415),
        (urlencoded, b"address=a&address=b", 422),
        (urlencoded, b"", 403),
    ];
    for (kind, body, status) in cases {
        let head = format!("POST /signup HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}");
        assert_eq!(Http::dial(address).await.ask(&head, body).await.status, status, "{kind}");
    }
    let head =
        format!("POST /signup HTTP/1.1\r\nHost: {address}\r\nContent-Type: {urlencoded}\r\nContent-Length: 99999999");
    let mut huge = Http::dial(address).await;
    huge.send_head(&head).await;
    assert_eq!(huge.answer().await.status, 413, "before a byte of it is read");
    assert_eq!(accounts(&server).await, 0);
}

#[tokio::test]
async fn from_afar_a_code_is_needed_and_each_use_counts() {
    let server = TestServer::start_with(behind_terminator).await;
    let mut afar = browser(&server).await.with(AFAR);
    assert_says(&afar.get("/signup").await, 403, "this server has none that could be used");
    let expired = invite(&server, 5, Some(1)).await;
    assert_says(&afar.get("/signup").await, 403, "this server has none that could be used");
    let code = invite(&server, 2, None).await;
    server.account("taken").await;
    for (typed, text) in [("", "An invite code is needed here"), ("nonsense", "not good"), (&expired, "not good")] {
        let taken = [fields("taken@example.com", "").as_slice(), &[("code", typed)]].concat();
        let answer = afar.fill("/signup", &taken).await;
        assert_says(&answer, 422, text);
        assert_eq!(value_of(answer.text(), "code"), typed);
        assert!(!answer.text().contains("Somebody has this address"), "who has no code learns nothing of accounts");
    }
    let lower = code.to_lowercase().replace('-', " ");
    let with = |handle: &'static str| [fields(handle, "").as_slice(), &[("code", lower.as_str())]].concat();
    assert_says(&afar.fill("/signup", &with("taken@example.com")).await, 422, "Somebody has this address");
    assert_says(&afar.fill("/signup", &with("alice@example.com")).await, 200, "Your account is made");
    assert_says(&afar.fill("/signup", &with("bob@example.com")).await, 200, "Your account is made");
    assert_says(&afar.get("/signup").await, 403, "this server has none that could be used");
    assert_eq!(accounts(&server).await, 3);
    sign_in(&server, "alice@example.com").await;
    // Nearby nothing of this holds.
    let mut near = browser(&server).await.with("X-Forwarded-For: 192.168.1.7");
    assert_says(&near.fill("/signup", &fields("carol@example.com", "")).await, 200, "Your account is made");
}

#[tokio::test]
async fn a_hundred_at_once_with_a_code_for_one_account_make_one() {
    let server = TestServer::start_with(|config| config.sign_up.near = Access::Invite).await;
    let http = server.server().addresses().http;
    let code = invite(&server, 1, None).await;
    let mut tasks = JoinSet::new();
    // All have a form before the first of them sends it.
    let barrier = Arc::new(tokio::sync::Barrier::new(100));
    for number in 0..100 {
        let (code, barrier) = (code.clone(), barrier.clone());
        tasks.spawn(async move {
            let mut browser = Browser::open(http).await;
            let token = value_of(browser.get("/signup").await.text(), "token");
            barrier.wait().await;
            let handle = format!("user{number}@example.com");
            let more = [("code", code.as_str()), ("token", token.as_str())];
            browser.post("/signup", &[fields(&handle, "").as_slice(), &more].concat()).await.status
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    // The others: used up, or (if they looked before that) too many passwords to hash, or there is no code any more at
    // all.
    assert!(answers.iter().all(|status| [200, 403, 422, 503].contains(status)), "{answers:?}");
    assert_eq!(accounts(&server).await, 1);
    assert_eq!(server.server().store().invites().await.unwrap()[0].uses_left, 0);
}

#[tokio::test]
async fn one_of_many_who_want_the_same_address_gets_it() {
    let server = TestServer::start().await;
    let http = server.server().addresses().http;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        tasks.spawn(
            async move { Browser::open(http).await.fill("/signup", &fields("alice@example.com", "")).await.status },
        );
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 422).count(), 7, "{answers:?}");
}

#[tokio::test]
async fn closed_is_closed_and_passwords_from_afar_come_encrypted() {
    let server = TestServer::start_with(|config| {
        behind_terminator(config);
        config.sign_up.near = Access::Closed;
        config.sign_up.elsewhere = Access::Open;
    })
    .await;
    let mut near = browser(&server).await.with("X-Forwarded-For: 192.168.1.7");
    assert_says(&near.get("/signup").await, 403, "Accounts on this server are made by whoever runs it");
    assert_says(&near.post("/signup", &fields("alice@example.com", "")).await, 403, "Sign-up is closed");
    let mut nameless = browser(&server).await;
    assert_eq!(
        nameless.get("/signup").await.status,
        200,
        "who is behind a terminator that names nobody may be anybody"
    );
    let mut clear = browser(&server).await.with("X-Forwarded-For: 203.0.113.9");
    assert_says(&clear.get("/signup").await, 403, "with <b>https://</b>");
    assert_says(&clear.post("/signup", &fields("alice@example.com", "")).await, 403, "with <b>https://</b>");
    let mut afar = browser(&server).await.with(AFAR);
    assert_says(&afar.fill("/signup", &fields("alice@example.com", "")).await, 200, "Your account is made");
    assert_eq!(accounts(&server).await, 1);
}

#[tokio::test]
async fn who_only_seems_near_is_not_let_in_for_that() {
    let server = TestServer::start().await;
    let http = server.server().addresses().http;
    let mut forwarded = Browser::open(http).await.with("X-Forwarded-For: 192.168.1.7");
    assert_says(&forwarded.get("/signup").await, 403, "this server has none that could be used");
    let mut rebound = Browser::open(http).await;
    rebound.headers = "Host: evil.example:8080".to_owned();
    assert_says(&rebound.get("/signup").await, 403, "evil.example:8080</b>, a name that this server does not know");
    // One that is not repeated is none that is known either.
    for odd in ["evil~.example:8080".to_owned(), format!("{}.evil.example:8080", "a".repeat(250))] {
        rebound.headers = format!("Host: {odd}");
        assert_says(&rebound.get("/signup").await, 403, "a name that this server does not know");
    }
    assert_says(&rebound.post("/signup", &fields("alice@example.com", "")).await, 403, "does not know");
    assert_eq!(accounts(&server).await, 0);
}

#[tokio::test]
async fn an_address_makes_so_many_accounts_and_sends_so_many_forms() {
    let server = TestServer::start_with(|config| {
        behind_terminator(config);
        config.limits.exempt.clear();
        config.limits.sign_ups_per_hour = 2;
        config.limits.sign_up_attempts = 4;
    })
    .await;
    let mut near = browser(&server).await.with("X-Forwarded-For: 192.168.1.7");
    for name in ["alice", "bob"] {
        assert_says(&near.fill("/signup", &fields(&address(name), "")).await, 200, "Your account is made");
    }
    let answer = near.fill("/signup", &fields("carol@example.com", "Carol")).await;
    assert_says(&answer, 429, "Please wait an hour");
    assert_eq!(value_of(answer.text(), "name"), "Carol", "what was typed stays");
    near.fill("/signup", &fields("x", "")).await;
    assert_says(&near.fill("/signup", &fields("x", "")).await, 429, "a quarter of an hour");
    let mut other = browser(&server).await.with("X-Forwarded-For: 192.168.1.8");
    assert_says(&other.fill("/signup", &fields("carol@example.com", "")).await, 200, "Your account is made");
}

#[tokio::test]
async fn the_first_page_counts_who_can_be_seen() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let _alice = server.online("alice").await;
    let mut bob = server.sign_in("bob").await;
    bob.done("CHG", "HDN 0").await;
    let page = browser(&server).await.get("/").await;
    assert_says(&page, 200, "One person is on line right now");
    assert!(page.text().contains("href=\"/signup\"") && page.text().contains("href=\"/setup\""));
    assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
}

#[tokio::test]
async fn codes_are_made_and_removed_while_the_server_runs() {
    let data = support::private_directory();
    let path = data.path().to_str().unwrap();
    let server = RunningBinary::start_configured(data.path(), "[sign_up]\nnear = \"invite\"\n");
    let command = |words: &[&str]| {
        let output = binary::run(&[&["invite", "--data", path], words].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let made = command(&["add", "--uses", "2", "--expires", "7d", "--note", "club"]);
    let code = made.lines().next().unwrap();
    let mut browser = Browser::open(server.http).await;
    let with = [fields("alice@example.com", "").as_slice(), &[("code", code)]].concat();
    assert_says(&browser.fill("/signup", &with).await, 200, "Your account is made");
    let list = command(&["list"]);
    assert!(list.contains("1 of 2") && list.contains("club") && !list.contains(code), "{list}");
    command(&["remove", "1"]);
    assert_says(&browser.get("/signup").await, 403, "none that could be used");
    let failed = binary::run(&["invite", "--data", path, "remove", "1"]);
    assert!(String::from_utf8_lossy(&failed.stderr).contains("there is no invite 1"), "{failed:?}");
    let log = server.log();
    assert!(!log.contains(code) && !log.contains(PASSWORD), "{log}");
}

/// Whoever was on a list under an address may still be on it when somebody new takes that address (ns.md section 1.2
/// rule 11).
#[tokio::test]
async fn who_signs_up_with_an_address_that_others_kept_is_asked_about_them() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, _bob) = server.friends("alice", "bob").await;
    let handle = Handle::parse(&address("bob")).unwrap();
    server.server().accounts().remove(&handle).await.unwrap();
    server.server().service().account_changed(&handle).await;
    alice.expect("FLN bob@example.com").await;
    assert!(!exists(&server, "bob@example.com").await);
    let done = browser(&server).await.fill("/signup", &fields("bob@example.com", "New Bob")).await;
    assert_says(&done, 200, "Your account is made");
    let mut bob = sign_in(&server, "bob@example.com").await;
    let burst = people::synchronize(&mut bob).await;
    assert!(burst.iter().any(|line| line.starts_with("LST N=alice@example.com F=alice 16 ")), "{burst:?}");
    people::come_online(&mut bob).await;
    alice.expect("NLN NLN bob@example.com New%20Bob").await;
}
