//! Changes settings, names and numbers: GTC, BLP, PRP, REA and SBP (docs/protocol/ns.md section 7).

use std::collections::HashMap;
use std::sync::Arc;

use msnp::notification::{
    AddPrompt, ContactChange, Privacy, Property, PropertyChange, Prp, Rea, Sbp, ServerCommand, SettingLine,
};
use msnp::{ContactRef, DisplayName, ErrorCode, Handle, Refusal, Timestamp, TrId};
use swallowtail_base::clock;
use swallowtail_store::database::Edit;
use swallowtail_store::roster::Settings;

use super::edit;
use super::handling::{Outcome, wait_for_edit};
use super::user::User;
use crate::net::Handled;
use crate::rates::Act;
use crate::service::Service;

/// Stores the value of GTC. The server itself does not use this value, because only clients act on
/// it.
pub(super) fn gtc(
    service: &Arc<Service>,
    user: &User,
    trid: TrId,
    value: AddPrompt,
) -> Result<Handled<Outcome>, Refusal> {
    Ok(edit::start(service, user, trid, move |roster, now| {
        let settings = Settings { add_prompt: value, ..roster.settings.clone() };
        Ok((roster.set_settings(settings, now), SettingLine::AddPrompt(Some(trid), value).into()))
    }))
}

/// Sets whether accounts that are on neither AL nor BL may see and call this account (BLP).
pub(super) fn blp(
    service: &Arc<Service>,
    user: &User,
    trid: TrId,
    value: Privacy,
) -> Result<Handled<Outcome>, Refusal> {
    let length = user.cell.state().presence.size();
    user.admit_presence(service, length).map_err(|code| Refusal::Answer(trid, code))?;
    Ok(edit::start(service, user, trid, move |roster, now| {
        let settings = Settings { privacy: value, ..roster.settings.clone() };
        Ok((roster.set_settings(settings, now), SettingLine::Privacy(Some(trid), value).into()))
    }))
}

/// Sets the account's own name, one of the account's telephone numbers, or its paging setting
/// (PRP).
pub(super) fn prp(service: &Arc<Service>, user: &User, prp: Prp) -> Result<Handled<Outcome>, Refusal> {
    let trid = prp.trid;
    match prp.change.clone() {
        PropertyChange::Name(name, _) => {
            admit_name(service, user, trid, &name)?;
            Ok(set_name(service, user, prp, name))
        }
        PropertyChange::Phone(phone, number) => {
            let length = number.as_ref().map_or(0, |number| number.value().len());
            let admitted = user.admit(service, Act::ChangeNumber).and_then(|()| user.admit_presence(service, length));
            admitted.map_err(|code| Refusal::Answer(trid, code))?;
            let number: Option<Arc<str>> = number.map(|number| number.value().into());
            let announced = Property::Phone(phone, number.as_deref().map(str::to_owned));
            let set = move |settings: &mut Settings| settings.set_phone(phone, number);
            Ok(wait_for_edit(trid, set_number(service.clone(), user.clone(), prp, set, Some(announced))))
        }
        PropertyChange::Paging(on) => {
            // The server does not send this setting to other users. The server has no mobile
            // service, so it sends MBE as N, and other users always see MOB as N.
            let set = move |settings: &mut Settings| settings.paging = on;
            Ok(wait_for_edit(trid, set_number(service.clone(), user.clone(), prp, set, None)))
        }
    }
}

/// Fails with 800 if the account has changed its name too often, or has made the server send too
/// much presence.
fn admit_name(service: &Service, user: &User, trid: TrId, name: &DisplayName) -> Result<(), Refusal> {
    let admitted = user.admit(service, Act::ChangeName);
    let admitted = admitted.and_then(|()| user.admit_presence(service, name.as_str().len()));
    admitted.map_err(|code| Refusal::Answer(trid, code))
}

fn set_name(service: &Arc<Service>, user: &User, prp: Prp, name: DisplayName) -> Handled<Outcome> {
    edit::start(service, user, prp.trid, move |roster, now| Ok((roster.set_name(name, now), ServerCommand::Prp(prp))))
}

/// Changes a telephone number or the paging setting. If `announced` contains a property, the server
/// sends the property to everyone who sees the account. Clients keep such properties of their
/// contacts in their copies of the lists. So the copy of every client that has the account on FL
/// then counts as out of date.
async fn set_number(
    service: Arc<Service>,
    user: User,
    prp: Prp,
    set: impl FnOnce(&mut Settings) + Send,
    announced: Option<Property>,
) -> Result<(), Refusal> {
    let _turn = service.directory.turn(&user.cell.handle).await;
    if user.is_replaced() {
        return Err(Refusal::Answer(prp.trid, ErrorCode::StoreUnavailable));
    }
    let now = clock::timestamp();
    let changes = {
        let state = user.cell.state();
        let mut settings = state.roster.settings.clone();
        set(&mut settings);
        state.roster.set_settings(settings, now)
    };
    // If nothing changed, nothing is announced, and every client's copy of its lists stays current.
    let announced = announced.filter(|_| !changes.is_empty());
    let mut edit = Edit::by(user.cell.id);
    edit.push(user.cell.id, &changes);
    if announced.is_some() {
        edit.touch_watchers(user.cell.handle.clone(), now);
    }
    edit::write(&service, edit, prp.trid).await?;
    user.cell.apply(&changes, |roster| user.endpoint.reply_change(&ServerCommand::Prp(prp), roster.stamps.version));
    if let Some(property) = announced {
        announce_number(&service, &user, property, now);
    }
    Ok(())
}

/// Sends a changed number to everyone who sees the account. Each receiver also gets the new version
/// of its own list.
fn announce_number(service: &Service, user: &User, property: Property, now: Timestamp) {
    let watchers: Vec<_> = user.cell.state().roster.watchers().cloned().collect();
    let touch = |handle: Handle| Some((handle.clone(), service.directory.find(&handle)?.touch_list(now)));
    let versions: HashMap<_, _> = watchers.into_iter().filter_map(touch).collect();
    let line = SettingLine::Contact(Some(user.cell.handle.clone()), property);
    user.cell.send_number(&line.into(), &versions);
}

/// Sets the account's own name or a contact's nickname (REA, which PRP MFN and SBP MFN replaced). The handle in the
/// command decides which of the two names changes. Refuses with 216 if the handle belongs neither to the account itself
/// nor to a contact.
pub(super) fn rea(service: &Arc<Service>, user: &User, rea: Rea) -> Result<Handled<Outcome>, Refusal> {
    let trid = rea.trid;
    if user.is_self(&rea.handle) {
        admit_name(service, user, trid, &rea.name)?;
    }
    Ok(edit::start(service, user, trid, move |roster, now| {
        let changes = if rea.handle == roster.owner {
            roster.set_name(rea.name.clone(), now)
        } else {
            let contact = ContactRef::Handle(rea.handle.clone());
            let known = roster.set_nickname(&contact, Some(rea.name.clone()), now);
            known.map_err(|_| ErrorCode::NotOnList)?
        };
        Ok((changes, ServerCommand::Rea(rea)))
    }))
}

/// Sets a contact's nickname (SBP). Other properties are echoed but not stored.
pub(super) fn sbp(service: &Arc<Service>, user: &User, sbp: Sbp) -> Result<Handled<Outcome>, Refusal> {
    Ok(edit::start(service, user, sbp.trid, move |roster, now| {
        let contact = ContactRef::Guid(sbp.contact);
        let changes = match &sbp.change {
            ContactChange::Nickname(nickname) => roster.set_nickname(&contact, nickname.clone(), now)?,
            ContactChange::Other => {
                roster.find_contact(&contact).ok_or(ErrorCode::InvalidUsername)?;
                Vec::new()
            }
        };
        Ok((changes, ServerCommand::Sbp(sbp)))
    }))
}

#[cfg(test)]
mod tests;
