//! Sets the status and the personal message: CHG and UUX (docs/protocol/ns.md section 10).

use std::sync::atomic::Ordering;

use msnp::Refusal;
use msnp::notification::{Chg, PresenceLine, Uux};

use super::challenge::Challenges;
use super::handling::Outcome;
use super::user::User;
use crate::net::Handled;
use crate::presence::Presence;
use crate::service::Service;

/// Sets the status (CHG). After the first CHG of a session, the server also sends the contacts that
/// are online, and starts to send challenges.
pub(super) fn chg(
    service: &Service,
    user: &User,
    challenges: &mut Challenges,
    chg: Chg,
) -> Result<Handled<Outcome>, Refusal> {
    let first = !user.endpoint.is_present();
    let trid = chg.trid;
    let (status, capabilities, object) = (chg.status, chg.capabilities, chg.object.clone());
    let admitted = user.admit_presence(service, object.as_ref().map_or(0, |object| object.as_str().len()));
    // The first CHG of a session is never refused, because a client whose first CHG fails would be
    // useless. The number of first CHGs is limited anyway, because the number of sign-ins is
    // limited.
    if !first {
        admitted.map_err(|code| Refusal::Answer(trid, code))?;
    }
    let echo = || {
        user.endpoint.reply(&PresenceLine::Changed(chg).into());
        // From now on, this client receives the presence changes of other users. After the first
        // CHG, `show_contacts` below sends the current presence of these users.
        user.endpoint.present.store(true, Ordering::Release);
    };
    user.cell.set_presence(user.endpoint.epoch, echo, |presence| {
        let message = presence.message.take();
        *presence = Presence { status: Some(status), capabilities, object, message };
    });
    if first {
        show_contacts(service, user, trid);
        challenges.start();
    }
    Ok(Handled::Done)
}

/// Sends ILN and UBX for every contact that the user may see, one contact after another. A contact's NLN may arrive
/// before its ILN. This is harmless, because the ILN is queued under the lock of the contact's cell and is therefore
/// never older than the NLN.
fn show_contacts(service: &Service, user: &User, trid: msnp::TrId) {
    let contacts: Vec<_> = user.cell.state().roster.contacts().map(|(handle, _)| handle.clone()).collect();
    for contact in contacts {
        if let Some(cell) = service.directory.find(&contact)
            && let Some(shown) = cell.shown_to(&user.cell.handle)
        {
            shown.introduce_to(&user.endpoint, trid);
        }
    }
}

/// Publishes or withdraws a personal message (UUX). The server keeps the message for this session only.
pub(super) fn uux(service: &Service, user: &User, uux: Uux) -> Result<Handled<Outcome>, Refusal> {
    let length = uux.message.as_ref().map_or(0, |message| message.as_bytes().len());
    user.admit_presence(service, length).map_err(|code| Refusal::Answer(uux.trid, code))?;
    let answer = || user.endpoint.reply(&PresenceLine::Published(uux.trid).into());
    user.cell.set_presence(user.endpoint.epoch, answer, |presence| presence.message = uux.message);
    Ok(Handled::Done)
}

#[cfg(test)]
mod tests;
