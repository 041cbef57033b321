//! How long tests wait, how much they do, and a clock that only the test moves.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{advance, pause, resume};

/// How long anything may take that must come. Generous, as the machine may be busy with other work; only a test that
/// fails waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Set by `cargo xtask test`.
const LONG_RUN: &str = "SWALLOWTAIL_LONG_TESTS";

/// How much a test does: `short` where somebody waits for it, `long` in `cargo xtask test`.
pub(crate) fn amount<T>(short: T, long: T) -> T {
    if std::env::var_os(LONG_RUN).is_some() { long } else { short }
}

/// Looks again and again until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    // Real time: tokio's clock may stand still.
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
        yield_now().await;
    }
}

/// Lets so much time pass for every timer, for tests on one thread. What the server should have read before has to be
/// answered.
pub(crate) async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

/// Tokio's clock, which stands still except for what a test lets pass: no timer runs out because the machine is busy.
///
/// For tests on one thread. Sockets work as ever, so that answers are waited for as they always are.
pub(crate) struct StoppedClock {
    _hold: mpsc::Sender<()>,
}

impl StoppedClock {
    /// Stops the clock. It goes on when this is dropped.
    pub(crate) fn new() -> Self {
        let (hold, end) = mpsc::channel::<()>();
        pause();
        // A paused clock jumps to the next timer whenever nothing else is to be done, but not while there is blocking
        // work. That ends after a while in any case, so that somebody who waits in vain runs out of patience.
        spawn_blocking(move || end.recv_timeout(PATIENCE));
        Self { _hold: hold }
    }

    /// Lets so much time pass for every timer.
    pub(crate) async fn pass(&self, time: Duration) {
        advance(time).await;
    }
}

impl Drop for StoppedClock {
    fn drop(&mut self) {
        resume();
    }
}
