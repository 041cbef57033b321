//! ADC and REM (docs/protocol/ns.md section 8).

use std::sync::Arc;

use msnp::notification::{Adc, Addition, ContactLine, Rem, Removal};
use msnp::{DisplayName, ErrorCode, Guid, Handle, List, Malformed, Refusal, Text, TrId};

use super::edit;
use super::session::{Me, Outcome, refused, wait_for_edit};
use crate::net::Handled;
use crate::presence::Cell;
use crate::random;
use crate::roster::NewContact;
use crate::service::{Service, now};
use crate::store::{Edit, StoreError};

/// ADC: adds to a list or a group.
pub(super) fn adc(service: &Arc<Service>, me: &Me, adc: Adc) -> Result<Handled<Outcome>, Refusal> {
    let trid = adc.trid;
    match &adc.addition {
        Addition::Contact { handle, .. } if *handle == me.cell.handle => {
            Err(Refusal::Answer(trid, ErrorCode::InvalidParameter))
        }
        Addition::Contact { handle, nickname, group } => {
            let (name, word) = nickname.clone().unzip();
            let new = NewContact { handle: handle.clone(), nickname: name, group: *group, guid: random::guid() };
            let word = word.unwrap_or_else(|| Text::encode(handle.as_str()));
            Ok(wait_for_edit(trid, add_contact(service.clone(), me.clone(), trid, new, word)))
        }
        Addition::ToGroup { contact, group } => {
            let (contact, group) = (*contact, *group);
            Ok(edit::own(service, me, trid, move |roster, now| {
                Ok((roster.add_to_group(contact, group, now)?, ContactLine::Addition(adc).into()))
            }))
        }
        Addition::ToList { list, handle } if handle.is_telephone() && *list != List::Allow => {
            Err(Malformed::Word.into())
        }
        Addition::ToList { list, handle } => {
            Ok(wait_for_edit(trid, add_to_list(service.clone(), me.clone(), trid, *list, handle.clone())))
        }
    }
}

/// AL, BL and RL: the address must be an account's.
async fn add_to_list(service: Arc<Service>, me: Me, trid: TrId, list: List, handle: Handle) -> Outcome {
    match exists(&service, &me, &handle).await {
        Ok(true) => {}
        Ok(false) => return refused(trid, ErrorCode::InvalidUsername),
        Err(error) => return unreadable(trid, &error),
    }
    let limits = service.roster_limits();
    let adc = Adc { trid, addition: Addition::ToList { list, handle: handle.clone() } };
    let plan = move |roster: &crate::roster::Roster, now| {
        Ok((roster.add_to_list(list, &handle, &limits, now)?, ContactLine::Addition(adc).into()))
    };
    match edit::own(&service, &me, trid, plan) {
        Handled::Wait(work) => work.await,
        Handled::Done => Outcome::Answered,
    }
}

/// Whether an address can be put on a list: an account, or a telephone. Oneself passes, to be refused with the right code.
async fn exists(service: &Service, me: &Me, handle: &Handle) -> Result<bool, StoreError> {
    if handle.is_telephone() || *handle == me.cell.handle || service.directory.find(handle).is_some() {
        return Ok(true);
    }
    Ok(service.store.account(handle).await?.is_some())
}

fn unreadable(trid: TrId, error: &StoreError) -> Outcome {
    tracing::error!(%error, "the store could not be read; refused with 603");
    refused(trid, ErrorCode::StoreUnavailable)
}

/// FL: both accounts change, in one write.
async fn add_contact(service: Arc<Service>, me: Me, trid: TrId, new: NewContact, word: Text) -> Outcome {
    let limits = service.roster_limits();
    let (handle, contact, group) = (new.handle.clone(), new.guid, new.group);
    let (_mine, theirs) = service.directory.turns(&me.cell.handle, &handle).await;
    let other = match theirs.cell().await {
        Ok(other) => other,
        Err(error) => return unreadable(trid, &error),
    };
    if other.is_none() && !handle.is_telephone() {
        return refused(trid, ErrorCode::InvalidUsername);
    }
    let now = now();
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
    let mut edit = Edit::default();
    edit.push(me.cell.id, &own);
    if let Some(other) = &other {
        edit.push(other.id, &watched);
    }
    if let Err(outcome) = edit::write(&service, edit, trid).await {
        return outcome;
    }
    let answer = ContactLine::Added { trid, handle, nickname: word, contact, group };
    me.cell.apply(&own, |_| me.endpoint.reply(&answer.into()));
    if let Some(other) = other {
        tell_added(&me, &other, trid, &watched, name);
    }
    Outcome::Answered
}

/// The other hears that somebody new has them on FL; who added them sees them if they may be seen.
fn tell_added(me: &Me, other: &Cell, trid: TrId, watched: &[crate::roster::Change], name: DisplayName) {
    if !watched.is_empty() {
        let line = ContactLine::ReverseAdded { handle: me.cell.handle.clone(), name };
        other.apply_foreign(watched, &line.into());
    }
    if me.endpoint.is_present() {
        other.show_to(&me.cell.handle, &me.endpoint, trid, |roster| {
            for property in super::settings::set_numbers(&roster.settings) {
                let line = msnp::notification::SettingLine::Contact(Some(other.handle.clone()), property);
                me.endpoint.reply(&line.into());
            }
        });
    }
}

/// REM: removes from a list or a group.
pub(super) fn rem(service: &Arc<Service>, me: &Me, rem: Rem) -> Result<Handled<Outcome>, Refusal> {
    let trid = rem.trid;
    let answer = ContactLine::Removal(rem.clone()).into();
    Ok(match rem.removal {
        Removal::Contact(contact) => wait_for_edit(trid, remove_contact(service.clone(), me.clone(), trid, contact)),
        Removal::FromGroup { contact, group } => edit::own(service, me, trid, move |roster, now| {
            Ok((roster.remove_from_group(contact, group, now)?, answer))
        }),
        Removal::FromList { list, handle } => {
            edit::own(service, me, trid, move |roster, now| Ok((roster.remove_from_list(list, &handle, now)?, answer)))
        }
    })
}

/// FL: both accounts change, in one write. The other may be no account (any more).
async fn remove_contact(service: Arc<Service>, me: Me, trid: TrId, contact: Guid) -> Outcome {
    // Only this connection edits who is on FL, so the handle cannot change until the turns are there.
    let handle = me.cell.state().roster.contact(contact).map(|(handle, _)| handle.clone());
    let Some(handle) = handle else {
        return refused(trid, ErrorCode::NotOnList);
    };
    let (_mine, theirs) = service.directory.turns(&me.cell.handle, &handle).await;
    let other = match theirs.cell().await {
        Ok(other) => other,
        Err(error) => return unreadable(trid, &error),
    };
    let now = now();
    let own = match me.cell.state().roster.remove_contact(contact, now) {
        Ok(own) => own,
        Err(code) => return refused(trid, code),
    };
    let mut edit = Edit::default();
    edit.push(me.cell.id, &own);
    let unwatched = other.as_ref().map(|other| other.state().roster.become_unwatched(&me.cell.handle, now));
    if let (Some(other), Some(unwatched)) = (&other, &unwatched) {
        edit.push(other.id, unwatched);
    }
    if let Err(outcome) = edit::write(&service, edit, trid).await {
        return outcome;
    }
    let answer = ContactLine::Removal(Rem { trid, removal: Removal::Contact(contact) });
    me.cell.apply(&own, |_| me.endpoint.reply(&answer.into()));
    if let (Some(other), Some(unwatched)) = (other, unwatched.filter(|changes| !changes.is_empty())) {
        other.apply_foreign(&unwatched, &ContactLine::ReverseRemoved(me.cell.handle.clone()).into());
    }
    Outcome::Answered
}
