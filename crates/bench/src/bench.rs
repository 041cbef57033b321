//! The state that all cases share: the sizes, the servers, and the report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use swallowtail_chaos::server::{Server, Setup};
use tempfile::TempDir;

use crate::data::Data;
use crate::report::Report;
use crate::series::Series;

/// How long one figure is measured.
const TIME: Duration = Duration::from_secs(2);
/// How long one figure is measured with `--smoke`.
const SMOKE_TIME: Duration = Duration::from_millis(200);

/// The state that all cases share.
pub(crate) struct Bench {
    /// The server's program.
    pub(crate) program: PathBuf,
    /// The number of rounds. Each round makes every measurement once.
    pub(crate) rounds: u32,
    /// True for a smoke test. Its sizes are small, and its ratios are compared with the recorded ones.
    pub(crate) is_smoke: bool,
    /// The name of the case that is being measured.
    pub(crate) case: &'static str,
    /// The figures so far.
    pub(crate) report: Report,
}

/// A running server with its directory.
pub(crate) struct Running {
    /// The server.
    pub(crate) server: Server,
    _directory: TempDir,
}

impl Bench {
    /// Returns the numbers of the rounds.
    pub(crate) fn rounds(&self) -> std::ops::Range<u32> {
        0..self.rounds
    }

    /// Returns `full`, or `smoke` if this is only a smoke test.
    pub(crate) const fn size(&self, full: usize, smoke: usize) -> usize {
        if self.is_smoke { smoke } else { full }
    }

    /// Returns the sizes of a case. Each size above `most` becomes `most`.
    pub(crate) fn sizes(sizes: &[usize], most: usize) -> Vec<usize> {
        let mut chosen: Vec<_> = sizes.iter().map(|size| (*size).min(most)).collect();
        chosen.dedup();
        chosen
    }

    /// Returns how long one figure is measured.
    pub(crate) const fn time(&self) -> Duration {
        if self.is_smoke { SMOKE_TIME } else { TIME }
    }

    /// Adds a measurement to the report and prints it.
    pub(crate) fn add(&mut self, series: Series) {
        self.report.add(self.case, series);
    }

    /// Starts a server on the data that `prepare` creates. Clients connect from loopback. The
    /// server's limits for each address do not apply there.
    ///
    /// # Errors
    /// Fails if the data cannot be created or the server does not start.
    pub(crate) async fn serve<T>(&self, prepare: impl AsyncFnOnce(&Path) -> Result<T>) -> Result<(Running, T)> {
        let directory = tempfile::Builder::new().prefix("swallowtail-bench-").tempdir()?;
        let setup = Setup { log: "warn".to_owned(), ..Setup::default() };
        let mut server = Server::stopped(&self.program, directory.path(), setup)?;
        let prepared = prepare(&server.data()).await.context("could not create the data of the server")?;
        server.restart().await?;
        Ok((Running { server, _directory: directory }, prepared))
    }

    /// Starts a server with accounts that have no contacts.
    ///
    /// # Errors
    /// Fails if the data cannot be created or the server does not start.
    pub(crate) async fn serve_accounts(&self, count: usize) -> Result<(Running, Data)> {
        self.serve(async |path| Data::create(path, count, 0).await).await
    }
}
