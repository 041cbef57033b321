//! The public interface for transfers: sending and receiving files, and fetching pictures and other
//! objects.

use std::fmt;
use std::sync::Arc;

use msnp::p2p::{FileContext, safe_file_name};
use msnp::{Handle, MsnObjectFields, ObjectKind};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, oneshot, watch};

use super::conversation::Conversation;
use super::driver::now;
use super::handle::Client;
use super::progress::{Progress, TransferError};
use super::transfers::{Key, Step, Watched};
use crate::machine::EditError;
use crate::p2p::{Failure, TransferId};

/// A file that is being sent or received. Dropping this value does not stop the transfer.
#[derive(Debug)]
pub struct Transfer {
    conversation: Conversation,
    id: Option<TransferId>,
    progress: watch::Receiver<Progress>,
    result: oneshot::Receiver<Result<(), TransferError>>,
}

impl Transfer {
    /// Returns the progress.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Returns a receiver of the progress. Use it to wait for changes.
    #[must_use]
    pub fn watch_progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Cancels the transfer.
    pub fn cancel(&self) {
        let Some(id) = self.id else { return };
        self.conversation.with_transfers(|engine| engine.cancel(id));
    }

    /// Waits until the transfer has ended.
    ///
    /// # Errors
    /// Returns the reason why the transfer failed.
    pub async fn finish(&mut self) -> Result<(), TransferError> {
        // The sender of this channel sends a result before it is dropped, unless it is dropped
        // together with the client. So an error of the channel means that the connection is gone.
        (&mut self.result).await.unwrap_or(Err(TransferError::Failed(Failure::ConnectionLost)))
    }

    fn new(conversation: Conversation, id: TransferId, watched: Watched) -> (Self, Arc<Notify>) {
        let Watched { progress, result, wake } = watched;
        (Self { conversation, id: Some(id), progress, result }, wake)
    }
}

/// A file that a user offers. If the program neither accepts nor declines it, the offer ends after
/// some minutes.
#[derive(Clone)]
pub struct FileOffer {
    /// The conversation in which the user offers the file.
    pub conversation: Conversation,
    /// The handle of the user who offers the file.
    pub from: Handle,
    /// The name of the file. It contains no path and no control characters.
    pub name: String,
    /// The size that the sender announced, in bytes.
    pub size: u64,
    /// A small PNG image, which was not checked. Empty if there is none.
    pub preview: Vec<u8>,
    pub(super) id: TransferId,
}

impl FileOffer {
    /// Accepts the file, and writes it to `writer`. The transfer has succeeded when all bytes were
    /// written and `writer` was shut down.
    pub fn accept(self, writer: impl AsyncWrite + Send + Unpin + 'static) -> Transfer {
        let Self { conversation, id, size, .. } = self;
        let key = (conversation.id(), id);
        let watched = conversation.client().shared().with(|state| {
            let watched = state.transfers.add_received(key, size);
            state.machine.with_transfers(key.0, |engine| engine.accept(id, now()));
            watched
        });
        let client = conversation.client().clone();
        let (transfer, wake) = Transfer::new(conversation, id, watched);
        tokio::spawn(receive(client, key, wake, writer));
        transfer
    }

    /// Declines the file.
    pub fn decline(self) {
        self.conversation.with_transfers(|engine| engine.decline(self.id));
    }
}

impl fmt::Debug for FileOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileOffer").field("from", &self.from).field("size", &self.size).finish_non_exhaustive()
    }
}

/// Writes received bytes until the transfer ends.
async fn receive(client: Client, key: Key, wake: Arc<Notify>, mut writer: impl AsyncWrite + Send + Unpin) {
    loop {
        let step = client.shared().with(|state| state.transfers.step(key));
        match step {
            Step::Write(bytes) => {
                client.shared().drained();
                if let Err(error) = writer.write_all(&bytes).await {
                    return client.shared().with(|state| {
                        state.transfers.written(key, Err(TransferError::File(error.to_string())));
                        state.machine.with_transfers(key.0, |engine| engine.cancel(key.1));
                    });
                }
            }
            Step::Wait => wake.notified().await,
            Step::Read(_) | Step::End => break,
        }
    }
    let result = writer.shutdown().await.map_err(|error| TransferError::File(error.to_string()));
    client.shared().with(|state| state.transfers.written(key, result));
}

/// Reads the bytes of a sent file until the transfer ends.
async fn send(client: Client, key: Key, wake: Arc<Notify>, mut reader: impl AsyncRead + Send + Unpin) {
    loop {
        let step = client.shared().with(|state| state.transfers.step(key));
        let at_most = match step {
            Step::Read(at_most) => at_most,
            Step::Wait => {
                wake.notified().await;
                continue;
            }
            Step::Write(_) | Step::End => return,
        };
        let mut bytes = vec![0; at_most];
        let read = read_up_to(&mut reader, &mut bytes).await;
        client.shared().with(|state| match read {
            Ok(count) => {
                // If a file is shorter than announced, the task supplies no bytes, which cancels the transfer.
                let bytes = bytes.get(..count).unwrap_or_default();
                state.machine.with_transfers(key.0, |engine| engine.supply(key.1, bytes));
            }
            Err(error) => {
                state.transfers.end(key, Err(TransferError::File(error.to_string())));
                state.machine.with_transfers(key.0, |engine| engine.cancel(key.1));
            }
        });
    }
}

async fn read_up_to(reader: &mut (impl AsyncRead + Unpin), bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut count = 0;
    while let Some(rest) = bytes.get_mut(count..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest).await? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}

impl Conversation {
    pub(super) fn with_transfers<T>(&self, call: impl FnOnce(&mut crate::p2p::Engine) -> T) -> Option<T> {
        self.client().shared().with(|state| state.machine.with_transfers(self.id(), call))
    }

    /// Offers a file of `size` bytes to a user, and sends it when the user accepts. The user sees
    /// `name` without its path. If the user does not answer, the transfer ends after some minutes.
    ///
    /// ```no_run
    /// use msnp_client::{Client, Handle, TransferError};
    ///
    /// # async fn run(client: Client, bob: Handle) -> Result<(), TransferError> {
    /// let notes = b"some notes";
    /// // Any `AsyncRead`: the example `send_file` sends a file from the disk.
    /// let mut transfer = client.conversation(&bob).send_file(&bob, "notes.txt", notes.len() as u64, notes.as_slice());
    /// transfer.finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_file(
        &self,
        to: &Handle,
        name: &str,
        size: u64,
        reader: impl AsyncRead + Send + Unpin + 'static,
    ) -> Transfer {
        let file = FileContext { name: safe_file_name(name), size, preview: Vec::new() };
        let begun = self.client().shared().with(|state| {
            let id = state.machine.offer_file(self.id(), to, file, now())?;
            Some((id, state.transfers.add_sent((self.id(), id), size)))
        });
        let Some((id, watched)) = begun else { return Transfer::lost(self.clone()) };
        let (transfer, wake) = Transfer::new(self.clone(), id, watched);
        tokio::spawn(send(self.client().clone(), (self.id(), id), wake, reader));
        transfer
    }

    /// Fetches an object, such as a custom emoticon, from the user who sent the description of the
    /// object. Checks the size and the hash of the object. If the object is in the cache, returns
    /// it from the cache.
    ///
    /// # Errors
    /// Returns the reason why the transfer failed.
    pub async fn fetch(&self, from: &Handle, object: &MsnObjectFields) -> Result<Arc<[u8]>, TransferError> {
        let (cache, hash) = (&self.client().shared().cache, object.sha1d());
        if let Some(data) = cache.get(&hash) {
            return Ok(data);
        }
        let lost = TransferError::Failed(Failure::ConnectionLost);
        let begun = self.client().shared().with(|state| {
            let id = state.machine.request_object(self.id(), from, object, now())?;
            Some(((self.id(), id), state.transfers.add_object((self.id(), id), object.size())))
        });
        let Some((key, watched)) = begun else { return Err(lost) };
        watched.result.await.unwrap_or(Err(lost))?;
        let data = self.client().shared().with(|state| state.transfers.take_object(key)).unwrap_or_default();
        if !object.matches(&data) {
            return Err(TransferError::WrongObject);
        }
        let data: Arc<[u8]> = data.into();
        cache.put(&hash, &data);
        Ok(data)
    }
}

impl Transfer {
    /// Returns a transfer that has failed, because its conversation no longer exists.
    fn lost(conversation: Conversation) -> Self {
        let (_, progress) = watch::channel(Progress::default());
        let (_, result) = oneshot::channel();
        Self { conversation, id: None, progress, result }
    }
}

impl Client {
    /// Fetches the display picture of a contact, and checks the picture in the same way as
    /// [`Conversation::fetch`].
    ///
    /// The contact must be online, and the client must have received the contact's presence. After
    /// the sign-in, presence arrives as [`Event::Roster`](crate::Event::Roster).
    ///
    /// # Errors
    /// Fails if the contact has no picture. Otherwise returns the reason why the transfer failed.
    pub async fn fetch_picture(&self, contact: &Handle) -> Result<Arc<[u8]>, TransferError> {
        let picture = self.roster(|roster| roster.get(contact)?.presence.as_ref()?.picture.clone());
        let object = picture.as_ref().and_then(MsnObjectFields::from_word).ok_or(TransferError::NoPicture)?;
        self.conversation(contact).fetch(contact, &object).await
    }

    /// Sets the display picture. `data` is a PNG or JPEG image. The clients of contacts learn that
    /// there is a picture, and can then fetch it.
    pub async fn set_picture_data(&self, data: &[u8]) -> Result<(), EditError> {
        let object = self.offer(ObjectKind::Picture, "picture.png", data).ok_or(EditError::Invalid)?;
        self.shared().with(|state| {
            let before = state.own_picture.replace(object.clone());
            if let Some(before) = before.filter(|before| before.sha1d() != object.sha1d()) {
                state.machine.withdraw_object(&before);
            }
        });
        self.set_picture(Some(object.to_word())).await
    }

    /// Offers an object, such as a custom emoticon, to members of conversations until the client is dropped. Returns
    /// the description of the object, or `None` if the description would be too long.
    pub fn offer(&self, kind: ObjectKind, location: &str, data: &[u8]) -> Option<MsnObjectFields> {
        let object = MsnObjectFields::of(&self.handle(), kind, location, "", data)?;
        self.shared().with(|state| state.machine.offer_object(&object, data.into()));
        Some(object)
    }
}
