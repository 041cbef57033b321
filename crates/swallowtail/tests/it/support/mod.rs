//! Starts a whole server for a test, in this process or as the built program, and connects clients to it.

pub(crate) mod binary;
pub(crate) mod forwarder;
pub(crate) mod http;
pub(crate) mod p2p;
pub(crate) mod people;
pub(crate) mod terminal;
pub(crate) mod time;
pub(crate) mod tls;
pub(crate) mod wire;

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::panic;
use std::path::PathBuf;
use std::sync::{Mutex, Once};

use msnp::{DisplayName, Handle};
use swallowtail::server::Server;
use swallowtail_config::Config;
use swallowtail_site::accept::raise_file_limit;
use swallowtail_store::accounts::TicketLife;
use swallowtail_store::accounts::password;
use swallowtail_store::database::NewAccount;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::runtime::{Handle as Runtime, Id};

use time::eventually;
use wire::Wire;

/// A server in this process, on free ports and with a directory of its own.
pub(crate) struct TestServer {
    server: Option<Server>,
    config: Config,
    data: TempDir,
    /// The runtime in which the server's tasks run. Each test has a runtime of its own.
    runtime: Id,
}

impl TestServer {
    /// Starts a server with the default settings. With these, loopback is exempt from limits on
    /// rates and on numbers of connections.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server whose limits also apply to loopback.
    pub(crate) async fn start_limited() -> Self {
        Self::start_with(|config| config.limits.exempt.clear()).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_with_files(raise_file_limit(), change).await
    }

    /// Starts a server that admits as many connections as if its process could open `files` files.
    pub(crate) async fn start_with_files(files: usize, change: impl FnOnce(&mut Config)) -> Self {
        record_panics();
        let data = private_directory();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut config = Config { data: data.path().to_owned(), ..Config::default() };
        for listener in [&mut config.listen.notification, &mut config.listen.switchboard, &mut config.listen.http] {
            *listener = Some(any);
        }
        change(&mut config);
        let server = Server::start_with_files(config.clone(), files).await.unwrap();
        Self { server: Some(server), config, data, runtime: Runtime::current().id() }
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn notification(&self) -> SocketAddr {
        self.server().addresses().notification
    }

    pub(crate) fn switchboard(&self) -> SocketAddr {
        self.server().addresses().switchboard
    }

    /// Creates accounts whose password is not used. Returns their addresses.
    pub(crate) async fn accounts<const N: usize>(&self, names: [&str; N]) -> [String; N] {
        for name in names {
            self.account(name).await;
        }
        names.map(address)
    }

    /// Creates an account whose password is not used. Returns its address.
    pub(crate) async fn account(&self, name: &str) -> String {
        self.import(name, "$argon2id$nobody".to_owned()).await
    }

    /// Creates an account with a password. Returns its address.
    pub(crate) async fn account_with_password(&self, name: &str, password: &str) -> String {
        self.import(name, password_hash(password)).await
    }

    async fn import(&self, name: &str, password_hash: String) -> String {
        let handle = Handle::parse(&address(name)).unwrap();
        let account = NewAccount { handle, name: DisplayName::new(name).unwrap(), password_hash };
        self.server().accounts().import(&[account]).await.unwrap();
        address(name)
    }

    /// Creates a ticket without a password. Returns the word `t=...&p=` with which USR sends this
    /// ticket.
    pub(crate) async fn ticket(&self, name: &str) -> String {
        let service = self.server().service();
        let handle = Handle::parse(&address(name)).unwrap();
        let account = service.store.account(&handle).await.unwrap().unwrap();
        format!("t={}&p=", service.tickets.issue(&account, TicketLife::Rst).secret())
    }

    /// Signs in and synchronises.
    pub(crate) async fn sign_in(&self, name: &str) -> Wire {
        let ticket = self.ticket(name).await;
        let mut wire = people::sign_in(self.notification(), &address(name), &ticket).await;
        people::synchronize(&mut wire).await;
        wire
    }

    /// Signs in, synchronises and goes online.
    pub(crate) async fn online(&self, name: &str) -> Wire {
        let mut wire = self.sign_in(name).await;
        people::come_online(&mut wire).await;
        wire
    }

    /// Waits until the server has signed `handle` out and notified its contacts.
    pub(crate) async fn signed_out(&self, handle: &str) {
        let handle = Handle::parse(handle).unwrap();
        let directory = &self.server().service().directory;
        eventually("the server notices that the client is gone", || directory.endpoint(&handle).is_none()).await;
        if let Some(cell) = directory.find(&handle) {
            // The server notifies the contacts while it holds the lock on the state. So after this
            // line has acquired and released the lock, the contacts are notified.
            drop(cell.state());
        }
    }

    /// Signs two users in, and puts each of them on FL and AL of the other. Afterwards, no received
    /// line is left to read.
    pub(crate) async fn friends(&self, one: &str, other: &str) -> (Wire, Wire) {
        let (mut first, mut second) = (self.online(one).await, self.online(other).await);
        for (wire, contact) in [(&mut first, address(other)), (&mut second, address(one))] {
            wire.done("ADC", format!("AL N={contact}")).await;
            wire.done("ADC", format!("FL N={contact} F={contact}")).await;
        }
        first.before_pong().await;
        second.before_pong().await;
        (first, second)
    }

    /// Opens a conversation of two users who have nothing to do with the rest of the test.
    pub(crate) async fn bystanders(&self) -> Bystanders {
        self.accounts(["walter", "wanda"]).await;
        let (mut walter, mut wanda) = self.friends("walter", "wanda").await;
        let chat = people::Chat::open((&address("walter"), &mut walter), (&address("wanda"), &mut wanda)).await;
        Bystanders { notification: [walter, wanda], chat }
    }

    /// Stops the server, as an operator does.
    pub(crate) async fn stop(mut self) {
        self.server.take().unwrap().stop().await;
    }

    /// Stops the server and starts it on the same data.
    pub(crate) async fn restart(&mut self) {
        self.server.take().unwrap().stop().await;
        self.server = Some(Server::start(self.config.clone()).await.unwrap());
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let is_of_this_server = |panic: &Panic| panic.runtime.is_none_or(|id| id == self.runtime);
        let panics: Vec<_> = panics().into_iter().filter(is_of_this_server).map(|panic| panic.text).collect();
        assert!(panics.is_empty(), "the server panicked: {panics:?}");
    }
}

/// Two users who chat. The actions of other clients must not affect them.
pub(crate) struct Bystanders {
    notification: [Wire; 2],
    chat: people::Chat,
}

impl Bystanders {
    /// Lets the two users exchange messages, and asserts that they have received nothing else since
    /// the last call.
    pub(crate) async fn are_untouched(&mut self) {
        self.chat.exchange("still there?").await;
        for wire in &mut self.notification {
            assert_eq!(wire.before_pong().await, []);
        }
    }
}

/// Creates a directory that only its owner can enter, as the server requires for its data.
pub(crate) fn private_directory() -> TempDir {
    let private = std::fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(private).tempdir().unwrap()
}

/// Returns whether the other side has already ended a connection. Does not wait.
pub(crate) fn is_closed(stream: TcpStream) -> bool {
    // The other side ends the connection with a FIN if it has read all data, and otherwise with a
    // reset.
    let read = stream.into_std().unwrap().read(&mut [0; 1]);
    !matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

pub(crate) fn address(name: &str) -> String {
    format!("{name}@example.com")
}

/// Returns a hash of `password`. The hash is as strong as the server requires, so a sign-in does
/// not replace it.
pub(crate) fn password_hash(password: &str) -> String {
    password::hash(password).unwrap()
}

/// A panic in code that is not the code of a test.
#[derive(Clone)]
struct Panic {
    /// The runtime of the task that panicked. tokio catches the panic of a task. `None` if the
    /// panic was in a thread without a runtime, such as a thread that hashes passwords. A thread
    /// without a runtime may belong to any server.
    runtime: Option<Id>,
    text: String,
}

static PANICS: Mutex<Vec<Panic>> = Mutex::new(Vec::new());

/// Returns all panics since the test program started.
fn panics() -> Vec<Panic> {
    PANICS.lock().unwrap().clone()
}

fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let of_a_test = info.location().is_some_and(|place| place.file().contains("/tests/"));
            if !of_a_test && let Ok(mut panics) = PANICS.lock() {
                let runtime = Runtime::try_current().ok().map(|runtime| runtime.id());
                panics.push(Panic { runtime, text: info.to_string() });
            }
            before(info);
        }));
    });
}
