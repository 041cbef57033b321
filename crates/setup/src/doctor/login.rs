//! Getting a ticket both ways: the login page of Passport 1.4, and `RST.srf` (docs/protocol/http.md sections 1.2 and 2).

use msnp::Handle;
use msnp::notification::Ticket;
use quick_xml::escape::escape;

use super::ask::{Answer, Header, ask};
use super::codes;
use super::finding::Finding;
use super::known::{Known, Way};
use super::nexus::{instead, no_way, unexpected};
use super::target::TestAccount;
use crate::client_table::SignIn;
use msnp_client::{authorization, ticket_of};

/// Nobody: without a test account it is the refusal that is looked at. `.invalid` is no domain of anybody's.
const NOBODY: &str = "doctor@swallowtail.invalid";

/// Who signs in, and whether that is an account of the operator's.
fn who(known: &Known<'_>) -> Option<(TestAccount, bool)> {
    if let Some(account) = known.options.account.clone() {
        return Some((account, true));
    }
    let handle = Handle::parse(NOBODY).ok()?;
    Some((TestAccount { handle, password: swallowtail_base::random::token() }, false))
}

/// The account of the operator's, or nobody.
pub(super) fn handle(known: &Known<'_>) -> Option<Handle> {
    who(known).map(|(account, _)| account.handle)
}

/// One of the two kinds of login.
pub(super) async fn examine(known: &mut Known<'_>, kind: SignIn) -> Finding {
    if let Some(client) = known.options.client.filter(|client| client.sign_in != kind) {
        return Finding::skipped(format!("{} does not sign in this way", client.name));
    }
    let Some(way) = known.way() else { return Finding::skipped(no_way(known)) };
    if known.silent.is_some() {
        return Finding::skipped("nobody answered to the nexus");
    }
    let Some((account, is_real)) = who(known) else { return Finding::skipped("there is nobody to sign in") };
    if is_real && let Some(why) = kept_back(way, known.is_near(way).await, known.is_proven) {
        return Finding::skipped(why);
    }
    let (mut stream, _) = match known.sign_in(way).await {
        Ok(found) => found,
        Err(why) => return Finding::red(why, "see the hops above").shows(codes::NO_SIGN_IN),
    };
    let host = known.sign_in_host();
    let (head, body, path) = match kind {
        SignIn::Passport14 => {
            let authorization = authorization(&account.handle, &account.password);
            let head = format!("GET /login2.srf HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}");
            (head, String::new(), "/login2.srf")
        }
        SignIn::Rst => {
            let head = format!("POST /RST.srf HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/soap+xml");
            (head, envelope(&account), "/RST.srf")
        }
    };
    let answer = match ask(&mut stream, &head, &body).await {
        Ok(answer) => answer,
        Err(why) => {
            return Finding::red(format!("{path}: {why}"), "see that the port leads to Swallowtail")
                .shows(codes::NO_SIGN_IN);
        }
    };
    let finding = match kind {
        SignIn::Passport14 => passport14(known, &answer, is_real),
        SignIn::Rst => rst(known, &answer, is_real),
    };
    if finding.is_green() {
        return Finding::green(format!("{}{}", finding.text, instead(known, way)));
    }
    finding
}

/// Why the password of the test account is not sent: in between somebody could read it, or take it with a certificate of his own.
fn kept_back(way: Way, is_near: bool, is_proven: bool) -> Option<&'static str> {
    match way {
        _ if is_near => None,
        Way::Plain => Some("the password of the test account is not sent in clear over the internet"),
        Way::Tls if !is_proven => Some(
            "over the internet the password of the test account is given only to a certificate of a public root, or of the one that \
             --root FILE names",
        ),
        Way::Tls => None,
    }
}

fn passport14(known: &mut Known<'_>, answer: &Answer, is_real: bool) -> Finding {
    match answer.status {
        200 => {
            let info = match known.exact(answer, "Authentication-Info") {
                Ok(info) => info,
                Err(red) => return red,
            };
            granted(known, ticket_of(info), is_real)
        }
        302 if answer.header("Location") != Header::Missing => {
            let page = super::ask::short(answer.value("Location").unwrap_or_default());
            Finding::skipped(format!("clients are sent on to {page} (sign_in.redirect), which is not followed"))
        }
        401 => match known.exact(answer, "WWW-Authenticate") {
            Ok(why) if why.contains("da-status=failed") => refused(is_real),
            Ok(_) => unexpected(answer, "/login2.srf"),
            Err(red) => red,
        },
        _ => unexpected(answer, "/login2.srf"),
    }
}

fn rst(known: &mut Known<'_>, answer: &Answer, is_real: bool) -> Finding {
    if answer.status != 200 {
        return unexpected(answer, "/RST.srf");
    }
    if answer.body.contains("FailedAuthentication") {
        return refused(is_real);
    }
    let token = answer.body.split_once("<wsse:BinarySecurityToken Id=\"Compact1\">");
    let word = token.and_then(|(_, rest)| rest.split_once('<')).map(|(word, _)| word.replace("&amp;", "&"));
    granted(known, word.and_then(|word| Ticket::parse(&word)), is_real)
}

fn granted(known: &mut Known<'_>, ticket: Option<Ticket>, is_real: bool) -> Finding {
    match (ticket, is_real) {
        (None, _) => Finding::red(
            "the answer has no ticket where clients look for it",
            "see that it comes from Swallowtail, unchanged on its way",
        )
        .shows(codes::NO_SIGN_IN),
        (Some(_), false) => Finding::red(
            "an account that cannot exist, with a random password, was given a ticket",
            "find out which server answers there: it lets everybody in",
        ),
        (ticket, true) => {
            known.ticket = ticket;
            Finding::green("the test account has a ticket")
        }
    }
}

fn refused(is_real: bool) -> Finding {
    if !is_real {
        return Finding::green("a wrong password is refused, as it should be");
    }
    Finding::red(
        "the test account is refused: wrong password, or there is no such account",
        "swallowtail account list says which there are, swallowtail account password sets a new one",
    )
    .shows(codes::WRONG_PASSWORD)
}

/// What client 7.5 posts, as far as it is read (http.md section 2, "Request").
fn envelope(account: &TestAccount) -> String {
    let token = |number: u8, address: &str| {
        format!(
            "<wst:RequestSecurityToken Id=\"RST{number}\"><wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue\
             </wst:RequestType><wsp:AppliesTo><wsa:EndpointReference><wsa:Address>{address}</wsa:Address></wsa:EndpointReference>\
             </wsp:AppliesTo></wst:RequestSecurityToken>"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\" xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2002/12/policy\" \
         xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/03/addressing\" xmlns:wst=\"http://schemas.xmlsoap.org/ws/2004/04/trust\">\
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
    use super::*;

    #[test]
    fn the_request_for_tokens_is_one_that_the_server_reads() {
        let handle = Handle::parse("alice@example.com").unwrap();
        let account = TestAccount { handle, password: "a<b&\"c".to_owned() };
        let read = msnp::passport::parse_rst(envelope(&account).as_bytes()).unwrap();
        assert_eq!((read.username.as_str(), read.password.as_str()), ("alice@example.com", "a<b&\"c"));
        let tokens: Vec<_> = read.tokens.iter().map(|token| (token.number, token.address.as_str())).collect();
        assert_eq!(tokens, [(0, "http://Passport.NET/tb"), (1, "messenger.msn.com")]);
    }

    #[test]
    fn over_the_internet_a_password_is_for_a_proven_certificate_alone() {
        for (way, is_near, is_proven, is_sent) in [
            (Way::Plain, true, false, true),
            (Way::Plain, false, true, false),
            (Way::Tls, true, false, true),
            (Way::Tls, false, false, false),
            (Way::Tls, false, true, true),
        ] {
            assert_eq!(kept_back(way, is_near, is_proven).is_none(), is_sent, "{way:?} {is_near} {is_proven}");
        }
    }

    #[test]
    fn a_refusal_is_right_for_nobody_and_a_fault_for_the_test_account() {
        assert!(refused(false).is_green());
        assert_eq!(refused(true).codes, ["80048821"]);
    }
}
