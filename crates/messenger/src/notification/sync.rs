//! SYN and its burst (docs/protocol/ns.md section 6).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use msnp::notification::{CopyOf, GroupLine, Lst, Property, ServerCommand, SettingLine, Syn, SynAnswer};
use msnp::{Dialect, DisplayName, ErrorCode, GroupNumber, GroupRef, Handle, NetworkIds};

use super::session::{Me, Outcome, refused, wait};
use super::settings::set_numbers;
use crate::net::Handled;
use crate::service::Service;
use swallowtail_store::roster::{Entry, Roster, Settings, Stamps};

/// SYN: the stamps, and everything if the client's copy is old.
pub(super) fn syn(service: &Arc<Service>, me: &Me, syn: Syn) -> Handled<Outcome> {
    if answer_if_current(me, &syn) {
        return Handled::Done;
    }
    let (service, me) = (service.clone(), me.clone());
    wait(async move {
        // Before the numbers are read: one that changes meanwhile makes this copy old, and not a wrong one current.
        let stamps = me.cell.state().roster.stamps;
        // The numbers of contacts are in their accounts, most of which are not in use.
        let phones = match service.store.contact_phones(me.cell.id, &me.cell.handle).await {
            Ok(phones) => phones.into_iter().map(|contact| (contact.handle, contact.settings)).collect(),
            Err(error) => {
                tracing::error!(%error, "the store could not be read at a SYN");
                return refused(syn.trid, ErrorCode::StoreUnavailable);
            }
        };
        answer_in_full(&me, &syn, stamps, &phones);
        Outcome::Answered
    })
}

/// The stamps, or the version, alone when they are the ones that the client has.
fn answer_if_current(me: &Me, syn: &Syn) -> bool {
    let state = me.cell.state();
    let answer = answer(me, state.roster.stamps, syn, None);
    // Version 0 is what a client has that has nothing.
    let current = answer.copy == syn.copy && syn.copy != CopyOf::Version(0);
    if current {
        me.endpoint.reply(&ServerCommand::Syn(answer));
        me.endpoint.synced.store(true, Ordering::Release);
    }
    current
}

fn answer(me: &Me, stamps: Stamps, syn: &Syn, counts: Option<(u32, u32)>) -> SynAnswer {
    let copy = if me.endpoint.dialect < Dialect::Msnp10 {
        CopyOf::Version(stamps.version)
    } else {
        CopyOf::Stamps { list: stamps.list.to_string(), settings: stamps.settings.to_string() }
    };
    SynAnswer { trid: syn.trid, copy, counts }
}

/// The whole burst in one piece, under the cell: nothing comes in between, and list changes by others follow it.
fn answer_in_full(me: &Me, syn: &Syn, stamps: Stamps, phones: &HashMap<Handle, Settings>) {
    let state = me.cell.state();
    let roster = &state.roster;
    let dialect = me.endpoint.dialect;
    let groups = group_lines(dialect, roster);
    // Telephones are for clients that know them.
    let shown = |handle: &Handle| dialect >= Dialect::Msnp11 || !handle.is_telephone();
    let entries: Vec<_> = roster.entries.iter().filter(|(handle, _)| shown(handle)).collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let counts = Some((count(entries.len()), count(groups.len())));
    me.endpoint.outbox.reply(|out| {
        let mut say = |line: ServerCommand| line.encode(dialect, out);
        say(ServerCommand::Syn(answer(me, stamps, syn, counts)));
        own_settings(dialect, roster).for_each(&mut say);
        groups.into_iter().for_each(|line| say(line.into()));
        for (handle, entry) in entries {
            say(ServerCommand::Lst(list_line(dialect, roster, handle, entry)));
            let numbers = entry.contact.and_then(|_| phones.get(handle)).map(set_numbers);
            for property in numbers.into_iter().flatten() {
                say(SettingLine::Contact(None, property).into());
            }
        }
    });
    me.endpoint.synced.store(true, Ordering::Release);
}

fn own_settings(dialect: Dialect, roster: &Roster) -> impl Iterator<Item = ServerCommand> {
    let settings = &roster.settings;
    let mut lines =
        vec![SettingLine::AddPrompt(None, settings.add_prompt), SettingLine::Privacy(None, settings.privacy)];
    // Below MSNP10 the name was in USR OK.
    if dialect >= Dialect::Msnp10 {
        lines.push(SettingLine::Own(Property::Name(roster.name.clone())));
    }
    lines.extend(set_numbers(settings).into_iter().map(SettingLine::Own));
    lines.into_iter().map(ServerCommand::from)
}

/// Every group that the dialect sees, in the order of the numbers: below MSNP10 the built-in one first.
fn group_lines(dialect: Dialect, roster: &Roster) -> Vec<GroupLine> {
    let by_number = dialect < Dialect::Msnp10;
    let mut groups: Vec<_> = roster.groups.iter().collect();
    groups.sort_unstable_by_key(|(_, group)| (group.number.is_none(), group.number));
    let listed = |name: &str, group| GroupLine::Listed { name: name.to_owned(), group };
    let mut lines = Vec::with_capacity(groups.len() + 1);
    if by_number {
        lines.push(listed(roster.other_contacts_name(), GroupRef::Number(GroupNumber::OTHER_CONTACTS)));
    }
    lines.extend(groups.into_iter().filter_map(|(guid, group)| {
        let reference = if by_number { GroupRef::Number(group.number?) } else { GroupRef::Guid(*guid) };
        Some(listed(&group.name, reference))
    }));
    lines
}

fn list_line(dialect: Dialect, roster: &Roster, handle: &Handle, entry: &Entry) -> Lst {
    let groups = if dialect >= Dialect::Msnp10 {
        entry.groups.iter().copied().map(GroupRef::Guid).collect()
    } else if entry.contact.is_some() {
        roster.group_numbers(entry).into_iter().map(GroupRef::Number).collect()
    } else {
        Vec::new()
    };
    Lst {
        handle: handle.clone(),
        nickname: entry.nickname.clone().unwrap_or_else(|| DisplayName::from(handle)),
        lists: entry.lists,
        contact: entry.contact,
        network: Some(NetworkIds::of(handle)),
        groups,
    }
}
