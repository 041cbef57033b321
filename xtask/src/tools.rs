//! The programs that the tasks need, and their installation.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{self, Cargo, answers};

/// A program that cargo cannot install, with its Debian package.
struct Tool {
    package: &'static str,
    is_installed: fn() -> bool,
}

/// The programs for fuzzing. libFuzzer is written in C++.
const FOR_FUZZING: &[Tool] = &[Tool { package: "g++", is_installed: || answers("c++", &["--version"]) }];

/// The programs for `tests/it/old_tls.rs` of the service, which starts packaging/old-tls and connects to it as Windows
/// XP does.
const FOR_OLD_TLS: &[Tool] = &[
    // Ordinary users often do not have /usr/sbin on their PATH.
    Tool { package: LIGHTTPD, is_installed: || Path::new("/usr/sbin/lighttpd").exists() },
    Tool { package: "lighttpd-mod-nss", is_installed: || Path::new("/usr/lib/lighttpd/mod_nss.so").exists() },
    // Also used by `tests/it/client_setup.rs` of the service, to check certificates independently.
    Tool { package: "openssl", is_installed: || answers("openssl", &["version"]) },
    Tool { package: "gnutls-bin", is_installed: || answers("gnutls-cli", &["--version"]) },
];

/// The program with which `tests/it/doctor.rs` of the service runs the doctor with a wrong clock.
const FOR_THE_DOCTOR: &[Tool] = &[Tool { package: "faketime", is_installed: || answers("faketime", &["--version"]) }];

/// The programs with which the test `tests/it/browser.rs` opens the pages of the service.
const FOR_BROWSER: &[Tool] = &[
    // The test `tests/it/browser.rs` starts Chromium from this path.
    Tool { package: "chromium", is_installed: || Path::new("/usr/bin/chromium").exists() },
    Tool { package: "nodejs", is_installed: || answers("node", &["--version"]) },
    Tool { package: "npm", is_installed: || answers("npm", &["--version"]) },
];

/// The program with which `tests/it/bots.rs` of the service runs the bot in Python.
const FOR_BOTS: &[Tool] = &[Tool { package: "python3", is_installed: || answers("python3", &["--version"]) }];

/// The folder of the package.json that lists the packages with which the test controls the browser.
const BROWSER_TESTS: &str = "crates/swallowtail/tests/it/browser";

const LIGHTTPD: &str = "lighttpd";

/// Installs everything that `cargo xtask test` needs.
pub(crate) fn for_everything() -> Result<()> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !answers("cargo", &[tool, "--version"]) {
            println!("cargo {tool} is missing: adding the component {component} of the toolchain");
            let mut rustup = Command::new("rustup");
            rustup.args(["component", "add", component]);
            shell::run(rustup).with_context(|| format!("install {component} for this Rust toolchain"))?;
        }
    }
    programs(FOR_FUZZING.iter().chain(FOR_OLD_TLS).chain(FOR_THE_DOCTOR).chain(FOR_BROWSER).chain(FOR_BOTS))?;
    cargo_tool("fuzz")?;
    cargo_tool("deny")?;
    browser_packages()?;
    println!(
        "all tools are installed: rustfmt, clippy, a C++ compiler, cargo-fuzz, cargo-deny, lighttpd, gnutls-cli, faketime, chromium, node, python3"
    );
    Ok(())
}

/// Installs everything that `cargo xtask fuzz` needs.
pub(crate) fn for_fuzzing() -> Result<()> {
    programs(FOR_FUZZING)?;
    cargo_tool("fuzz")
}

/// Installs everything that `cargo xtask deny` needs.
pub(crate) fn for_dependencies() -> Result<()> {
    cargo_tool("deny")
}

/// Builds and installs a subcommand of cargo, unless it is already installed.
fn cargo_tool(name: &str) -> Result<()> {
    if !answers("cargo", &[name, "--version"]) {
        println!("cargo-{name} is missing: building it, which takes some minutes");
        Cargo::new(["install", &format!("cargo-{name}"), "--locked"]).run()?;
    }
    Ok(())
}

/// Installs the packages of package-lock.json. Does nothing if they are already installed, so that tests also run
/// offline.
fn browser_packages() -> Result<()> {
    if answers("npm", &["ls", "--prefix", BROWSER_TESTS]) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--prefix", BROWSER_TESTS, "--ignore-scripts", "--no-audit", "--no-fund"]);
    npm.current_dir(shell::root());
    shell::run(npm).context("could not install the packages of the browser tests")
}

/// Installs the missing packages with one call of apt-get.
fn programs(tools: impl IntoIterator<Item = &'static Tool>) -> Result<()> {
    let missing = tools.into_iter().filter(|tool| !(tool.is_installed)());
    let packages: Vec<_> = missing.map(|tool| tool.package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() || !is_root() {
        bail!("some programs are missing. On Debian, install them as root with: apt-get install {list}");
    }
    println!("some programs are missing: installing {list}");
    let no_services = NoServices::begin()?;
    as_root("apt-get", &["update", "--quiet"])?;
    as_root("apt-get", &[["install", "--yes", "--quiet"].as_slice(), &packages].concat())?;
    drop(no_services);
    if packages.contains(&LIGHTTPD) && answers("systemctl", &["--version"]) {
        // The lighttpd package also makes the lighttpd service start at boot.
        as_root("systemctl", &["disable", LIGHTTPD])?;
    }
    Ok(())
}

fn as_root(program: &str, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    shell::run(command)
}

/// Prevents newly installed Debian packages from starting their services while this value exists. The service of
/// lighttpd would use port 80. An existing policy of the machine is not changed.
struct NoServices {
    created: bool,
}

impl NoServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn begin() -> Result<Self> {
        match fs::File::create_new(Self::POLICY) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(Self { created: false }),
            Err(error) => return Err(error).context(Self::POLICY),
        }
        let policy = Self { created: true };
        // Exit code 101 forbids the start of a service. When this process has ended, the script
        // allows starts again, even if this process was killed.
        let script = format!("#!/bin/sh\nif kill -0 {} 2>/dev/null; then exit 101; fi\n", std::process::id());
        fs::write(Self::POLICY, script).context(Self::POLICY)?;
        fs::set_permissions(Self::POLICY, fs::Permissions::from_mode(0o755)).context(Self::POLICY)?;
        Ok(policy)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.created {
            let _ = fs::remove_file(Self::POLICY);
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}
