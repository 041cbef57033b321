//! The file by which a system learns to send Microsoft's old host names to us and everything else where it belongs.

use std::fmt::Write as _;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::get;

use super::hosts::MICROSOFT;
use super::reached::Reached;
use crate::http::answers;
use crate::net::Caller;
use swallowtail_config::host_port::join;

/// `/proxy.pac`, and the name that Windows looks for by itself.
pub(crate) fn router() -> Router {
    Router::new().route("/proxy.pac", get(file)).route("/wpad.dat", get(file))
}

async fn file(Extension(caller): Extension<Caller>, request: Request) -> Response {
    let Reached { host, http, .. } = Reached::of(&caller, &request);
    // Without plain HTTP there is no proxy; a client of the time would not know how to ask one over TLS.
    let Some(port) = http else { return answers::empty(StatusCode::NOT_FOUND) };
    let mut response = Response::new(Body::from(script(&join(&host, Some(port)), &MICROSOFT)));
    answers::set(&mut response, CONTENT_TYPE, "application/x-ns-proxy-autoconfig");
    answers::set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

/// Sends some hosts to a proxy, `host:port`. In the JavaScript of 1996, which is all that the systems of the time read.
pub(crate) fn script(proxy: &str, hosts: &[&str]) -> String {
    let mut out = String::from("function FindProxyForURL(url, host) {\r\n  host = host.toLowerCase();\r\n");
    for name in hosts {
        let _ = write!(out, "  if (host == \"{name}\") return \"PROXY {proxy}\";\r\n");
    }
    out + "  return \"DIRECT\";\r\n}\r\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_microsofts_names_are_sent_to_us() {
        let script = super::script("192.0.2.1:80", &super::MICROSOFT);
        assert!(script.contains("if (host == \"messenger.hotmail.com\") return \"PROXY 192.0.2.1:80\";"), "{script}");
        assert_eq!(script.matches("PROXY").count(), super::MICROSOFT.len());
        assert!(script.ends_with("return \"DIRECT\";\r\n}\r\n"));
    }
}
