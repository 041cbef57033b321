//! Runs the tests: all of them at full length, then those that need other programs.

use anyhow::{Context, Result, ensure};

use crate::shell::Cargo;

/// The environment variable that makes the long tests run at full length. `tests/it/support/time.rs` of the service
/// reads it.
const LONG_TESTS: (&str, &str) = ("SWALLOWTAIL_LONG_TESTS", "1");

/// Runs every test that needs only a Rust toolchain and a C compiler.
pub(crate) fn run() -> Result<()> {
    Cargo::new(["test", "--workspace"]).env(LONG_TESTS.0, LONG_TESTS.1).run()
}

/// Runs the tests that `cargo test` ignores because they need the programs that [`crate::tools`]
/// installs. These tests fail if one of the programs is missing.
pub(crate) fn run_with_tools() -> Result<()> {
    let tests = Cargo::new(["test", "--workspace", "--tests", "--", "--ignored"]);
    let said = tests.env(LONG_TESTS.0, LONG_TESTS.1).output()?;
    let passed = passed(&said);
    ensure!(passed > 0, "found no ignored test that needs another program\n{said}");
    println!("{passed} tests that need other programs passed");
    Ok(())
}

/// Runs the tests of the codec with the address sanitizer. The codec itself has no `unsafe`, but
/// some of its dependencies contain `unsafe`. The sanitizer's runtime is part of the stable
/// toolchain. The compiler flag for the sanitizer is not stable yet, and works only if cargo is
/// called with `--target`.
pub(crate) fn run_with_sanitizer() -> Result<()> {
    let version = Cargo::new(["-vV"]).output()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("cargo -vV names no host")?;
    let tests = Cargo::new(["test", "--package", "msnp", "--lib", "--tests", "--target", host]);
    tests.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address").run()
}

/// Returns how many tests passed, from the last line of each test program.
fn passed(said: &str) -> usize {
    let results = said.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|rest| rest.split_once(" passed")?.0.parse::<usize>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passed_tests_of_all_test_programs_are_added_up() {
        let said = "running 2 tests\ntest a ... ok\n\n\
                    test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s\n\
                    test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test result: ok. 13 passed; 0 failed; 0 ignored; 0 measured; 163 filtered out; finished in 9.87s\n";
        assert_eq!(passed(said), 15);
        assert_eq!(passed(""), 0);
    }
}
