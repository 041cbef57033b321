//! G5: two people who chat during the whole scenario. The scenario must not disturb them.
//!
//! They have a thread of their own, so that the clients of a scenario do not delay them in this process. The delay of
//! the machine itself is measured at the same time, on a connection between two sockets of this process. So the rule
//! does not depend on a quiet machine.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::client::{Account, Board, Dialer, Person, chat};
use crate::measured::{Measured, SLOWNESS, percentile};
use crate::rule::{Broken, Rule};

/// The accounts of the two people.
pub(super) const ACCOUNTS: [&str; 2] = ["bystander0", "bystander1"];
/// The pause between two messages.
const PAUSE: Duration = Duration::from_millis(20);
/// The time between two pings of each person. Real clients send one ping in 50 s.
const PING: Duration = Duration::from_secs(20);
/// The limit for the p99 of the delivery time. It is for an optimised server on a machine without
/// delays of its own.
const LIMIT: Duration = Duration::from_millis(50);
/// The limit is raised by this factor times the p99 of the machine's own delay, which [`Probe`]
/// measures. The factor is larger than 1, because the machine can delay a delivery more often than
/// a probe: a delivery passes through three tasks, and a probe passes through two.
const DELAYS: u32 = 4;

/// The two people while they chat.
#[derive(Debug)]
pub(super) struct Bystanders {
    stop: oneshot::Sender<()>,
    seen: oneshot::Receiver<Seen>,
}

/// The delivery times that the two people measured, and the delays of the machine at the same time.
#[derive(Debug, Default)]
struct Seen {
    deliveries: Vec<Duration>,
    probes: Vec<Duration>,
    /// The reason why the two people could not continue to chat.
    failure: Option<String>,
}

impl Bystanders {
    /// Signs in both people and starts their chat.
    pub(super) async fn start(dialer: &Dialer) -> Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (done, seen) = oneshot::channel();
        let (ready, begun) = oneshot::channel();
        let dialer = dialer.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("bystanders".into()).spawn(move || {
            // If the run was stopped, no task waits for this result, so an error here does not
            // matter.
            let _ = done.send(runtime.block_on(chat_until(&dialer, ready, stopped)));
        })?;
        begun
            .await
            .context("the thread of the bystanders ended before they began to chat")?
            .context("the bystanders could not begin to chat")?;
        Ok(Self { stop, seen })
    }

    /// Ends the conversation. Adds the measurements of the conversation to `measured`.
    pub(super) async fn end(self, measured: Measured) -> (Measured, Vec<Broken>) {
        // If the chat has failed, no task waits for this signal, so an error here does not matter.
        let _ = self.stop.send(());
        let Ok(seen) = self.seen.await else {
            return (measured, vec![Broken::new(Rule::Bystanders, "the bystanders ended without a result")]);
        };
        let (p99, machine) = (percentile(&seen.deliveries, 99), percentile(&seen.probes, 99));
        let measured = measured.millis("others p99", p99).millis("machine p99", machine);
        (measured, seen.broken(p99, machine))
    }
}

impl Seen {
    fn broken(self, p99: Duration, machine: Duration) -> Vec<Broken> {
        let mut broken = Vec::new();
        if let Some(failure) = self.failure {
            broken.push(Broken::new(Rule::Bystanders, format!("{failure}, after {} messages", self.deliveries.len())));
        }
        if p99 > LIMIT * SLOWNESS + machine * DELAYS {
            let what = format!(
                "the p99 of the delivery time was {p99:.1?}, and the p99 of the machine's own delay was {machine:.1?}"
            );
            broken.push(Broken::new(Rule::Bystanders, what));
        }
        broken
    }
}

async fn chat_until(dialer: &Dialer, ready: oneshot::Sender<Result<()>>, stopped: oneshot::Receiver<()>) -> Seen {
    let mut seen = Seen::default();
    let begun = async { anyhow::Ok((Pair::begin(dialer).await?, Probe::begin().await?)) };
    match begun.await {
        Err(error) => drop(ready.send(Err(error))),
        Ok((mut pair, mut probe)) => {
            // The runner waits for this signal. If the run was stopped, the runner no longer waits,
            // so an error here does not matter.
            let _ = ready.send(Ok(()));
            if let Err(error) = exchange_until(&mut pair, &mut probe, &mut seen, stopped).await {
                seen.failure = Some(format!("{error:#}"));
            }
        }
    }
    seen
}

async fn exchange_until(
    pair: &mut Pair,
    probe: &mut Probe,
    seen: &mut Seen,
    mut stopped: oneshot::Receiver<()>,
) -> Result<()> {
    let mut pause = interval(PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pinged = Instant::now();
    // The loop always completes a message, because the history would otherwise lack the end of that
    // message.
    while matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
        pause.tick().await;
        seen.probes.push(probe.once().await?);
        seen.deliveries.push(pair.exchange().await?);
        if pinged.elapsed() > PING {
            pair.ping().await?;
            pinged = Instant::now();
        }
    }
    Ok(())
}

/// The two people in their conversation.
struct Pair {
    boards: [Board; 2],
    people: [Person; 2],
}

impl Pair {
    async fn begin(dialer: &Dialer) -> Result<Self> {
        let mut one = Person::sign_in(dialer, &Account::named(ACCOUNTS[0])).await?;
        let mut other = Person::sign_in(dialer, &Account::named(ACCOUNTS[1])).await?;
        Ok(Self { boards: chat(&mut one, &mut other).await?, people: [one, other] })
    }

    async fn exchange(&mut self) -> Result<Duration> {
        let [one, other] = &mut self.boards;
        one.exchange(other).await
    }

    async fn ping(&mut self) -> Result<()> {
        for person in &mut self.people {
            person.notification.before_pong().await.context("a bystander was signed out")?;
        }
        Ok(())
    }
}

/// A connection within this process, which measures the machine's own delay.
struct Probe {
    here: TcpStream,
}

impl Probe {
    async fn begin() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let here = TcpStream::connect(listener.local_addr()?).await?;
        let (mut there, _) = listener.accept().await?;
        here.set_nodelay(true)?;
        tokio::spawn(async move {
            while let Ok(byte) = there.read_u8().await {
                if there.write_u8(byte).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self { here })
    }

    /// Returns the round-trip time of one byte.
    async fn once(&mut self) -> Result<Duration> {
        let begun = Instant::now();
        self.here.write_u8(0).await?;
        self.here.read_u8().await?;
        Ok(begun.elapsed())
    }
}
