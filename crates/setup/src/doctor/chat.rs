//! Notification server and switchboard: from a ticket to `USR OK`, and from `XFR SB` to a conversation (docs/protocol/ns.md section 3,
//! sb.md sections 2 and 3).

use std::net::IpAddr;
use std::sync::Arc;

use msnp::notification::{Chg, ClientCommand, ServerCommand, ServiceLine, SignInAnswer, Ticket, Usr};
use msnp::switchboard::{self, Cookie};
use msnp::{Capabilities, ErrorCode, Handle, Status};

use super::codes;
use super::dial::{address, addresses, dial};
use super::finding::{Finding, PATIENCE};
use super::known::Known;
use super::login::handle;
use super::target::Place;
use crate::client_table::Client;
use msnp_client::{Greeting, Guise, NotificationClient, SwitchboardClient, Tap};
use swallowtail_config::is_private;

/// Nobody looks on: what goes over these connections is secret.
fn nobody() -> Tap {
    Arc::new(|_| {})
}

fn guise(known: &Known<'_>) -> Guise {
    known.options.client.map_or(Client::NEWEST, |client| client.guise)
}

/// Signs in, or without a ticket sees that a wrong one is refused.
pub(super) async fn sign_in(known: &mut Known<'_>) -> Finding {
    let Some(place) = known.target.notification.clone() else {
        return Finding::skipped(known.target.is_not_set("listen.notification"));
    };
    if !known.notification_open {
        return Finding::skipped("the notification port is not reached");
    }
    let Some(handle) = handle(known) else { return Finding::skipped("there is nobody to sign in") };
    match greet(known, &place, &handle).await {
        Ok(client) => prove(known, client).await,
        Err(red) => red,
    }
}

/// Up to the policy, over a dispatch server if there is one in between.
async fn greet(known: &Known<'_>, place: &Place, handle: &Handle) -> Result<NotificationClient, Finding> {
    let (mut client, greeting) = greet_at(known, place, handle).await?;
    let Greeting::Elsewhere(told) = greeting else { return Ok(client) };
    let there = reach(known, &told, place, "advertise.notification").await?;
    let next = greet_at(known, &there, handle).await?;
    match next.1 {
        Greeting::Policy => client = next.0,
        Greeting::Elsewhere(_) => {
            return Err(Finding::red(
                format!("{place} sends clients on to {told}, and that sends them on again"),
                "have advertise.notification name a notification server, not a dispatch server",
            )
            .shows(codes::NO_NOTIFICATION));
        }
    }
    Ok(client)
}

async fn greet_at(
    known: &Known<'_>,
    place: &Place,
    handle: &Handle,
) -> Result<(NotificationClient, Greeting), Finding> {
    let red = |cause: String, remedy: &str| Finding::red(cause, remedy).shows(codes::NO_NOTIFICATION);
    let address = address(place).await.map_err(|why| red(why.cause(place), "check the name"))?;
    let dialled = NotificationClient::dial_within(address, nobody(), PATIENCE).await;
    let mut client = dialled.map_err(|error| red(format!("{error:#}"), "see the port above"))?;
    let greeting = client.greet(guise(known), handle).await.map_err(|error| {
        let remedy =
            "see that this port is listen.notification of Swallowtail; a server that is being stopped answers 601";
        red(format!("{place} does not answer as a notification server: {error:#}"), remedy)
    })?;
    Ok((client, greeting))
}

async fn prove(known: &mut Known<'_>, mut client: NotificationClient) -> Finding {
    let dialect = client.dialect();
    let made_up = || Ticket::parse(&swallowtail_base::random::token());
    let Some(ticket) = known.ticket.clone().or_else(made_up) else { return Finding::skipped("there is no ticket") };
    let lost = |error: anyhow::Error| {
        let cause = format!("the notification server does not answer to the ticket: {error:#}");
        Finding::red(cause, "look into the server's log").shows(codes::NO_NOTIFICATION)
    };
    let command = ClientCommand::Usr(Usr::Ticket { trid: client.next_trid(), ticket });
    if let Err(error) = client.send(&command).await {
        return lost(error);
    }
    let answer = client.wait_for("USR OK", |line| match line {
        ServerCommand::SignIn(SignInAnswer::Ok { .. }) => Some(Ok(())),
        ServerCommand::Error(_, code) => Some(Err(*code)),
        _ => None,
    });
    match (answer.await, known.ticket.is_some()) {
        (Ok(Ok(())), true) => {
            known.session = Some(client);
            Finding::green(format!("USR OK: the test account is signed in, {dialect}"))
        }
        (Ok(Err(ErrorCode::AuthenticationFailed)), false) => {
            let why = if known.options.account.is_some() { "; nobody signs in, for want of a ticket" } else { "" };
            Finding::green(format!("it speaks {dialect} and refuses a wrong ticket, as it should{why}"))
        }
        (Ok(Err(ErrorCode::AuthenticationFailed)), true) => Finding::red(
            "the notification server refuses (911) the ticket that the sign-in service gave out a moment ago",
            "see that both ports lead to one and the same server: tickets are good only where they were made",
        )
        .shows(codes::BAD_TICKET),
        (Ok(Err(code)), _) => Finding::red(
            format!("the notification server answers {code} to a ticket"),
            "docs/protocol/errors.md says what the code means; the server's log may say why",
        )
        .shows(codes::NO_NOTIFICATION),
        (Ok(Ok(())), false) => Finding::red(
            "a ticket that was made up signs somebody in",
            "find out which server answers there: it lets everybody in",
        ),
        (Err(error), _) => lost(error),
    }
}

/// The dispatch server sends clients to a notification server that can be reached.
pub(super) async fn dispatch(known: &Known<'_>) -> Finding {
    let Some(place) = &known.target.dispatch else {
        return Finding::skipped(known.target.is_not_set("listen.dispatch"));
    };
    let Some(handle) = handle(known) else { return Finding::skipped("there is nobody to ask as") };
    let told = match greet_at(known, place, &handle).await {
        Ok((_, Greeting::Elsewhere(told))) => told,
        Ok((_, Greeting::Policy)) => {
            return Finding::red(format!("{place} is a notification server"), "compare it with listen.dispatch");
        }
        Err(red) => return red,
    };
    match reach(known, &told, place, "advertise.notification").await {
        Ok(there) => Finding::green(format!("clients are sent on to {there}, which is open")),
        Err(red) => red,
    }
}

/// Where clients are told to go for a conversation, and whether that can be reached.
pub(super) async fn switchboard_address(known: &mut Known<'_>) -> Finding {
    let Some(dialled) = known.target.notification.clone().or_else(|| known.target.switchboard.clone()) else {
        return Finding::skipped(known.target.is_not_set("listen.switchboard"));
    };
    let told = match invitation(known).await {
        Ok(Some(told)) => told,
        Ok(None) => match configured(known) {
            Ok(told) => told,
            Err(why) => return Finding::skipped(why),
        },
        Err(red) => return red,
    };
    match reach(known, &told, &dialled, "advertise.switchboard").await {
        Ok(place) => {
            let how = if known.invitation.is_some() { "XFR tells" } else { "the configuration tells" };
            let text = format!("{how} clients {place}, which is open");
            known.switchboard = Some(place);
            Finding::green(text)
        }
        Err(red) => red,
    }
}

/// What our own configuration has clients told, or why that is not looked at.
fn configured(known: &Known<'_>) -> Result<String, &'static str> {
    let advertised = known.target.ours.as_ref().and_then(|ours| ours.advertise.switchboard.clone());
    let own = known.target.switchboard.as_ref().map(ToString::to_string);
    let told = advertised.or(own).ok_or("only who is signed in is told it: name a test account with --account")?;
    if !known.notification_open {
        return Err("the notification port is not reached");
    }
    if !known.switchboard_open && known.target.switchboard == Place::parse(&told) {
        return Err("the switchboard port is not reached");
    }
    Ok(told)
}

/// Asks for a conversation. `None` when nobody is signed in.
async fn invitation(known: &mut Known<'_>) -> Result<Option<String>, Finding> {
    let Some(client) = &mut known.session else { return Ok(None) };
    let red =
        |why: String| Finding::red(why, "docs/protocol/errors.md says what a code means; the server's log may say why");
    // Only who has a status is given one (sb.md section 2).
    let chg = Chg::new(client.next_trid(), Status::Online, Capabilities::default(), None);
    let xfr = ClientCommand::Xfr(client.next_trid());
    for command in [ClientCommand::Chg(chg), xfr] {
        client.send(&command).await.map_err(|error| red(format!("{error:#}")))?;
    }
    let answer = client.wait_for("the answer to XFR SB", |line| match line {
        ServerCommand::Service(ServiceLine::Switchboard { address, cookie, .. }) => {
            Some(Ok((address.clone(), cookie.clone())))
        }
        ServerCommand::Error(_, code) => Some(Err(*code)),
        _ => None,
    });
    match answer.await {
        Ok(Ok((told, cookie))) => {
            known.invitation = Some(cookie);
            Ok(Some(told))
        }
        Ok(Err(code)) => Err(red(format!("XFR SB is answered with {code}"))),
        Err(error) => Err(red(format!("{error:#}"))),
    }
}

/// An address that clients are told, seen from here and from theirs. `dialled` is how the server was reached.
async fn reach(known: &Known<'_>, told: &str, dialled: &Place, key: &str) -> Result<Place, Finding> {
    let what = if key == "advertise.switchboard" { "switchboard" } else { "notification server" };
    let codes = if key == "advertise.switchboard" { &[] } else { codes::NO_NOTIFICATION };
    let key = known.target.key(key);
    let red = |why: String| {
        let remedy = format!(
            "set {key} to a host and a port of this server that clients can reach, or take it out: then each is told the address \
             that it dialled itself"
        );
        Err(Finding::red(format!("clients are told {told} for the {what}: {why}"), remedy).shows(codes))
    };
    let Some(place) = Place::parse(told) else { return red("that is no host and port".to_owned()) };
    let (Some(ip), Ok(from)) = (addresses(&place.host).await.first().copied(), address(dialled).await) else {
        return red(format!("the name {} leads to no address", place.host));
    };
    if let Some(why) = is_useless(ip, from.ip()) {
        return red(why.to_owned());
    }
    match dial(&place).await {
        Ok(_) => Ok(place),
        Err(why) => red(why.cause(&place)),
    }
}

/// Why an address is of no use to clients who reach the server at `dialled`.
fn is_useless(told: IpAddr, dialled: IpAddr) -> Option<&'static str> {
    if told.is_unspecified() {
        Some("that stands for every address and is none")
    } else if told.is_loopback() && !dialled.is_loopback() {
        Some("on each client's machine that is the machine itself")
    } else if told.is_ipv6() && dialled.is_ipv4() {
        Some("clients of the time know only IPv4")
    } else if is_private(told) && !is_private(dialled) {
        Some("from the internet a private address cannot be reached")
    } else {
        None
    }
}

/// Opens a conversation with the cookie of XFR, or sees that a wrong one is refused.
pub(super) async fn switchboard(known: &mut Known<'_>) -> Finding {
    let Some(place) = known.switchboard.clone() else {
        return Finding::skipped("no switchboard is known that can be reached");
    };
    let red = |why: String| {
        let remedy = "see that the address leads to listen.switchboard of the same server (with listen.one_port to listen.notification)";
        Finding::red(format!("{place} does not answer as its switchboard: {why}"), remedy)
    };
    let Some(handle) = handle(known) else { return Finding::skipped("there is nobody to sign in") };
    let cookie = known.invitation.take();
    let is_real = cookie.is_some();
    match open(&place, handle, cookie.unwrap_or_else(|| Cookie(swallowtail_base::random::token()))).await {
        Ok(Ok(())) if is_real => Finding::green("USR OK: the cookie opens a conversation"),
        Ok(Ok(())) => red("it takes a cookie that was made up".to_owned()),
        Ok(Err(ErrorCode::AuthenticationFailed)) if !is_real => {
            Finding::green("it refuses a wrong cookie, as it should")
        }
        Ok(Err(code)) => red(format!("{code} to USR")),
        Err(error) => red(format!("{error:#}")),
    }
}

async fn open(place: &Place, handle: Handle, cookie: Cookie) -> anyhow::Result<Result<(), ErrorCode>> {
    let address = address(place).await.map_err(|why| anyhow::anyhow!("{}", why.cause(place)))?;
    let mut client = SwitchboardClient::dial_within(address, nobody(), PATIENCE).await?;
    let trid = client.next_trid();
    client.send(&switchboard::ClientCommand::Usr { trid, handle: Some(handle), cookie }).await?;
    let answer =
        client.answer("USR OK", |line| matches!(line, switchboard::ServerCommand::Opened { .. }).then_some(()));
    let answer = answer.await?;
    if answer.is_ok() {
        client.send(&switchboard::ClientCommand::Out).await?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_judged_by_where_its_reader_is() {
        let table = [
            ("127.0.0.1", "192.168.1.5", Some("machine itself")),
            ("127.0.0.1", "127.0.0.1", None),
            ("0.0.0.0", "127.0.0.1", Some("every address")),
            ("192.168.1.5", "203.0.113.9", Some("private")),
            ("192.168.1.5", "192.168.1.5", None),
            ("2001:db8::1", "203.0.113.9", Some("IPv4")),
            ("203.0.113.9", "192.168.1.5", None),
        ];
        for (told, dialled, expected) in table {
            let why = is_useless(told.parse().unwrap(), dialled.parse().unwrap());
            match (why, expected) {
                (Some(why), Some(part)) => assert!(why.contains(part), "{told}: {why}"),
                (why, expected) => assert_eq!(why, expected, "{told}"),
            }
        }
    }
}
