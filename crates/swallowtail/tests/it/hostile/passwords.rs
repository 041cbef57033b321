//! Tests that other users can still sign in during a flood of wrong passwords.

use tokio::sync::mpsc;

use super::http::try_password;
use crate::support::TestServer;

/// The number of wrong passwords that the test sends at the same time. It is much larger than the
/// queue of passwords to check.
const FLOOD: usize = 400;
/// The maximum number of wrong passwords that the server may answer before it answers a correct
/// one. Many more wrong passwords are queued at that time.
const FEW: usize = 32;

#[tokio::test]
async fn a_correct_password_is_answered_while_hundreds_of_wrong_ones_wait() {
    let server = TestServer::start().await;
    for name in ["alice", "bob"] {
        server.account_with_password(name, "right").await;
    }
    let http = server.server().addresses().http;
    let (answered, mut answers) = mpsc::unbounded_channel();
    for number in 0..FLOOD {
        let answered = answered.clone();
        tokio::spawn(async move {
            let status = try_password(http, 7, &format!("user{}", number % 10), "wrong").await;
            let _ = answered.send(status);
        });
    }
    // When the server refuses a password with 503, the queue is full.
    while answers.recv().await != Some(503) {}
    assert_eq!(try_password(http, 8, "alice", "right").await, 200, "from another address");
    assert_eq!(try_password(http, 7, "bob", "right").await, 200, "from the same address, for another account");
    let wrong = std::iter::from_fn(|| answers.try_recv().ok()).filter(|status| *status == 401).count();
    assert!(wrong < FEW, "{wrong} wrong passwords were answered first");
}
