//! Tests the sign-up page over sockets. Sends the requests of browsers and of attackers.

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
/// The headers of a browser on the internet, as a trusted TLS terminator adds them.
const AFAR: &str = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https";

/// Makes the server trust a terminator on this machine, so that tests can choose the address of a visitor.
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
    let ticket = people::fetch_ticket(server.server().addresses().http, handle, PASSWORD).await.unwrap();
    people::sign_in(server.notification(), handle, &ticket).await
}

fn assert_says(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.text().contains(text), "{text:?} is not in {}", answer.text());
}

#[tokio::test]
async fn a_new_account_can_sign_in() {
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
async fn all_faults_are_reported_together_and_the_fields_keep_their_values() {
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
    assert_says(&answer, 422, "This address is already taken");
    let page = answer.text();
    assert!(page.contains("The passwords don&#39;t match") && page.contains("Your account hasn't been created yet"));
    assert_eq!(value_of(page, "address"), "taken@example.com");
    assert_eq!(value_of(page, "name"), "&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#38;");
    assert!(!page.contains("<script") && !page.contains("secret"));
    // The form in the answer can be sent without fetching the page again.
    let token = value_of(page, "token");
    let html = "\"><b>@example.com";
    let again = [("token", token.as_str()), ("address", html), ("password", PASSWORD), ("again", PASSWORD)];
    let answer = browser.post("/signup", &again).await;
    assert_says(&answer, 422, "a character that is not allowed in an address");
    assert!(!answer.text().contains("<b>@"), "{}", answer.text());
    assert_eq!(accounts(&server).await, 1);
    // An address may have characters that are special in HTML, and is shown unchanged.
    let done = browser.fill("/signup", &fields("o'hara&co@example.com", "<i>")).await;
    assert_says(&done, 200, "o&#39;hara&#38;co@example.com");
}

#[tokio::test]
async fn a_form_from_another_site_or_another_ip_address_creates_no_account() {
    let server = TestServer::start().await;
    let http = server.server().addresses().http;
    let mut own = browser(&server).await;
    let token = value_of(own.get("/signup").await.text(), "token");
    let fields = fields("alice@example.com", "Alice");
    assert_says(&own.post("/signup", &fields).await, 403, "your network address has changed");
    let forged = [fields.as_slice(), &[("token", &token[1..])]].concat();
    assert_says(&own.post("/signup", &forged).await, 403, "your network address has changed");
    let valid = [fields.as_slice(), &[("token", &token)]].concat();
    for foreign in ["Origin: http://evil.example", "Origin: null", "Referer: http://evil.example/signup"] {
        let answer = Browser::open(http).await.with(foreign).post("/signup", &valid).await;
        assert_says(&answer, 403, "came from another site");
        assert_eq!(value_of(answer.text(), "address"), "alice@example.com", "the field keeps its value");
    }
    // The token was fetched from another address. An attacker who makes a visitor's browser send a
    // form has only such a token.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.9:0".parse().unwrap()).unwrap();
    let mut other = Browser::open_over(socket.connect(http).await.unwrap(), http);
    assert_says(&other.post("/signup", &valid).await, 403, "your network address has changed");
    assert_eq!(accounts(&server).await, 0);
    let mut same = Browser::open(http).await.with(&format!("Origin: http://{http}"));
    assert_says(&same.post("/signup", &valid).await, 200, "Your account has been created");
}

#[tokio::test]
async fn a_request_that_is_not_a_form_is_refused() {
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
        let answer = Http::dial(address).await.ask(&head, body).await;
        assert_says(&answer, status, "<form method=\"post\"");
    }
    let head =
        format!("POST /signup HTTP/1.1\r\nHost: {address}\r\nContent-Type: {urlencoded}\r\nContent-Length: 99999999");
    let mut huge = Http::dial(address).await;
    huge.send_head(&head).await;
    assert_eq!(huge.answer().await.status, 413, "before the body is read");
    assert_eq!(accounts(&server).await, 0);
}

#[tokio::test]
async fn visitors_from_the_internet_need_an_invite_code_and_each_use_of_the_code_counts() {
    let server = TestServer::start_with(behind_terminator).await;
    let mut afar = browser(&server).await.with(AFAR);
    assert_says(&afar.get("/signup").await, 403, "no valid invite code");
    let expired = invite(&server, 5, Some(1)).await;
    assert_says(&afar.get("/signup").await, 403, "no valid invite code");
    let code = invite(&server, 2, None).await;
    server.account("taken").await;
    for (typed, text) in
        [("", "Enter your invite code"), ("nonsense", "isn&#39;t valid"), (&expired, "isn&#39;t valid")]
    {
        let taken = [fields("taken@example.com", "").as_slice(), &[("code", typed)]].concat();
        let answer = afar.fill("/signup", &taken).await;
        assert_says(&answer, 422, text);
        assert_eq!(value_of(answer.text(), "code"), typed);
        assert!(
            !answer.text().contains("already taken"),
            "without a valid code, the page must not reveal which accounts exist"
        );
    }
    let lower = code.to_lowercase().replace('-', " ");
    let with = |handle: &'static str| [fields(handle, "").as_slice(), &[("code", lower.as_str())]].concat();
    assert_says(&afar.fill("/signup", &with("taken@example.com")).await, 422, "already taken");
    assert_says(&afar.fill("/signup", &with("alice@example.com")).await, 200, "Your account has been created");
    assert_says(&afar.fill("/signup", &with("bob@example.com")).await, 200, "Your account has been created");
    assert_says(&afar.get("/signup").await, 403, "no valid invite code");
    assert_eq!(accounts(&server).await, 3);
    sign_in(&server, "alice@example.com").await;
    // From a private network, no code is required.
    let mut near = browser(&server).await.with("X-Forwarded-For: 192.168.1.7");
    assert_says(&near.fill("/signup", &fields("carol@example.com", "")).await, 200, "Your account has been created");
}

#[tokio::test]
async fn a_code_for_one_account_creates_only_one_account_even_if_a_hundred_forms_use_it_simultaneously() {
    let server = TestServer::start_with(|config| config.sign_up.near = Access::Invite).await;
    let http = server.server().addresses().http;
    let code = invite(&server, 1, None).await;
    let mut tasks = JoinSet::new();
    // All browsers fetch a form before the first of them sends it.
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
    // The other 99 forms fail, because the code is used up, because too many passwords are queued
    // for hashing, or because no valid code is left.
    assert!(answers.iter().all(|status| [200, 403, 422, 503].contains(status)), "{answers:?}");
    assert_eq!(accounts(&server).await, 1);
    assert_eq!(server.server().store().invites().await.unwrap()[0].uses_left, 0);
}

#[tokio::test]
async fn only_one_of_many_forms_for_the_same_address_succeeds() {
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
async fn sign_up_can_be_closed_and_is_open_to_the_internet_only_over_https() {
    let server = TestServer::start_with(|config| {
        behind_terminator(config);
        config.sign_up.near = Access::Closed;
        config.sign_up.elsewhere = Access::Open;
    })
    .await;
    let mut near = browser(&server).await.with("X-Forwarded-For: 192.168.1.7");
    assert_says(&near.get("/signup").await, 403, "only the operator creates accounts");
    assert_says(&near.post("/signup", &fields("alice@example.com", "")).await, 403, "Sign-up is closed");
    let mut nameless = browser(&server).await;
    assert_eq!(
        nameless.get("/signup").await.status,
        200,
        "if a terminator does not name its client, the visitor may be anyone"
    );
    let mut clear = browser(&server).await.with("X-Forwarded-For: 203.0.113.9");
    assert_says(&clear.get("/signup").await, 403, "with <b>https://</b>");
    assert_says(&clear.post("/signup", &fields("alice@example.com", "")).await, 403, "with <b>https://</b>");
    let mut afar = browser(&server).await.with(AFAR);
    assert_says(&afar.fill("/signup", &fields("alice@example.com", "")).await, 200, "Your account has been created");
    assert_eq!(accounts(&server).await, 1);
}

#[tokio::test]
async fn a_visitor_who_only_appears_to_be_on_a_private_network_cannot_sign_up() {
    let server = TestServer::start().await;
    let http = server.server().addresses().http;
    let mut forwarded = Browser::open(http).await.with("X-Forwarded-For: 192.168.1.7");
    assert_says(&forwarded.get("/signup").await, 403, "no valid invite code");
    let mut rebound = Browser::open(http).await;
    rebound.headers = "Host: evil.example:8080".to_owned();
    assert_says(&rebound.get("/signup").await, 403, "evil.example:8080</b>, a name that this server does not know");
    // These names cannot be host names. The server does not know them, and does not show them on
    // the page.
    for odd in ["evil~.example:8080".to_owned(), format!("{}.evil.example:8080", "a".repeat(250))] {
        rebound.headers = format!("Host: {odd}");
        assert_says(&rebound.get("/signup").await, 403, "a name that this server does not know");
    }
    assert_says(&rebound.post("/signup", &fields("alice@example.com", "")).await, 403, "does not know");
    assert_eq!(accounts(&server).await, 0);
}

#[tokio::test]
async fn the_number_of_accounts_and_forms_from_one_ip_address_is_limited() {
    let server = TestServer::start_with(|config| {
        behind_terminator(config);
        config.limits.exempt.clear();
        config.limits.sign_ups_per_hour = 2;
        config.limits.sign_up_attempts = 4;
    })
    .await;
    let mut near = browser(&server).await.with("X-Forwarded-For: 192.168.1.7");
    for name in ["alice", "bob"] {
        assert_says(&near.fill("/signup", &fields(&address(name), "")).await, 200, "Your account has been created");
    }
    let answer = near.fill("/signup", &fields("carol@example.com", "Carol")).await;
    assert_says(&answer, 429, "Wait an hour");
    assert_eq!(value_of(answer.text(), "name"), "Carol", "the field keeps its value");
    near.fill("/signup", &fields("x", "")).await;
    assert_says(&near.fill("/signup", &fields("x", "")).await, 429, "Wait 15 minutes");
    let mut other = browser(&server).await.with("X-Forwarded-For: 192.168.1.8");
    assert_says(&other.fill("/signup", &fields("carol@example.com", "")).await, 200, "Your account has been created");
}

#[tokio::test]
async fn the_home_page_counts_the_users_who_appear_online() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let _alice = server.online("alice").await;
    let mut bob = server.sign_in("bob").await;
    bob.done("CHG", "HDN 0").await;
    let page = browser(&server).await.get("/").await;
    assert_says(&page, 200, "One person is online right now");
    assert!(page.text().contains("href=\"/signup\"") && page.text().contains("href=\"/setup\""));
    assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
}

#[tokio::test]
async fn codes_are_created_and_removed_while_the_server_runs() {
    let data = support::private_directory();
    let path = data.path().to_str().unwrap();
    let server = RunningBinary::start_configured(data.path(), "[sign_up]\nnear = \"invite\"\n");
    let command = |words: &[&str]| {
        let output = binary::run(&[&["invite", "--data", path], words].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let added = command(&["add", "--uses", "2", "--expires", "7d", "--note", "club"]);
    let code = added.lines().next().unwrap();
    let mut browser = Browser::open(server.http).await;
    let with = [fields("alice@example.com", "").as_slice(), &[("code", code)]].concat();
    assert_says(&browser.fill("/signup", &with).await, 200, "Your account has been created");
    let list = command(&["list"]);
    assert!(list.contains("1 of 2") && list.contains("club") && !list.contains(code), "{list}");
    command(&["remove", "1"]);
    assert_says(&browser.get("/signup").await, 403, "no valid invite code");
    let failed = binary::run(&["invite", "--data", path, "remove", "1"]);
    assert!(String::from_utf8_lossy(&failed.stderr).contains("invite 1 does not exist"), "{failed:?}");
    let log = server.log();
    assert!(!log.contains(code) && !log.contains(PASSWORD), "{log}");
}

/// When a new account is created, its address may still be on the contact lists of others (ns.md
/// section 1.2 rule 11).
#[tokio::test]
async fn the_owner_of_a_new_account_is_asked_about_users_who_kept_the_address_on_their_lists() {
    let server = TestServer::start().await;
    server.accounts(["alice", "bob"]).await;
    let (mut alice, _bob) = server.friends("alice", "bob").await;
    let handle = Handle::parse(&address("bob")).unwrap();
    server.server().accounts().remove(&handle).await.unwrap();
    server.server().service().account_changed(&handle).await;
    alice.expect("FLN bob@example.com").await;
    assert!(!exists(&server, "bob@example.com").await);
    let done = browser(&server).await.fill("/signup", &fields("bob@example.com", "New Bob")).await;
    assert_says(&done, 200, "Your account has been created");
    let mut bob = sign_in(&server, "bob@example.com").await;
    let burst = people::synchronize(&mut bob).await;
    assert!(burst.iter().any(|line| line.starts_with("LST N=alice@example.com F=alice 16 ")), "{burst:?}");
    people::come_online(&mut bob).await;
    alice.expect("NLN NLN bob@example.com New%20Bob").await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_shows_the_created_account_both_times() {
    let server = TestServer::start_with(|config| config.sign_up.near = Access::Invite).await;
    let http = server.server().addresses().http;
    // The first copy of the form creates the account, and uses up the invite code, which is valid
    // for one account.
    let code = invite(&server, 1, None).await;
    let mut browser = browser(&server).await;
    let token = value_of(browser.get("/signup").await.text(), "token");
    let more = [("code", code.as_str()), ("token", token.as_str())];
    let form = [fields("alice@example.com", "Alice").as_slice(), &more].concat();
    assert_says(&browser.post("/signup", &form).await, 200, "Your account has been created");
    assert_says(&browser.post("/signup", &form).await, 200, "alice@example.com");
    // These copies of a form are sent at the same time, as after a double click.
    let code = invite(&server, 1, None).await;
    let token = value_of(browser.get("/signup").await.text(), "token");
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (code, token) = (code.clone(), token.clone());
        tasks.spawn(async move {
            let more = [("code", code.as_str()), ("token", token.as_str())];
            let form = [fields("bob@example.com", "Bob").as_slice(), &more].concat();
            Browser::open(http).await.post("/signup", &form).await.status
        });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(accounts(&server).await, 2);
    sign_in(&server, "bob@example.com").await;
}

#[tokio::test]
async fn a_repeated_form_shows_the_account_only_with_the_same_password() {
    let server = TestServer::start().await;
    let mut browser = browser(&server).await;
    let token = value_of(browser.get("/signup").await.text(), "token");
    let with = |password: &'static str| {
        let typed = [("address", "alice@example.com"), ("password", password), ("again", password)];
        [typed.as_slice(), &[("token", token.as_str())]].concat()
    };
    assert_says(&browser.post("/signup", &with(PASSWORD)).await, 200, "Your account has been created");
    assert_says(&browser.post("/signup", &with("other password")).await, 422, "already taken");
    let mut other = Browser::open(server.server().addresses().http).await.with("Origin: http://evil.example");
    assert_says(&other.post("/signup", &with(PASSWORD)).await, 403, "another site");
    let handle = Handle::parse("alice@example.com").unwrap();
    server.server().accounts().remove(&handle).await.unwrap();
    assert_says(&browser.post("/signup", &with(PASSWORD)).await, 200, "Your account has been created");
    assert!(exists(&server, "alice@example.com").await, "the form creates the account again");
}

#[tokio::test]
async fn a_password_that_old_clients_may_refuse_must_be_confirmed_before_the_account_is_created() {
    let server = TestServer::start_with(|config| config.sign_up.min_password = 6).await;
    let mut browser = browser(&server).await;
    assert_says(&browser.get("/signup").await, 200, "Use at least 6 characters. A password of up to 16");
    let typed = |password: &'static str| {
        [("address", "alice@example.com"), ("name", ""), ("password", password), ("again", password)]
    };
    assert_says(&browser.fill("/signup", &typed("short")).await, 422, "Use at least 6 characters");
    let answer = browser.fill("/signup", &typed("a password of many words")).await;
    assert_says(&answer, 422, "more than 16 characters");
    assert!(answer.text().contains("name=\"anyway\"") && !answer.text().contains("other than unaccented"));
    assert_says(&browser.fill("/signup", &typed("geh\u{e9}imnis")).await, 422, "other than unaccented letters");
    assert_eq!(accounts(&server).await, 0);
    let anyway = [typed("a password of many words").as_slice(), &[("anyway", "1")]].concat();
    assert_says(&browser.fill("/signup", &anyway).await, 200, "Your account has been created");
}

#[tokio::test]
async fn an_address_that_old_clients_cannot_send_is_refused() {
    let server = TestServer::start().await;
    let mut browser = browser(&server).await;
    for address in ["a,b@example.com", "a%b@example.com"] {
        assert_says(
            &browser.fill("/signup", &fields(address, "")).await,
            422,
            "old clients can&#39;t sign in with such an address",
        );
    }
    assert_eq!(accounts(&server).await, 0);
}
