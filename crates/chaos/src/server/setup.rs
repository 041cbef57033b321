//! The way in which a server is started.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

/// The address of a server under test. Clients connect from other addresses, mostly 127.0.0.1. So no client can take
/// the port of a server that is being restarted.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 99, 1));

/// The way in which a server is started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The content of the configuration file. `{directory}` stands for the directory of the server.
    pub settings: String,
    /// Files that are written to the directory of the server before it starts, each with its
    /// content.
    pub files: Vec<(&'static str, String)>,
    /// The value of `SWALLOWTAIL_LOG`.
    pub log: String,
    /// A program with its arguments that starts the server, such as `prlimit --nofile=256`. This
    /// program must not fork.
    pub wrapper: Vec<String>,
    /// Additional environment variables.
    pub environment: Vec<(String, String)>,
    /// The address on which the server listens.
    pub address: IpAddr,
    /// True if the data is on a [`Disk`](crate::disk::Disk).
    pub has_disk: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: String::new(),
            files: Vec::new(),
            log: "info".to_owned(),
            wrapper: Vec::new(),
            environment: Vec::new(),
            address: ADDRESS,
            has_disk: false,
        }
    }
}

impl Setup {
    /// Writes the settings and the other files into the directory of the server.
    pub(super) fn write(&self, directory: &Path) -> std::io::Result<()> {
        let settings = self.settings.replace("{directory}", &directory.display().to_string());
        std::fs::write(directory.join("settings.toml"), settings)?;
        self.files.iter().try_for_each(|(name, content)| std::fs::write(directory.join(name), content))
    }

    /// Returns a command that runs the program and has no arguments yet. Removes the environment
    /// variables that would configure the program.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = match self.wrapper.split_first() {
            None => Command::new(program),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SWALLOWTAIL_") {
                command.env_remove(name);
            }
        }
        command.env("RUST_BACKTRACE", "1").env("SWALLOWTAIL_LOG", &self.log);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // Ctrl-C must reach only this program, which then ends the server.
        command.process_group(0).stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}
