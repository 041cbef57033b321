//! Handles the commands XFR SB and IMS (docs/protocol/ns.md section 12, sb.md section 2).

use std::sync::atomic::Ordering;

use msnp::notification::ServiceLine;
use msnp::{ErrorCode, Refusal, TrId};

use super::handling::Outcome;
use super::user::User;
use crate::net::{Handled, Place};
use crate::rates::Act;
use crate::service::Service;
use crate::switchboard::{Claims, MAX_UNUSED, Right};

/// Issues a cookie for a new switchboard session (XFR SB). Refuses the command while the account is
/// hidden, before the account's first CHG, and while calls are switched off (IMS). Also refuses the
/// command while the server is about to stop, while the server has no place for one more connection
/// from the client's address, and while the account has too many switchboard connections, unused
/// cookies or recent requests.
pub(super) fn xfr(service: &Service, place: &Place, user: &User, trid: TrId) -> Result<Handled<Outcome>, Refusal> {
    let refuse = |code| Err(Refusal::Answer(trid, code));
    let seen = user.cell.state().seen().filter(|_| user.endpoint.takes_calls.load(Ordering::Acquire));
    let Some(seen) = seen else {
        return refuse(ErrorCode::NotAllowedWhenOffline);
    };
    if service.draining.load(Ordering::Acquire) || !place.has_room_beside() {
        return refuse(ErrorCode::InternalServer);
    }
    let handle = &user.cell.handle;
    let switchboard = &service.switchboard;
    let too_many = switchboard.connections_of(handle) >= service.config.limits.switchboard_connections
        || switchboard.cookies.unused_by(handle) >= MAX_UNUSED;
    // The limits on switchboard connections and unused cookies do not apply to the helper, because
    // many users may talk to it at the same time.
    let too_many = too_many && !service.is_helper(handle);
    if too_many || user.admit(service, Act::OpenSwitchboard).is_err() {
        return refuse(ErrorCode::RateLimit);
    }
    let claims = Claims { right: Right::Open, who: seen.into(), dialect: user.endpoint.client.dialect };
    let cookie = service.switchboard.cookies.issue(claims);
    let address = user.endpoint.client.switchboard.clone();
    user.endpoint.reply(&ServiceLine::Switchboard { trid, address, cookie }.into());
    Ok(Handled::Done)
}

/// Switches calls to this account on or off (IMS).
pub(super) fn ims(user: &User, trid: TrId, on: bool) -> Result<Handled<Outcome>, Refusal> {
    user.endpoint.takes_calls.store(on, Ordering::Release);
    user.endpoint.reply(&ServiceLine::Calls(trid, on).into());
    Ok(Handled::Done)
}

#[cfg(test)]
mod tests;
