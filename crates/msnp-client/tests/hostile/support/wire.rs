//! The server's end of a connection.

use std::fmt::Write;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, split};

/// The server's end of a connection in memory.
pub(crate) struct Wire {
    reader: ReadHalf<DuplexStream>,
    writer: WriteHalf<DuplexStream>,
    /// The number of lines that were read.
    pub(crate) lines: usize,
    /// The approximate number of bytes that the client has accepted. A piece counts only after the
    /// client has accepted it completely.
    pub(crate) sent: usize,
}

impl Wire {
    pub(crate) fn new(stream: DuplexStream) -> Self {
        let (reader, writer) = split(stream);
        Self { reader, writer, lines: 0, sent: 0 }
    }

    /// Reads a line, without its end. Returns `None` when the client has closed the connection.
    pub(crate) async fn try_line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(self.reader.read_u8().await.ok()?);
        }
        self.lines += 1;
        line.truncate(line.len() - 2);
        Some(String::from_utf8(line).unwrap())
    }

    /// Reads a line. Fails if no line arrives.
    pub(crate) async fn line(&mut self) -> String {
        self.try_line().await.expect("the client closed the connection")
    }

    /// Reads a line that begins with `verb`, and returns its transaction id.
    pub(crate) async fn expect(&mut self, verb: &str) -> u32 {
        let line = self.line().await;
        assert!(line.starts_with(verb), "{line} instead of {verb}");
        line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default()
    }

    /// Reads MSG with its payload, and returns its transaction id.
    pub(crate) async fn expect_message(&mut self) -> u32 {
        self.try_message().await.expect("the client closed the connection").0
    }

    /// Reads MSG, and returns its payload. Returns `None` when the client has closed the connection.
    pub(crate) async fn try_payload(&mut self) -> Option<Vec<u8>> {
        self.try_message().await.map(|(_, payload)| payload)
    }

    async fn try_message(&mut self) -> Option<(u32, Vec<u8>)> {
        let line = self.try_line().await?;
        let words: Vec<_> = line.split(' ').collect();
        let ["MSG", trid, _, length] = words[..] else { panic!("{line}") };
        let mut payload = vec![0; length.parse().unwrap()];
        self.reader.read_exact(&mut payload).await.unwrap();
        Some((trid.parse().unwrap(), payload))
    }

    /// Sends text. Each line end becomes CR LF. Returns whether the client still reads from the
    /// connection.
    pub(crate) async fn say(&mut self, text: &str) -> bool {
        self.send(text.replace('\n', "\r\n").as_bytes()).await
    }

    /// Sends bytes. Returns whether the client still reads from the connection.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        let is_sent = self.writer.write_all(bytes).await.is_ok();
        self.sent += if is_sent { bytes.len() } else { 0 };
        is_sent
    }

    /// Sends `count` lines in large pieces. Returns whether the client has read all of them.
    pub(crate) async fn flood(&mut self, count: usize, line: impl Fn(usize) -> String) -> bool {
        let mut piece = String::new();
        for number in 0..count {
            let _ = write!(piece, "{}\r\n", line(number));
            if piece.len() > 4 * 1024 || number + 1 == count {
                if !self.send(piece.as_bytes()).await {
                    return false;
                }
                piece.clear();
            }
        }
        true
    }

    /// Closes the sending side of the connection, but continues to read.
    pub(crate) async fn half_close(&mut self) {
        let _ = self.writer.shutdown().await;
    }

    /// Reads until the client closes the connection, and returns the number of bytes.
    pub(crate) async fn until_closed(&mut self) -> usize {
        let mut bytes = Vec::new();
        let _ = self.reader.read_to_end(&mut bytes).await;
        bytes.len()
    }
}
