//! A server on a port of its own with one account, and its answers in a form that can be compared.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use msnp::{DisplayName, Handle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::accounts::Accounts;
use crate::config::Config;
use crate::net::Connections;
use crate::passport::{Passport, PassportSettings, Tickets, serve, transcript};
use crate::store::Store;

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) passport: Arc<Passport>,
    pub(super) store: Store,
    pub(super) stop: watch::Sender<bool>,
    pub(super) task: JoinHandle<()>,
    _directory: tempfile::TempDir,
}

impl Server {
    pub(super) async fn start(settings: PassportSettings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let accounts = Accounts::new(store.clone());
        let alice = Handle::parse("alice@example.com").unwrap();
        let name = DisplayName::new("Alice A").unwrap();
        accounts.create(alice, name, "s3cr,t &%").await.unwrap();
        let tickets = Arc::new(Tickets::open(&store).await.unwrap());
        let passport = Arc::new(Passport { accounts, tickets, settings });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(
            listener,
            Arc::clone(&passport),
            Connections::new(Config::default().address_limits(1000)),
            stopped,
        ));
        Self { address, passport, store, stop, task, _directory: directory }
    }

    /// Sends bytes and reads until the server closes.
    pub(super) async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_ref()).await.unwrap();
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
        Answer::parse(&String::from_utf8(bytes).unwrap())
    }

    /// Plays what connection `name` of a transcript sends.
    pub(super) async fn play(&self, transcript: &str, name: &str) -> Answer {
        self.ask(transcript::message(transcript, name, '>')).await
    }
}

/// An answer, cut where its parts may differ from a transcript: the order of headers, and the date.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) headers: BTreeSet<String>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.split("\r\n").map(str::to_owned);
        let status = lines.next().unwrap();
        let count = head.split("\r\n").count() - 1;
        let headers: BTreeSet<_> = lines.collect();
        assert_eq!(headers.len(), count, "a header stands twice: {head}");
        let (dates, headers): (BTreeSet<_>, _) = headers.into_iter().partition(|line| line.starts_with("Date: "));
        assert!(dates.len() <= 1);
        Self { status, headers, body: body.to_owned() }
    }

    /// What a transcript expects of connection `name`, with other values in the place of its samples.
    pub(super) fn expected(transcript: &str, name: &str, values: &[(&str, &str)]) -> Self {
        let text = transcript::message(transcript, name, '<');
        Self::parse(&values.iter().fold(text, |text, (sample, value)| text.replace(sample, value)))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let line = self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// What stands between two texts.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}
