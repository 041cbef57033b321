//! The resources that a process uses, from `/proc`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The number of clock ticks in a second: `USER_HZ`, which is 100 on every Linux that Rust supports.
const TICKS: f64 = 100.0;

/// The resources that a process uses at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The resident memory, in KiB.
    pub resident_kib: u64,
    /// The part of the resident memory that is not mapped from a file, in KiB: heap and stacks, without code.
    pub anonymous_kib: u64,
    /// The largest resident memory since the start, in KiB.
    pub peak_kib: u64,
    /// The number of open files, among them the connections.
    pub files: usize,
    /// The number of threads.
    pub threads: u64,
    /// The processor time since the start, in seconds.
    pub processor_seconds: f64,
}

impl Figures {
    /// Reads the figures of a process.
    ///
    /// # Errors
    /// Fails if the process does not exist.
    pub fn of(process: u32) -> Result<Self> {
        let directory = Path::new("/proc").join(process.to_string());
        let read = |name: &str| {
            let path = directory.join(name);
            fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))
        };
        let status = read("status")?;
        let number = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.and_then(|value| value.split_whitespace().next()?.parse().ok())
        };
        let files = fs::read_dir(directory.join("fd")).context("could not list the open files")?.count();
        Ok(Self {
            // A process that is ending no longer has memory, and its status lacks the following
            // three lines. They count as 0.
            resident_kib: number("VmRSS").unwrap_or_default(),
            anonymous_kib: number("RssAnon").unwrap_or_default(),
            peak_kib: number("VmHWM").unwrap_or_default(),
            threads: number("Threads").context("the status of the process has no number of threads")?,
            files,
            processor_seconds: processor_seconds(&read("stat")?).context("could not read the processor time")?,
        })
    }
}

/// Returns how long the cores of the machine were idle since its start, in seconds, summed up over all cores.
///
/// # Errors
/// Fails if `/proc/stat` cannot be read.
pub fn idle_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat").context("could not read /proc/stat")?;
    idle(&stat).context("could not read the idle time of the machine")
}

/// Returns the sum of the fields `idle` and `iowait` of the line for all cores.
fn idle(stat: &str) -> Option<f64> {
    let mut fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().skip(3);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

/// Returns the time in user and kernel mode. The name of the program, in brackets, may contain spaces.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_this_process_are_plausible() {
        let figures = Figures::of(std::process::id()).unwrap();
        assert!(figures.resident_kib > 100 && figures.files > 2 && figures.threads > 0, "{figures:?}");
    }

    #[test]
    fn the_idle_time_of_the_machine_is_the_sum_over_all_cores() {
        assert_eq!(idle("cpu  5 6 7 150 50 8 9 0 0 0\ncpu0 5 6 7 1 1 8 9 0 0 0\n"), Some(2.0));
        assert!(idle_seconds().unwrap() > 0.0);
    }

    #[test]
    fn the_processor_time_is_read_even_if_the_process_name_has_spaces() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0";
        assert_eq!(processor_seconds(stat), Some(2.0));
    }
}
