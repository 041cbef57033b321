//! An HTTP server on a loopback socket that can send any answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The answer of the server to a request. The server writes `bytes`, repeats `endless` as long as the client reads, and
/// then closes the connection or keeps it open.
#[derive(Clone, Default)]
pub(crate) struct Page {
    pub(crate) bytes: Vec<u8>,
    pub(crate) endless: Vec<u8>,
    pub(crate) stays_open: bool,
    /// Pauses the clock of the test (`tokio::time::pause`) before the answer. While every task
    /// waits, a paused clock jumps to the next timer. So every time limit passes immediately.
    pub(crate) pauses_clock: bool,
}

/// Returns a page with these bytes. Each line end becomes CR LF.
pub(crate) fn page(text: &str) -> Page {
    Page { bytes: text.replace('\n', "\r\n").into_bytes(), ..Page::default() }
}

/// An HTTP server.
pub(crate) struct Pages {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
}

impl Pages {
    /// Starts a server. `choose` receives the request line of each request, and the address of the server.
    pub(crate) async fn start(choose: impl Fn(&str, SocketAddr) -> Page + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages = Self { address, requests: Arc::default(), written: Arc::default() };
        let (requests, written) = (pages.requests.clone(), pages.written.clone());
        // `tokio::time::pause` panics if the clock is paused already, so the server remembers
        // whether it has paused the clock.
        let is_paused = Arc::new(AtomicBool::new(false));
        let choose = Arc::new(move |line: &str| {
            let page = choose(line, address);
            if page.pauses_clock && !is_paused.swap(true, Ordering::Relaxed) {
                tokio::time::pause();
            }
            page
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (requests, written, choose) = (requests.clone(), written.clone(), choose.clone());
                tokio::spawn(async move {
                    serve(stream, &requests, &written, &*choose).await;
                });
            }
        });
        pages
    }

    /// Returns the base address.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes that were written.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }
}

async fn serve(
    mut stream: TcpStream,
    requests: &AtomicUsize,
    written: &AtomicUsize,
    choose: impl Fn(&str) -> Page,
) -> Option<()> {
    loop {
        let line = request(&mut stream).await?;
        requests.fetch_add(1, Ordering::Relaxed);
        let page = choose(&line);
        stream.write_all(&page.bytes).await.ok()?;
        written.fetch_add(page.bytes.len(), Ordering::Relaxed);
        while !page.endless.is_empty() {
            stream.write_all(&page.endless).await.ok()?;
            written.fetch_add(page.endless.len(), Ordering::Relaxed);
        }
        if !page.stays_open {
            return None;
        }
    }
}

/// Reads a request with its body, and returns its first line.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    head.lines().next().map(str::to_owned)
}
