//! The flags that say where a command reads its settings.

use std::path::{Path, PathBuf};

use clap::Args;
use swallowtail_config::{Config, Effective, Override};

use crate::cli::traced::Traced;

/// The configuration file and the data directory of a command.
#[derive(Debug, Args)]
pub(super) struct Source {
    #[command(flatten)]
    flags: Traced<SourceFlags>,
}

#[derive(Debug, Args)]
struct SourceFlags {
    /// Data directory, with the database and the keys [default: swallowtail-data]
    #[arg(long, global = true, value_name = "DIR", env = "SWALLOWTAIL_DATA")]
    data: Option<PathBuf>,
    /// Configuration file (TOML). Flags override it. See swallowtail.example.toml for all settings
    #[arg(long, global = true, value_name = "FILE", env = "SWALLOWTAIL_CONFIG")]
    config: Option<PathBuf>,
}

impl Source {
    /// Returns the configuration file, if one was given.
    pub(super) fn file(&self) -> Option<&Path> {
        self.flags.args.config.as_deref()
    }

    /// Returns the settings. The file overrides the defaults, and the data directory of the command line overrides the
    /// file.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        Ok(self.load(Vec::new())?.config)
    }

    /// Returns the settings, and the origin of each setting. `overrides` override the values in the
    /// file.
    pub(super) fn load(&self, mut overrides: Vec<Override>) -> anyhow::Result<Effective> {
        let data = self.flags.args.data.as_ref();
        if let Some(data) = data {
            let origin = self.flags.origin("data", "--data", "SWALLOWTAIL_DATA");
            overrides.push(Override { key: "data", value: data.display().to_string(), origin });
        }
        let mut effective = Effective::load(self.file(), &overrides)?;
        if let Some(data) = data {
            // The path is copied as bytes, because a path need not be UTF-8.
            effective.config.data.clone_from(data);
        }
        Ok(effective)
    }
}
