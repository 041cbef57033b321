//! Time limits of tests, the amount of work that they do, and a clock that only the test advances.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{advance, pause, resume};

/// The time limit for everything that must arrive. It is generous, because the machine may be busy.
/// Only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The environment variable that `cargo xtask test` sets, so that the long tests run at full
/// length.
const LONG_RUN: &str = "SWALLOWTAIL_LONG_TESTS";

/// Returns the amount of work of a test: `short` by default, `long` in `cargo xtask test`.
pub(crate) fn amount<T>(short: T, long: T) -> T {
    if std::env::var_os(LONG_RUN).is_some() { long } else { short }
}

/// Waits until a condition is true, at most [`PATIENCE`]. `what` completes the sentence "waited too long until".
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    // This measures real time, because tokio's clock may be stopped.
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
        yield_now().await;
    }
}

/// Advances the clock of every timer. Only tests on one thread can use this. Before a test calls
/// this, the server must have read and answered everything that the test has sent.
pub(crate) async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

/// Stops tokio's clock. After that, the clock moves only when the test advances it, so no timer
/// expires just because the machine is busy.
///
/// Only tests on one thread can use this. Sockets work as usual, so a test waits for answers as
/// usual.
pub(crate) struct StoppedClock {
    _hold: mpsc::Sender<()>,
}

impl StoppedClock {
    /// Stops the clock until this value is dropped.
    pub(crate) fn new() -> Self {
        let (hold, end) = mpsc::channel::<()>();
        pause();
        // If tokio's clock is paused and no task can run, tokio moves the clock to the next timer.
        // tokio does not do this while blocking work runs, so this function starts blocking work.
        // The blocking work ends after [`PATIENCE`], so that a test that waits too long reaches its
        // time limit.
        spawn_blocking(move || end.recv_timeout(PATIENCE));
        Self { _hold: hold }
    }

    /// Advances the clock of every timer.
    pub(crate) async fn pass(&self, time: Duration) {
        advance(time).await;
    }
}

impl Drop for StoppedClock {
    fn drop(&mut self) {
        resume();
    }
}
