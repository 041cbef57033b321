//! File transfers. Reads the files that the user sends, and writes the files that the user
//! receives.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use msnp::Handle;
use msnp_client::{Conversation, FileOffer, Transfer, TransferError};
use tokio::fs::File;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use crate::app::{AppEvent, FileId};

/// The time between two reports of the progress of a transfer.
const REPORT: Duration = Duration::from_millis(200);
/// The maximum number of offers that wait for the user's answer. Further offers are declined.
const MAX_OFFERS: usize = 100;
/// The number of the first received file. The numbers of sent files begin at zero.
const FIRST_RECEIVED: u64 = 1 << 63;
/// The maximum number of names that [`create`] tries for a received file.
const MAX_NAMES: u32 = 1000;

/// The offered files, and the running transfers.
pub(super) struct Files {
    downloads: PathBuf,
    offers: HashMap<FileId, FileOffer>,
    /// For each running transfer, the signal that stops the transfer.
    stops: HashMap<FileId, Arc<Notify>>,
    next: u64,
    reports: mpsc::Sender<AppEvent>,
}

impl Files {
    pub(super) fn new(downloads: PathBuf, reports: mpsc::Sender<AppEvent>) -> Self {
        Self { downloads, offers: HashMap::new(), stops: HashMap::new(), next: FIRST_RECEIVED, reports }
    }

    /// Remembers an offer. If there are too many offers, declines this offer and returns `None`.
    pub(super) fn offered(&mut self, offer: FileOffer) -> Option<FileId> {
        if self.offers.len() >= MAX_OFFERS {
            offer.decline();
            return None;
        }
        let id = FileId(self.next);
        self.next += 1;
        self.offers.insert(id, offer);
        Some(id)
    }

    pub(super) fn decline(&mut self, id: FileId) {
        if let Some(offer) = self.offers.remove(&id) {
            offer.decline();
        }
    }

    /// Receives an offered file.
    pub(super) fn accept(&mut self, id: FileId) {
        let Some(offer) = self.offers.remove(&id) else { return };
        let (downloads, reports, stop) = (self.downloads.clone(), self.reports.clone(), self.stop(id));
        tokio::spawn(async move {
            let result = match create(&downloads, &offer.name).await {
                Ok((file, path)) => {
                    let result = watch(id, offer.accept(file), stop, &reports).await;
                    if result.is_err() {
                        // An incomplete file is useless, so it is removed. An error is ignored: the
                        // file then stays in the directory.
                        let _ = tokio::fs::remove_file(&path).await;
                    }
                    result.map(|()| Some(path)).map_err(|error| error.to_string())
                }
                Err(error) => {
                    offer.decline();
                    Err(format!("could not create a file in {}: {error}", downloads.display()))
                }
            };
            let _ = reports.send(AppEvent::FileEnded { id, result }).await;
        });
    }

    /// Offers a file to a user, and sends it when the user accepts.
    pub(super) fn send(&mut self, id: FileId, conversation: &Conversation, to: Handle, path: PathBuf) {
        let (conversation, reports, stop) = (conversation.clone(), self.reports.clone(), self.stop(id));
        tokio::spawn(async move {
            let result = match open(&path).await {
                Ok((file, size)) => {
                    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                    let transfer = conversation.send_file(&to, &name, size, file);
                    watch(id, transfer, stop, &reports).await.map(|()| None).map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            let _ = reports.send(AppEvent::FileEnded { id, result }).await;
        });
    }

    pub(super) fn cancel(&mut self, id: FileId) {
        if let Some(stop) = self.stops.remove(&id) {
            stop.notify_one();
        }
    }

    /// Forgets a transfer that has ended.
    pub(super) fn ended(&mut self, id: FileId) {
        self.stops.remove(&id);
    }

    fn stop(&mut self, id: FileId) -> Arc<Notify> {
        self.stops.entry(id).or_default().clone()
    }
}

/// Reports the progress of a transfer until it ends.
async fn watch(
    id: FileId,
    mut transfer: Transfer,
    stop: Arc<Notify>,
    reports: &mpsc::Sender<AppEvent>,
) -> Result<(), TransferError> {
    let mut due = Instant::now();
    loop {
        tokio::select! {
            result = transfer.finish() => return result,
            () = stop.notified() => transfer.cancel(),
            () = sleep_until(due) => {
                let progress = transfer.progress();
                let report = AppEvent::FileProgress { id, done: progress.done, total: progress.total };
                let _ = reports.send(report).await;
                due = Instant::now() + REPORT;
            }
        }
    }
}

/// Opens a file to send.
async fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path).await?;
    let data = file.metadata().await?;
    if !data.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok((file, data.len()))
}

/// Creates a file on disk for a received file. Never replaces an existing file. If the name is
/// taken, adds a number to it.
async fn create(directory: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    let mut number = 1;
    loop {
        let path = directory.join(numbered(name, number));
        match File::options().write(true).create_new(true).open(&path).await {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_NAMES => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Returns `name` with `number` in front of the extension, such as `photo (2).jpg`. If `number` is
/// 1, returns `name` unchanged.
fn numbered(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem} ({number}).{extension}"),
        None => format!("{name} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_that_already_exists_gets_a_number_before_the_extension() {
        for (name, number, expected) in
            [("a.png", 1, "a.png"), ("a.png", 2, "a (2).png"), ("a", 3, "a (3)"), ("a.tar.gz", 2, "a.tar (2).gz")]
        {
            assert_eq!(numbered(name, number), expected);
        }
    }
}
