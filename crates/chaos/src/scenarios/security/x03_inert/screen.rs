//! The messenger for the terminal (`swallowtail chat`), which runs in a terminal that this module
//! creates.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use swallowtail_base::lock;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, PASSWORD, PATIENCE};

/// The time between two checks of the screen.
const LOOK: Duration = Duration::from_millis(20);
const ROWS: u16 = 40;
const COLUMNS: u16 = 120;

/// A terminal in which the messenger runs. The messenger is killed when this value is dropped.
pub(super) struct Screen {
    child: Box<dyn Child + Send + Sync>,
    drawn: Arc<Mutex<Drawn>>,
}

/// The output of the messenger.
struct Drawn {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

impl Screen {
    /// Starts the messenger, which signs in as `me` and opens a conversation with `other`.
    pub(super) fn open(bed: &Bed, me: &Account, other: &Account) -> Result<Self> {
        let password = bed.server.directory().join("password");
        std::fs::write(&password, PASSWORD)?;
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size)?;
        let addresses = bed.server.addresses();
        let mut command = CommandBuilder::new(bed.server.program());
        command.args(["chat", "--host", &addresses.http.ip().to_string(), "--no-mouse"]);
        command.args(["--notification", &addresses.notification.to_string()]);
        command.args(["--http", &addresses.http.to_string(), "--password-file"]);
        command.arg(&password);
        command.args([&me.handle, &other.handle]);
        command.cwd(bed.server.directory());
        command.env("TERM", "xterm-256color");
        let child = pty.slave.spawn_command(command)?;
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader()?;
        let parser = vt100::Parser::new(ROWS.try_into()?, COLUMNS.try_into()?, 0);
        let drawn = Arc::new(Mutex::new(Drawn { parser, bytes: Vec::new() }));
        let shared = drawn.clone();
        std::thread::spawn(move || {
            // Keeps the terminal open for as long as the messenger runs.
            let _master = pty.master;
            let mut chunk = [0; 4096];
            // After the messenger has closed its side of the terminal, a read returns an error on
            // Linux. This error ends the loop.
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                let mut drawn = lock(&shared);
                drawn.parser.process(&chunk[..count]);
                drawn.bytes.extend_from_slice(&chunk[..count]);
            }
        });
        Ok(Self { child, drawn })
    }

    /// Waits until the screen shows a text.
    pub(super) async fn shows(&self, text: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = lock(&self.drawn).parser.screen().contents();
            if screen.contains(text) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the screen does not show {text:?}:\n{screen}");
            sleep(LOOK).await;
        }
    }

    /// Returns everything that the messenger has written.
    pub(super) fn bytes(&self) -> Vec<u8> {
        lock(&self.drawn).bytes.clone()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
