//! The settings in effect: the defaults, the file, and the overrides.

use std::path::Path;

use anyhow::Context;

use crate::checks::{Conflict, check};
use crate::config::Config;
use crate::fault::{Fault, Faults};
use crate::origin::{Origin, Override, Setting};
use crate::reader::{Reading, read};
use crate::syntax::document;

/// The settings in effect, and the origin of each of them.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The settings.
    pub config: Config,
    /// Every setting, in the order of the example file.
    pub settings: Vec<Setting>,
}

impl Config {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Returns an error that names the line and the key of every mistake.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        Effective::parse(text, &[]).map(|effective| effective.config)
    }
}

impl Effective {
    /// Reads a file, if there is one, and applies the overrides.
    ///
    /// # Errors
    /// Returns an error that names the file, and the line and the key of every mistake.
    pub fn load(file: Option<&Path>, overrides: &[Override]) -> anyhow::Result<Self> {
        let text = file.map(text_of).transpose()?.unwrap_or_default();
        Self::of(&text, overrides).map_err(|faults| Faults::new(file, faults).into())
    }

    /// Reads the text of a file, and applies the overrides.
    ///
    /// # Errors
    /// Returns an error that names the line and the key of every mistake.
    pub fn parse(text: &str, overrides: &[Override]) -> Result<Self, Faults> {
        Self::of(text, overrides).map_err(|faults| Faults::new(None, faults))
    }

    /// Returns the origin of a setting, such as `listen.http`, or of a section.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        origin_of(&self.settings, key)
    }

    fn of(text: &str, overrides: &[Override]) -> Result<Self, Vec<Fault>> {
        let document = document(text);
        let (config, reading) = read(text, &document.table, &document.unquoted, overrides, Config::read);
        let Reading { settings, mut faults } = reading;
        let is_misread = |fault: &Fault| match fault.origin {
            Origin::File { line } => document.misread.iter().any(|lines| lines.contains(&line)),
            _ => false,
        };
        faults.retain(|fault| !is_misread(fault));
        // A conflict between settings is certain only if the file has no syntax mistakes.
        if document.faults.is_empty() {
            let is_valid = |section: &str| faults.iter().all(|fault| !is_within(&fault.key, section));
            let fault =
                |Conflict { key, text }| Fault { origin: origin_of(&settings, &key), key: without_numbers(&key), text };
            let conflicts: Vec<_> = check(&config, is_valid).into_iter().map(fault).collect();
            faults.extend(conflicts);
        }
        faults.extend(document.faults);
        if faults.is_empty() { Ok(Self { config, settings }) } else { Err(faults) }
    }
}

/// Returns whether a key belongs to a section or to a subsection of it. `key` is the key that a
/// mistake in the settings names. It may be the header of a section.
fn is_within(key: &str, section: &str) -> bool {
    let rest = key.trim_start_matches('[').strip_prefix(section);
    rest.is_some_and(|rest| rest.starts_with(['.', '[', ']']))
}

/// Returns a key as messages show it, without the numbers of repeated tables. The line number in
/// the message shows which table is meant.
fn without_numbers(key: &str) -> String {
    let parts = key.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    parts.collect()
}

/// Returns the origin of a setting. For a section, returns the origin of the first setting in it that is set.
fn origin_of(settings: &[Setting], key: &str) -> Origin {
    if let Some(setting) = settings.iter().find(|setting| setting.key() == key) {
        return setting.origin;
    }
    let section = format!("{key}.");
    let below = settings.iter().filter(|setting| setting.key().starts_with(&section));
    below.map(|setting| setting.origin).find(|origin| *origin != Origin::Default).unwrap_or(Origin::Default)
}

fn text_of(file: &Path) -> anyhow::Result<String> {
    let bytes =
        std::fs::read(file).with_context(|| format!("could not read the configuration file {}", file.display()))?;
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        anyhow::bail!("{} is in UTF-16; save it as UTF-8", file.display());
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        anyhow::anyhow!("{}, line {line} has a character that is not in UTF-8; save the file as UTF-8", file.display())
    })
}
