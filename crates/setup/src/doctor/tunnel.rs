//! Sends `CONNECT` to the proxy and opens a tunnel (docs/protocol/http.md section 8).

use msnp_client::http::read_head;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::dial::dial;
use super::target::HostPort;

/// Opens a tunnel through a proxy.
///
/// # Errors
/// Returns the reason why the tunnel does not open.
pub(super) async fn tunnel(proxy: &HostPort, to: &str) -> Result<TcpStream, String> {
    match connect(proxy, to).await? {
        (200, stream) => Ok(stream),
        (503, _) => Err(format!("the proxy {proxy} has no TLS (503): it has no certificate")),
        (status, _) => Err(format!("{proxy} refuses a tunnel to {to} ({status})")),
    }
}

/// Sends `CONNECT`. Returns the status, and the stream after the head of the answer.
///
/// # Errors
/// Returns the reason why there is no answer.
pub(super) async fn connect(proxy: &HostPort, to: &str) -> Result<(u16, TcpStream), String> {
    let mut stream = dial(proxy).await.map_err(|why| why.cause(proxy))?;
    let request = format!("CONNECT {to} HTTP/1.0\r\nHost: {to}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    // The buffer has one byte, because the bytes after the head belong to the tunnel.
    let mut stream = BufReader::with_capacity(1, stream);
    let head = read_head(&mut stream).await.map_err(|_| "the answer is not HTTP".to_owned())?;
    Ok((head.status(), stream.into_inner()))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    /// Starts a proxy that answers one `CONNECT` with these bytes and closes. Returns its address.
    async fn proxy(answer: &'static str) -> HostPort {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 512]).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        HostPort { host: address.ip().to_string(), port: address.port() }
    }

    #[tokio::test]
    async fn the_bytes_after_the_head_belong_to_the_tunnel() {
        let proxy = proxy("HTTP/1.0 200 OK\r\n\r\nhello").await;
        let mut text = String::new();
        tunnel(&proxy, "a.example:443").await.unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
    }

    #[tokio::test]
    async fn a_refused_tunnel_returns_the_reason() {
        for (answer, why) in [
            ("HTTP/1.0 503 Busy\r\n\r\n", "has no TLS (503)"),
            ("HTTP/1.0 405 No\r\n\r\n", "refuses a tunnel to a.example:443 (405)"),
            ("SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"),
            ("", "the answer is not HTTP"),
        ] {
            let error = tunnel(&proxy(answer).await, "a.example:443").await.unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
