//! The client side of a session over the HTTP gateway (http.md section 5).

use std::collections::VecDeque;

use crate::wire::read::take;
use crate::wire::{Service, Unit};

/// A gateway session that the file has opened on an HTTP connection.
pub(crate) struct Gateway {
    /// The service behind the gateway.
    pub(crate) service: Service,
    /// True after the client has sent its first CHG. From then on, the server may send noise.
    pub(crate) noisy: bool,
    /// The `Host` of the last request.
    host: String,
    /// The SessionID in the last answer.
    session: String,
    /// The received bytes of an incomplete command.
    pub(super) buffer: Vec<u8>,
    noise: VecDeque<Unit>,
}

impl Gateway {
    /// Returns the session that a request opens. Returns `None` if the request opens no session.
    pub(super) fn opened_by(head: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(head);
        let target = head.split(' ').nth(1)?;
        if !target.contains("Action=open") {
            return None;
        }
        let service = if target.contains("Server=NS") {
            Service::Ns
        } else if target.contains("Server=SB") {
            Service::Sb
        } else {
            return None;
        };
        let (host, session) = (String::new(), String::new());
        Some(Self { service, noisy: false, host, session, buffer: Vec::new(), noise: VecDeque::new() })
    }

    /// Remembers the `Host` of a request.
    pub(super) fn observe_request(&mut self, head: &[u8]) {
        let head = String::from_utf8_lossy(head);
        if let Some(host) = head.lines().find_map(|line| line.strip_prefix("Host: ")) {
            host.clone_into(&mut self.host);
        }
    }

    /// Remembers the SessionID of an answer.
    pub(super) fn observe_answer(&mut self, answer: &Unit) {
        let value = answer.lines.iter().find_map(|line| line.strip_prefix(b"X-MSN-Messenger: SessionID="));
        if let Some(value) = value {
            self.session = String::from_utf8_lossy(value).split(';').next().unwrap_or_default().to_owned();
        }
    }

    /// Adds bytes and returns the commands that are now complete. Sets noise aside.
    pub(super) fn commands(&mut self, body: &[u8]) -> Vec<Unit> {
        self.buffer.extend(body);
        let mut commands = Vec::new();
        while let Some(unit) = take(self.service, &mut self.buffer, false) {
            if self.service == Service::Ns && self.noisy && unit.is_noise() {
                self.noise.push_back(unit);
            } else {
                commands.push(unit);
            }
        }
        commands
    }

    pub(super) fn take_noise(&mut self, command: &[u8]) -> Option<Unit> {
        let index = self.noise.iter().position(|unit| unit.words()[0] == command)?;
        self.noise.remove(index)
    }

    pub(super) fn poll(&self) -> String {
        format!(
            "POST /gateway/gateway.dll?Action=poll&SessionID={} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0",
            self.session, self.host
        )
    }
}
