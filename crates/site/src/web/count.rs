//! How many people are online, for everybody to see.

use std::sync::Mutex;
use std::time::Duration;

use swallowtail_base::lock;
use swallowtail_messenger::presence::Directory;
use tokio::time::Instant;

/// How old the number of people may be. To count them all accounts in use are looked at, which no stranger shall have
/// us do at every request.
const COUNT_LIFE: Duration = Duration::from_secs(5);

/// How many people are online, as it was a moment ago.
#[derive(Debug, Default)]
pub(super) struct Count(Mutex<Option<(Instant, usize)>>);

impl Count {
    pub(super) fn of(&self, directory: &Directory) -> usize {
        let mut last = lock(&self.0);
        match *last {
            Some((at, count)) if at.elapsed() < COUNT_LIFE => count,
            _ => {
                let count = directory.count_seen();
                *last = Some((Instant::now(), count));
                count
            }
        }
    }
}
