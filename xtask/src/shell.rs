//! Runs other programs in the root of the repository and shows their output as they write it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The number of lines of a long output that are shown after a failure.
const LAST_LINES: usize = 200;

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    // `cargo run`, and therefore the alias `cargo xtask`, sets this variable.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().unwrap_or(&xtask).to_path_buf()
}

/// One invocation of cargo.
pub(crate) struct Cargo {
    command: Command,
}

impl Cargo {
    pub(crate) fn new<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(root());
        Self { command }
    }

    pub(crate) fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs cargo. The error for a failure names the command line.
    pub(crate) fn run(self) -> Result<()> {
        run(self.command)
    }

    /// Runs cargo and passes each line of its error output to `hear`. If cargo fails, shows the last lines and returns
    /// an error that names the command line.
    pub(crate) fn lines(mut self, mut hear: impl FnMut(&str)) -> Result<()> {
        let call = shown(&self.command);
        let child = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("{call} cannot be started"))?;
        let mut last = VecDeque::new();
        for line in child.stderr.take().into_iter().flat_map(|errors| BufReader::new(errors).split(b'\n')) {
            let line = String::from_utf8_lossy(&line?).into_owned();
            hear(&line);
            last.push_back(line);
            if last.len() > LAST_LINES {
                last.pop_front();
            }
        }
        let status = child.wait().with_context(|| format!("{call} cannot be waited for"))?;
        if !status.success() {
            println!("$ {call}");
            last.iter().for_each(|line| println!("{line}"));
            bail!("{call} failed ({status})");
        }
        Ok(())
    }

    /// Runs cargo silently and returns everything that it printed. The error for a failure contains that output.
    pub(crate) fn output(mut self) -> Result<String> {
        let call = shown(&self.command);
        let output = self.command.stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("{call} cannot be started"))?;
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = text.concat();
        if !output.status.success() {
            println!("$ {call}\n{text}");
            bail!("{call} failed ({})", output.status);
        }
        Ok(text)
    }
}

/// Prints the command line of a program, then runs it.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let call = shown(&command);
    println!("$ {call}");
    let status = command.status().with_context(|| format!("{call} cannot be started"))?;
    if status.success() { Ok(()) } else { bail!("{call} failed ({status})") }
}

/// Returns whether a program can be started with these arguments and succeeds. Its output is hidden.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
