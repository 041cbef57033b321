//! Random numbers and a clock that a test controls, so that a run of the server can be repeated exactly.
//!
//! A simulation applies to one thread. All other threads use the random numbers and the clock of
//! the operating system. After the [`Simulation`] has ended, its thread again uses the random
//! numbers and the clock of the operating system.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

thread_local! {
    static SOURCES: RefCell<Option<Sources>> = const { RefCell::new(None) };
}

/// Fills a slice with random bytes.
type Fill = dyn FnMut(&mut [u8]);

struct Sources {
    fill: Box<Fill>,
    now: Box<dyn Fn() -> Duration>,
}

/// A simulation in this thread. Until this value is dropped, a test controls the random numbers and the time of the
/// thread.
#[must_use = "the simulation ends when this value is dropped"]
pub struct Simulation {
    /// The value must be dropped in the thread that created it.
    thread: PhantomData<*const ()>,
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Simulation")
    }
}

impl Simulation {
    /// Begins a simulation in this thread, and ends an earlier simulation of the thread. `fill`
    /// fills a slice with random bytes, and `now` returns the time since the start of 1970. Neither
    /// closure may call [`random`](crate::random) or [`clock`](crate::clock).
    pub fn begin(fill: impl FnMut(&mut [u8]) + 'static, now: impl Fn() -> Duration + 'static) -> Self {
        SOURCES.set(Some(Sources { fill: Box::new(fill), now: Box::new(now) }));
        Self { thread: PhantomData }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        SOURCES.set(None);
    }
}

/// Fills a slice with random bytes. Returns `false` if this thread runs no simulation.
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    SOURCES.with_borrow_mut(|sources| sources.as_mut().map(|sources| (sources.fill)(bytes))).is_some()
}

/// Returns the time since the start of 1970, if this thread runs a simulation.
pub(crate) fn now() -> Option<Duration> {
    SOURCES.with_borrow(|sources| sources.as_ref().map(|sources| (sources.now)()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock, random};

    #[test]
    fn a_simulation_controls_the_clock_and_random_numbers_of_its_own_thread_but_not_of_other_threads() {
        let mut next = 0;
        let count = move |bytes: &mut [u8]| {
            for byte in bytes {
                next += 1;
                *byte = next;
            }
        };
        let simulation = Simulation::begin(count, || Duration::from_secs(7));
        assert_eq!((random::bytes(), clock::unix_seconds()), ([1, 2, 3], 7));
        assert_eq!(random::bytes(), [4]);
        let elsewhere = std::thread::spawn(clock::unix_seconds).join().unwrap();
        assert!(elsewhere > 7, "another thread has the real time");
        drop(simulation);
        assert!(clock::unix_seconds() > 7, "so has this one, after the simulation");
    }
}
