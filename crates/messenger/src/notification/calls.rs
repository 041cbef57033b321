//! XFR SB and IMS (docs/protocol/ns.md section 12, sb.md section 2).

use std::sync::atomic::Ordering;

use msnp::notification::ServiceLine;
use msnp::{ErrorCode, Refusal, TrId};

use super::session::Me;
use crate::rates::Act;
use crate::service::Service;
use crate::switchboard::{Claims, Right};

/// XFR SB: a cookie for a new switchboard session. Not while hidden, before the first CHG, or when calls are off.
pub(super) fn xfr(service: &Service, me: &Me, trid: TrId) -> Result<(), Refusal> {
    let seen = me.cell.state().seen().filter(|_| me.endpoint.takes_calls.load(Ordering::Acquire));
    let Some(seen) = seen else {
        return Err(Refusal::Answer(trid, ErrorCode::NotAllowedWhenOffline));
    };
    if service.draining.load(Ordering::Acquire) {
        return Err(Refusal::Answer(trid, ErrorCode::InternalServer));
    }
    let too_many = service.switchboard.connections_of(&me.cell.handle) >= service.config.limits.switchboard_connections;
    if too_many || me.admit(service, Act::OpenSwitchboard).is_err() {
        return Err(Refusal::Answer(trid, ErrorCode::RateLimit));
    }
    let claims = Claims { right: Right::Open, who: seen.into(), dialect: me.endpoint.dialect };
    let cookie = service.switchboard.cookies.issue(claims);
    let address = me.endpoint.switchboard.clone();
    me.endpoint.reply(&ServiceLine::Switchboard { trid, address, cookie }.into());
    Ok(())
}

/// IMS: whether calls are taken.
pub(super) fn ims(me: &Me, trid: TrId, on: bool) {
    me.endpoint.takes_calls.store(on, Ordering::Release);
    me.endpoint.reply(&ServiceLine::Calls(trid, on).into());
}
