//! The handle of a client: its roster and its edits.

use std::sync::Arc;

use msnp::notification::{AddPrompt, Phone, Privacy};
use msnp::payload::PersonalMessage;
use msnp::{DisplayName, Guid, Handle, MsnObject, Status, Text};
use tokio::sync::oneshot;

use super::driver::{Shared, now};
use crate::machine::{Edit, EditError, Roster};

/// An account that is signed in. If the connection was lost, the client is signing in again.
///
/// Cheap to clone. All clones share one session. The account signs out when the last clone is
/// dropped. [`Conversation`](crate::Conversation)s and [`Event`](crate::Event)s also contain
/// clones.
///
/// Every edit waits for the answer of the server. Dropping the future of an edit does not
/// undo the edit.
#[derive(Clone)]
pub struct Client {
    pub(super) held: Arc<Held>,
}

/// Signs out when the last clone of a client is dropped.
pub(super) struct Held(pub(super) Arc<Shared>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Client {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.held.0
    }

    /// Returns the address of the account.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.shared().read(|state| state.machine.handle().clone())
    }

    /// Returns whether the account is signed in at the moment.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.shared().read(|state| state.machine.is_signed_in())
    }

    /// Calls `read` with the roster, as the server last reported it. `read` must not block, because
    /// the client waits until it returns.
    ///
    /// ```no_run
    /// # fn show(client: msnp_client::Client) {
    /// let online = client.roster(|roster| roster.contacts().filter(|contact| contact.status().is_some()).count());
    /// println!("{online} contacts are online");
    /// # }
    /// ```
    pub fn roster<T>(&self, read: impl FnOnce(&Roster) -> T) -> T {
        self.shared().read(|state| read(state.machine.roster()))
    }

    /// Sets the status.
    pub async fn set_status(&self, status: Status) -> Result<(), EditError> {
        self.edit(Edit::Status(status)).await
    }

    /// Sets the display name.
    pub async fn set_name(&self, name: &str) -> Result<(), EditError> {
        let name = DisplayName::new(name).ok_or(EditError::Invalid)?;
        self.edit(Edit::Name(name)).await
    }

    /// Publishes a personal message. An empty text removes the message.
    pub async fn set_personal_message(&self, text: &str) -> Result<(), EditError> {
        let message = match text {
            "" => None,
            text => Some(PersonalMessage::of_text(text).ok_or(EditError::Invalid)?),
        };
        self.edit(Edit::PersonalMessage(message)).await
    }

    /// Sets the display picture that contacts see, or removes it.
    pub async fn set_picture(&self, picture: Option<MsnObject>) -> Result<(), EditError> {
        self.edit(Edit::Picture(picture)).await
    }

    /// Sets a phone number. If `number` is empty, deletes the phone number.
    pub async fn set_phone(&self, phone: Phone, number: &str) -> Result<(), EditError> {
        let number = (!number.is_empty()).then(|| Text::encode(number));
        self.edit(Edit::Phone(phone, number)).await
    }

    /// Sets whether contacts may send messages to the account's mobile phone.
    pub async fn set_paging(&self, allow: bool) -> Result<(), EditError> {
        self.edit(Edit::Paging(allow)).await
    }

    /// Sets whether the account accepts calls. If the account accepts no calls, nobody can start a
    /// conversation with it. At the start of each session, the account accepts calls.
    pub async fn set_calls(&self, accept: bool) -> Result<(), EditError> {
        self.edit(Edit::Calls(accept)).await
    }

    /// Sets whether addresses that are neither allowed nor blocked may see and call the account.
    pub async fn set_privacy(&self, privacy: Privacy) -> Result<(), EditError> {
        self.edit(Edit::Privacy(privacy)).await
    }

    /// Sets what clients of the account do when another user adds the account. The server only
    /// stores this setting.
    pub async fn set_add_prompt(&self, prompt: AddPrompt) -> Result<(), EditError> {
        self.edit(Edit::AddPrompt(prompt)).await
    }

    /// Adds a contact, and allows the contact to see and call the account.
    pub async fn add_contact(&self, handle: &Handle) -> Result<(), EditError> {
        self.edit(Edit::AddContact(handle.clone())).await
    }

    /// Removes a contact. The address stays allowed or blocked.
    pub async fn remove_contact(&self, handle: &Handle) -> Result<(), EditError> {
        self.edit(Edit::RemoveContact(handle.clone())).await
    }

    /// Allows an address to see and call the account. If a user at this address has added the
    /// account and waits for a decision, also answers that request.
    pub async fn accept(&self, handle: &Handle) -> Result<(), EditError> {
        self.edit(Edit::Accept(handle.clone())).await
    }

    /// Blocks an address. If a user at this address has added the account and waits for a decision,
    /// also answers that request.
    pub async fn block(&self, handle: &Handle) -> Result<(), EditError> {
        self.edit(Edit::Block(handle.clone())).await
    }

    /// Removes an address from the block list, and adds it to the allow list.
    pub async fn unblock(&self, handle: &Handle) -> Result<(), EditError> {
        self.edit(Edit::Unblock(handle.clone())).await
    }

    /// Sets the nickname that the account uses for a contact.
    pub async fn set_nickname(&self, handle: &Handle, nickname: &str) -> Result<(), EditError> {
        let nickname = DisplayName::new(nickname).ok_or(EditError::Invalid)?;
        self.edit(Edit::Nickname(handle.clone(), nickname)).await
    }

    /// Creates a group. After that, [`Roster::group_named`] finds the group.
    ///
    /// ```no_run
    /// # use msnp_client::{Client, EditError, Handle};
    /// # async fn run(client: Client, bob: Handle) -> Result<(), EditError> {
    /// client.add_group("Friends").await?;
    /// if let Some(friends) = client.roster(|roster| roster.group_named("Friends")) {
    ///     client.add_to_group(&bob, friends).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add_group(&self, name: &str) -> Result<(), EditError> {
        self.edit(Edit::AddGroup(Text::encode(name))).await
    }

    /// Renames a group.
    pub async fn rename_group(&self, group: Guid, name: &str) -> Result<(), EditError> {
        self.edit(Edit::RenameGroup(group, Text::encode(name))).await
    }

    /// Deletes a group. The contacts in the group stay on the contact list.
    pub async fn delete_group(&self, group: Guid) -> Result<(), EditError> {
        self.edit(Edit::DeleteGroup(group)).await
    }

    /// Adds a contact to a group.
    pub async fn add_to_group(&self, handle: &Handle, group: Guid) -> Result<(), EditError> {
        self.edit(Edit::AddToGroup(handle.clone(), group)).await
    }

    /// Removes a contact from a group.
    pub async fn remove_from_group(&self, handle: &Handle, group: Guid) -> Result<(), EditError> {
        self.edit(Edit::RemoveFromGroup(handle.clone(), group)).await
    }

    /// Carries out an edit. The functions for single edits are shorter ways to call this function.
    /// An edit that has nothing to change, such as adding a contact again, succeeds.
    ///
    /// # Errors
    /// Fails if the server refused the edit, or if the connection was lost before the server
    /// answered.
    pub async fn edit(&self, edit: Edit) -> Result<(), EditError> {
        // The driver sends a result for each edit, and it ends only after this client has been
        // dropped. So the channel does not close before the result arrives.
        self.begin(edit).await.unwrap_or(Err(EditError::Lost))
    }

    /// Begins an edit. Its result goes to the returned channel.
    pub(crate) fn begin(&self, edit: Edit) -> oneshot::Receiver<Result<(), EditError>> {
        self.shared().with(|state| state.edit(edit))
    }

    /// Signs out, and ends all conversations. To sign in again, call [`Client::sign_in_again`].
    pub fn sign_out(&self) {
        self.shared().with(|state| state.machine.leave(now()));
    }

    /// Signs in again. Call this function after [`Client::sign_out`], or to end the pause before
    /// the next attempt.
    pub fn sign_in_again(&self) {
        self.shared().with(|state| state.machine.sign_in(now()));
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("handle", &self.handle()).finish_non_exhaustive()
    }
}
