//! Tests the features that all pages share: paths that do not exist, slashes at the end, icons and the menu.

use crate::support::TestServer;
use crate::support::http::{Answer, Browser, Http};

async fn get(server: &TestServer, path: &str) -> Answer {
    Browser::open(server.server().addresses().http).await.get(path).await
}

#[tokio::test]
async fn a_path_that_does_not_exist_shows_a_page_with_the_menu() {
    let server = TestServer::start().await;
    for path in [
        "/nothing",
        "/signup/nothing",
        "/setup/nothing",
        "/setup/7.5/nothing",
        "/setup/nothing/x",
        "/setup/%ff",
        "/setup/7.5/%ff",
        "/a//b/",
    ] {
        let page = get(&server, path).await;
        assert_eq!((page.status, page.header("Content-Type")), (404, Some("text/html; charset=utf-8")), "{path}");
        for link in ["href=\"/\"", "href=\"/signup\"", "href=\"/setup\""] {
            assert!(page.text().contains(link), "{path}: {}", page.text());
        }
        assert!(page.header("Content-Security-Policy").is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_client_that_requests_an_unknown_path_gets_an_empty_answer() {
    let server = TestServer::start().await;
    let address = server.server().addresses().http;
    for request in [
        "GET /nothing HTTP/1.1\r\nHost: config.messenger.msn.com",
        "GET http://login.live.com/nothing HTTP/1.1\r\nHost: login.live.com",
        "POST /nothing HTTP/1.1\r\nHost: 192.0.2.1",
    ] {
        let answer = Http::dial(address).await.ask(request, b"").await;
        assert_eq!((answer.status, answer.body.as_slice()), (404, b"".as_slice()), "{request}");
    }
}

#[tokio::test]
async fn a_path_with_a_trailing_slash_is_redirected_to_the_path_without_it() {
    let server = TestServer::start().await;
    for path in ["/signup", "/setup", "/setup/7.5", "/setup/7.5/undo"] {
        let answer = get(&server, &format!("{path}/")).await;
        assert_eq!((answer.status, answer.header("Location")), (302, Some(path)));
        assert_eq!(get(&server, path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn every_page_links_to_an_existing_icon() {
    let server = TestServer::start().await;
    let page = get(&server, "/").await;
    for (icon, content_type, start) in
        [("/favicon.ico", "image/x-icon", &b"\0\0\x01\0"[..]), ("/favicon.svg", "image/svg+xml", b"<svg ")]
    {
        assert!(page.text().contains(&format!("href=\"{icon}\"")), "{icon}");
        let answer = get(&server, icon).await;
        assert_eq!((answer.status, answer.header("Content-Type")), (200, Some(content_type)), "{icon}");
        assert!(answer.body.starts_with(start), "{icon}");
    }
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(policy.contains("img-src 'self'"), "browsers must be allowed to show icons: {policy}");
}

#[tokio::test]
async fn two_questions_lead_to_the_instructions_for_a_client() {
    let server = TestServer::start().await;
    let first = get(&server, "/setup").await;
    assert!(!first.text().contains("href=\"/setup/"), "no client is offered before the system is known");
    for (system, offered, other) in [
        ("xp", "/setup/7.5-xp", "/setup/7.5\""),
        ("windows", "/setup/7.5\"", "/setup/7.5-xp"),
        ("other", "/setup/gtmess", "/setup/7.5"),
    ] {
        assert!(first.text().contains(&format!("href=\"/setup?on={system}\"")), "{system}");
        let second = get(&server, &format!("/setup?on={system}")).await;
        assert!(second.text().contains(offered) && !second.text().contains(other), "{system}: {}", second.text());
    }
    let windows = get(&server, "/setup?on=windows").await;
    assert!(windows.text().contains("7.5.0324") && windows.text().contains("Install_MSN_Messenger.exe"));
    for odd in ["%3Cscript", "xp&on=windows", "%ff", ""] {
        let page = get(&server, &format!("/setup?on={odd}")).await;
        assert!(page.status == 200 && !page.text().contains("script"), "{odd}: {}", page.text());
    }
}

#[tokio::test]
async fn the_instructions_come_first_and_link_to_the_files_and_to_the_undo_page() {
    let server = TestServer::start().await;
    let page = get(&server, "/setup/7.5").await;
    let at = |text: &str| page.text().find(text).unwrap_or_else(|| panic!("{text}: {}", page.text()));
    assert!(at("<ol>") < at("<h2>Files</h2>"));
    assert!(at("href=\"/setup/7.5/swallowtail.reg\"") < at("<h2>Files</h2>"), "a step links to its file");
    assert!(at("href=\"/setup/7.5/undo\"") > at("<h2>Files</h2>"));
    assert!(!page.text().contains("certmgr.msc"), "undoing is on a page of its own");
    let undo = get(&server, "/setup/7.5/undo").await;
    assert!(undo.text().contains("certmgr.msc") && undo.text().contains("href=\"/setup/7.5/undo.reg\""));
}
