//! The driver: runs a [`Machine`] over real connections, on tokio.
//!
//! One task for each client carries out the machine's outputs and timers. One task for each connection reads and writes.
//! All of them share the machine behind a lock that is never held across an `await`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use msnp::MsnObjectFields;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::backlog::Backlog;
use super::cache::ObjectCache;
use super::tap::{Tap, Tapped};
use super::transfers::Transfers;
use crate::account::Account;
use crate::login;
use crate::machine::limits::STEP_TIMEOUT;
use crate::machine::{Delivery, EditError, EditId, Event, LinkId, Machine, MessageId, Output, SignedOut, Target};
use crate::server::Server;

/// The maximum number of bytes that are read at a time.
const CHUNK: usize = 16 * 1024;
/// The time limit for writing the last bytes of a connection that the client closes.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// The time for which the driver sleeps if no timer is set. The exact value does not matter.
const FOREVER: Duration = Duration::from_secs(3600);

/// The state that the tasks of a client and all clones of the client share.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Wakes the driver after a change of the machine.
    wake: Notify,
    /// Notified after events were delivered to the program, to wake the connections that have
    /// stopped reading.
    drained: Notify,
    server: Server,
    account: Account,
    tap: Option<Tap>,
    pub(super) cache: Arc<dyn ObjectCache>,
}

pub(crate) struct State {
    pub(crate) machine: Machine,
    edits: HashMap<EditId, oneshot::Sender<Result<(), EditError>>>,
    sends: HashMap<MessageId, oneshot::Sender<Delivery>>,
    pub(super) transfers: Transfers,
    /// The events that the program has not read yet.
    events: Backlog,
    /// The description of the account's own picture, which contacts may ask for.
    pub(super) own_picture: Option<MsnObjectFields>,
    /// Sends the result of the first sign-in to its caller. `None` after the result was sent.
    first: Option<oneshot::Sender<Result<(), SignedOut>>>,
    /// True after the last handle was dropped.
    is_abandoned: bool,
}

impl State {
    /// Registers an edit. The result of the edit goes to the returned channel.
    pub(crate) fn edit(&mut self, edit: crate::machine::Edit) -> oneshot::Receiver<Result<(), EditError>> {
        let (sender, receiver) = oneshot::channel();
        let id = self.machine.edit(edit, now());
        self.edits.insert(id, sender);
        receiver
    }

    /// Registers a message. The result of the message goes to the returned channel.
    pub(crate) fn expect(&mut self, id: MessageId) -> oneshot::Receiver<Delivery> {
        let (sender, receiver) = oneshot::channel();
        self.sends.insert(id, sender);
        receiver
    }

    /// Returns whether the client must stop reading. A program that waits for the result of an edit
    /// or message perhaps does not read events during that time. The result can arrive only if the
    /// client continues to read. So while a result is awaited, more events may be queued.
    fn is_full(&self) -> bool {
        let is_awaited = !self.edits.is_empty() || !self.sends.is_empty() || !self.transfers.is_empty();
        self.machine.is_full() || self.events.is_full(is_awaited) || self.transfers.is_full()
    }
}

impl Shared {
    /// Creates the shared state, and starts the driver.
    pub(crate) fn start(
        machine: Machine,
        server: Server,
        account: Account,
        tap: Option<Tap>,
        cache: Arc<dyn ObjectCache>,
        events: mpsc::Sender<Event>,
    ) -> (Arc<Self>, oneshot::Receiver<Result<(), SignedOut>>) {
        let (first, result) = oneshot::channel();
        let state = State {
            machine,
            edits: HashMap::new(),
            sends: HashMap::new(),
            transfers: Transfers::default(),
            events: Backlog::default(),
            own_picture: None,
            first: Some(first),
            is_abandoned: false,
        };
        let shared = Arc::new(Self {
            state: Mutex::new(state),
            wake: Notify::new(),
            drained: Notify::new(),
            server,
            account,
            tap,
            cache,
        });
        tokio::spawn(Driver { shared: shared.clone(), links: HashMap::new(), events }.run());
        (shared, result)
    }

    /// Calls `change` with the state, and wakes the driver.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.wake.notify_one();
        result
    }

    /// Calls `read` with the state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.lock())
    }

    /// Signs out and ends the driver, because no handle of the client is left.
    pub(crate) fn abandon(&self) {
        self.with(|state| {
            state.is_abandoned = true;
            state.machine.leave(now());
        });
    }

    /// Wakes the connections that have stopped reading.
    pub(super) fn drained(&self) {
        self.drained.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Callbacks of the program only read the state under this lock, so a panic in a callback
        // leaves the state consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the program has read enough events that the client may continue to read from the
    /// server.
    async fn wait_until_drained(&self) {
        loop {
            let drained = self.drained.notified();
            if !self.lock().is_full() {
                return;
            }
            drained.await;
        }
    }
}

/// Returns the time of tokio's clock, which tests can pause.
pub(crate) fn now() -> std::time::Instant {
    Instant::now().into_std()
}

/// The handle of a connection's task.
struct LinkHandle {
    wake: Arc<Notify>,
    /// Ends the connection. The task writes the bytes that are sent over this channel, and then
    /// closes the connection.
    close: oneshot::Sender<Vec<u8>>,
}

struct Driver {
    shared: Arc<Shared>,
    links: HashMap<LinkId, LinkHandle>,
    events: mpsc::Sender<Event>,
}

impl Driver {
    async fn run(mut self) {
        loop {
            let (outputs, deadline, has_events, is_abandoned) = self.collect();
            for output in outputs {
                self.carry_out(output);
            }
            if is_abandoned {
                return;
            }
            let deadline = deadline.map_or_else(|| Instant::now() + FOREVER, Instant::from_std);
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = tokio::time::sleep_until(deadline) => self.shared.lock().machine.handle_timeout(now()),
                permit = self.events.reserve(), if has_events => self.deliver(permit.ok()),
            }
        }
    }

    /// Collects the outputs that need I/O, and passes on the results of edits and messages.
    fn collect(&self) -> (Vec<Output>, Option<std::time::Instant>, bool, bool) {
        let mut state = self.shared.lock();
        let mut outputs = Vec::new();
        while let Some(output) = state.machine.poll() {
            match output {
                Output::Edited(id, result) => {
                    // The receiver may be gone, because the program did not wait for the result.
                    let _ = state.edits.remove(&id).map(|edit| edit.send(result));
                }
                Output::Sent(id, delivery) => {
                    let _ = state.sends.remove(&id).map(|sent| sent.send(delivery));
                }
                Output::Event(Event::Transfer { conversation, event }) => {
                    if let Some(event) = state.transfers.apply(conversation, event) {
                        state.events.push(Event::Transfer { conversation, event });
                    }
                }
                Output::Event(event) => {
                    let was_first = report_first(&mut state, &event);
                    // `report_first` has already sent this result to the caller of the first
                    // sign-in.
                    if !(was_first && event == Event::SignedIn) {
                        state.events.push(event);
                    }
                }
                other => outputs.push(other),
            }
        }
        // The connections may have stopped reading, because too many events or results were queued.
        // Now they can continue to read.
        if !state.is_full() {
            self.shared.drained.notify_waiters();
        }
        for link in state.machine.writable() {
            if let Some(link) = self.links.get(&link) {
                link.wake.notify_one();
            }
        }
        (outputs, state.machine.timeout(), !state.events.is_empty(), state.is_abandoned)
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Connect { link, target } => {
                // A connection that the other side has closed is removed without an output.
                self.links.retain(|_, link| !link.close.is_closed());
                let (close, closed) = oneshot::channel();
                let wake = Arc::new(Notify::new());
                self.links.insert(link, LinkHandle { wake: wake.clone(), close });
                tokio::spawn(run_link(self.shared.clone(), link, target, wake, closed));
            }
            Output::Disconnect { link, last } => {
                // The task may have ended already, because the other side closed the connection.
                let _ = self.links.remove(&link).map(|link| link.close.send(last));
            }
            Output::FetchTicket { policy } => {
                let shared = self.shared.clone();
                tokio::spawn(async move {
                    // After `STEP_TIMEOUT`, the machine no longer waits for the ticket. The timeout
                    // ends the task, so that tasks do not pile up while the login service is slow.
                    let ticket = timeout(STEP_TIMEOUT, login::ticket(&shared.server, &shared.account, &policy)).await;
                    let ticket = ticket.unwrap_or(Err(SignedOut::TimedOut));
                    shared.with(|state| state.machine.ticket(ticket, now()));
                });
            }
            Output::Event(_) | Output::Edited(..) | Output::Sent(..) => {}
        }
    }

    /// Gives the next event to the program. If the program has dropped the event stream, drops all
    /// events.
    fn deliver(&self, permit: Option<mpsc::Permit<'_, Event>>) {
        let mut state = self.shared.lock();
        match permit {
            Some(permit) => {
                if let Some(event) = state.events.pop() {
                    permit.send(event);
                }
            }
            None => state.events.clear(),
        }
        drop(state);
        self.shared.drained.notify_waiters();
    }
}

/// Reports the result of the first sign-in. Returns whether the event was that result.
fn report_first(state: &mut State, event: &Event) -> bool {
    let result = match event {
        Event::SignedIn => Ok(()),
        Event::SignedOut { reason, .. } => Err(reason.clone()),
        _ => return false,
    };
    let Some(first) = state.first.take() else { return false };
    // `send` fails if the caller has stopped waiting for the result.
    let _ = first.send(result);
    true
}

/// Opens a connection, and carries bytes until either side ends it.
async fn run_link(
    shared: Arc<Shared>,
    link: LinkId,
    target: Target,
    wake: Arc<Notify>,
    mut close: oneshot::Receiver<Vec<u8>>,
) {
    let opened = tokio::select! {
        opened = shared.server.open(&target) => opened,
        // The machine has given up on the connection, for example because opening the connection
        // took too long.
        _ = &mut close => return,
    };
    let stream = match opened {
        Ok(stream) => stream,
        Err(error) => {
            return shared.with(|state| state.machine.disconnected(link, &error.to_string(), now()));
        }
    };
    shared.with(|state| state.machine.connected(link, now()));
    let tapped = shared.tap.as_ref().map(|tap| Mutex::new(Tapped::new(tap, &target)));
    let show = |show: &dyn Fn(&mut Tapped)| {
        if let Some(tapped) = &tapped {
            show(&mut tapped.lock().unwrap_or_else(PoisonError::into_inner));
        }
    };
    let (mut reader, mut writer) = split(stream);
    let read = async {
        let mut chunk = vec![0; CHUNK];
        loop {
            shared.wait_until_drained().await;
            // A reset ends a connection in the same way as a FIN.
            let count = reader.read(&mut chunk).await.unwrap_or(0);
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { return };
            show(&|tapped| tapped.received(bytes));
            shared.with(|state| state.machine.received(link, bytes, now()));
        }
    };
    let write = async {
        loop {
            let bytes = shared.lock().machine.take_bytes(link, now());
            if bytes.is_empty() {
                wake.notified().await;
                continue;
            }
            show(&|tapped| tapped.sent(&bytes));
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                return;
            }
            // The machine may have more to send now, for example the next piece of a file.
            shared.wake.notify_one();
        }
    };
    let last = tokio::select! {
        () = read => None,
        () = write => None,
        last = &mut close => last.ok(),
    };
    if let Some(last) = last {
        show(&|tapped| tapped.sent(&last));
        let farewell = async {
            let _ = writer.write_all(&last).await;
            let _ = writer.shutdown().await;
        };
        let _ = timeout(LAST_WORDS, farewell).await;
        return;
    }
    shared.with(|state| state.machine.disconnected(link, "the server closed the connection", now()));
}
