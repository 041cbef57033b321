//! Where a command reads its settings.

use std::path::PathBuf;

use clap::Args;
use swallowtail_config::Config;

/// Where the settings come from.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// Data directory, which holds the database [default: swallowtail-data]
    #[arg(long, global = true, value_name = "DIR", env = "SWALLOWTAIL_DATA")]
    pub(super) data: Option<PathBuf>,
    /// File with settings (TOML); flags go before it. swallowtail.example.toml has them all
    #[arg(long, global = true, value_name = "FILE", env = "SWALLOWTAIL_CONFIG")]
    pub(super) config: Option<PathBuf>,
}

impl Source {
    /// Returns the settings: the defaults, then the file, then the flag for the data directory.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(file) => Config::read(file)?,
            None => Config::default(),
        };
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}
