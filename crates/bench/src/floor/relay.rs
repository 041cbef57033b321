//! A bare relay, which copies bytes from one connection of a pair to the other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};

use super::accept::accept;

/// The number of bytes that are read at a time.
const CHUNK: usize = 16 * 1024;

/// Pairs connections by the number that each sends first. The first connection of a pair is the sender.
pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    let mut waiting = HashMap::new();
    loop {
        let mut stream = accept(&listener).await?;
        let number = stream.read_u32().await?;
        stream.write_u8(0).await?;
        match waiting.entry(number) {
            Entry::Vacant(place) => {
                place.insert(stream);
            }
            Entry::Occupied(sender) => {
                tokio::spawn(relay(sender.remove(), stream));
            }
        }
    }
}

/// Relays until one of the connections ends.
async fn relay(mut sender: TcpStream, receiver: TcpStream) {
    let (mut from_receiver, mut to_receiver) = receiver.into_split();
    let forward = async {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = sender.read(&mut chunk).await {
            if to_receiver.write_all(&chunk[..length]).await.is_err() {
                break;
            }
        }
    };
    let mut nowhere = sink();
    tokio::select! {
        () = forward => {}
        _ = copy(&mut from_receiver, &mut nowhere) => {}
    }
}
