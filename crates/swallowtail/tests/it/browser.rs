//! Tests the pages in a real browser. `tests/it/browser/sign_up.js` controls Chromium. The test
//! writes screenshots to `target/tmp/browser`.
//!
//! `cargo xtask test` installs Chromium, Node.js and the packages of `tests/it/browser`, and runs this test.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use swallowtail_config::Access;
use swallowtail_store::accounts::InviteCode;
use swallowtail_store::database::NewInvite;
use tokio::process::Command;
use tokio::time::timeout;

use crate::support;
use crate::support::{TestServer, people};

/// The time limit of the whole visit. The visit usually takes five seconds, but the machine may be
/// busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node.js: run cargo xtask test"]
async fn an_account_created_in_chromium_can_sign_in_with_a_client() {
    let server = TestServer::start_with(|config| config.sign_up.near = Access::Invite).await;
    let closed = TestServer::start_with(|config| config.sign_up.near = Access::Closed).await;
    server.account("taken").await;
    let code = InviteCode::random();
    let invite = NewInvite { code_hash: code.hash(), uses: 3, expires_at: None, note: String::new() };
    server.server().store().add_invite(&invite).await.unwrap();

    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&pictures).unwrap();
    let profile = support::private_directory();
    let url = |server: &TestServer| format!("http://{}", server.server().addresses().http);
    let parameters = format!(
        r#"{{"open":"{}","closed":"{}","code":"{code}","pictures":{:?},"profile":{:?}}}"#,
        url(&server),
        url(&closed),
        pictures,
        profile.path()
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/browser");
    assert!(folder.join("node_modules").is_dir(), "run `npm ci` in {}, or run `cargo xtask test`", folder.display());
    let mut visit = Command::new("node");
    visit.arg(folder.join("sign_up.js")).arg(parameters).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, visit.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    for width in [1280, 390] {
        let handle = format!("width{width}@example.com");
        let http = server.server().addresses().http;
        let ticket = people::fetch_ticket(http, &handle, "s3cr,t &%").await.unwrap();
        let mut wire = people::sign_in(server.notification(), &handle, &ticket).await;
        let burst = people::synchronize(&mut wire).await;
        assert!(burst.contains(&format!("PRP MFN Width%20{width}")), "{burst:?}");
    }
    assert_eq!(server.server().store().invites().await.unwrap()[0].uses_left, 1);
}
