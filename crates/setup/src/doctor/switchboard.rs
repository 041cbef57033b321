//! Checks the switchboard: the address in `XFR SB`, and a conversation there (docs/protocol/sb.md sections 2 and 3).

use msnp::notification::{Chg, ClientCommand, ServerCommand, ServiceLine};
use msnp::switchboard::Cookie;
use msnp::{Capabilities, ErrorCode, Handle, Status};

use super::advertised::reach;
use super::dial::address;
use super::exam::Exam;
use super::finding::{Finding, Learnt};
use super::found::{Invitation, OpenPorts};
use super::probe::{NotificationProbe, SwitchboardProbe};
use super::target::HostPort;

/// Finds the address to which the server sends clients for a conversation, and checks whether it can be reached.
pub(super) async fn find(
    exam: Exam<'_>,
    open: OpenPorts,
    session: Option<&mut NotificationProbe>,
) -> Learnt<Option<Invitation>> {
    let Some(dialled) = exam.target.notification.as_ref().or(exam.target.switchboard.as_ref()) else {
        return Finding::skipped(exam.target.is_not_set("listen.switchboard")).into();
    };
    let (advertised, cookie) = match session {
        Some(session) => match invitation(session).await {
            Ok((advertised, cookie)) => (advertised, Some(cookie)),
            Err(red) => return red.into(),
        },
        None => match configured(exam, open) {
            Ok(advertised) => (advertised, None),
            Err(why) => return Finding::skipped(why).into(),
        },
    };
    match reach(exam, &advertised, dialled, "advertise.switchboard").await {
        Ok(host_port) => {
            let how = if cookie.is_some() { "XFR sends" } else { "the settings send" };
            let finding = Finding::green(format!("{how} clients to {host_port}, which accepts connections"));
            Learnt { finding, value: Some(Invitation { host_port, cookie }) }
        }
        Err(red) => red.into(),
    }
}

/// Returns the switchboard address that our own settings make the server send to clients, or the
/// reason why the address is not checked.
fn configured(exam: Exam<'_>, open: OpenPorts) -> Result<String, &'static str> {
    let advertised = exam.target.ours.as_ref().and_then(|ours| ours.advertise.switchboard.clone());
    let own = exam.target.switchboard.as_ref().map(ToString::to_string);
    let advertised = advertised.or(own).ok_or(
        "not checked: the server sends the address only to signed-in clients; add --account with a test account",
    )?;
    if !open.notification {
        return Err("not checked: the notification port cannot be reached");
    }
    if !open.switchboard && exam.target.switchboard == HostPort::parse(&advertised) {
        return Err("not checked: the switchboard port cannot be reached");
    }
    Ok(advertised)
}

/// Asks for a conversation. Returns the address of the switchboard, and the cookie that opens a conversation there.
async fn invitation(client: &mut NotificationProbe) -> Result<(String, Cookie), Finding> {
    let remedy = "look up the code in docs/protocol/errors.md, and check the server's log";
    let red = |why: String| Finding::red(why, remedy);
    // The server invites only a client that has set a status (sb.md section 2).
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
        Ok(Ok(invitation)) => Ok(invitation),
        Ok(Err(code)) => Err(red(format!("XFR SB was answered with {code}"))),
        Err(error) => Err(red(format!("{error:#}"))),
    }
}

/// Opens a conversation with the cookie from XFR. Without a cookie, checks that the server refuses a random one.
pub(super) async fn examine(exam: Exam<'_>, invitation: Option<Invitation>) -> Finding {
    let Some(Invitation { host_port, cookie }) = invitation else {
        return Finding::skipped("not checked: no reachable switchboard is known");
    };
    let red = |why: String| {
        let remedy = "check that this is the address in listen.switchboard of the same server, or forwards to it (with \
                      listen.one_port: the address in listen.notification)";
        Finding::red(format!("{host_port} does not answer as the switchboard of this server: {why}"), remedy)
    };
    let Some(handle) = exam.handle() else { return Finding::skipped("not checked: there is no account to sign in") };
    let is_real = cookie.is_some();
    match open(&host_port, handle, cookie.unwrap_or_else(|| Cookie(swallowtail_base::random::token()))).await {
        Ok(Ok(())) if is_real => Finding::green("USR OK: the cookie opens a conversation"),
        Ok(Ok(())) => red("it accepts a random cookie".to_owned()),
        Ok(Err(ErrorCode::AuthenticationFailed)) if !is_real => {
            Finding::green("a wrong cookie is refused, as it should be")
        }
        Ok(Err(code)) => red(format!("USR was answered with {code}")),
        Err(error) => red(format!("{error:#}")),
    }
}

async fn open(host_port: &HostPort, handle: Handle, cookie: Cookie) -> anyhow::Result<Result<(), ErrorCode>> {
    let address = address(host_port).await.map_err(|why| anyhow::anyhow!("{}", why.cause(host_port)))?;
    SwitchboardProbe::dial(address).await?.open(handle, cookie).await
}
