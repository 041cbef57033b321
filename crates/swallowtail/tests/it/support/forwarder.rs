//! A fixed address for a server that has another address after each restart.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Forwards connections to a server. Its threads end with the test program.
pub(crate) struct Forwarder {
    pub(crate) address: SocketAddr,
    target: Arc<Mutex<SocketAddr>>,
}

impl Forwarder {
    pub(crate) fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let target = Arc::new(Mutex::new(target));
        let current = target.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // If the server is down, it refuses the connection, and the forwarder closes the
                // client's connection.
                let server = TcpStream::connect(*current.lock().unwrap());
                if let Ok(server) = server {
                    copy(client.try_clone().unwrap(), server.try_clone().unwrap());
                    copy(server, client);
                }
            }
        });
        Self { address, target }
    }

    /// From now on, forwards new connections to the address `target`.
    pub(crate) fn move_to(&self, target: SocketAddr) {
        *self.target.lock().unwrap() = target;
    }
}

/// Starts a thread that copies bytes from `from` to `to` until `from` ends.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}
