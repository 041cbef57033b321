//! CHG and UUX (docs/protocol/ns.md section 10).

use std::sync::atomic::Ordering;

use msnp::notification::{Chg, PresenceLine, Uux};

use super::session::Me;
use crate::presence::Presence;
use crate::service::Service;

/// CHG: sets the status. Whether it was the session's first.
pub(super) fn chg(service: &Service, me: &Me, chg: Chg) -> bool {
    let first = !me.endpoint.is_present();
    let trid = chg.trid;
    let (status, capabilities, object) = (chg.status, chg.capabilities, chg.object.clone());
    let echo = || {
        me.endpoint.reply(&PresenceLine::Changed(chg).into());
        // From here on others tell this client what happens; what was before, it is told below.
        me.endpoint.present.store(true, Ordering::Release);
    };
    me.cell.set_presence(me.endpoint.epoch, echo, |presence| {
        let message = presence.message.take();
        *presence = Presence { status: Some(status), capabilities, object, message };
    });
    if first {
        show_contacts(service, me, trid);
    }
    first
}

/// ILN and UBX of every contact that may be seen. Contact by contact: an NLN before its ILN is harmless, and an ILN is appended
/// under the contact's cell, so that it is never older than an NLN before it.
fn show_contacts(service: &Service, me: &Me, trid: msnp::TrId) {
    let contacts: Vec<_> = me.cell.state().roster.contacts().map(|(handle, _)| handle.clone()).collect();
    for contact in contacts {
        if let Some(cell) = service.directory.find(&contact)
            && let Some(shown) = cell.shown_to(&me.cell.handle)
        {
            shown.introduce_to(&me.endpoint, trid);
        }
    }
}

/// UUX: publishes a personal message, or takes it back. Kept for this session only.
pub(super) fn uux(me: &Me, uux: Uux) {
    let answer = || me.endpoint.reply(&PresenceLine::Published(uux.trid).into());
    me.cell.set_presence(me.endpoint.epoch, answer, |presence| presence.message = uux.message);
}
