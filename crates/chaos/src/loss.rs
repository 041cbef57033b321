//! Makes a socket lose packets on purpose, with a filter in the kernel.
//!
//! A program cannot lose packets by not reading them, because the kernel acknowledges a packet
//! before the program reads it. A socket filter runs before the kernel acknowledges the packet. The
//! filter is classic BPF, which any user may attach to their own sockets. To the server, a client
//! with such a filter looks like a client behind a network that loses packets on the way to the
//! client.

use anyhow::{Context, Result};
use socket2::{SockFilter, SockRef};

/// `BPF_RET | BPF_K`: keeps `k` bytes of the packet, or drops the packet if `k` is 0.
const RETURN: u16 = 0x06;
/// `BPF_LD | BPF_W | BPF_ABS`: loads 32 bits from an offset in the packet. At some negative
/// offsets, the kernel provides other values, such as a random number at [`RANDOM`].
const LOAD: u16 = 0x20;
/// `BPF_LD | BPF_W | BPF_LEN`: loads the length of the packet.
const LOAD_LENGTH: u16 = 0x80;
/// `BPF_JMP | BPF_JGT | BPF_K`: jumps if the loaded value is greater than `k`.
const JUMP_IF_GREATER: u16 = 0x25;
/// `SKF_AD_OFF + SKF_AD_RANDOM`: the offset at which [`LOAD`] loads a random number.
const RANDOM: u32 = 0xFFFF_F000 + 56;
/// The `k` with which [`RETURN`] keeps the whole packet.
const WHOLE: u32 = u32::MAX;

/// The packets that are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// No packets are lost any more.
    None,
    /// All packets.
    All,
    /// This percentage of the packets, at random.
    Percent(u8),
    /// Packets with more bytes than this, headers included.
    LargerThan(u32),
}

/// Makes a socket lose the packets that `loss` selects and that arrive from now on.
pub(crate) fn lose(socket: SockRef<'_>, loss: Loss) -> Result<()> {
    let jump = |k| SockFilter::new(JUMP_IF_GREATER, 1, 0, k);
    let (drop, keep) = (SockFilter::new(RETURN, 0, 0, 0), SockFilter::new(RETURN, 0, 0, WHOLE));
    let filter = match loss {
        // Detaching fails if there is no filter. This failure does not matter.
        Loss::None => return socket.detach_filter().or(Ok(())),
        Loss::All => vec![drop],
        Loss::Percent(percent) => {
            vec![SockFilter::new(LOAD, 0, 0, RANDOM), jump(u32::MAX / 100 * u32::from(percent)), drop, keep]
        }
        Loss::LargerThan(bytes) => {
            vec![SockFilter::new(LOAD_LENGTH, 0, 0, 0), jump(bytes), keep, drop]
        }
    };
    socket.attach_filter(&filter).context("could not attach a filter to the socket")
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    /// Returns the number of bytes that arrive at a socket with this loss. The peer sends "small"
    /// and then 2,000 bytes.
    fn arrives(loss: Loss) -> usize {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.set_nodelay(true).unwrap();
        lose(SockRef::from(&client), loss).unwrap();
        server.write_all(b"small").unwrap();
        server.write_all(&[0; 2000]).unwrap();
        client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut all = Vec::new();
        let _ = client.read_to_end(&mut all);
        all.len()
    }

    #[test]
    fn a_socket_drops_only_the_chosen_packets() {
        assert_eq!(arrives(Loss::None), 2005);
        assert_eq!(arrives(Loss::All), 0);
        assert_eq!(arrives(Loss::LargerThan(1000)), 5);
        assert_eq!(arrives(Loss::Percent(0)), 2005);
    }
}
