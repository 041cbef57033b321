//! Shows the progress of a long command on standard error: a bar on a terminal, otherwise a line every few seconds.

use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// The time between two lines if standard error is not a terminal. It is short, so that users see
/// that the command is still running.
const INTERVAL: Duration = Duration::from_secs(3);
/// The time between two updates of a bar on a terminal.
const TICK: Duration = Duration::from_millis(200);

/// The progress display of a command. It disappears when it is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    lines: Option<Lines>,
}

impl Progress {
    /// Starts the display.
    pub(super) fn start() -> Self {
        let bar = ProgressBar::no_length();
        let lines = bar.is_hidden().then(|| Lines::start(bar.clone(), std::io::stderr(), INTERVAL));
        if lines.is_none() {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, lines }
    }

    /// Begins a step, such as "Hashing passwords". `all` is the number of its parts, if that is known.
    pub(super) fn step(&self, name: impl Into<String>, all: Option<u64>) {
        const COUNTED: &str = "{msg} {bar:30} {pos} of {len}, {eta} left";
        const UNCOUNTED: &str = "{spinner} {msg}, {elapsed}";
        let template = if all.is_some() { COUNTED } else { UNCOUNTED };
        self.bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.reset();
        match all {
            Some(all) => self.bar.set_length(all),
            None => self.bar.unset_length(),
        }
        self.bar.set_message(name.into());
    }

    /// Counts one part of the current step.
    pub(super) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Sets the number of parts that are done.
    pub(super) fn set(&self, done: u64) {
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        drop(self.lines.take());
    }
}

/// A thread that prints a line at an interval until this value is dropped.
struct Lines {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    fn start(bar: ProgressBar, mut out: impl Write + Send + 'static, interval: Duration) -> Self {
        let (stop, stopped) = mpsc::channel::<()>();
        let print = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                // The command continues even if no program reads the lines.
                let _ = writeln!(out, "{}", line(&bar));
            }
        };
        // Without a thread the command runs silently.
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(print).ok();
        Self { stop: Some(stop), thread }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns the state of a step as a line.
fn line(bar: &ProgressBar) -> String {
    let (name, done) = (bar.message(), bar.position());
    match bar.length() {
        Some(all) => format!("{name}: {done} of {all}, about {} left", HumanDuration(bar.eta())),
        None => format!("{name}: for {}", HumanDuration(bar.elapsed())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that sends everything to a channel.
    struct Pipe(Sender<String>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_is_not_a_terminal_gets_progress_lines_at_intervals_until_the_work_ends() {
        let bar = ProgressBar::hidden();
        let (sender, written) = mpsc::channel();
        let lines = Lines::start(bar.clone(), Pipe(sender), Duration::from_millis(1));
        let progress = Progress { bar, lines: Some(lines) };
        progress.step("Hashing passwords", Some(2000));
        progress.set(340);
        let mut text = String::new();
        while text.matches("Hashing passwords: 340 of 2000, about ").count() < 2 {
            text += &written.recv().unwrap();
        }
        progress.step("Writing accounts", None);
        while !text.contains("Writing accounts: for ") {
            text += &written.recv().unwrap();
        }
        drop(progress);
        // The channel is closed when the thread ends.
        while written.recv().is_ok() {}
    }
}
