//! `swallowtail doctor`: goes a client's way through a server, hop by hop, and says of each whether it is as it should be.
//!
//! Each hop has a function that gives a [`Finding`]; what it learns for later ones is kept in `known`. A hop that depends on a red one says so
//! and is skipped. No hop takes longer than a few seconds, and none prints a password, a ticket or a cookie.

mod ask;
mod certificate;
mod chat;
mod codes;
mod dial;
mod finding;
mod gateway;
mod known;
mod login;
mod nexus;
mod old_tls;
mod ports;
mod proxy;
mod stream;
mod target;
mod tls;

use std::time::Duration;

use tokio::time::timeout;

pub use finding::{Finding, Hop, State};
pub use target::{Options, Place, Ports, Target, TestAccount};

use finding::HOP_SECONDS;
use known::Known;

use crate::client_table::SignIn;

/// Goes through one target. Each hop is handed to `tell` as soon as it is known.
pub async fn examine(target: &Target, options: &Options, mut tell: impl FnMut(&Hop)) -> Vec<Hop> {
    let mut hops = Vec::new();
    let mut add = |name: &'static str, finding: Finding| {
        let is_green = finding.is_green();
        let hop = Hop { name, finding };
        tell(&hop);
        hops.push(hop);
        is_green
    };
    let known = &mut Known::new(target, options);
    add("host name", bounded(&[], dial::names(target)).await);
    add("Microsoft's names", bounded(&[], ports::redirection(known)).await);
    let place = target.notification.as_ref();
    known.notification_open =
        add("notification port", bounded(&[], ports::examine(known, &ports::NOTIFICATION, place)).await);
    if target.ours.is_some() {
        known.switchboard_open = add("switchboard port", bounded(&[], ports::switchboard(known)).await);
    }
    known.http_open = add("HTTP port", bounded(&[], ports::examine(known, &ports::HTTP, target.http.as_ref())).await);
    known.https_open =
        add("HTTPS port", bounded(&[], ports::examine(known, &ports::HTTPS, target.https.as_ref())).await);
    add("TLS", bounded(codes::NO_TLS, tls::versions(known)).await);
    add("TLS of Windows XP", bounded(codes::NO_TLS, old_tls::examine(known)).await);
    add("certificate", certificate::judge(known));
    add("nexus", bounded(codes::NO_SIGN_IN, nexus::examine(known)).await);
    add("clock", nexus::clock(known));
    add("login of 5.0 to 7.0", bounded(codes::NO_SIGN_IN, login::examine(known, SignIn::Passport14)).await);
    add("login of 7.5", bounded(codes::NO_SIGN_IN, login::examine(known, SignIn::Rst)).await);
    add("sign-in", bounded(codes::NO_NOTIFICATION, chat::sign_in(known)).await);
    if target.ours.is_some() {
        add("dispatch server", bounded(&[], chat::dispatch(known)).await);
    }
    add("switchboard address", bounded(&[], chat::switchboard_address(known)).await);
    add("switchboard", bounded(&[], chat::switchboard(known)).await);
    add("gateway", bounded(codes::NO_NOTIFICATION, gateway::examine(known)).await);
    add("proxy", bounded(&[], proxy::tunnels(known)).await);
    add("proxy file", bounded(&[], proxy::pac(known)).await);
    hops
}

/// A hop within its time; what a client shows if there is no answer.
async fn bounded(codes: &'static [&'static str], hop: impl Future<Output = Finding>) -> Finding {
    let late = |_| {
        Finding::red(
            format!("no answer within {HOP_SECONDS} seconds"),
            "look at the load of the server, and at what stands between it and this machine",
        )
        .shows(codes)
    };
    timeout(Duration::from_secs(HOP_SECONDS), hop).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_hop_that_hangs_is_red_in_its_time() {
        let finding = bounded(codes::NO_TLS, std::future::pending()).await;
        assert_eq!(finding.state, State::Red);
        assert!(finding.text.contains("5 seconds"), "{finding:?}");
    }
}
