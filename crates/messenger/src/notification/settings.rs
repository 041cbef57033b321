//! GTC, BLP, PRP, SBP (docs/protocol/ns.md section 7).

use std::collections::HashMap;
use std::sync::Arc;

use msnp::notification::{
    AddPrompt, ContactChange, Phone, Privacy, Property, PropertyChange, Prp, Rea, Sbp, ServerCommand, SettingLine,
};
use msnp::{ContactRef, DisplayName, ErrorCode, TrId};

use super::edit;
use super::session::{Me, Outcome, refused, wait_for_edit};
use crate::net::Handled;
use crate::rates::Act;
use crate::service::Service;
use swallowtail_base::clock;
use swallowtail_store::database::Edit;
use swallowtail_store::roster::Settings;

/// GTC: only stored; the client acts on it.
pub(super) fn gtc(service: &Arc<Service>, me: &Me, trid: TrId, value: AddPrompt) -> Handled<Outcome> {
    edit::own(service, me, trid, move |roster, now| {
        let settings = Settings { add_prompt: value, ..roster.settings.clone() };
        Ok((roster.set_settings(settings, now), SettingLine::AddPrompt(Some(trid), value).into()))
    })
}

/// BLP: whoever is on neither AL nor BL may see and call, or may not, from now on.
pub(super) fn blp(service: &Arc<Service>, me: &Me, trid: TrId, value: Privacy) -> Handled<Outcome> {
    edit::own(service, me, trid, move |roster, now| {
        let settings = Settings { privacy: value, ..roster.settings.clone() };
        Ok((roster.set_settings(settings, now), SettingLine::Privacy(Some(trid), value).into()))
    })
}

/// PRP: the own name, or a number.
pub(super) fn prp(service: &Arc<Service>, me: &Me, prp: Prp) -> Handled<Outcome> {
    match prp.change.clone() {
        PropertyChange::Name(name, _) => match me.admit(service, Act::ChangeName) {
            Ok(()) => set_name(service, me, prp, name),
            Err(code) => refuse(me, prp.trid, code),
        },
        PropertyChange::Phone(phone, number) => {
            let number: Option<Arc<str>> = number.map(|number| number.value().into());
            let told = Property::Phone(phone, number.as_deref().map(str::to_owned));
            let set = move |settings: &mut Settings| settings.set_phone(phone, number);
            wait_for_edit(prp.trid, set_number(service.clone(), me.clone(), prp, set, Some(told)))
        }
        PropertyChange::Paging(on) => {
            // Without a mobile service MBE is N, and MOB stays N for others while it is.
            wait_for_edit(
                prp.trid,
                set_number(service.clone(), me.clone(), prp, move |settings| settings.paging = on, None),
            )
        }
    }
}

fn set_name(service: &Arc<Service>, me: &Me, prp: Prp, name: DisplayName) -> Handled<Outcome> {
    edit::own(service, me, prp.trid, move |roster, now| Ok((roster.set_name(name, now), ServerCommand::Prp(prp))))
}

/// Changes a number. If others are told of it at all, those who see the account are, and the copies of all who have it on FL are old.
async fn set_number(
    service: Arc<Service>,
    me: Me,
    prp: Prp,
    set: impl FnOnce(&mut Settings) + Send,
    told: Option<Property>,
) -> Outcome {
    let _turn = service.directory.turn(&me.cell.handle).await;
    if me.is_replaced() {
        return refused(prp.trid, ErrorCode::StoreUnavailable);
    }
    let now = clock::timestamp();
    let changes = {
        let state = me.cell.state();
        let mut settings = state.roster.settings.clone();
        set(&mut settings);
        state.roster.set_settings(settings, now)
    };
    // What nobody is told is in nobody's copy either.
    let told = told.filter(|_| !changes.is_empty());
    let mut edit = Edit::by(me.cell.id);
    edit.push(me.cell.id, &changes);
    if told.is_some() {
        edit.touch_watchers(me.cell.handle.clone(), now);
    }
    if let Err(outcome) = edit::write(&service, edit, prp.trid).await {
        return outcome;
    }
    me.cell.apply(&changes, |roster| me.endpoint.reply_change(&ServerCommand::Prp(prp), roster.stamps.version));
    if let Some(property) = told {
        let watchers: Vec<_> = me.cell.state().roster.watchers().cloned().collect();
        let touch = |handle: msnp::Handle| Some((handle.clone(), service.directory.find(&handle)?.touch_list(now)));
        let versions: HashMap<_, _> = watchers.into_iter().filter_map(touch).collect();
        let line = SettingLine::Contact(Some(me.cell.handle.clone()), property);
        me.cell.tell_number(&line.into(), &versions);
    }
    Outcome::Answered
}

/// The numbers that are set, as PRP and BPR tell them.
pub(super) fn set_numbers(settings: &Settings) -> Vec<Property> {
    let number = |phone: Phone| settings.phone(phone).map(|number| Property::Phone(phone, Some(number.to_owned())));
    Phone::ALL.into_iter().filter_map(number).collect()
}

/// SBP: a contact's nickname; other properties are only repeated.
pub(super) fn sbp(service: &Arc<Service>, me: &Me, sbp: Sbp) -> Handled<Outcome> {
    edit::own(service, me, sbp.trid, move |roster, now| {
        let contact = ContactRef::Guid(sbp.contact);
        let changes = match &sbp.change {
            ContactChange::Nickname(nickname) => roster.set_nickname(&contact, nickname.clone(), now)?,
            ContactChange::Other => {
                roster.find_contact(&contact).ok_or(ErrorCode::InvalidUsername)?;
                Vec::new()
            }
        };
        Ok((changes, ServerCommand::Sbp(sbp)))
    })
}

/// Answers `code trid` at once.
fn refuse(me: &Me, trid: TrId, code: ErrorCode) -> Handled<Outcome> {
    me.endpoint.reply(&ServerCommand::Error(trid, code));
    Handled::Done
}

/// REA: what PRP MFN and SBP MFN became; the handle says which. A stranger is 216.
pub(super) fn rea(service: &Arc<Service>, me: &Me, rea: Rea) -> Handled<Outcome> {
    if rea.handle == me.cell.handle
        && let Err(code) = me.admit(service, Act::ChangeName)
    {
        return refuse(me, rea.trid, code);
    }
    edit::own(service, me, rea.trid, move |roster, now| {
        let changes = if rea.handle == roster.owner {
            roster.set_name(rea.name.clone(), now)
        } else {
            let contact = ContactRef::Handle(rea.handle.clone());
            let known = roster.set_nickname(&contact, Some(rea.name.clone()), now);
            known.map_err(|_| ErrorCode::NotOnList)?
        };
        Ok((changes, ServerCommand::Rea(rea)))
    })
}
