//! Runs the program in a terminal of its own. A test presses keys and looks at the screen.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::time::PATIENCE;

/// The flag of a terminal that shows what is typed.
const ECHO: u32 = 0o10;

/// The output that the program has drawn.
struct Drawn {
    parser: vt100::Parser,
    /// Everything that the program has written.
    bytes: Vec<u8>,
    has_ended: bool,
}

/// A terminal in which the program runs. Dropping this value kills the program.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    drawn: Arc<(Mutex<Drawn>, Condvar)>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// Runs the program in a terminal of 80 columns and 24 rows, in this directory.
    pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Self {
        let pty = native_pty_system().openpty(size(80, 24)).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_swallowtail"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWALLOWTAIL_") || name == "NO_COLOR") {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.args(arguments);
        command.cwd(directory);
        let child = pty.slave.spawn_command(command).unwrap();
        // `pty.slave` is the program's end of the terminal. From here on, only the program keeps
        // that end open, so the output ends when the program ends.
        drop(pty.slave);
        let (reader, keys) = (pty.master.try_clone_reader().unwrap(), pty.master.take_writer().unwrap());
        let parser = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        let drawn = Arc::new((Mutex::new(Drawn { parser, bytes: Vec::new(), has_ended: false }), Condvar::new()));
        let shared = drawn.clone();
        std::thread::spawn(move || follow(reader, &shared));
        Self { child, keys, master: pty.master, drawn }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types a line and presses Enter.
    pub(crate) fn enter(&mut self, line: &str) {
        self.press(line);
        self.press("\r");
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.drawn
            .0
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Returns what the screen shows now.
    pub(crate) fn screen(&self) -> String {
        self.drawn.0.lock().unwrap().parser.screen().contents()
    }

    /// Waits until the screen shows a text.
    pub(crate) fn shows(&self, text: &str) {
        self.waits(text, |drawn| drawn.parser.screen().contents().contains(text));
    }

    /// Waits until the program asks for a password. Keys that a test presses before that are lost.
    pub(crate) fn asks_for_password(&self) {
        let begun = Instant::now();
        let is_hidden = || self.master.get_termios().is_some_and(|state| state.local_flags.bits() & ECHO == 0);
        while !is_hidden() {
            assert!(begun.elapsed() < PATIENCE, "the program does not ask:\n{}", self.screen());
            std::thread::yield_now();
        }
    }

    fn waits(&self, what: &str, holds: impl Fn(&Drawn) -> bool) {
        let (drawn, changed) = &*self.drawn;
        let waiting = |drawn: &mut Drawn| !holds(drawn) && !drawn.has_ended;
        let (drawn, _) = changed.wait_timeout_while(drawn.lock().unwrap(), PATIENCE, waiting).unwrap();
        assert!(holds(&drawn), "waited in vain for {what:?}:\n{}", drawn.parser.screen().contents());
    }

    /// Sends SIGTERM to the program.
    pub(crate) fn terminate(&self) {
        let id = self.child.process_id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).unwrap();
        kill_process(id, Signal::TERM).unwrap();
    }

    /// Waits until the program ends. Returns whether the program succeeded, and everything that it has written.
    pub(crate) fn end(mut self) -> (bool, String) {
        let (drawn, changed) = &*self.drawn;
        let running = |drawn: &mut Drawn| !drawn.has_ended;
        let (drawn, timeout) = changed.wait_timeout_while(drawn.lock().unwrap(), PATIENCE, running).unwrap();
        assert!(!timeout.timed_out(), "the program does not end:\n{}", drawn.parser.screen().contents());
        let bytes = String::from_utf8_lossy(&drawn.bytes).into_owned();
        drop(drawn);
        (self.child.wait().unwrap().success(), bytes)
    }
}

fn follow(mut reader: Box<dyn Read + Send>, shared: &(Mutex<Drawn>, Condvar)) {
    let (drawn, changed) = shared;
    let mut chunk = [0; 4096];
    loop {
        // On Linux, reading fails with an error when the terminal is closed.
        let count = reader.read(&mut chunk).unwrap_or(0);
        // The lock is poisoned if the test has failed.
        let Ok(mut drawn) = drawn.lock() else { return };
        drawn.parser.process(&chunk[..count]);
        drawn.bytes.extend_from_slice(&chunk[..count]);
        drawn.has_ended = count == 0;
        changed.notify_all();
        if count == 0 {
            return;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
