//! The number of people online, for the home page.

use std::sync::Mutex;
use std::time::Duration;

use msnp::Handle;
use swallowtail_base::lock;
use swallowtail_messenger::presence::Directory;
use tokio::time::Instant;

/// The time for which a count is kept. A new count has to look at every account in use, which must
/// not happen for every request of a visitor.
const COUNT_LIFE: Duration = Duration::from_secs(5);

/// The number of people online, and the time at which they were counted. After [`COUNT_LIFE`], they
/// are counted again.
#[derive(Debug, Default)]
pub(super) struct Count(Mutex<Option<(Instant, usize)>>);

impl Count {
    /// Returns the number of people in `directory` that other users see online. The helper, a
    /// contact that is a part of the server, is not counted.
    pub(super) fn of(&self, directory: &Directory, helper: Option<&Handle>) -> usize {
        let mut last = lock(&self.0);
        match *last {
            Some((at, count)) if at.elapsed() < COUNT_LIFE => count,
            _ => {
                let count = directory.count_seen(helper);
                *last = Some((Instant::now(), count));
                count
            }
        }
    }
}
