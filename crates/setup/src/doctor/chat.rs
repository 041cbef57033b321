//! Checks the notification server: signs in with a ticket, up to `USR OK`. If there is a dispatch
//! server, connects through it (docs/protocol/ns.md section 3).

use msnp::notification::{ClientCommand, ServerCommand, SignInAnswer, Ticket, Usr};
use msnp::{ErrorCode, Handle};

use super::advertised::reach;
use super::codes;
use super::dial::address;
use super::exam::Exam;
use super::finding::{Finding, Learnt};
use super::found::OpenPorts;
use super::probe::{Greeting, NotificationProbe};
use super::target::HostPort;
use crate::client_table::{Client, ClientInfo};

fn client_info(exam: Exam<'_>) -> ClientInfo {
    exam.options.client.map_or(Client::NEWEST, |client| client.client_info)
}

/// Signs in with a ticket. If there is no ticket, checks that the server refuses a random one. Returns the session of
/// the test account.
pub(super) async fn sign_in(
    exam: Exam<'_>,
    open: OpenPorts,
    ticket: Option<Ticket>,
) -> Learnt<Option<NotificationProbe>> {
    let Some(host_port) = &exam.target.notification else {
        return Finding::skipped(exam.target.is_not_set("listen.notification")).into();
    };
    if !open.notification {
        return Finding::skipped("not checked: the notification port cannot be reached").into();
    }
    let Some(handle) = exam.handle() else {
        return Finding::skipped("not checked: there is no account to sign in").into();
    };
    match greet(exam, host_port, &handle).await {
        Ok(client) => prove(exam, client, ticket).await,
        Err(red) => red.into(),
    }
}

/// Connects, and sends the commands of the sign-in until the server asks for a ticket. Follows a
/// dispatch server if there is one.
async fn greet(exam: Exam<'_>, host_port: &HostPort, handle: &Handle) -> Result<NotificationProbe, Finding> {
    let (mut client, greeting) = greet_at(exam, host_port, handle).await?;
    let Greeting::Redirected(advertised) = greeting else { return Ok(client) };
    let there = reach(exam, &advertised, host_port, "advertise.notification").await?;
    let next = greet_at(exam, &there, handle).await?;
    match next.1 {
        Greeting::Policy => client = next.0,
        Greeting::Redirected(_) => {
            return Err(Finding::red(
                format!("{host_port} sends clients to {advertised}, which redirects them again"),
                "set advertise.notification to a notification server, not to a dispatch server",
            )
            .shows(codes::NO_NOTIFICATION));
        }
    }
    Ok(client)
}

async fn greet_at(
    exam: Exam<'_>,
    host_port: &HostPort,
    handle: &Handle,
) -> Result<(NotificationProbe, Greeting), Finding> {
    let red = |cause: String, remedy: &str| Finding::red(cause, remedy).shows(codes::NO_NOTIFICATION);
    let address = address(host_port).await.map_err(|why| red(why.cause(host_port), "check the name"))?;
    let dialled = NotificationProbe::dial(address).await;
    let mut client = dialled.map_err(|error| red(format!("{error:#}"), "see the checks of the ports above"))?;
    let greeting = client.greet(client_info(exam), handle).await.map_err(|error| {
        let remedy =
            "check that this port is listen.notification of Swallowtail; a server that is stopping answers 601";
        red(format!("{host_port} does not answer as a notification server: {error:#}"), remedy)
    })?;
    Ok((client, greeting))
}

/// Sends the ticket to the notification server. If there is no ticket, sends a random ticket, which
/// the server must refuse.
async fn prove(
    exam: Exam<'_>,
    mut client: NotificationProbe,
    ticket: Option<Ticket>,
) -> Learnt<Option<NotificationProbe>> {
    let is_real = ticket.is_some();
    let made_up = || Ticket::parse(&swallowtail_base::random::token());
    let Some(ticket) = ticket.or_else(made_up) else {
        return Finding::skipped("not checked: there is no ticket").into();
    };
    match answer_to(&mut client, ticket).await {
        Ok(Ok(())) if is_real => {
            let finding = Finding::green(format!("USR OK: the test account is signed in, {}", client.dialect()));
            Learnt { finding, value: Some(client) }
        }
        Ok(Ok(())) => Finding::red(
            "a random ticket is accepted",
            "find out which server answers at this address, because it accepts anyone",
        )
        .into(),
        Ok(Err(code)) if is_real => refused(code).into(),
        Ok(Err(ErrorCode::AuthenticationFailed)) => {
            let why =
                if exam.options.account.is_some() { "; the test account has no ticket to sign in with" } else { "" };
            let dialect = client.dialect();
            Finding::green(format!("the server speaks {dialect}; a wrong ticket is refused, as it should be{why}"))
                .into()
        }
        Ok(Err(code)) => unexpected(code).into(),
        Err(error) => {
            let cause = format!("the notification server did not answer when the ticket was sent: {error:#}");
            Finding::red(cause, "check the server's log").shows(codes::NO_NOTIFICATION).into()
        }
    }
}

/// Sends a ticket. Returns the error code if the server refuses the ticket.
async fn answer_to(client: &mut NotificationProbe, ticket: Ticket) -> anyhow::Result<Result<(), ErrorCode>> {
    let command = ClientCommand::Usr(Usr::Ticket { trid: client.next_trid(), ticket });
    client.send(&command).await?;
    let answer = client.wait_for("USR OK", |line| match line {
        ServerCommand::SignIn(SignInAnswer::Ok { .. }) => Some(Ok(())),
        ServerCommand::Error(_, code) => Some(Err(*code)),
        _ => None,
    });
    answer.await
}

/// Returns the finding for an error code in answer to a valid ticket.
fn refused(code: ErrorCode) -> Finding {
    if code != ErrorCode::AuthenticationFailed {
        return unexpected(code);
    }
    Finding::red(
        "the notification server refuses (911) the ticket that the sign-in service issued a moment ago",
        "check that the port of the sign-in service and the notification port belong to the same server: a ticket is \
         valid only on the server that issued it",
    )
    .shows(codes::BAD_TICKET)
}

fn unexpected(code: ErrorCode) -> Finding {
    Finding::red(
        format!("the notification server answers a ticket with {code}"),
        "look up the code in docs/protocol/errors.md, and check the server's log",
    )
    .shows(codes::NO_NOTIFICATION)
}

/// Checks that the dispatch server sends clients to a reachable notification server.
pub(super) async fn dispatch(exam: Exam<'_>) -> Finding {
    let Some(host_port) = &exam.target.dispatch else {
        return Finding::skipped(exam.target.is_not_set("listen.dispatch"));
    };
    let Some(handle) = exam.handle() else {
        return Finding::skipped("not checked: there is no account to sign in with");
    };
    let advertised = match greet_at(exam, host_port, &handle).await {
        Ok((_, Greeting::Redirected(advertised))) => advertised,
        Ok((_, Greeting::Policy)) => {
            return Finding::red(
                format!("{host_port} is a notification server, not a dispatch server"),
                "compare this address with listen.dispatch",
            );
        }
        Err(red) => return red,
    };
    match reach(exam, &advertised, host_port, "advertise.notification").await {
        Ok(there) => Finding::green(format!("the dispatch server sends clients to {there}, which accepts connections")),
        Err(red) => red,
    }
}
