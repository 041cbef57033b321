//! A complete server for tests, with one account and its own ports. Also puts the server's HTTP
//! answers in a form that tests can compare.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use msnp::{DisplayName, Handle};
use msnp_client::http::Head;
use swallowtail_config::{Config, Listen};
use swallowtail_messenger::chat::Chat;
use swallowtail_messenger::net::{Caller, Reachable, Table};
use swallowtail_messenger::service::Service;
use swallowtail_store::accounts::{Accounts, Tickets};
use swallowtail_store::database::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::Visit;
use crate::listeners::{Shared, Sockets};
use crate::passport::transcript;
use crate::site::Site;
use crate::tls::Certificates;

/// The number of files that the server in a test may open. The limits on connections depend on this
/// number.
const FILES: usize = 1024;
/// The longest time that [`TestServer::stop`] waits for requests that are being answered.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct TestServer {
    service: Arc<Service>,
    store: Store,
    site: Arc<Site>,
    http_connections: Arc<Table>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    pub(crate) address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let any = Some("127.0.0.1:0".parse().unwrap());
        let mut config = Config { data: directory.path().to_owned(), ..Config::default() };
        config.listen = Listen { notification: any, switchboard: any, http: any, ..Listen::default() };
        change(&mut config);
        let store = Store::open(&config.data).await.unwrap();
        let certificates = Certificates::open(&config).unwrap();
        let sockets = Sockets::bind(&config).unwrap();
        let address = sockets.addresses().http;
        let tickets = Tickets::open(&store).await.unwrap();
        let accounts = Accounts::new(store.clone());
        let alice = Handle::parse("alice@example.com").unwrap();
        let name = DisplayName::new("Alice A").unwrap();
        accounts.create(alice, name, "s3cr,t &%").await.unwrap();
        let http_connections = Table::new("HTTP", config.http_connections(FILES));
        let chat_connections = Table::new("chat", config.chat_connections(FILES));
        let service = Arc::new(Service::new(config, Arc::new(store.clone()), tickets));
        let chat = Chat::new(service.clone(), chat_connections);
        let site = Site::open(&service, accounts, chat, certificates).await.unwrap();

        let (stop, stopped) = watch::channel(false);
        let shared = Shared {
            site: site.clone(),
            http_connections: http_connections.clone(),
            stopped: stopped.clone(),
            http_stopped: stopped,
        };
        let mut listeners = JoinSet::new();
        sockets.open(&shared, &mut listeners);
        Self { service, store, site, http_connections, stop, listeners, address, _directory: directory }
    }

    pub(crate) fn service(&self) -> &Service {
        &self.service
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn site(&self) -> Arc<Site> {
        self.site.clone()
    }

    /// Stops HTTP in the same way in which a real server stops HTTP.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        self.http_connections.close();
        self.http_connections.drained(STOP_PATIENCE).await;
        while self.listeners.join_next().await.is_some() {}
        self.store.close().await;
    }

    /// Returns a place for a connection to this server.
    pub(crate) fn visit(&self) -> Visit {
        Visit::admit(&self.http_connections, IpAddr::from([192, 0, 2, 1])).unwrap()
    }

    /// Returns a caller with this address.
    pub(crate) fn caller(&self, peer: &str) -> Caller {
        Caller::new(peer.parse().unwrap(), self.address, Arc::new(Reachable::default()))
    }

    /// Sends bytes, closes the client's half of the connection, and reads until the server closes. The server must
    /// close within 10 s.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_ref()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
        Answer::parse(&String::from_utf8(bytes).unwrap())
    }

    /// Sends everything that connection `name` sends in a transcript.
    pub(crate) async fn play(&self, transcript: &str, name: &str) -> Answer {
        self.ask(transcript::message(transcript, name, '>')).await
    }
}

/// An answer without the parts that can differ from a transcript: the order of headers, and the date.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) headers: BTreeSet<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = Head::split(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        let headers: BTreeSet<_> = head.header_lines().map(str::to_owned).collect();
        assert_eq!(headers.len(), head.header_lines().count(), "a header occurs twice: {text:?}");
        let (dates, headers): (BTreeSet<_>, _) = headers.into_iter().partition(|line| line.starts_with("Date: "));
        assert!(dates.len() <= 1);
        let status = head.status_line().to_owned();
        Self { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Returns the answer that a transcript expects on connection `name`. `values` replaces sample
    /// values in the transcript.
    pub(crate) fn expected(transcript: &str, name: &str, values: &[(&str, &str)]) -> Self {
        let text = transcript::message(transcript, name, '<');
        Self::parse(&values.iter().fold(text, |text, (sample, value)| text.replace(sample, value)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let line = self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// Returns the part of a text between `before` and `after`.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}
