//! `swallowtail config ...`: checks and shows the settings.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;
use swallowtail_config::{Effective, Fault, Faults, Origin, Setting, TlsConfig};
use swallowtail_site::tls::Tls;

use crate::cli::listen_flags::ListenFlags;
use crate::cli::output::say;
use crate::cli::source::Source;
use crate::cli::traced::Traced;
use crate::control;

/// `config show` writes the origin of each setting after the setting, and aligns the origins of a
/// section in one column. A setting with more than this number of characters does not move the
/// column.
const MAX_ALIGNED: usize = 60;

/// Check or show the settings
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check a configuration file without starting anything
    ///
    /// Reads the file given by --config and the certificates that it names, and checks that the data directory can be
    /// written. If there are mistakes, prints every mistake with its line and exits with code 1.
    Check {
        #[command(flatten)]
        listen: Traced<ListenFlags>,
    },
    /// Show every setting in effect, and where it comes from
    ///
    /// Each line says whether the value is the default, or which line of the file, environment variable or flag sets it.
    /// The output is a valid configuration file.
    Show {
        #[command(flatten)]
        listen: Traced<ListenFlags>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Carries out a command.
pub(super) fn run(command: &ConfigCommand, source: &Source) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check { listen } => check(source, &source.load(listen.overrides())?),
        ConfigCommand::Show { listen, json } => {
            let effective = source.load(listen.overrides())?;
            say(if *json { as_json(&effective, source.file())? } else { as_toml(&effective, source.file()) });
            Ok(())
        }
    }
}

/// Checks the files and directories that the settings name.
fn check(source: &Source, effective: &Effective) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    if let Err(error) = check_data(&effective.config.data) {
        faults.push(Fault { origin: effective.origin("data"), key: "data".to_owned(), text: format!("{error:#}") });
    }
    for (number, files) in (1..).zip(&effective.config.tls.certificate) {
        // `own_root` is false here, because only a server that starts may create the root.
        let alone = TlsConfig { own_root: false, certificate: vec![files.clone()] };
        if let Err(error) = Tls::open(&alone, None) {
            let origin = effective.origin(&format!("tls.certificate[{number}]"));
            faults.push(Fault { origin, key: "[[tls.certificate]]".to_owned(), text: format!("{error:#}") });
        }
    }
    if !faults.is_empty() {
        return Err(Faults::new(source.file(), faults).into());
    }
    match source.file() {
        Some(file) => say(format_args!("{}: OK", file.display())),
        None => say("OK: no configuration file was given with --config, so the defaults apply"),
    }
    Ok(())
}

/// Checks that the data directory can be created and written. Leaves no files behind.
fn check_data(data: &Path) -> anyhow::Result<()> {
    control::check_path(data)?;
    let here = |path: &Path| if path.as_os_str().is_empty() { Path::new(".").to_owned() } else { path.to_owned() };
    for directory in data.ancestors().map(here) {
        match directory.try_exists() {
            Ok(false) => continue,
            Ok(true) => {}
            Err(error) => anyhow::bail!("could not access {}: {error}{AS_SERVER}", directory.display()),
        }
        anyhow::ensure!(directory.is_dir(), "{} is not a directory; choose another path", directory.display());
        let trial = tempfile::Builder::new().prefix(".swallowtail-check").tempdir_in(&directory);
        let what = if directory == data { "write to" } else { "create a directory in" };
        return match trial {
            Ok(_) => Ok(()),
            Err(error) => anyhow::bail!("could not {what} {}: {}{AS_SERVER}", directory.display(), cause(&error)),
        };
    }
    Ok(())
}

const AS_SERVER: &str = "; run this command as the user that runs the server, or choose another path";

/// Returns the cause of an error, without the path of the directory that the check tried to create.
fn cause(error: &std::io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.source());
    inner.map_or_else(|| error.kind().to_string(), ToString::to_string)
}

/// Returns the settings as a configuration file.
fn as_toml(effective: &Effective, file: Option<&Path>) -> String {
    let mut text = String::from("# The settings in effect, and where each of them comes from.");
    let line = |setting: &Setting| match &setting.value {
        Some(value) => format!("{} = {value}", setting.name),
        None => format!("# {} is not set", setting.name),
    };
    for section in effective.settings.chunk_by(|one, other| one.section == other.section) {
        text += "\n\n";
        if let Some(header) = section.first().map(Setting::header).filter(|header| !header.is_empty()) {
            text += &format!("{header}\n");
        }
        let lines: Vec<_> = section.iter().map(line).collect();
        let widths = lines.iter().map(|line| line.chars().count()).filter(|width| *width <= MAX_ALIGNED);
        let width = widths.max().unwrap_or_default();
        let with_origin = section.iter().zip(&lines).map(|(setting, line)| match setting.value {
            Some(_) => format!("{line:<width$}  # {}", place(setting.origin, file)),
            None => line.clone(),
        });
        text += &with_origin.collect::<Vec<_>>().join("\n");
    }
    text
}

fn place(origin: Origin, file: Option<&Path>) -> String {
    match (origin, file) {
        (Origin::Default, _) => "default".to_owned(),
        (Origin::Environment(variable), _) => format!("environment variable {variable}"),
        (Origin::Flag(flag), _) => format!("flag {flag}"),
        (Origin::File { line }, Some(file)) => format!("{}, line {line}", file.display()),
        (Origin::File { line }, None) => format!("line {line}"),
    }
}

/// Returns the settings as a JSON array, in the order of [`as_toml`].
fn as_json(effective: &Effective, file: Option<&Path>) -> anyhow::Result<String> {
    let row = |setting: &Setting| {
        let origin = match setting.origin {
            Origin::Default => json!({ "kind": "default" }),
            Origin::Environment(variable) => json!({ "kind": "environment", "variable": variable }),
            Origin::Flag(flag) => json!({ "kind": "flag", "flag": flag }),
            Origin::File { line } => {
                json!({ "kind": "file", "file": file.map(|file| file.display().to_string()), "line": line })
            }
        };
        json!({ "key": setting.key(), "value": setting.value, "origin": origin })
    };
    Ok(serde_json::to_string_pretty(&effective.settings.iter().map(row).collect::<Vec<_>>())?)
}
