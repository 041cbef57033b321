//! One direction of a forwarded connection.

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::faults::{Faults, Line, State};
use crate::random::Random;

/// The maximum number of bytes in a chunk. At most [`CHUNKS`] chunks are on their way, so at most
/// 512 KiB are buffered.
const CHUNK: usize = 8 * 1024;
const CHUNKS: usize = 64;

/// The time at which the proxy may forward bytes, and the bytes.
type Chunk = (Instant, Vec<u8>);

/// Forwards one direction until it ends, and then forwards the end (FIN). A reset is an error.
pub(super) async fn pipe(
    from: &TcpStream,
    to: &TcpStream,
    watched: watch::Receiver<State>,
    line: fn(&Faults) -> Line,
    random: Random,
) -> io::Result<()> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let reading = Reading { from, watched: watched.clone(), line, random, last: Instant::now() };
    let writing = Writing { to, watched, line };
    tokio::try_join!(reading.run(sender), writing.run(receiver))?;
    Ok(())
}

struct Reading<'a> {
    from: &'a TcpStream,
    watched: watch::Receiver<State>,
    line: fn(&Faults) -> Line,
    random: Random,
    /// The time at which the proxy may forward the chunk that was read last. The next chunk is not
    /// forwarded before this time, so the chunks stay in order.
    last: Instant,
}

impl Reading<'_> {
    async fn run(mut self, chunks: mpsc::Sender<Chunk>) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let line = (self.line)(&self.watched.borrow_and_update().faults);
            if line.stalled {
                if self.watched.changed().await.is_err() {
                    return Ok(());
                }
                continue;
            }
            let read = tokio::select! {
                read = read(self.from, &mut buffer) => read,
                // The faults have changed, so the loop checks again whether this direction is
                // stalled.
                changed = self.watched.changed() => if changed.is_ok() { continue } else { return Ok(()) },
            };
            let size = read?;
            if size == 0 {
                return Ok(());
            }
            let jitter = u64::try_from(line.jitter.as_micros()).unwrap_or(u64::MAX);
            let due = Instant::now() + line.delay + Duration::from_micros(self.random.below(jitter.saturating_add(1)));
            self.last = self.last.max(due);
            if chunks.send((self.last, buffer[..size].to_vec())).await.is_err() {
                return Ok(());
            }
        }
    }
}

struct Writing<'a> {
    to: &'a TcpStream,
    watched: watch::Receiver<State>,
    line: fn(&Faults) -> Line,
}

impl Writing<'_> {
    async fn run(self, mut chunks: mpsc::Receiver<Chunk>) -> io::Result<()> {
        while let Some((due, bytes)) = chunks.recv().await {
            sleep_until(due).await;
            self.write(&bytes).await?;
        }
        // The sender has ended its stream, so the FIN is forwarded.
        SockRef::from(self.to).shutdown(Shutdown::Write)
    }

    async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let line = (self.line)(&self.watched.borrow().faults);
            let size = line.segment.unwrap_or(bytes.len()).clamp(1, bytes.len());
            let (segment, rest) = bytes.split_at(size);
            write_all(self.to, segment).await?;
            let pace = line.rate.map(|rate| Duration::from_secs_f64(size as f64 / f64::from(rate.max(1))));
            sleep(line.gap + pace.unwrap_or_default()).await;
            bytes = rest;
        }
        Ok(())
    }
}

async fn read(from: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

async fn write_all(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
