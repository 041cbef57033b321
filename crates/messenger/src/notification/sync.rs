//! Sends a client its lists: SYN, and the burst of lines that answers SYN (docs/protocol/ns.md
//! section 6).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use msnp::notification::{CopyOf, GroupLine, Lst, Property, ServerCommand, SettingLine, Syn, SynAnswer};
use msnp::{Dialect, DisplayName, ErrorCode, GroupNumber, GroupRef, Handle, NetworkIds, Refusal};
use swallowtail_store::roster::{Entry, Roster, Settings, Stamps};

use super::handling::{Outcome, wait};
use super::numbers::present_numbers;
use super::user::User;
use crate::net::Handled;
use crate::service::Service;

/// Answers SYN with the stamps, followed by the whole lists if the client's copy is out of date.
pub(super) fn syn(service: &Arc<Service>, user: &User, syn: Syn) -> Result<Handled<Outcome>, Refusal> {
    if answer_if_current(user, &syn) {
        return Ok(Handled::Done);
    }
    Ok(wait(read_and_answer(service.clone(), user.clone(), syn)))
}

/// Answers with the stamps and the whole lists. The telephone numbers of contacts come from the
/// store, because these numbers belong to other accounts, most of which are not loaded.
async fn read_and_answer(service: Arc<Service>, user: User, syn: Syn) -> Result<(), Refusal> {
    // Copies the stamps before the read. If a number changes during the read, the client's copy
    // then counts as out of date. If the stamps were copied after the read, an outdated copy would
    // count as current.
    let stamps = user.cell.state().roster.stamps;
    let phones = service.store.contact_phones(user.cell.id, &user.cell.handle).await.map_err(|error| {
        tracing::error!(%error, "could not read the store to answer SYN");
        Refusal::Answer(syn.trid, ErrorCode::StoreUnavailable)
    })?;
    let phones = phones.into_iter().map(|contact| (contact.handle, contact.settings)).collect();
    answer_in_full(&user, &syn, stamps, &phones);
    Ok(())
}

/// Answers with only the stamps (or the version) if the client's copy is current. Returns whether it is current.
fn answer_if_current(user: &User, syn: &Syn) -> bool {
    let state = user.cell.state();
    let answer = answer(user, state.roster.stamps, syn, None);
    // A client that has no copy of its lists sends version 0.
    let current = answer.copy == syn.copy && syn.copy != CopyOf::Version(0);
    if current {
        user.endpoint.reply(&ServerCommand::Syn(answer));
        user.endpoint.synced.store(true, Ordering::Release);
    }
    current
}

fn answer(user: &User, stamps: Stamps, syn: &Syn, counts: Option<(u32, u32)>) -> SynAnswer {
    let copy = if user.endpoint.client.dialect < Dialect::Msnp10 {
        CopyOf::Version(stamps.version)
    } else {
        CopyOf::Stamps { list: stamps.list.to_string(), settings: stamps.settings.to_string() }
    };
    SynAnswer { trid: syn.trid, copy, counts }
}

/// Queues the burst, which is the whole answer to SYN, in one piece under the cell's lock, so that
/// no other line can come in between. List changes by other users follow the burst.
fn answer_in_full(user: &User, syn: &Syn, stamps: Stamps, phones: &HashMap<Handle, Settings>) {
    let state = user.cell.state();
    let roster = &state.roster;
    let dialect = user.endpoint.client.dialect;
    let groups = group_lines(dialect, roster);
    // Only clients of MSNP11 and later support telephones as contacts.
    let shown = |handle: &Handle| dialect >= Dialect::Msnp11 || !handle.is_telephone();
    let entries: Vec<_> = roster.entries.iter().filter(|(handle, _)| shown(handle)).collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let counts = Some((count(entries.len()), count(groups.len())));
    user.endpoint.client.outbox.reply_with_lists(|out| {
        let mut say = |line: ServerCommand| line.encode(dialect, out);
        say(ServerCommand::Syn(answer(user, stamps, syn, counts)));
        own_settings(dialect, roster).for_each(&mut say);
        groups.into_iter().for_each(|line| say(line.into()));
        for (handle, entry) in entries {
            say(ServerCommand::Lst(list_line(dialect, roster, handle, entry)));
            let numbers = entry.contact.and_then(|_| phones.get(handle)).map(present_numbers);
            for property in numbers.into_iter().flatten() {
                say(SettingLine::Contact(None, property).into());
            }
        }
    });
    user.endpoint.synced.store(true, Ordering::Release);
}

fn own_settings(dialect: Dialect, roster: &Roster) -> impl Iterator<Item = ServerCommand> {
    let settings = &roster.settings;
    let mut lines =
        vec![SettingLine::AddPrompt(None, settings.add_prompt), SettingLine::Privacy(None, settings.privacy)];
    // Before MSNP10, USR OK contains the name.
    if dialect >= Dialect::Msnp10 {
        lines.push(SettingLine::Own(Property::Name(roster.name.clone())));
    }
    lines.extend(present_numbers(settings).into_iter().map(SettingLine::Own));
    if settings.paging {
        lines.push(SettingLine::Own(Property::Paging(true)));
    }
    lines.into_iter().map(ServerCommand::from)
}

/// Returns every group that the dialect supports, ordered by number. Before MSNP10, the built-in group 0 is the first.
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

#[cfg(test)]
mod tests;
