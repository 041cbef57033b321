//! The server's own pages, which show texts from the request.

use anyhow::{Context, Result, ensure};

use super::texts::{HANDLE, HOSTILE, has_no_script};
use crate::bed::Bed;
use crate::client::http::{Answer, escape, request};
use crate::client::{PASSWORD, PATIENCE};

/// Requests with a script in every place. `{}` stands for the escaped text. The last two requests have a script without
/// escapes.
const REQUESTS: [&str; 7] = [
    "GET /{} HTTP/1.1\r\nHost: x",
    "GET /setup?on={} HTTP/1.1\r\nHost: x",
    "GET /setup/{} HTTP/1.1\r\nHost: x",
    "GET /setup/{}/undo HTTP/1.1\r\nHost: {}",
    "GET http://{}/signup HTTP/1.1\r\nHost: {}",
    "GET /setup HTTP/1.1\r\nHost: x\r\nUser-Agent: <script>chaos()</script>\r\nReferer: http://x/<script>",
    "GET /signup HTTP/1.1\r\nHost: \"><script>chaos()</script>",
];

/// Requests the pages and checks them. Returns the number of pages.
pub(super) async fn check(bed: &Bed) -> Result<usize> {
    let mut checked = 0;
    for text in REQUESTS {
        let text = text.replace("{}", &escape(HOSTILE));
        for end in ["", "\r\nX-Forwarded-Host: <script>chaos()</script>"] {
            let answer = ask(bed, &format!("{text}{end}\r\nConnection: close\r\n\r\n")).await.context(text.clone())?;
            has_no_script(&text, answer.body())?;
            checked += 1;
        }
    }
    Ok(checked + form(bed).await?)
}

async fn ask(bed: &Bed, text: &str) -> Result<Answer> {
    request(bed.dialer.dial(bed.dialer.addresses.http), text.as_bytes(), PATIENCE).await
}

/// Sends the sign-up form several times, each time with another hostile field. The answer must show
/// the form again, with the texts that were sent.
async fn form(bed: &Bed) -> Result<usize> {
    let host = bed.dialer.addresses.http;
    let head = format!("Host: {host}\r\nConnection: close\r\n");
    let page = ask(bed, &format!("GET /signup HTTP/1.1\r\n{head}\r\n")).await?;
    let page = String::from_utf8_lossy(page.body()).into_owned();
    let token = page.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let token = token.context("the form has no token")?.0;
    for (address, name) in [(HOSTILE, HOSTILE), (HANDLE, HOSTILE), ("no address", HOSTILE)] {
        let fields =
            [("address", address), ("name", name), ("code", HOSTILE), ("token", token), ("password", PASSWORD)];
        let body: Vec<_> = fields.iter().map(|(field, value)| format!("{field}={}", escape(value))).collect();
        let body = body.join("&");
        let length = body.len();
        let request = format!(
            "POST /signup HTTP/1.1\r\n{head}Content-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        let answer = ask(bed, &request).await?;
        let shown = String::from_utf8_lossy(answer.body()).into_owned();
        has_no_script("the answer to a form", answer.body())?;
        ensure!(
            shown.contains("script") && shown.contains("chaos()"),
            "the form does not show the texts that were sent: {shown}"
        );
        let policy = answer.header("Content-Security-Policy").unwrap_or_default();
        ensure!(policy.starts_with("default-src 'none'"), "the policy for scripts is {policy:?}");
    }
    Ok(3)
}
