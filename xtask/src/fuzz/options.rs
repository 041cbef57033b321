//! The options of `cargo xtask fuzz`.

use std::num::NonZero;

use clap::Args;

use crate::shell::Cargo;

/// The total time for all targets in `cargo xtask test`, in seconds.
const MINUTE: u64 = 60;
/// The compiler settings for the targets. A build with sixteen codegen units takes half as long as
/// a build with one unit, and the targets still run fast enough.
const FAST_BUILD: [&str; 2] = ["--codegen-units", "16"];

/// Fuzzes one target, or all of them.
#[derive(Args)]
pub(crate) struct Options {
    /// The name of a file in fuzz/targets, without `.rs` (default: all of them)
    pub(super) target: Option<String>,
    /// Total time for all targets, in seconds
    #[arg(long, default_value_t = MINUTE)]
    seconds: u64,
    /// Time for each target, in minutes, instead of --seconds
    #[arg(long, conflicts_with = "seconds")]
    minutes: Option<u64>,
    /// The number of targets that run at the same time
    #[arg(long, default_value_t = NonZero::<usize>::MIN)]
    pub(super) jobs: NonZero<usize>,
    /// Also look for memory errors, with the address sanitizer. Each input takes about twice as
    /// long
    #[arg(long)]
    sanitizer: bool,
    /// Afterwards, minimise the corpus, and store in fuzz/found the smallest inputs that reach more
    /// code than the seeds
    #[arg(long)]
    pub(super) keep: bool,
}

impl Options {
    /// Returns the options that `cargo xtask test` uses.
    pub(crate) fn check() -> Self {
        Self {
            target: None,
            seconds: MINUTE,
            minutes: None,
            jobs: NonZero::<usize>::MIN,
            sanitizer: false,
            keep: false,
        }
    }

    /// Returns the time for each target in seconds, if there are `targets` targets. For libFuzzer,
    /// 0 means no limit.
    pub(super) fn share(&self, targets: usize) -> u64 {
        let seconds = match self.minutes {
            Some(minutes) => minutes * 60,
            None => self.seconds / targets.max(1) as u64,
        };
        seconds.max(1)
    }

    /// Returns a command line of cargo-fuzz with only those arguments that all calls of cargo-fuzz
    /// have in common.
    pub(super) fn cargo_fuzz(&self, command: &str) -> Cargo {
        let cargo = Cargo::new(["fuzz", command]).args(FAST_BUILD).args(["--sanitizer"]);
        if self.sanitizer {
            // The sanitizer's own runtime is part of the stable toolchain, but its flag is not stable yet.
            cargo.args(["address"]).env("RUSTC_BOOTSTRAP", "1")
        } else {
            cargo.args(["none"])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_of_a_check_share_its_time_but_a_given_number_of_minutes_applies_to_each_target() {
        let check = Options::check();
        assert_eq!((check.share(12), check.share(100)), (5, 1));
        assert_eq!(Options { minutes: Some(60), ..check }.share(12), 3600);
    }
}
