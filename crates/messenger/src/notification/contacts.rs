//! ADC and REM (docs/protocol/ns.md section 8).

use std::sync::Arc;

use msnp::notification::{Adc, Addition, ContactLine, Rem, Removal};
use msnp::{ContactRef, Dialect, DisplayName, ErrorCode, GroupRef, Handle, List, Malformed, Refusal, Text, TrId};

use super::edit;
use super::session::{Me, Outcome, refused, wait_for_edit};
use crate::net::Handled;
use crate::presence::{Cell, Turn};
use crate::rates::Act;
use crate::service::Service;
use swallowtail_base::clock;
use swallowtail_base::random;
use swallowtail_store::database::{Edit, StoreError};
use swallowtail_store::roster::{GroupRemoval, NewContact, NewListEntry};

/// ADC and ADD: adds to a list or a group.
pub(super) fn adc(service: &Arc<Service>, me: &Me, adc: Adc) -> Result<Handled<Outcome>, Refusal> {
    let trid = adc.trid;
    // Nobody is on their own lists, and telephones came with MSNP11.
    let no_telephones = me.endpoint.dialect < Dialect::Msnp11;
    if let Addition::Contact { handle, .. } | Addition::ToList { handle, .. } = &adc.addition
        && (*handle == me.cell.handle || (no_telephones && handle.is_telephone()))
    {
        return Err(Refusal::Answer(trid, ErrorCode::InvalidParameter));
    }
    match adc.addition {
        Addition::Contact { handle, nickname, group } => Ok(add_forward(service, me, trid, handle, nickname, group)),
        Addition::ToGroup { contact, group } => Ok(edit::own(service, me, trid, move |roster, now| {
            let changes = roster.add_to_group(&ContactRef::Guid(contact), GroupRef::Guid(group), now)?;
            Ok((changes, ContactLine::Addition(adc).into()))
        })),
        Addition::ToList { list, ref handle, .. } if handle.is_telephone() && list != List::Allow => {
            Err(Malformed::Word.into())
        }
        Addition::ToList { list, handle, nickname } => {
            let (service, me) = (service.clone(), me.clone());
            Ok(wait_for_edit(trid, add_to_list(service, me, trid, list, handle, nickname)))
        }
    }
}

/// FL. Below MSNP10 the same command puts a contact that is there already into a further group.
fn add_forward(
    service: &Arc<Service>,
    me: &Me,
    trid: TrId,
    handle: Handle,
    nickname: Option<(DisplayName, Text)>,
    group: Option<GroupRef>,
) -> Handled<Outcome> {
    let (name, word) = nickname.unzip();
    let nickname = word.unwrap_or_else(|| Text::encode(handle.as_str()));
    let known = me.cell.state().roster.find_contact(&ContactRef::Handle(handle.clone())).is_some();
    match group {
        Some(number @ GroupRef::Number(_)) if known => edit::own(service, me, trid, move |roster, now| {
            let contact = ContactRef::Handle(handle);
            let changes = roster.add_to_group(&contact, number, now)?;
            let guid = roster.find_contact(&contact).and_then(|(_, entry)| entry.contact);
            let (ContactRef::Handle(handle), Some(contact)) = (contact, guid) else {
                return Err(ErrorCode::InvalidUser);
            };
            Ok((changes, ContactLine::Added { trid, handle, nickname, contact, group }.into()))
        }),
        _ => {
            let new = NewContact { handle, nickname: name, group, guid: random::guid() };
            wait_for_edit(trid, add_contact(service.clone(), me.clone(), trid, new, nickname))
        }
    }
}

/// 800 for who has asked for too many addresses that are no accounts, whatever this one is: so nobody can go on finding out which
/// there are (ns.md section 8). What is on the account's lists is known to it anyway.
fn may_ask_for(service: &Service, me: &Me, handle: &Handle) -> Result<(), ErrorCode> {
    if me.cell.state().roster.entries.contains_key(handle) {
        return Ok(());
    }
    me.check_rate(service, Act::AddUnknown)
}

/// The code for an address that is no account: it changed with MSNP10 (errors.md).
fn unknown_account(service: &Service, me: &Me) -> ErrorCode {
    if let Err(code) = me.admit(service, Act::AddUnknown) {
        return code;
    }
    if me.endpoint.dialect < Dialect::Msnp10 { ErrorCode::InvalidUser } else { ErrorCode::InvalidUsername }
}

/// AL, BL and RL: the address must be an account's.
async fn add_to_list(
    service: Arc<Service>,
    me: Me,
    trid: TrId,
    list: List,
    handle: Handle,
    nickname: Option<(DisplayName, Text)>,
) -> Outcome {
    if let Err(code) = may_ask_for(&service, &me, &handle) {
        return refused(trid, code);
    }
    match exists(&service, &handle).await {
        Ok(true) => {}
        Ok(false) => return refused(trid, unknown_account(&service, &me)),
        Err(error) => return unreadable(trid, &error),
    }
    let limits = service.roster_limits();
    let both = me.endpoint.quirks.block_before_disallow;
    let name = nickname.as_ref().map(|(name, _)| name.clone());
    let new = NewListEntry { list, handle: handle.clone(), nickname: name, block_before_disallow: both };
    let adc = Adc { trid, addition: Addition::ToList { list, handle, nickname } };
    let plan = move |roster: &swallowtail_store::roster::Roster, now| {
        Ok((roster.add_to_list(new, &limits, now)?, ContactLine::Addition(adc).into()))
    };
    match edit::own(&service, &me, trid, plan) {
        Handled::Wait(work) => work.await,
        Handled::Done => Outcome::Answered,
    }
}

/// Whether an address can be put on a list: an account, or a telephone.
async fn exists(service: &Service, handle: &Handle) -> Result<bool, StoreError> {
    if handle.is_telephone() || service.directory.find(handle).is_some() {
        return Ok(true);
    }
    Ok(service.store.account(handle).await?.is_some())
}

fn unreadable(trid: TrId, error: &StoreError) -> Outcome {
    tracing::error!(%error, "the store could not be read; refused with 603");
    refused(trid, ErrorCode::StoreUnavailable)
}

/// The turns of this account and of another one, and the other one itself, if it is an account.
async fn turns_of_both(
    service: &Service,
    me: &Me,
    trid: TrId,
    handle: &Handle,
) -> Result<((Turn, Turn), Option<Arc<Cell>>), Outcome> {
    let turns = service.directory.turns(&me.cell.handle, handle).await;
    if me.is_replaced() {
        return Err(refused(trid, ErrorCode::StoreUnavailable));
    }
    match turns.1.cell().await {
        Ok(other) => Ok((turns, other)),
        Err(error) => Err(unreadable(trid, &error)),
    }
}

/// FL: both accounts change, in one write.
async fn add_contact(service: Arc<Service>, me: Me, trid: TrId, new: NewContact, word: Text) -> Outcome {
    let limits = service.roster_limits();
    let (handle, contact, group) = (new.handle.clone(), new.guid, new.group);
    if let Err(code) = may_ask_for(&service, &me, &handle) {
        return refused(trid, code);
    }
    let (_turns, other) = match turns_of_both(&service, &me, trid, &handle).await {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    if other.is_none() && !handle.is_telephone() {
        return refused(trid, unknown_account(&service, &me));
    }
    let now = clock::timestamp();
    // One cell at a time: each look locks it.
    let own = me.cell.state().roster.add_contact(new, &limits, now);
    let name = me.cell.name();
    let planned = own.and_then(|own| {
        let Some(other) = &other else {
            return Ok((own, Vec::new()));
        };
        Ok((own, other.state().roster.become_watched(&me.cell.handle, &name, &limits, now)?))
    });
    let (own, watched) = match planned {
        Ok(planned) => planned,
        Err(code) => return refused(trid, code),
    };
    let mut edit = Edit::by(me.cell.id);
    edit.push(me.cell.id, &own);
    if let Some(other) = &other {
        edit.push(other.id, &watched);
    }
    if let Err(outcome) = edit::write(&service, edit, trid).await {
        return outcome;
    }
    let answer = ContactLine::Added { trid, handle, nickname: word, contact, group };
    me.cell.apply(&own, |roster| me.endpoint.reply_change(&answer.into(), roster.stamps.version));
    if let Some(other) = other {
        tell_added(&me, &other, trid, &watched, name);
    }
    Outcome::Answered
}

/// The other hears that somebody new has them on FL; who added them sees them if they may be seen.
fn tell_added(me: &Me, other: &Cell, trid: TrId, watched: &[swallowtail_store::roster::Change], name: DisplayName) {
    if !watched.is_empty() {
        let line = ContactLine::ReverseAdded { handle: me.cell.handle.clone(), name };
        other.apply_foreign(watched, &line.into());
    }
    if me.endpoint.is_present() {
        let version = me.cell.state().roster.stamps.version;
        if let Some(shown) = other.shown_to(&me.cell.handle) {
            for property in super::settings::set_numbers(&shown.roster().settings) {
                let line = msnp::notification::SettingLine::Contact(Some(other.handle.clone()), property);
                me.endpoint.reply_change(&line.into(), version);
            }
            shown.introduce_to(&me.endpoint, trid);
        }
    }
}

/// REM: removes from a list or a group.
pub(super) fn rem(service: &Arc<Service>, me: &Me, rem: Rem) -> Handled<Outcome> {
    let trid = rem.trid;
    match rem.removal.clone() {
        Removal::Contact(contact) => wait_for_edit(trid, remove_contact(service.clone(), me.clone(), contact, rem)),
        Removal::FromGroup { contact, group } => remove_from_group(service, me, contact, group, rem),
        Removal::FromList { list, handle } => edit::own(service, me, trid, move |roster, now| {
            Ok((roster.remove_from_list(list, &handle, now)?, ContactLine::Removal(rem).into()))
        }),
    }
}

/// Out of a group; out of the last one a client below MSNP10 means out of FL.
fn remove_from_group(
    service: &Arc<Service>,
    me: &Me,
    contact: ContactRef,
    group: GroupRef,
    rem: Rem,
) -> Handled<Outcome> {
    // Only this connection edits who is on FL and in which group, so what is found now still holds in its turn.
    let leaves = me.cell.state().roster.remove_from_group(&contact, group, clock::timestamp())
        == Ok(GroupRemoval::LeavesForward);
    if leaves {
        return wait_for_edit(rem.trid, remove_contact(service.clone(), me.clone(), contact, rem));
    }
    edit::own(service, me, rem.trid, move |roster, now| match roster.remove_from_group(&contact, group, now)? {
        GroupRemoval::Stays(changes) => Ok((changes, ContactLine::Removal(rem).into())),
        GroupRemoval::LeavesForward => Err(ErrorCode::NotInGroup),
    })
}

/// FL: both accounts change, in one write. The other may be no account (any more). `rem` is the answer.
async fn remove_contact(service: Arc<Service>, me: Me, contact: ContactRef, rem: Rem) -> Outcome {
    let trid = rem.trid;
    // Only this connection edits who is on FL, so the handle cannot change until the turns are there.
    let handle = me.cell.state().roster.find_contact(&contact).map(|(handle, _)| handle.clone());
    let Some(handle) = handle else { return refused(trid, ErrorCode::NotOnList) };
    let (_turns, other) = match turns_of_both(&service, &me, trid, &handle).await {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let now = clock::timestamp();
    let own = match me.cell.state().roster.remove_contact(&contact, now) {
        Ok(own) => own,
        Err(code) => return refused(trid, code),
    };
    let mut edit = Edit::by(me.cell.id);
    edit.push(me.cell.id, &own);
    let unwatched = other.as_ref().map(|other| other.state().roster.become_unwatched(&me.cell.handle, now));
    if let (Some(other), Some(unwatched)) = (&other, &unwatched) {
        edit.push(other.id, unwatched);
    }
    if let Err(outcome) = edit::write(&service, edit, trid).await {
        return outcome;
    }
    let answer = ContactLine::Removal(rem);
    me.cell.apply(&own, |roster| me.endpoint.reply_change(&answer.into(), roster.stamps.version));
    if let (Some(other), Some(unwatched)) = (other, unwatched.filter(|changes| !changes.is_empty())) {
        other.apply_foreign(&unwatched, &ContactLine::ReverseRemoved(me.cell.handle.clone()).into());
    }
    Outcome::Answered
}
