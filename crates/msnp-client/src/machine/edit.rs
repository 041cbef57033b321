//! Edits: the changes that an account can make to its own settings and lists, and the commands for each of them.

use std::time::Instant;

use msnp::notification::{
    Adc, AddPrompt, Addition, Adg, Chg, ClientCommand, GroupWord, Phone, Privacy, PropertyChange, Prp, Reg, Rem,
    Removal, Rmg, Sbp, Uux,
};
use msnp::payload::PersonalMessage;
use msnp::{
    Capabilities, ContactRef, DisplayName, ErrorCode, GroupRef, Guid, Handle, List, MsnObject, Status, Text, TrId,
};
use thiserror::Error;

use super::roster::Roster;

/// A change to the account's own settings or lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Sets the status.
    Status(Status),
    /// Sets the display picture that contacts see, or removes it.
    Picture(Option<MsnObject>),
    /// Sets the display name.
    Name(DisplayName),
    /// Publishes a personal message, or removes it.
    PersonalMessage(Option<PersonalMessage>),
    /// Sets a phone number, or deletes it.
    Phone(Phone, Option<Text>),
    /// Sets whether contacts may send messages to the account's mobile phone.
    Paging(bool),
    /// Sets whether the account accepts calls. If it accepts no calls, nobody can start a
    /// conversation with it. At the start of each session, the account accepts calls.
    Calls(bool),
    /// Sets whether addresses on neither AL nor BL may see and call the account.
    Privacy(Privacy),
    /// Sets what clients of the account do when another user adds the account.
    AddPrompt(AddPrompt),
    /// Adds a contact, and allows the contact to see and call the account.
    AddContact(Handle),
    /// Removes a contact from FL. The address stays on the other lists.
    RemoveContact(Handle),
    /// Allows an address to see and call the account, and removes it from the block list. If a user
    /// at this address has added the account and waits for a decision, also answers that request.
    Accept(Handle),
    /// Blocks an address. If a user at this address has added the account and waits for a decision,
    /// also answers that request.
    Block(Handle),
    /// Removes an address from the block list, and adds it to the allow list.
    Unblock(Handle),
    /// Sets the nickname that the account uses for a contact.
    Nickname(Handle, DisplayName),
    /// Creates a group.
    AddGroup(Text),
    /// Renames a group.
    RenameGroup(Guid, Text),
    /// Deletes a group. The contacts in the group stay on the contact list.
    DeleteGroup(Guid),
    /// Adds a contact to a group.
    AddToGroup(Handle, Guid),
    /// Removes a contact from a group.
    RemoveFromGroup(Handle, Guid),
}

/// The reason why an edit failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// The account is not signed in.
    #[error("the account is not signed in")]
    Offline,
    /// The handle is not a contact.
    #[error("the address is not a contact")]
    NotAContact,
    /// The value is not valid, for example an empty name.
    #[error("the value is not valid")]
    Invalid,
    /// The server refused the edit.
    #[error("the server refused the edit: error {0}")]
    Refused(ErrorCode),
    /// Too many edits wait for the server (see [`MAX_EDITS`](super::limits::MAX_EDITS)).
    #[error("too many edits are waiting for the server")]
    TooMany,
    /// The server did not answer in time. The edit may have been carried out.
    #[error("the server did not answer in time; the edit may have been carried out")]
    NoAnswer,
    /// The connection was lost before the server answered. The edit may have been carried out.
    #[error("the connection was lost before the server answered; the edit may have been carried out")]
    Lost,
}

/// The presence that the program has set. The machine sends it again with CHG and UUX after each
/// sign-in.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) status: Status,
    pub(super) capabilities: Capabilities,
    pub(super) picture: Option<MsnObject>,
    pub(super) message: Option<PersonalMessage>,
}

impl Wanted {
    /// Returns the CHG for this presence.
    pub(super) fn chg(&self, trid: TrId) -> ClientCommand {
        ClientCommand::Chg(Chg::new(trid, self.status, self.capabilities, self.picture.clone()))
    }
}

impl Edit {
    /// Returns the commands for this edit, in order. An edit that changes nothing needs no
    /// commands.
    pub(super) fn commands(
        self,
        roster: &Roster,
        wanted: &mut Wanted,
        mut trid: impl FnMut() -> TrId,
    ) -> Result<Vec<ClientCommand>, EditError> {
        use ClientCommand as Command;
        let lists = |handle: &Handle| roster.get(handle).map(|entry| entry.lists).unwrap_or_default();
        let contact = |handle: &Handle| {
            let guid = roster.get(handle).and_then(|entry| entry.guid);
            guid.ok_or(EditError::NotAContact)
        };
        let mut add = |list, handle: &Handle| {
            let addition = Addition::ToList { list, handle: handle.clone(), nickname: None };
            Command::Adc(Adc { trid: trid(), addition })
        };
        Ok(match self {
            Self::Status(status) => {
                wanted.status = status;
                vec![wanted.chg(trid())]
            }
            Self::Picture(picture) => {
                wanted.picture = picture;
                vec![wanted.chg(trid())]
            }
            Self::Name(name) => {
                let text = Text::encode(name.as_str());
                property(trid(), PropertyChange::Name(name, text))
            }
            Self::PersonalMessage(message) => {
                wanted.message = message.clone();
                vec![Command::Uux(Uux { trid: trid(), message })]
            }
            Self::Phone(phone, number) => property(trid(), PropertyChange::Phone(phone, number)),
            Self::Paging(allow) => property(trid(), PropertyChange::Paging(allow)),
            Self::Calls(accept) => vec![Command::Ims(trid(), accept)],
            Self::Privacy(privacy) => vec![Command::Blp(trid(), privacy)],
            Self::AddPrompt(prompt) => vec![Command::Gtc(trid(), prompt)],
            Self::AddContact(handle) => {
                let now = lists(&handle);
                let mut commands = Vec::new();
                if !now.has_any(List::Allow | List::Block) {
                    commands.push(add(List::Allow, &handle));
                }
                if !now.has(List::Forward) {
                    let name = DisplayName::from(&handle);
                    let text = Text::encode(name.as_str());
                    let addition = Addition::Contact { handle, nickname: Some((name, text)), group: None };
                    commands.push(Command::Adc(Adc { trid: trid(), addition }));
                }
                commands
            }
            Self::RemoveContact(handle) => {
                let removal = Removal::Contact(ContactRef::Guid(contact(&handle)?));
                vec![Command::Rem(Rem { trid: trid(), removal })]
            }
            Self::Accept(handle) | Self::Unblock(handle) => decide(List::Allow, List::Block, handle, lists, &mut trid),
            Self::Block(handle) => decide(List::Block, List::Allow, handle, lists, &mut trid),
            Self::Nickname(handle, name) => vec![Command::Sbp(Sbp::nickname(trid(), contact(&handle)?, &name))],
            Self::AddGroup(name) => vec![Command::Adg(Adg { trid: trid(), name })],
            Self::RenameGroup(group, name) => {
                vec![Command::Reg(Reg { trid: trid(), group: GroupRef::Guid(group), name })]
            }
            Self::DeleteGroup(group) => {
                vec![Command::Rmg(Rmg { trid: trid(), group: GroupWord::Reference(GroupRef::Guid(group)) })]
            }
            Self::AddToGroup(handle, group) => {
                let addition = Addition::ToGroup { contact: contact(&handle)?, group };
                vec![Command::Adc(Adc { trid: trid(), addition })]
            }
            Self::RemoveFromGroup(handle, group) => {
                let contact = ContactRef::Guid(contact(&handle)?);
                let removal = Removal::FromGroup { contact, group: GroupRef::Guid(group) };
                vec![Command::Rem(Rem { trid: trid(), removal })]
            }
        })
    }
}

/// Returns the command that changes a property of the account itself.
fn property(trid: TrId, change: PropertyChange) -> Vec<ClientCommand> {
    vec![ClientCommand::Prp(Prp { trid, change })]
}

/// Returns the commands that remove an address from list `from` and add it to list `to`. One of the
/// two lists is AL, the other list is BL. If the address is on PL, the commands also answer its
/// request, with `ADC RL` and then `REM PL`, as clients do (ns.md section 8).
fn decide(
    to: List,
    from: List,
    handle: Handle,
    lists: impl Fn(&Handle) -> msnp::ListBits,
    mut trid: impl FnMut() -> TrId,
) -> Vec<ClientCommand> {
    let now = lists(&handle);
    let mut commands = Vec::new();
    let remove = |list, trid| {
        let removal = Removal::FromList { list, handle: handle.clone() };
        ClientCommand::Rem(Rem { trid, removal })
    };
    let add = |list, trid| {
        let addition = Addition::ToList { list, handle: handle.clone(), nickname: None };
        ClientCommand::Adc(Adc { trid, addition })
    };
    if now.has(from) {
        commands.push(remove(from, trid()));
    }
    if !now.has(to) {
        commands.push(add(to, trid()));
    }
    if now.has(List::Pending) {
        commands.push(add(List::Reverse, trid()));
        commands.push(remove(List::Pending, trid()));
    }
    commands
}

/// The state of an edit that waits for answers.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) answers: usize,
    pub(super) error: Option<ErrorCode>,
    /// The time by which the server must have answered.
    pub(super) until: Instant,
}
