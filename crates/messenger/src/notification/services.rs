//! Answers requests for related services: GCF, GSB, URL, LKP, SND, SDC, FND, PAG and PGD (docs/protocol/ns.md sections
//! 5 and 13).

use msnp::notification::{ServiceLine, ServiceRequest};
use msnp::{Dialect, ErrorCode, Refusal};
use swallowtail_config::Config;

use super::handling::Outcome;
use super::shields;
use super::user::User;
use crate::net::Handled;

/// The site id in answers to URL. Clients only pass it on to the login page.
const SITE_ID: u32 = 2;

/// Answers a request for a related service. This server has no mail, paging, telephone or directory service, so it
/// refuses requests for them.
pub(super) fn answer(config: &Config, user: &User, request: ServiceRequest) -> Result<Handled<Outcome>, Refusal> {
    let refuse = |trid, code| Err(Refusal::Answer(trid, code));
    let line = match request {
        ServiceRequest::Shields(trid) => {
            let document = shields::document(&config.shields, user.endpoint.client.dialect).into_bytes();
            ServiceLine::Config { trid, file: "Shields.xml".to_owned(), document }
        }
        ServiceRequest::Subscription(trid) => ServiceLine::Subscription(trid),
        ServiceRequest::Url { trid, service, parameter } => {
            // All services use the same page. For COMPOSE, the page also receives the address.
            let target = match parameter {
                Some(address) if service == "COMPOSE" => format!("/?to={address}"),
                _ => "/".to_owned(),
            };
            ServiceLine::Url { trid, target, login: config.sign_in.page.clone(), site: SITE_ID }
        }
        ServiceRequest::Telephone { trid, .. } => return refuse(trid, ErrorCode::PhoneUnreachable),
        // The server sends no mail. After this refusal, the client asks its user to send the text
        // in another way.
        ServiceRequest::Invitation { trid, .. } => return refuse(trid, ErrorCode::CommandDisabled),
        ServiceRequest::Directory { trid, .. } => return refuse(trid, ErrorCode::CommandDisabled),
        // PGD replaced PAG in MSNP9.
        ServiceRequest::OldPage { trid, .. } if user.endpoint.client.dialect >= Dialect::Msnp9 => {
            return refuse(trid, ErrorCode::NotExpected);
        }
        ServiceRequest::OldPage { trid, .. } => return refuse(trid, ErrorCode::RateLimit),
        ServiceRequest::Page { trid, .. } => return refuse(trid, ErrorCode::RateLimit),
    };
    user.endpoint.reply(&line.into());
    Ok(Handled::Done)
}
