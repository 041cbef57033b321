//! Gets a ticket for a password: from the login page of Passport 1.4, or from `RST.srf` (docs/protocol/http.md sections 1
//! and 2).

use std::net::IpAddr;

use msnp::Handle;
use msnp::escape_xml;
use msnp::notification::Ticket;
use msnp::passport::DEFAULT_POLICY;

use crate::account::{Account, Credentials};
use crate::exchange::HttpConnection;
use crate::http::Response;
use crate::machine::SignedOut;
use crate::passport::{authorization, ticket_of};
use crate::server::{LoginKind, Server};
use crate::shown::shown;
use crate::url::Url;

/// The maximum number of redirects that the client follows from a login page.
const MAX_HTTP_REDIRECTS: usize = 5;

impl Server {
    /// Gets a ticket for an account from the login service. [`Client`](crate::Client) calls this
    /// function itself. Call it only in a program that speaks the protocol without
    /// [`Client`](crate::Client).
    ///
    /// # Errors
    /// Fails if the password is wrong, or if the login service cannot be reached or refuses the sign-in.
    pub async fn ticket(&self, account: &Account) -> Result<Ticket, SignedOut> {
        ticket(self, account, DEFAULT_POLICY).await
    }
}

/// Gets a ticket for an account.
pub(crate) async fn ticket(server: &Server, account: &Account, policy: &str) -> Result<Ticket, SignedOut> {
    match account.credentials() {
        Credentials::Tickets(source) => source(policy.to_owned()).await,
        Credentials::Password(password) => with_password(server, account.handle(), password, policy).await,
    }
}

/// Tries the base addresses of the server, one after the other. The first address that answers
/// decides the result.
async fn with_password(server: &Server, handle: &Handle, password: &str, policy: &str) -> Result<Ticket, SignedOut> {
    let mut failures = Vec::new();
    for base in server.http_bases() {
        let Some(url) = Url::parse(&base) else {
            return Err(SignedOut::Refused(format!("{base} is not an address such as http://chat.example.com:8080")));
        };
        let login = Login { server, handle, password, policy };
        match login.at(&url).await {
            Err(SignedOut::Lost(reason)) => failures.push(reason),
            other => return other,
        }
    }
    Err(SignedOut::Lost(format!("the login service could not be reached: {}", failures.join("; "))))
}

struct Login<'a> {
    server: &'a Server,
    handle: &'a Handle,
    password: &'a str,
    policy: &'a str,
}

impl Login<'_> {
    /// Gets a ticket from the services at a base address.
    async fn at(&self, base: &Url) -> Result<Ticket, SignedOut> {
        match self.server.login {
            LoginKind::Passport14 => self.passport(base).await,
            LoginKind::Rst => self.rst(&base.with_path("/RST.srf")).await,
        }
    }

    /// Asks the nexus for the address of the login page, and then asks the login page for a ticket.
    async fn passport(&self, base: &Url) -> Result<Ticket, SignedOut> {
        let mut page = self.nexus(base).await?;
        for _ in 0..=MAX_HTTP_REDIRECTS {
            let mut http = self.connect(&page).await?;
            let header = format!("Authorization: {}", self.authorization());
            let answer = http.exchange("GET", &page, &[header], b"").await.map_err(|error| lost(&page, &error))?;
            if answer.head.status() == 302 {
                let location = answer.head.header("Location").and_then(Url::parse);
                let next = location.ok_or_else(|| {
                    SignedOut::Refused("the login page sent a redirect without an address".to_owned())
                })?;
                // After a redirect, the client must not send the password over an unencrypted
                // connection if the connection before was encrypted.
                if page.is_tls && !next.is_tls {
                    return Err(SignedOut::Refused(format!(
                        "the login page redirects to {next}, which is not encrypted"
                    )));
                }
                page = next;
                continue;
            }
            let ticket = answer.head.header("Authentication-Info").and_then(ticket_of);
            return ticket.ok_or_else(|| refusal(&answer));
        }
        Err(SignedOut::Refused("the login page redirects too often".to_owned()))
    }

    /// Returns the address of the login page.
    async fn nexus(&self, base: &Url) -> Result<Url, SignedOut> {
        let url = base.with_path("/rdr/pprdr-url.asp");
        // The nexus decides where the password goes, and on an open network, anyone could answer in
        // place of the nexus. So the nexus must meet the same rule for encryption as the login
        // page.
        let mut http = self.connect(&url).await?;
        let answer = http.exchange("GET", &url, &[], b"").await.map_err(|error| lost(&url, &error))?;
        let urls = answer.head.header("PassportURLs").unwrap_or_default();
        let login = urls.split(',').find_map(|part| part.trim().strip_prefix("DALogin="));
        match login {
            Some(login) if login.contains("://") => Url::parse(login),
            Some(login) => Url::parse(&format!("https://{login}")),
            // Some servers have no nexus, but have a login page at the usual path.
            None => Some(base.with_path("/login2.srf")),
        }
        .ok_or_else(|| SignedOut::Refused("the address of the login page that the server sent is not valid".to_owned()))
    }

    fn authorization(&self) -> String {
        let value = authorization(self.handle, self.password);
        match value.rsplit_once(DEFAULT_POLICY) {
            Some((before, _)) if self.policy.bytes().all(|byte| byte.is_ascii_graphic()) => {
                before.to_owned() + self.policy
            }
            _ => value,
        }
    }

    /// Asks `RST.srf` for a ticket.
    async fn rst(&self, url: &Url) -> Result<Ticket, SignedOut> {
        let mut http = self.connect(url).await?;
        let body = envelope(self.handle.as_str(), self.password, self.policy);
        let headers = ["Content-Type: text/xml; charset=utf-8".to_owned()];
        let answer = http.exchange("POST", url, &headers, body.as_bytes()).await.map_err(|error| lost(url, &error))?;
        let text = String::from_utf8_lossy(&answer.body);
        if let Some(ticket) = security_token(&text) {
            return Ok(ticket);
        }
        Err(if text.contains("FailedAuthentication") { SignedOut::WrongPassword } else { refusal(&answer) })
    }

    /// Connects to a service that will receive the password. Fails if the connection has no
    /// encryption, unless the service is on this machine or in a private network, or the program
    /// has called [`Server::allow_plain_http`].
    async fn connect(&self, url: &Url) -> Result<HttpConnection, SignedOut> {
        let http = HttpConnection::open(url, &self.server.roots).await.map_err(|error| lost(url, &error))?;
        let is_safe = url.is_tls || self.server.allow_plain_http || http.peer.is_some_and(is_near);
        if is_safe {
            return Ok(http);
        }
        Err(SignedOut::Refused(format!(
            "{url} is not encrypted and not in a private network, so the password was not sent; use https, or allow it \
             with Server::allow_plain_http"
        )))
    }
}

/// Returns the ticket in an answer of `RST.srf`. The ticket is the first token in the answer. This
/// client requests only one token, and this project's server writes one token for each requested
/// token.
fn security_token(text: &str) -> Option<Ticket> {
    let (_, rest) = text.split_once("BinarySecurityToken")?;
    let (_, rest) = rest.split_once('>')?;
    let (token, _) = rest.split_once('<')?;
    Ticket::parse(&token.replace("&amp;", "&"))
}

fn envelope(handle: &str, password: &str, policy: &str) -> String {
    let (handle, password) = (escape_xml(handle), escape_xml(password));
    let policy = escape_xml(&format!("?{}", policy.replace(',', "&")));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\" \
         xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2002/12/policy\" \
         xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/03/addressing\" \
         xmlns:wst=\"http://schemas.xmlsoap.org/ws/2004/04/trust\">\
         <Header><wsse:Security><wsse:UsernameToken Id=\"user\">\
         <wsse:Username>{handle}</wsse:Username><wsse:Password>{password}</wsse:Password>\
         </wsse:UsernameToken></wsse:Security></Header>\
         <Body><wst:RequestSecurityToken Id=\"RST1\">\
         <wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue</wst:RequestType>\
         <wsp:AppliesTo><wsa:EndpointReference><wsa:Address>messenger.msn.com</wsa:Address></wsa:EndpointReference>\
         </wsp:AppliesTo><wsse:PolicyReference URI=\"{policy}\"></wsse:PolicyReference>\
         </wst:RequestSecurityToken></Body></Envelope>"
    )
}

/// Returns the reason for an answer that contains no ticket.
fn refusal(answer: &Response) -> SignedOut {
    let body = String::from_utf8_lossy(&answer.body);
    match answer.head.status() {
        401 => SignedOut::WrongPassword,
        503 => SignedOut::Lost("the login service is busy, or there were too many wrong passwords".to_owned()),
        // The body of the answer explains the refusal.
        403 if !body.trim().is_empty() => SignedOut::Refused(shown(&body)),
        _ => SignedOut::Refused(format!("the login service gave no ticket: {}", shown(answer.head.status_line()))),
    }
}

fn lost(url: &Url, error: &std::io::Error) -> SignedOut {
    SignedOut::Lost(format!("{}: {error}", url.authority()))
}

/// Returns whether an address is on this machine or in a private network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.to_ipv4_mapped().is_some_and(|address| is_near(address.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_can_parse_the_token_request() {
        let body = envelope("a@example.com", "<&>'\"", DEFAULT_POLICY);
        let request = msnp::passport::parse_rst(body.as_bytes()).unwrap();
        assert_eq!((request.username.as_str(), request.password.as_str()), ("a@example.com", "<&>'\""));
    }

    #[test]
    fn the_error_for_an_answer_without_a_ticket_gives_the_reason() {
        for (answer, expected) in [
            ("401 Unauthorized\r\n\r\n", "wrong password, or the account does not exist"),
            ("503 Service Unavailable\r\n\r\n", "too many wrong passwords"),
            ("403 Forbidden\r\n\r\nUse TLS.\n", "Use TLS."),
            ("403 Forbidden\r\n\r\n", "gave no ticket: HTTP/1.1 403 Forbidden"),
            ("500 Oops\r\n\r\nbody", "gave no ticket: HTTP/1.1 500 Oops"),
        ] {
            let bytes = format!("HTTP/1.1 {answer}");
            let (head, body) = crate::http::Head::split(bytes.as_bytes()).unwrap();
            let refusal = refusal(&Response { head, body: body.to_vec(), is_complete: true }).to_string();
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn the_ticket_is_found_in_an_rst_answer() {
        let answer = "<a><wsse:BinarySecurityToken Id=\"Compact1\">t=abc&amp;p=</wsse:BinarySecurityToken></a>";
        assert_eq!(security_token(answer), Ticket::parse("t=abc&p="));
        assert_eq!(security_token("<a/>"), None);
    }

    #[test]
    fn passwords_are_sent_without_encryption_only_on_private_networks() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("192.168.1.7", true),
            ("10.0.0.1", true),
            ("::1", true),
            ("fd00::1", true),
            ("::ffff:192.168.1.7", true),
            ("192.0.2.1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_near(address.parse().unwrap()), expected, "{address}");
        }
    }
}
