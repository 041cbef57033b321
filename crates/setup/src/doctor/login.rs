//! Checks the two ways to get a ticket: the login page of Passport 1.4, and `RST.srf` (docs/protocol/http.md sections
//! 1.2 and 2).

use msnp::notification::Ticket;
use msnp_client::{authorization, ticket_of};
use quick_xml::escape::escape;

use super::ask::{Answer, Header, ask};
use super::codes;
use super::exam::Exam;
use super::finding::{Finding, Learnt};
use super::found::{Nexus, Transport};
use super::nexus::unexpected;
use super::route::Route;
use super::spelling::Spelling;
use super::target::TestAccount;
use crate::client_table::SignIn;

/// Checks one of the two ways to get a ticket: `kind` selects the login page of Passport 1.4 or
/// `RST.srf`. Returns the ticket of the test account for later checks.
pub(super) async fn examine(
    exam: Exam<'_>,
    kind: SignIn,
    route: &Result<Route<'_>, &'static str>,
    nexus: Nexus,
    spelling: &mut Spelling,
) -> Learnt<Option<Ticket>> {
    if let Some(client) = exam.options.client.filter(|client| client.sign_in != kind) {
        return Finding::skipped(format!("{} does not sign in this way", client.name)).into();
    }
    let route = match route {
        Ok(route) => route,
        Err(why) => return Finding::skipped(*why).into(),
    };
    if nexus.silent.is_some() {
        return Finding::skipped("not checked: the nexus did not answer").into();
    }
    let Some((account, is_real)) = exam.account() else {
        return Finding::skipped("not checked: there is no account to sign in").into();
    };
    if is_real && let Some(why) = kept_back(route.transport, route.is_near().await, route.is_proven) {
        return Finding::skipped(why).into();
    }
    let mut stream = match route.connect().await {
        Ok(stream) => stream,
        Err(why) => return Finding::red(why, "see the checks above").shows(codes::NO_SIGN_IN).into(),
    };
    let (head, body) = request(kind, &route.host(), &account);
    let learnt = match ask(&mut stream, &head, &body).await {
        Ok(answer) => judge(kind, &answer, is_real, spelling),
        Err(why) => {
            let remedy = "check that the port belongs to Swallowtail or forwards to it";
            return Finding::red(format!("{}: {why}", path(kind)), remedy).shows(codes::NO_SIGN_IN).into();
        }
    };
    if learnt.finding.is_green() {
        let finding = Finding::green(format!("{}{}", learnt.finding.text, route.instead()));
        return Learnt { finding, ..learnt };
    }
    learnt
}

fn path(kind: SignIn) -> &'static str {
    match kind {
        SignIn::Passport14 => "/login2.srf",
        SignIn::Rst => "/RST.srf",
    }
}

/// Returns the head and the body of the request.
fn request(kind: SignIn, host: &str, account: &TestAccount) -> (String, String) {
    let path = path(kind);
    match kind {
        SignIn::Passport14 => {
            let authorization = authorization(&account.handle, &account.password);
            (format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}"), String::new())
        }
        SignIn::Rst => {
            let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/soap+xml");
            (head, envelope(account))
        }
    }
}

fn judge(kind: SignIn, answer: &Answer, is_real: bool, spelling: &mut Spelling) -> Learnt<Option<Ticket>> {
    match kind {
        SignIn::Passport14 => passport14(answer, is_real, spelling),
        SignIn::Rst => rst(answer, is_real),
    }
}

/// Returns the reason why the doctor must not send the password of the test account, if there is
/// one. Between the doctor and the server, an attacker could read the password, or receive it by
/// showing a certificate of their own.
fn kept_back(transport: Transport, is_near: bool, is_proven: bool) -> Option<&'static str> {
    match transport {
        _ if is_near => None,
        Transport::Plain => {
            Some("not checked: the doctor does not send the password of the test account unencrypted over the internet")
        }
        Transport::Tls if !is_proven => Some(
            "not checked: over the internet, the doctor sends the password of the test account only if the server's \
             root is trusted here, or if --root FILE names that root",
        ),
        Transport::Tls => None,
    }
}

fn passport14(answer: &Answer, is_real: bool, spelling: &mut Spelling) -> Learnt<Option<Ticket>> {
    match answer.status {
        200 => match spelling.exact(answer, "Authentication-Info") {
            Ok(info) => granted(ticket_of(info), is_real),
            Err(red) => red.into(),
        },
        302 if answer.header("Location") != Header::Missing => {
            let page = super::ask::short(answer.value("Location").unwrap_or_default());
            Finding::skipped(format!("not checked further: the server redirects clients to {page} (sign_in.redirect)"))
                .into()
        }
        401 => match spelling.exact(answer, "WWW-Authenticate") {
            Ok(why) if why.contains("da-status=failed") => refused(is_real).into(),
            Ok(_) => unexpected(answer, path(SignIn::Passport14)).into(),
            Err(red) => red.into(),
        },
        _ => unexpected(answer, path(SignIn::Passport14)).into(),
    }
}

fn rst(answer: &Answer, is_real: bool) -> Learnt<Option<Ticket>> {
    if answer.status != 200 {
        return unexpected(answer, path(SignIn::Rst)).into();
    }
    if answer.body.contains("FailedAuthentication") {
        return refused(is_real).into();
    }
    let token = answer.body.split_once("<wsse:BinarySecurityToken Id=\"Compact1\">");
    let word = token.and_then(|(_, rest)| rest.split_once('<')).map(|(word, _)| word.replace("&amp;", "&"));
    granted(word.and_then(|word| Ticket::parse(&word)), is_real)
}

fn granted(ticket: Option<Ticket>, is_real: bool) -> Learnt<Option<Ticket>> {
    let finding = match (&ticket, is_real) {
        (None, _) => Finding::red(
            "the answer has no ticket where clients expect it",
            "check that the answer comes from Swallowtail, and that nothing on the way changes it",
        )
        .shows(codes::NO_SIGN_IN),
        (Some(_), false) => Finding::red(
            "an account that cannot exist, with a random password, got a ticket",
            "find out which server answers at this address, because it accepts anyone",
        ),
        (Some(_), true) => Finding::green("the test account got a ticket"),
    };
    Learnt { finding, value: ticket.filter(|_| is_real) }
}

fn refused(is_real: bool) -> Finding {
    if !is_real {
        return Finding::green("a wrong password is refused, as it should be");
    }
    Finding::red(
        "the test account is refused: the password is wrong, or the account does not exist",
        "list the accounts with `swallowtail account list`, or set a new password with `swallowtail account password`",
    )
    .shows(codes::WRONG_PASSWORD)
}

/// Returns the request of client 7.5, with the parts that the server reads (http.md section 2, "Request").
fn envelope(account: &TestAccount) -> String {
    let token = |number: u8, address: &str| {
        format!(
            "<wst:RequestSecurityToken Id=\"RST{number}\"><wst:RequestType>\
             http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue</wst:RequestType><wsp:AppliesTo>\
             <wsa:EndpointReference><wsa:Address>{address}</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>\
             </wst:RequestSecurityToken>"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\" \
         xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2002/12/policy\" \
         xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/03/addressing\" \
         xmlns:wst=\"http://schemas.xmlsoap.org/ws/2004/04/trust\">\
         <Header><wsse:Security><wsse:UsernameToken Id=\"user\"><wsse:Username>{}</wsse:Username>\
         <wsse:Password>{}</wsse:Password></wsse:UsernameToken></wsse:Security></Header><Body>{}{}</Body></Envelope>",
        escape(account.handle.as_str()),
        escape(&account.password),
        token(0, "http://Passport.NET/tb"),
        token(1, "messenger.msn.com"),
    )
}

#[cfg(test)]
mod tests {
    use msnp::Handle;

    use super::super::target::{Ports, Target};
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn the_server_can_parse_the_request_for_tokens() {
        let handle = Handle::parse("alice@example.com").unwrap();
        let account = TestAccount { handle, password: "a<b&\"c".to_owned() };
        let read = msnp::passport::parse_rst(envelope(&account).as_bytes()).unwrap();
        assert_eq!((read.username.as_str(), read.password.as_str()), ("alice@example.com", "a<b&\"c"));
        let tokens: Vec<_> = read.tokens.iter().map(|token| (token.number, token.address.as_str())).collect();
        assert_eq!(tokens, [(0, "http://Passport.NET/tb"), (1, "messenger.msn.com")]);
    }

    #[test]
    fn answers_from_the_login_page_are_judged_by_status_and_header() {
        let target = Target::remote("a.example", Ports { notification: 1, http: 2, https: 3 });
        let ticket = "Authentication-Info: Passport1.4 da-status=success,from-PP='t=a&p='";
        let failed = "WWW-Authenticate: Passport1.4 da-status=failed";
        for (status, header, is_real, state, words) in [
            (200, ticket, true, State::Green, "got a ticket"),
            (200, ticket, false, State::Red, "cannot exist"),
            (200, "Authentication-Info: none", true, State::Red, "no ticket"),
            (200, "Server: x", true, State::Red, "the header Authentication-Info is missing"),
            (401, failed, false, State::Green, "refused, as it should be"),
            (401, failed, true, State::Red, "the test account is refused"),
            (401, "WWW-Authenticate: Basic", true, State::Red, "answered with 401"),
            (302, "Location: http://b.example/", true, State::Skipped, "redirects clients to http://b.example/"),
            (403, "Server: x", true, State::Red, "not accepted over plain HTTP"),
            (503, "Server: x", true, State::Red, "answered with 503"),
        ] {
            let answer = Answer::parse(&format!("HTTP/1.1 {status} x\r\n{header}\r\n\r\n"));
            let learnt = judge(SignIn::Passport14, &answer, is_real, &mut Spelling::new(&target));
            assert!(learnt.finding.state == state && learnt.finding.text.contains(words), "{:?}", learnt.finding);
            assert_eq!(learnt.value.is_some(), state == State::Green && is_real, "{status} {header}");
        }
    }

    #[test]
    fn an_rst_ticket_is_read_where_clients_expect_it() {
        let target = Target::remote("a.example", Ports { notification: 1, http: 2, https: 3 });
        let token = "<wsse:BinarySecurityToken Id=\"Compact1\">t=a&amp;p=</wsse:BinarySecurityToken>";
        for (body, ticket) in [(token, Some("t=a&p=")), ("<other/>", None)] {
            let answer = Answer::parse(&format!("HTTP/1.1 200 OK\r\n\r\n{body}"));
            let learnt = judge(SignIn::Rst, &answer, true, &mut Spelling::new(&target));
            assert_eq!(learnt.value, ticket.and_then(Ticket::parse), "{body}");
        }
    }

    #[test]
    fn over_the_internet_a_password_is_sent_only_if_the_certificate_is_verified() {
        for (transport, is_near, is_proven, is_sent) in [
            (Transport::Plain, true, false, true),
            (Transport::Plain, false, true, false),
            (Transport::Tls, true, false, true),
            (Transport::Tls, false, false, false),
            (Transport::Tls, false, true, true),
        ] {
            assert_eq!(
                kept_back(transport, is_near, is_proven).is_none(),
                is_sent,
                "{transport:?} {is_near} {is_proven}"
            );
        }
    }

    #[test]
    fn a_refused_sign_in_makes_the_check_red_only_if_the_doctor_has_a_test_account() {
        assert!(refused(false).is_green());
        assert_eq!(refused(true).codes, ["80048821"]);
    }
}
