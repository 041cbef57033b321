//! A setting in effect, and the origin of its value.

use std::fmt;

/// The origin of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The default: the setting is not set.
    Default,
    /// An environment variable, by its name.
    Environment(&'static str),
    /// A flag of the command line, such as `--http`.
    Flag(&'static str),
    /// The configuration file, at this line, counted from 1.
    File {
        /// The line, counted from 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
            Self::File { line } => write!(f, "line {line}"),
        }
    }
}

/// A setting in effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The section, such as `listen`, or `tls.certificate[2]` for the second `[[tls.certificate]]`.
    /// Empty for a setting above the first section.
    pub section: String,
    /// The name within the section.
    pub name: &'static str,
    /// The value. `None` for an optional setting that is not set.
    pub value: Option<toml::Value>,
    /// The origin of the value.
    pub origin: Origin,
}

impl Setting {
    /// Returns the section and the name, such as `listen.http`.
    #[must_use]
    pub fn key(&self) -> String {
        join(&self.section, self.name)
    }

    /// Returns the header of the section, as it is written in the file. Empty for a setting above
    /// the first section.
    #[must_use]
    pub fn header(&self) -> String {
        header(&self.section)
    }
}

/// A value from the environment or the command line, which overrides the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The setting, such as `listen.http`.
    pub key: &'static str,
    /// The value, as it would be written in the file, without quotes.
    pub value: String,
    /// The origin of the value.
    pub origin: Origin,
}

/// Returns the full key of the setting or section `name` in `section`.
pub(crate) fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

/// Returns the name of a section as messages show it: without the number of a repeated table, such
/// as `tls.certificate` for `tls.certificate[2]`.
pub(crate) fn plain(section: &str) -> &str {
    section.split('[').next().unwrap_or(section)
}

/// Returns the header of a section, as it is written in the file.
pub(crate) fn header(section: &str) -> String {
    match section {
        "" => String::new(),
        repeated if repeated.ends_with(']') => format!("[[{}]]", plain(repeated)),
        single => format!("[{single}]"),
    }
}
