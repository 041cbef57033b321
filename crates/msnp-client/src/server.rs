//! The server to sign in to.

use std::fmt;
use std::io;
use std::net::Ipv6Addr;
use std::sync::Arc;

use crate::machine::Target;
use crate::transport::{self, BoxedStream, Connect, Gateway, Roots};
use crate::url::Url;

/// The usual port of a notification server.
const NOTIFICATION_PORT: u16 = 1863;

/// A server: the addresses of its services, and the way to connect to them. Cheap to clone.
///
/// [`Server::at`] is enough for a server with the usual ports. Each of the other functions overrides one part:
///
/// ```no_run
/// use std::path::Path;
///
/// use msnp_client::{Roots, Server};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let usual = Server::at("chat.example.com");
///
/// // Other ports.
/// let by_hand = Server::at("192.0.2.7").notification("192.0.2.7:1999").http("http://192.0.2.7:8081");
///
/// // TLS for everything, with the server's own root certificate.
/// let over_tls = Server::at("chat.example.com")
///     .notification("chat.example.com:1865")
///     .http("https://chat.example.com")
///     .roots(Roots::with_file(Path::new("swallowtail-root.pem"))?)
///     .tls();
///
/// // Everything inside HTTP requests.
/// let through_http = Server::at("chat.example.com").gateway();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Server {
    pub(crate) host: String,
    notification: String,
    /// The base address of the HTTP services. If it is `None`, the client tries the usual
    /// addresses.
    pub(crate) http: Option<String>,
    pub(crate) login: LoginKind,
    pub(crate) allow_plain_http: bool,
    pub(crate) roots: Roots,
    way: Way,
}

/// The way to the notification server and the switchboards.
#[derive(Clone)]
enum Way {
    Tcp,
    Tls,
    Gateway,
    Custom(Arc<dyn Connect>),
}

/// The way to get a ticket for a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginKind {
    /// Passport 1.4, which clients 5.0 to 7.0 use. The client asks the nexus for the address of the
    /// login page, and then asks the login page for a ticket.
    Passport14,
    /// `RST.srf`, which client 7.5 uses.
    Rst,
}

impl Server {
    /// Returns the server at a host. The host is a name or an address. The notification server is
    /// at port 1863, unless a port follows the host, as in `chat.example.com:1999`. The login
    /// service is the first of `https://HOST`, `http://HOST` and `http://HOST:8080` that answers.
    /// [`Server::http`] sets another address.
    #[must_use]
    pub fn at(host: &str) -> Self {
        let (host, port) = host_and_port(host);
        Self {
            notification: format!("{host}:{port}"),
            host,
            http: None,
            login: LoginKind::Passport14,
            allow_plain_http: false,
            roots: Roots::system(),
            way: Way::Tcp,
        }
    }

    /// Sets the address of the notification server, `host:port`.
    #[must_use]
    pub fn notification(mut self, address: impl Into<String>) -> Self {
        self.notification = address.into();
        self
    }

    /// Sets the base address of the login service and the gateway, such as `http://192.0.2.7:8080`.
    #[must_use]
    pub fn http(mut self, base: impl Into<String>) -> Self {
        self.http = Some(base.into());
        self
    }

    /// Sets the way to get a ticket. The default is Passport 1.4.
    #[must_use]
    pub fn login(mut self, kind: LoginKind) -> Self {
        self.login = kind;
        self
    }

    /// Allows the client to send passwords to any address without encryption. By default, the
    /// client sends passwords without encryption only to loopback and private addresses.
    #[must_use]
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// Sets the certificate authorities to trust. The default is the certificate authorities of the operating system.
    #[must_use]
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// Uses TLS for the notification server and the switchboards. Their addresses must then contain
    /// the TLS ports.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.way = Way::Tls;
        self
    }

    /// Sends everything through the HTTP gateway, for networks that allow only HTTP.
    #[must_use]
    pub fn gateway(mut self) -> Self {
        self.way = Way::Gateway;
        self
    }

    /// Opens the connections to the notification server and the switchboards with `connect`.
    #[must_use]
    pub fn connect_with(mut self, connect: Arc<dyn Connect>) -> Self {
        self.way = Way::Custom(connect);
        self
    }

    /// Returns the base addresses of the HTTP services, in the order in which to try them.
    pub(crate) fn http_bases(&self) -> Vec<String> {
        match &self.http {
            Some(base) => vec![base.clone()],
            None => ["https://{}", "http://{}", "http://{}:8080"].map(|base| base.replace("{}", &self.host)).into(),
        }
    }

    /// Opens a connection to a notification server or switchboard.
    pub(crate) async fn open(&self, target: &Target) -> io::Result<BoxedStream> {
        let address = match target {
            Target::Notification(None) => &self.notification,
            Target::Notification(Some(address)) | Target::Switchboard(address) => address,
        };
        match &self.way {
            Way::Tcp => Ok(Box::new(transport::tcp(address).await?)),
            Way::Tls => transport::tls(address, &self.roots).await,
            Way::Gateway => self.open_gateway(address, target).await,
            Way::Custom(connect) => connect.connect(target).await,
        }
    }

    async fn open_gateway(&self, address: &str, target: &Target) -> io::Result<BoxedStream> {
        let bases = self.http_bases();
        let mut failure = io::Error::other("there is no HTTP address");
        for base in bases {
            let Some(url) = Url::parse(&base) else {
                return Err(io::Error::other(format!("{base} is not an HTTP address")));
            };
            match Gateway::open(url, address, matches!(target, Target::Notification(_)), self.roots.clone()).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// Splits `HOST` or `HOST:PORT`. An IPv6 address without brackets cannot have a port, and this
/// function adds the brackets.
fn host_and_port(text: &str) -> (String, u16) {
    if text.parse::<Ipv6Addr>().is_ok() {
        return (format!("[{text}]"), NOTIFICATION_PORT);
    }
    match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host.to_owned(), port),
        _ => (text.to_owned(), NOTIFICATION_PORT),
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("notification", &self.notification)
            .field("http", &self.http)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_needs_no_brackets_and_any_host_may_be_followed_by_a_port() {
        for (text, notification, http) in [
            ("chat.example.com", "chat.example.com:1863", "http://chat.example.com:8080"),
            ("192.0.2.7:1999", "192.0.2.7:1999", "http://192.0.2.7:8080"),
            ("2001:db8::7", "[2001:db8::7]:1863", "http://[2001:db8::7]:8080"),
            ("[2001:db8::7]", "[2001:db8::7]:1863", "http://[2001:db8::7]:8080"),
            ("[2001:db8::7]:1999", "[2001:db8::7]:1999", "http://[2001:db8::7]:8080"),
        ] {
            let server = Server::at(text);
            assert_eq!(server.notification, notification, "{text}");
            assert_eq!(server.http_bases().last().map(String::as_str), Some(http), "{text}");
        }
    }
}
