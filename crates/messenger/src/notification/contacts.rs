//! Adds and removes contacts and other list entries: ADC, ADD and REM (docs/protocol/ns.md section 8).

use std::sync::Arc;

use msnp::notification::{Adc, Addition, ContactLine, Rem, Removal, SettingLine};
use msnp::{ContactRef, Dialect, DisplayName, ErrorCode, GroupRef, Handle, List, Malformed, Refusal, Text, TrId};
use swallowtail_base::clock;
use swallowtail_base::random;
use swallowtail_store::database::{Edit, StoreError};
use swallowtail_store::roster::{Change, GroupRemoval, NewContact, NewListEntry, Roster};

use super::edit;
use super::handling::{Outcome, wait_for_edit};
use super::numbers::present_numbers;
use super::user::User;
use crate::net::Handled;
use crate::presence::{Cell, Turn};
use crate::rates::Act;
use crate::service::Service;

/// Adds an address to a list, or a contact to a group (ADC and ADD).
pub(super) fn adc(service: &Arc<Service>, user: &User, adc: Adc) -> Result<Handled<Outcome>, Refusal> {
    let trid = adc.trid;
    match adc.addition {
        // This check comes first, because an edit of two accounts waits for the turn of each
        // account (see `Turn`). If both were the same account, the edit would hold the turn and
        // wait for it forever.
        Addition::Contact { ref handle, .. } | Addition::ToList { ref handle, .. } if user.is_self(handle) => {
            Err(Refusal::Answer(trid, ErrorCode::InvalidParameter))
        }
        Addition::Contact { handle, nickname, group } => add_forward(service, user, trid, handle, nickname, group),
        Addition::ToGroup { contact, group } => Ok(edit::start(service, user, trid, move |roster, now| {
            let changes = roster.add_to_group(&ContactRef::Guid(contact), GroupRef::Guid(group), now)?;
            Ok((changes, ContactLine::Addition(adc).into()))
        })),
        Addition::ToList { list, ref handle, .. } if handle.is_telephone() && list != List::Allow => {
            Err(Malformed::Word.into())
        }
        Addition::ToList { list, handle, nickname } => {
            admit_change(service, user, trid, &handle)?;
            let (service, user) = (service.clone(), user.clone());
            Ok(wait_for_edit(trid, add_to_list(service, user, trid, list, handle, nickname)))
        }
    }
}

/// Adds a contact to FL. In dialects before MSNP10, a client uses the same command to add a contact
/// that is already on FL to another group.
fn add_forward(
    service: &Arc<Service>,
    user: &User,
    trid: TrId,
    handle: Handle,
    nickname: Option<(DisplayName, Text)>,
    group: Option<GroupRef>,
) -> Result<Handled<Outcome>, Refusal> {
    let (name, word) = nickname.unzip();
    let nickname = word.unwrap_or_else(|| Text::encode(handle.as_str()));
    let known = user.cell.state().roster.find_contact(&ContactRef::Handle(handle.clone())).is_some();
    Ok(match group {
        Some(number @ GroupRef::Number(_)) if known => edit::start(service, user, trid, move |roster, now| {
            let contact = ContactRef::Handle(handle);
            let changes = roster.add_to_group(&contact, number, now)?;
            let guid = roster.find_contact(&contact).and_then(|(_, entry)| entry.contact);
            let (ContactRef::Handle(handle), Some(contact)) = (contact, guid) else {
                return Err(ErrorCode::InvalidUser);
            };
            Ok((changes, ContactLine::Added { trid, handle, nickname, contact, group }.into()))
        }),
        Some(GroupRef::Number(_) | GroupRef::Guid(_)) | None => {
            admit_change(service, user, trid, &handle)?;
            let new = NewContact { handle, nickname: name, group, guid: random::guid() };
            wait_for_edit(trid, add_contact(service.clone(), user.clone(), trid, new, nickname))
        }
    })
}

/// Fails with 800 if the user has asked for too many addresses without an account. In that case it
/// fails for every address, whether the address has an account or not. So the user cannot find out
/// which accounts exist (ns.md section 8). Addresses on the user's own lists are always allowed,
/// because the user knows them already.
fn may_ask_for(service: &Service, user: &User, handle: &Handle) -> Result<(), ErrorCode> {
    if user.cell.state().roster.entries.contains_key(handle) {
        return Ok(());
    }
    user.check_rate(service, Act::AddUnknown)
}

/// Counts a change of the lists that concerns `handle`. Fails with 800 if there were too many such
/// changes, because the server may send the client of `handle` a line about each change.
fn admit_change(service: &Service, user: &User, trid: TrId, handle: &Handle) -> Result<(), Refusal> {
    user.admit(service, Act::ChangeLists(handle.clone())).map_err(|code| Refusal::Answer(trid, code))
}

/// Counts a request for an address without an account, and returns the error code. The code changed with MSNP10
/// (errors.md).
fn unknown_account(service: &Service, user: &User) -> ErrorCode {
    if let Err(code) = user.admit(service, Act::AddUnknown) {
        return code;
    }
    if user.endpoint.client.dialect < Dialect::Msnp10 { ErrorCode::InvalidUser } else { ErrorCode::InvalidUsername }
}

/// Fails if an address may not be added to AL, BL or RL. The address must have an account.
///
/// A user who has asked for too many addresses without an account can still allow and block
/// addresses. In that case, the server accepts any address for AL and BL without reading the store.
/// So the answer does not reveal whether the address has an account.
async fn check_listed(service: &Service, user: &User, trid: TrId, list: List, handle: &Handle) -> Result<(), Refusal> {
    let checked = match may_ask_for(service, user, handle) {
        Ok(()) if exists(service, handle).await.map_err(|error| unreadable(trid, &error))? => Ok(()),
        Ok(()) => Err(unknown_account(service, user)),
        Err(code) => Err(code),
    };
    match checked {
        Err(ErrorCode::RateLimit) if list != List::Reverse => Ok(()),
        checked => checked.map_err(|code| Refusal::Answer(trid, code)),
    }
}

/// Adds an address to AL, BL or RL.
async fn add_to_list(
    service: Arc<Service>,
    user: User,
    trid: TrId,
    list: List,
    handle: Handle,
    nickname: Option<(DisplayName, Text)>,
) -> Result<(), Refusal> {
    check_listed(&service, &user, trid, list, &handle).await?;
    let limits = service.roster_limits(&user.cell.handle);
    let overlap_allow_and_block = user.endpoint.client.quirks.overlap_allow_and_block;
    let name = nickname.as_ref().map(|(name, _)| name.clone());
    let new = NewListEntry { list, handle: handle.clone(), nickname: name, overlap_allow_and_block };
    let adc = Adc { trid, addition: Addition::ToList { list, handle, nickname } };
    let plan =
        move |roster: &Roster, now| Ok((roster.add_to_list(new, &limits, now)?, ContactLine::Addition(adc).into()));
    edit::own(service, user, trid, plan).await
}

/// Returns whether `handle` is the address of an account or of a telephone.
async fn exists(service: &Service, handle: &Handle) -> Result<bool, StoreError> {
    if handle.is_telephone() || service.directory.find(handle).is_some() {
        return Ok(true);
    }
    Ok(service.store.account(handle).await?.is_some())
}

fn unreadable(trid: TrId, error: &StoreError) -> Refusal {
    tracing::error!(%error, "could not read the store; refused the command with 603");
    Refusal::Answer(trid, ErrorCode::StoreUnavailable)
}

/// Waits for the turns of this account and of another account (see [`Turn`]). Returns the two
/// turns, and the other account if it exists.
async fn turns_of_both(
    service: &Service,
    user: &User,
    trid: TrId,
    handle: &Handle,
) -> Result<((Turn, Turn), Option<Arc<Cell>>), Refusal> {
    let turns = service.directory.turns(&user.cell.handle, handle).await;
    if user.is_replaced() {
        return Err(Refusal::Answer(trid, ErrorCode::StoreUnavailable));
    }
    let other = turns.1.cell().await.map_err(|error| unreadable(trid, &error))?;
    Ok((turns, other))
}

/// Adds a contact to FL. Changes the rosters of the user and of the contact, in one write to the
/// store.
async fn add_contact(
    service: Arc<Service>,
    user: User,
    trid: TrId,
    new: NewContact,
    word: Text,
) -> Result<(), Refusal> {
    let refuse = |code| Refusal::Answer(trid, code);
    let limits = service.roster_limits(&user.cell.handle);
    let (handle, contact, group) = (new.handle.clone(), new.guid, new.group);
    may_ask_for(&service, &user, &handle).map_err(refuse)?;
    let (_turns, other) = turns_of_both(&service, &user, trid, &handle).await?;
    if other.is_none() && !handle.is_telephone() {
        return Err(refuse(unknown_account(&service, &user)));
    }
    let now = clock::timestamp();
    // Only one cell is locked at a time.
    let own = user.cell.state().roster.add_contact(new, &limits, now).map_err(refuse)?;
    let name = user.cell.name();
    let watched = other.as_ref().map_or(Ok(Vec::new()), |other| {
        let limits = service.roster_limits(&other.handle);
        other.state().roster.become_watched(&user.cell.handle, &name, &limits, now).map_err(refuse)
    })?;
    let mut edit = Edit::by(user.cell.id);
    edit.push(user.cell.id, &own);
    if let Some(other) = &other {
        edit.push(other.id, &watched);
    }
    edit::write(&service, edit, trid).await?;
    let about = handle.clone();
    let answer = ContactLine::Added { trid, handle, nickname: word, contact, group };
    user.cell.apply(&own, |roster| user.endpoint.reply_about(&about, &answer.into(), roster.stamps.version));
    if let Some(other) = other {
        tell_added(&user, &other, trid, &watched, name);
    }
    Ok(())
}

/// Informs the other account that this user has added the other account to FL. If this user may see
/// the other account, also sends this user the other account's presence.
fn tell_added(user: &User, other: &Cell, trid: TrId, watched: &[Change], name: DisplayName) {
    if !watched.is_empty() {
        let line = ContactLine::ReverseAdded { handle: user.cell.handle.clone(), name };
        other.apply_foreign(watched, &line.into());
    }
    if user.endpoint.is_present() {
        let version = user.cell.state().roster.stamps.version;
        if let Some(shown) = other.shown_to(&user.cell.handle) {
            for property in present_numbers(&shown.roster().settings) {
                let line = SettingLine::Contact(Some(other.handle.clone()), property);
                user.endpoint.reply_change(&line.into(), version);
            }
            shown.introduce_to(&user.endpoint, trid);
        }
    }
}

/// Removes an address from a list, or a contact from a group (REM).
pub(super) fn rem(service: &Arc<Service>, user: &User, rem: Rem) -> Result<Handled<Outcome>, Refusal> {
    let trid = rem.trid;
    Ok(match rem.removal.clone() {
        Removal::Contact(contact) => wait_for_edit(trid, remove_contact(service.clone(), user.clone(), contact, rem)),
        Removal::FromGroup { contact, group } => remove_from_group(service, user, contact, group, rem),
        Removal::FromList { list, handle } => {
            admit_change(service, user, trid, &handle)?;
            edit::start(service, user, trid, move |roster, now| {
                Ok((roster.remove_from_list(list, &handle, now)?, ContactLine::Removal(rem).into()))
            })
        }
    })
}

/// Removes a contact from a group. If a client with a dialect before MSNP10 removes a contact from
/// the contact's last group, the contact leaves FL too.
fn remove_from_group(
    service: &Arc<Service>,
    user: &User,
    contact: ContactRef,
    group: GroupRef,
    rem: Rem,
) -> Handled<Outcome> {
    // Only this session edits FL and its groups, so `leaves` is still correct when the edit gets
    // the account's turn (see `Turn`). There is one exception: an edit of the account's previous
    // session may still be running, and may change `leaves`. In that case, this edit notices the
    // change after it has got the turn, and is refused.
    let leaves = user.cell.state().roster.remove_from_group(&contact, group, clock::timestamp())
        == Ok(GroupRemoval::LeavesForward);
    if leaves {
        return wait_for_edit(rem.trid, remove_contact(service.clone(), user.clone(), contact, rem));
    }
    edit::start(service, user, rem.trid, move |roster, now| match roster.remove_from_group(&contact, group, now)? {
        GroupRemoval::Stays(changes) => Ok((changes, ContactLine::Removal(rem).into())),
        GroupRemoval::LeavesForward => Err(ErrorCode::NotInGroup),
    })
}

/// Removes a contact from FL. Changes the rosters of the user and of the contact, in one write to
/// the store. The contact's account may no longer exist. The answer repeats `rem`.
async fn remove_contact(service: Arc<Service>, user: User, contact: ContactRef, rem: Rem) -> Result<(), Refusal> {
    let trid = rem.trid;
    let refuse = |code| Refusal::Answer(trid, code);
    // This edit needs the turns of both accounts (see `Turn`). The contact's handle is looked up
    // before the turns are acquired, because the handle tells which account the contact is. The
    // contact is looked up again after that, because the roster may have changed.
    let handle = user.cell.state().roster.find_contact(&contact).map(|(handle, _)| handle.clone());
    let handle = handle.ok_or_else(|| refuse(ErrorCode::NotOnList))?;
    admit_change(&service, &user, trid, &handle)?;
    let (_turns, other) = turns_of_both(&service, &user, trid, &handle).await?;
    let now = clock::timestamp();
    let own = user.cell.state().roster.remove_contact(&contact, now).map_err(refuse)?;
    let mut edit = Edit::by(user.cell.id);
    edit.push(user.cell.id, &own);
    let unwatched = other.as_ref().map(|other| other.state().roster.become_unwatched(&user.cell.handle, now));
    if let (Some(other), Some(unwatched)) = (&other, &unwatched) {
        edit.push(other.id, unwatched);
    }
    edit::write(&service, edit, trid).await?;
    let answer = ContactLine::Removal(rem);
    user.cell.apply(&own, |roster| user.endpoint.reply_about(&handle, &answer.into(), roster.stamps.version));
    if let (Some(other), Some(unwatched)) = (other, unwatched.filter(|changes| !changes.is_empty())) {
        other.apply_foreign(&unwatched, &ContactLine::ReverseRemoved(user.cell.handle.clone()).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
