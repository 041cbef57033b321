//! Clients whose clocks are wrong by years, like the clock of a Windows XP PC with an empty
//! battery. These clients send their time only in HTTP headers and in the XML of the sign-in
//! service.

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::client::{Account, PASSWORD, PATIENCE, Person, http};
use crate::measured::Measured;
use crate::scenario::Scenario;

/// The years of the clients' clocks. 2001 is the first year in Windows XP.
const YEARS: [u16; 5] = [1970, 1980, 2001, 2038, 2099];

pub(super) const SCENARIO: Scenario =
    Scenario::runs("T02", "The clock of a client is wrong by years", |bed| Box::pin(run(bed)))
        .accounts(YEARS.len())
        .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    for (number, year) in YEARS.into_iter().enumerate() {
        let account = Account::numbered(number);
        passport(bed, &account, year).await.with_context(|| format!("Passport 1.4 in {year}"))?;
        rst(bed, &account, year).await.with_context(|| format!("RST in {year}"))?;
    }
    Ok(Measured::new().count("years", YEARS.len()))
}

async fn passport(bed: &Bed, account: &Account, year: u16) -> Result<()> {
    let request = String::from_utf8(http::ticket_request(&account.handle, PASSWORD))?;
    let date =
        format!("Date: Thu, 01 Jan {year} 00:00:00 GMT\r\nIf-Modified-Since: Thu, 01 Jan {year} 00:00:00 GMT\r\n\r\n");
    let request = request.strip_suffix("\r\n").map(|head| format!("{head}{date}")).context("the request has no end")?;
    let dial = bed.dialer.dial(bed.dialer.addresses.http);
    let answer = http::request(dial, request.as_bytes(), PATIENCE).await?;
    let ticket = http::ticket_in(&answer).with_context(|| format!("the answer {} has no ticket", answer.status()))?;
    bed.dialer.keep_ticket(account, ticket);
    drop(Person::sign_in(&bed.dialer, account).await?);
    Ok(())
}

async fn rst(bed: &Bed, account: &Account, year: u16) -> Result<()> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <Header><Security><UsernameToken Id=\"user\"><Username>{}</Username><Password>{PASSWORD}</Password>\
         </UsernameToken><Timestamp><Created>{year}-01-01T00:00:00Z</Created><Expires>{year}-01-01T00:05:00Z</Expires>\
         </Timestamp></Security></Header><Body><RequestSecurityToken Id=\"RST0\"><AppliesTo><EndpointReference>\
         <Address>messenger.msn.com</Address></EndpointReference></AppliesTo></RequestSecurityToken></Body></Envelope>",
        account.handle
    );
    let head = format!("POST /RST.srf HTTP/1.1\r\nHost: login.live.com\r\nContent-Length: {}\r\n\r\n", body.len());
    let dial = bed.dialer.dial(bed.dialer.addresses.http);
    let answer = http::request(dial, [head, body].concat().as_bytes(), PATIENCE).await?;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    let ticket = text.split_once(">t=").and_then(|(_, rest)| rest.split_once('<')).map(|(ticket, _)| ticket);
    let ticket = ticket.with_context(|| format!("the answer {} has no ticket: {text}", answer.status()))?;
    let ticket = format!("t={}", ticket.replace("&amp;", "&"));
    ensure!(!ticket.contains(' '), "the ticket is not a single word");
    bed.dialer.keep_ticket(account, ticket);
    drop(Person::sign_in(&bed.dialer, account).await?);
    Ok(())
}
