//! The program behind `cargo xtask chaos`.

use std::process::ExitCode;

fn main() -> ExitCode {
    eprintln!("no scenario is implemented yet");
    ExitCode::FAILURE
}
