//! SYN and its burst (docs/protocol/ns.md section 6).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use msnp::notification::{GroupLine, Lst, Property, ServerCommand, SettingLine, Syn, SynAnswer};
use msnp::{DisplayName, ErrorCode, Handle, NetworkIds};

use super::session::{Me, Outcome, refused, wait};
use super::settings::set_numbers;
use crate::net::Handled;
use crate::roster::{Entry, Roster, Settings};
use crate::service::Service;

/// SYN: the stamps, and everything if the client's copy is old.
pub(super) fn syn(service: &Arc<Service>, me: &Me, syn: Syn) -> Handled<Outcome> {
    if answer_if_current(me, &syn) {
        return Handled::Done;
    }
    let (service, me) = (service.clone(), me.clone());
    wait(async move {
        // The numbers of contacts are in their accounts, most of which are not in use.
        let phones = match service.store.contact_phones(me.cell.id, &me.cell.handle).await {
            Ok(phones) => phones.into_iter().map(|contact| (contact.handle, contact.settings)).collect(),
            Err(error) => {
                tracing::error!(%error, "the store could not be read at a SYN");
                return refused(syn.trid, ErrorCode::StoreUnavailable);
            }
        };
        answer_in_full(&me, &syn, &phones);
        Outcome::Answered
    })
}

/// Two words when both stamps are the ones the client has, as text.
fn answer_if_current(me: &Me, syn: &Syn) -> bool {
    let state = me.cell.state();
    let answer = answer(&state.roster, syn, None);
    let current = answer.list == syn.list && answer.settings == syn.settings;
    if current {
        me.endpoint.reply(&ServerCommand::Syn(answer));
        me.endpoint.synced.store(true, Ordering::Release);
    }
    current
}

fn answer(roster: &Roster, syn: &Syn, counts: Option<(u32, u32)>) -> SynAnswer {
    let stamps = roster.stamps;
    SynAnswer { trid: syn.trid, list: stamps.list.to_string(), settings: stamps.settings.to_string(), counts }
}

/// The whole burst in one piece, under the cell: nothing comes in between, and list changes by others follow it.
fn answer_in_full(me: &Me, syn: &Syn, phones: &HashMap<Handle, Settings>) {
    let state = me.cell.state();
    let roster = &state.roster;
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let counts = Some((count(roster.entries.len()), count(roster.groups.len())));
    me.endpoint.outbox.reply(|out| {
        let mut say = |line: ServerCommand| line.encode(me.endpoint.dialect, out);
        say(ServerCommand::Syn(answer(roster, syn, counts)));
        own_settings(roster).for_each(&mut say);
        for (group, name) in &roster.groups {
            say(GroupLine::Listed { name: name.to_string(), group: *group }.into());
        }
        for (handle, entry) in &roster.entries {
            say(ServerCommand::Lst(list_line(handle, entry)));
            let numbers = entry.contact.and_then(|_| phones.get(handle)).map(set_numbers);
            for property in numbers.into_iter().flatten() {
                say(SettingLine::Contact(None, property).into());
            }
        }
    });
    me.endpoint.synced.store(true, Ordering::Release);
}

fn own_settings(roster: &Roster) -> impl Iterator<Item = ServerCommand> {
    let settings = &roster.settings;
    let mut lines = vec![
        SettingLine::AddPrompt(None, settings.add_prompt),
        SettingLine::Privacy(None, settings.privacy),
        SettingLine::Own(Property::Name(roster.name.clone())),
    ];
    lines.extend(set_numbers(settings).into_iter().map(SettingLine::Own));
    lines.into_iter().map(ServerCommand::from)
}

fn list_line(handle: &Handle, entry: &Entry) -> Lst {
    Lst {
        handle: handle.clone(),
        nickname: entry.nickname.clone().unwrap_or_else(|| DisplayName::from(handle)),
        lists: entry.lists,
        contact: entry.contact,
        network: Some(NetworkIds::of(handle)),
        groups: entry.groups.clone(),
    }
}
