//! Creates, renames and removes groups: ADG, REG and RMG (docs/protocol/ns.md section 9).

use std::sync::Arc;

use msnp::notification::{Adg, GroupLine, GroupWord, Reg, Rmg};
use msnp::{Dialect, GroupRef, Malformed, Refusal};
use swallowtail_base::random;
use swallowtail_store::roster::NewGroup;

use super::edit;
use super::handling::Outcome;
use super::user::User;
use crate::net::Handled;
use crate::service::Service;

/// Creates a group (ADG). If a group with the same name exists, a client with the quirk of
/// msn-pecan receives the existing group.
pub(super) fn adg(service: &Arc<Service>, user: &User, adg: Adg) -> Result<Handled<Outcome>, Refusal> {
    let limits = service.roster_limits(&user.cell.handle);
    let guid = random::guid();
    let numbered = user.endpoint.client.dialect < Dialect::Msnp10;
    let repeats = user.endpoint.client.quirks.repeat_existing_group;
    Ok(edit::start(service, user, adg.trid, move |roster, now| {
        let reference = |guid, number: Option<_>| match number {
            Some(number) if numbered => GroupRef::Number(number),
            _ => GroupRef::Guid(guid),
        };
        if repeats && let Some((guid, group)) = roster.group_named(adg.name.value()) {
            let group = reference(guid, group.number);
            return Ok((Vec::new(), GroupLine::Added { trid: adg.trid, name: adg.name, group }.into()));
        }
        let new = NewGroup { name: adg.name.value().into(), guid, needs_number: numbered };
        let (changes, number) = roster.add_group(new, &limits, now)?;
        let group = reference(guid, number);
        Ok((changes, GroupLine::Added { trid: adg.trid, name: adg.name, group }.into()))
    }))
}

/// Renames a group (REG).
pub(super) fn reg(service: &Arc<Service>, user: &User, reg: Reg) -> Result<Handled<Outcome>, Refusal> {
    Ok(edit::start(service, user, reg.trid, move |roster, now| {
        Ok((roster.rename_group(reg.group, reg.name.value(), now)?, GroupLine::Renamed(reg).into()))
    }))
}

/// Removes a group (RMG). Client 7.0 sometimes sends the group's name instead of the GUID. Any word
/// that is neither a GUID, a number nor the name of a group closes the connection.
pub(super) fn rmg(service: &Arc<Service>, user: &User, rmg: Rmg) -> Result<Handled<Outcome>, Refusal> {
    let by_name = || {
        let state = user.cell.state();
        let mut groups = state.roster.groups.iter();
        groups.find(|(_, group)| rmg.group.is_name(&group.name)).map(|(guid, _)| GroupRef::Guid(*guid))
    };
    let group = match rmg.group {
        GroupWord::Reference(group) => group,
        GroupWord::Name(_) => by_name().ok_or(Malformed::Word)?,
    };
    Ok(edit::start(service, user, rmg.trid, move |roster, now| {
        Ok((roster.remove_group(group, now)?, GroupLine::Removed { trid: rmg.trid, group }.into()))
    }))
}

#[cfg(test)]
mod tests;
