//! All mistakes in the settings, as one error.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::origin::Origin;

/// One mistake in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The origin of the wrong value.
    pub origin: Origin,
    /// A setting such as `listen.http`, the header of a section, or the text of a line that is
    /// neither of them.
    pub key: String,
    /// The text of the message: the expected value, the value that was found, and what to do.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Default => write!(f, "{}: {}", self.key, self.text),
            origin => write!(f, "{origin}: {}: {}", self.key, self.text),
        }
    }
}

/// Every mistake in the settings, in the order of the file.
#[derive(Debug)]
pub struct Faults {
    file: Option<PathBuf>,
    all: Vec<Fault>,
}

impl Faults {
    /// Sorts the mistakes in the settings of a file.
    #[must_use]
    pub fn new(file: Option<&Path>, mut all: Vec<Fault>) -> Self {
        all.sort_by_key(|fault| fault.origin);
        Self { file: file.map(Path::to_owned), all }
    }

    /// Returns the mistakes.
    #[must_use]
    pub fn all(&self) -> &[Fault] {
        &self.all
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid configuration")?;
        if let Some(file) = &self.file {
            write!(f, " in {}", file.display())?;
        }
        match self.all.as_slice() {
            [fault] if fault.origin == Origin::Default => write!(f, ": {fault}"),
            [fault] => write!(f, ", {fault}"),
            all => {
                write!(f, ": {} errors", all.len())?;
                all.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

impl std::error::Error for Faults {}
