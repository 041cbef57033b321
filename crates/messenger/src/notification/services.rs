//! GCF, GSB, URL, LKP, SND, SDC, FND, PAG, PGD (docs/protocol/ns.md sections 5 and 13).

use msnp::notification::{ServiceLine, ServiceRequest};
use msnp::{Dialect, ErrorCode, Refusal};

use super::session::Me;
use super::shields;
use swallowtail_config::Config;

/// The site id in URL answers; clients only hand it to the login page.
const SITE_ID: u32 = 2;

/// Answers a request to one of the services around. Mail, paging, telephones and the directory are not here, and say so.
pub(super) fn answer(config: &Config, me: &Me, request: ServiceRequest) -> Result<(), Refusal> {
    let refuse = |trid, code| Err(Refusal::Answer(trid, code));
    let line = match request {
        ServiceRequest::Shields(trid) => {
            let document = shields::document(&config.shields, me.endpoint.dialect).into_bytes();
            ServiceLine::Config { trid, file: "Shields.xml".to_owned(), document }
        }
        ServiceRequest::Subscription(trid) => ServiceLine::Subscription(trid),
        ServiceRequest::Url { trid, service, parameter } => {
            // One page for all; to write to somebody it is told the address.
            let target = match parameter {
                Some(address) if service == "COMPOSE" => format!("/?to={address}"),
                _ => "/".to_owned(),
            };
            ServiceLine::Url { trid, target, login: config.sign_in.page.clone(), site: SITE_ID }
        }
        ServiceRequest::Telephone { trid, .. } => return refuse(trid, ErrorCode::PhoneUnreachable),
        // No mail is sent; the client shows its user that the text is to be sent by other means.
        ServiceRequest::Invitation { trid, .. } => return refuse(trid, ErrorCode::CommandDisabled),
        ServiceRequest::Directory { trid, .. } => return refuse(trid, ErrorCode::CommandDisabled),
        // PGD took its place with MSNP9.
        ServiceRequest::OldPage { trid, .. } if me.endpoint.dialect >= Dialect::Msnp9 => {
            return refuse(trid, ErrorCode::NotExpected);
        }
        ServiceRequest::OldPage { trid, .. } => return refuse(trid, ErrorCode::RateLimit),
        ServiceRequest::Page { trid, .. } => return refuse(trid, ErrorCode::RateLimit),
    };
    me.endpoint.reply(&line.into());
    Ok(())
}
