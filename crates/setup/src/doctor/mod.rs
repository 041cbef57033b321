//! `swallowtail doctor`: makes the connections that a client makes, one after the other, and reports whether each one
//! works.
//!
//! Each check (hop) is a function that returns a [`Finding`]. The function can also return data
//! (`found.rs`), which later checks receive as an argument. If a check needs the data of a check
//! that failed, the doctor skips the later check and says so. No check takes longer than a few
//! seconds. No check prints a password, a ticket or a cookie.

mod advertised;
mod ask;
mod certificate;
mod chain;
mod chat;
mod codes;
mod dial;
mod exam;
mod finding;
mod found;
mod gateway;
mod handshake;
mod login;
mod names;
mod nexus;
mod old_tls;
mod ports;
mod probe;
mod proxy;
mod route;
mod spelling;
mod stream;
mod switchboard;
mod target;
mod tls;
mod tunnel;

pub use finding::{Finding, Hop, State};
pub use target::{Options, Ports, Target, TestAccount};

use crate::client_table::SignIn;
use exam::Exam;
use finding::{Learnt, bounded};
use found::OpenPorts;
use route::Route;
use spelling::Spelling;

/// Checks one target. Calls `tell` with the result of each check as soon as the check ends.
pub async fn examine(target: &Target, options: &Options, tell: impl FnMut(&Hop)) -> Vec<Hop> {
    let exam = Exam { target, options };
    let mut report = Report { tell, hops: Vec::new() };
    report.add("host name", bounded(&[], dial::names(target)).await);
    report.add("Microsoft's names", bounded(&[], ports::redirection(exam)).await);
    let open = open_ports(exam, &mut report).await;
    let tls = report.learn("TLS", tls::versions(exam, open).await);
    report.add("TLS of Windows XP", bounded(codes::NO_TLS, old_tls::examine(exam)).await);
    let trust = report.learn("certificate", certificate::judge(exam, &tls));

    let route = &Route::choose(exam, open, &tls, trust);
    let spelling = &mut Spelling::new(target);
    let nexus = report.learn("nexus", nexus::examine(route, spelling).await);
    report.add("clock", nexus::clock(nexus));
    let login = login::examine(exam, SignIn::Passport14, route, nexus, spelling);
    let older = report.learn("login of 5.0 to 7.0", bounded(codes::NO_SIGN_IN, login).await);
    let login = login::examine(exam, SignIn::Rst, route, nexus, spelling);
    let newer = report.learn("login of 7.5", bounded(codes::NO_SIGN_IN, login).await);

    let sign_in = chat::sign_in(exam, open, newer.or(older));
    let mut session = report.learn("sign-in", bounded(codes::NO_NOTIFICATION, sign_in).await);
    if target.ours.is_some() {
        report.add("dispatch server", bounded(&[], chat::dispatch(exam)).await);
    }
    let address = switchboard::find(exam, open, session.as_mut());
    let invitation = report.learn("switchboard address", bounded(&[], address).await);
    report.add("switchboard", bounded(&[], switchboard::examine(exam, invitation)).await);
    report.add("gateway", bounded(codes::NO_NOTIFICATION, gateway::examine(exam, open, nexus, spelling)).await);
    report.add("proxy", bounded(&[], proxy::tunnels(exam, open, nexus)).await);
    report.add("proxy file", bounded(&[], proxy::pac(exam, open, nexus)).await);
    report.hops
}

/// Checks which ports are open.
async fn open_ports(exam: Exam<'_>, report: &mut Report<impl FnMut(&Hop)>) -> OpenPorts {
    let Target { notification, http, https, .. } = exam.target;
    let hop = ports::examine(exam, &ports::NOTIFICATION, notification.as_ref());
    let notification = report.add("notification port", bounded(&[], hop).await);
    let switchboard = exam.target.ours.is_some()
        && report.add("switchboard port", bounded(&[], ports::switchboard(exam, notification)).await);
    let http = report.add("HTTP port", bounded(&[], ports::examine(exam, &ports::HTTP, http.as_ref())).await);
    let https = report.add("HTTPS port", bounded(&[], ports::examine(exam, &ports::HTTPS, https.as_ref())).await);
    OpenPorts { notification, switchboard, http, https }
}

/// The results so far, and the function that receives each of them.
struct Report<F> {
    tell: F,
    hops: Vec<Hop>,
}

impl<F: FnMut(&Hop)> Report<F> {
    /// Adds a result. Returns whether it is green.
    fn add(&mut self, name: &'static str, finding: Finding) -> bool {
        let is_green = finding.is_green();
        let hop = Hop { name, finding };
        (self.tell)(&hop);
        self.hops.push(hop);
        is_green
    }

    /// Adds a result. Returns the data for later checks.
    fn learn<T>(&mut self, name: &'static str, learnt: Learnt<T>) -> T {
        self.add(name, learnt.finding);
        learnt.value
    }
}
