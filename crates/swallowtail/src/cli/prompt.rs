//! Asks the operator for passwords and confirmation.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use console::Term;
use msnp::Handle;

use crate::cli::parse::check_password;

/// Reads a new password. On a terminal, asks for it twice without echo. Otherwise reads the first
/// line of standard input.
pub(super) fn new_password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin || !is_interactive() {
        return read_line(io::stdin().lock());
    }
    let terminal = Term::stderr();
    let ask = |question: &str| {
        terminal.write_str(question)?;
        terminal.read_secure_line()
    };
    let password = ask("Password: ").context("could not read the password from the terminal")?;
    check_password(&password)?;
    let again = ask("Confirm password: ").context("could not read the password from the terminal")?;
    if password != again {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(password)
}

/// Reads the password of an existing account. On a terminal, asks for it without echo. Otherwise
/// reads the first line of standard input.
pub(super) fn password(handle: &Handle, from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin || !is_interactive() {
        return read_line(io::stdin().lock());
    }
    let terminal = Term::stderr();
    terminal.write_str(&format!("Password of {handle}: "))?;
    terminal.read_secure_line().context("could not read the password from the terminal")
}

/// Reads the first line, without its line break.
pub(super) fn read_line(mut input: impl BufRead) -> anyhow::Result<String> {
    let mut line = String::new();
    input.read_line(&mut line).context("could not read the password from standard input, which must be UTF-8")?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        bail!("the first line of standard input is empty; it must be the password");
    }
    check_password(line)?;
    Ok(line.to_owned())
}

/// Fails unless the operator answers yes.
pub(super) fn confirm(question: &str) -> anyhow::Result<()> {
    if !is_interactive() {
        bail!("standard input is not a terminal; pass --yes to confirm");
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => bail!("not confirmed; nothing was removed"),
    }
}

/// Returns whether the program can ask the operator a question. It writes questions to standard
/// error, so that standard output contains only results.
fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_the_first_line_of_the_input() {
        for input in ["s3cr,t &%\nmore\n", "s3cr,t &%\r\n", "s3cr,t &%"] {
            assert_eq!(read_line(input.as_bytes()).unwrap(), "s3cr,t &%");
        }
        assert_eq!(read_line(&b" blanks count \n"[..]).unwrap(), " blanks count ");
    }

    #[test]
    fn an_invalid_password_is_rejected_with_the_reason() {
        let long = "x".repeat(257);
        let table = [
            (&b"\n"[..], "the first line of standard input is empty"),
            (b"", "the first line of standard input is empty"),
            (b"\xFF\n", "must be UTF-8"),
            (long.as_bytes(), "longer than 256 bytes"),
        ];
        for (input, expected) in table {
            let error = read_line(input).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
