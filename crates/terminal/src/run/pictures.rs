//! Display pictures. Fetches the pictures of contacts, and sets the user's own picture.

use std::path::{Path, PathBuf};

use msnp::Handle;
use msnp_client::Client;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::explain::explain_edit;
use crate::app::AppEvent;
use crate::picture::{MAX_OWN_BYTES, Picture, own_picture};

/// Fetches the picture of a contact, decodes it, and reports the result.
pub(super) fn fetch(client: &Client, handle: Handle, reports: &mpsc::Sender<AppEvent>) {
    let (client, reports) = (client.clone(), reports.clone());
    tokio::spawn(async move {
        let result = fetch_and_decode(&client, &handle).await;
        let _ = reports.send(AppEvent::Picture { handle, result }).await;
    });
}

async fn fetch_and_decode(client: &Client, handle: &Handle) -> Result<Picture, String> {
    let data = client.fetch_picture(handle).await.map_err(|error| error.to_string())?;
    // Decoding takes milliseconds. It runs on another thread, because this thread must handle keys.
    let decoded = spawn_blocking(move || Picture::decode(&data)).await.map_err(|error| error.to_string())?;
    decoded.map_err(|error| error.to_string())
}

/// Sets the user's own picture, and reports the result.
pub(super) fn set(client: &Client, path: PathBuf, reports: &mpsc::Sender<AppEvent>) {
    let (client, reports) = (client.clone(), reports.clone());
    tokio::spawn(async move {
        let result = read_and_set(&client, &path).await;
        let _ = reports.send(AppEvent::Edited { about: "Picture".to_owned(), result }).await;
    });
}

async fn read_and_set(client: &Client, path: &Path) -> Result<(), String> {
    let file = tokio::fs::File::open(path).await.map_err(|error| error.to_string())?;
    let mut data = Vec::new();
    let limit = u64::try_from(MAX_OWN_BYTES + 1).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut data).await.map_err(|error| error.to_string())?;
    let made = spawn_blocking(move || own_picture(&data)).await.map_err(|error| error.to_string())?;
    let picture = made.map_err(|error| error.to_string())?;
    client.set_picture_data(&picture).await.map_err(explain_edit)
}
