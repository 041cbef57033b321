//! A bad network between clients and a server, which a scenario controls while it runs.
//!
//! A [`Proxy`] forwards TCP connections to one address. [`HttpProxy`] forwards HTTP requests, and loses or repeats some
//! of them.

mod faults;
mod http;
mod pipe;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::loss::lose;
use crate::random::Random;
use crate::tcp::{reset_when_closed, serve_each};

pub use faults::{Faults, Line, Side};
pub use http::{HttpFaults, HttpProxy};

use faults::State;
use pipe::pipe;

/// A proxy for TCP connections. All its connections end when this value is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    open: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Proxy {
    /// Starts a proxy for connections to an address. `random` decides the jitter.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn start(to: SocketAddr, faults: Faults, mut random: Random) -> Result<Self> {
        let listener = TcpListener::bind("127.0.98.1:0").await.context("the proxy cannot listen")?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(State { faults, ended: [0, 0] });
        let open = Arc::new(AtomicUsize::new(0));
        let counted = open.clone();
        let serving = serve_each(listener, move |client| {
            let forwarding = Forwarding { watched: watched.clone(), random: random.fork(), open: counted.clone() };
            forwarding.run(client, to)
        });
        let task = tokio::spawn(serving).abort_handle();
        Ok(Self { address, state, open, task })
    }

    /// Returns the address of the proxy, to which clients connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the faults, for all connections.
    pub fn set(&self, faults: Faults) {
        self.state.send_modify(|state| state.faults = faults);
    }

    /// Resets all connections, on both sides.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.ended.iter_mut().for_each(|count| *count += 1));
    }

    /// Resets all connections on the side `reset`. The other side receives no reset, so the
    /// connections stay half open.
    pub fn leave_half_open(&self, reset: Side) {
        self.state.send_modify(|state| state.ended[reset as usize] += 1);
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The reason why forwarding has ended.
enum Ended {
    Regularly,
    /// One side reset the connection. So the proxy also resets the other side.
    ByError,
    ByScenario,
}

/// One forwarded connection.
struct Forwarding {
    watched: watch::Receiver<State>,
    random: Random,
    open: Arc<AtomicUsize>,
}

impl Forwarding {
    async fn run(mut self, client: TcpStream, to: SocketAddr) {
        // If the server refuses the connection, the proxy closes the client's connection.
        let Ok(server) = TcpStream::connect(to).await else { return };
        self.open.fetch_add(1, Ordering::AcqRel);
        let ended = self.watched.borrow_and_update().ended;
        self.forward(client, server, ended).await;
        self.open.fetch_sub(1, Ordering::AcqRel);
    }

    async fn forward(&mut self, client: TcpStream, server: TcpStream, before: [u32; 2]) {
        for stream in [&client, &server] {
            let _ = stream.set_nodelay(true);
        }
        match self.until_ended(&client, &server, before).await {
            Ended::Regularly => {}
            Ended::ByError => [client, server].iter().for_each(reset_when_closed),
            Ended::ByScenario => self.end(client, server, before).await,
        }
    }

    /// Forwards in both directions. Returns the reason why the forwarding has ended.
    async fn until_ended(&mut self, client: &TcpStream, server: &TcpStream, before: [u32; 2]) -> Ended {
        let up = pipe(client, server, self.watched.clone(), |faults| faults.up, self.random.fork());
        let down = pipe(server, client, self.watched.clone(), |faults| faults.down, self.random.fork());
        let mut both = std::pin::pin!(async { tokio::try_join!(up, down) });
        loop {
            let state = self.watched.borrow_and_update().clone();
            // A failure of `lose` needs no report, because the scenario notices that no packet is
            // lost.
            let _ = lose(SockRef::from(client), state.faults.up.loss);
            let _ = lose(SockRef::from(server), state.faults.down.loss);
            if state.ended != before {
                return Ended::ByScenario;
            }
            tokio::select! {
                done = &mut both => return if done.is_ok() { Ended::Regularly } else { Ended::ByError },
                changed = self.watched.changed() => if changed.is_err() { return Ended::Regularly },
            }
        }
    }

    /// Resets each side that the scenario wants to reset. Keeps a side open until the scenario
    /// wants to reset that side.
    async fn end(&mut self, client: TcpStream, server: TcpStream, before: [u32; 2]) {
        let mut sides = [Some(client), Some(server)];
        while sides.iter().any(Option::is_some) {
            let ended = self.watched.borrow_and_update().ended;
            for side in [Side::Client, Side::Server] {
                if ended[side as usize] != before[side as usize]
                    && let Some(stream) = sides[side as usize].take()
                {
                    reset_when_closed(&stream);
                }
            }
            if sides.iter().any(Option::is_some) && self.watched.changed().await.is_err() {
                return;
            }
        }
    }
}
