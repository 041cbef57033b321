//! Polls the HTTP gateway (http.md section 5; docs/protocol/transcripts/README.md section 3, Gateway).
//!
//! The bodies of a session's answers are one stream of commands, which the server may split anywhere. A reply may be in
//! the answer to its command or in the answer to a later poll. One record may therefore use several answers.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::gateway::Gateway;
use super::peer::Peer;
use super::player::{Player, Stop};
use super::want::{Want, wants_noise};
use crate::compare;
use crate::script::Message;
use crate::template::Template;
use crate::vars::Vars;
use crate::wire::{Event, Service, Unit, show};

/// The pause between two polls. Official clients wait two seconds, which is too long for a test.
const PAUSE: Duration = Duration::from_millis(100);

/// The text at the end of the `X-MSN-Messenger` header, in the last answer of a gateway session.
const CLOSE: &[u8] = b"; Session=close";

/// The body of a record: the commands that the server has not sent yet, and the received commands.
struct Body {
    service: Service,
    /// True if the client has sent OUT, which makes the server's OUT optional (README section 3, Closing).
    out_is_optional: bool,
    /// The expected commands that the server has not sent yet.
    commands: VecDeque<Message>,
    /// The expected challenges and mail notes that the server has not sent yet. The server may send
    /// them before, between or after the commands.
    notes: VecDeque<Message>,
    /// The received commands, with names in place of the server's values.
    masked: Vec<u8>,
    masked_notes: Vec<u8>,
}

impl Body {
    /// Returns the body of a record, in which every `<|` record is a command.
    fn of(message: &Message, peer: &Peer) -> Result<Self, String> {
        let mut body = Self {
            service: peer.service(),
            out_is_optional: peer.service() == Service::Ns && peer.sent_out,
            commands: VecDeque::new(),
            notes: VecDeque::new(),
            masked: Vec::new(),
            masked_notes: Vec::new(),
        };
        for record in &message.payload {
            let Some((line, payload)) = record.split_line() else {
                return Err("a `<|` record in a gateway body must be exactly one complete command".to_owned());
            };
            let payload = if payload == Template::default() { Vec::new() } else { vec![payload] };
            let command = Message { lines: vec![line], payload };
            if body.service == Service::Ns && wants_noise(&command) {
                body.notes.push_back(command);
            } else if !body.is_optional(&command.line().masked()) {
                body.commands.push_back(command);
            }
        }
        Ok(body)
    }

    fn is_optional(&self, line: &[u8]) -> bool {
        self.out_is_optional && line == b"OUT"
    }

    fn is_complete(&self) -> bool {
        self.commands.is_empty() && self.notes.is_empty()
    }

    /// Compares a received command with the next expected one.
    fn check(&mut self, unit: &Unit, vars: &mut Vars) -> Result<(), String> {
        if self.is_optional(unit.line()) {
            return Ok(());
        }
        let Some(wanted) = self.commands.pop_front() else {
            return Err(format!("the body contains `{}`, but the record has no more commands", show(unit.line())));
        };
        let masked = compare::unit(self.service, &wanted, unit, vars)
            .map_err(|why| format!("`{}` in the body: {why}", show(unit.line())))?;
        self.masked.extend(masked);
        Ok(())
    }

    /// Compares the expected notes with the notes that were set aside.
    fn check_notes(&mut self, gateway: &mut Gateway, vars: &mut Vars) -> Result<(), String> {
        while let Some(note) = self.notes.front() {
            let Some(unit) = gateway.take_noise(&note.command()) else {
                return Ok(());
            };
            self.masked_notes.extend(compare::unit(gateway.service, note, &unit, vars)?);
            self.notes.pop_front();
        }
        Ok(())
    }

    /// Describes what is still missing, for an error message.
    fn missing(&self) -> String {
        match self.commands.front().or_else(|| self.notes.front()) {
            Some(next) => format!("no poll returned `{}` before the timeout", show(&next.line().masked())),
            None => "no poll returned the rest of a command or the end of the session before the timeout".to_owned(),
        }
    }
}

impl Player {
    /// Waits for an answer from the gateway, and polls until the whole body of the record has been received.
    pub(super) async fn expect_gateway(&mut self, want: &Want<'_>, message: &Message) -> Result<(), Stop> {
        let deadline = self.deadline(want);
        let Some(peer) = self.peers.get(want.name) else {
            return Ok(());
        };
        let mut body = Body::of(message, peer).map_err(|why| self.wrong(want, &Unit::default(), why))?;
        loop {
            let answer = match self.next_until(want, deadline).await {
                Event::Unit(answer) => answer,
                event => return Err(self.missing(want, &event)),
            };
            let complete = self.read_body(want, &answer, &mut body)?;
            // The last bytes of the body may come in an answer before the answer that ends the
            // session.
            let expects_end = message.lines.iter().any(|line| line.masked().ends_with(CLOSE));
            let is_over = answer.lines.iter().any(|line| line.ends_with(CLOSE));
            if complete && (is_over || !expects_end) {
                let masked = compare::head(message, &answer, &mut self.vars);
                let masked = masked.map_err(|why| self.wrong(want, &answer, why))?;
                if let Some(peer) = self.peers.get_mut(want.name) {
                    peer.masked.extend(masked);
                    peer.masked.extend(body.masked);
                    peer.masked.extend(body.masked_notes);
                }
                return Ok(());
            }
            let checked = compare::head(&without_close(message), &answer, &mut self.vars.clone());
            checked.map_err(|why| self.wrong(want, &answer, why))?;
            sleep(PAUSE).await;
            if Instant::now() >= deadline {
                return Err(self.wrong(want, &answer, body.missing()));
            }
            self.poll(want.name).await;
        }
    }

    /// Reads the body of one answer and returns whether it completes the body of the record.
    fn read_body(&mut self, want: &Want<'_>, answer: &Unit, body: &mut Body) -> Result<bool, Stop> {
        let Some(peer) = self.peers.get_mut(want.name) else {
            return Ok(true);
        };
        let Some(gateway) = &mut peer.gateway else {
            return Ok(true);
        };
        gateway.observe_answer(answer);
        let units = gateway.commands(&answer.payload);
        let mut result = Ok(());
        for unit in &units {
            result = result.and_then(|()| body.check(unit, &mut self.vars));
        }
        let result = result.and_then(|()| body.check_notes(gateway, &mut self.vars));
        let complete = body.is_complete() && gateway.buffer.is_empty();
        let address = units.iter().filter_map(|unit| peer.observe_received(unit)).last();
        if let Some(address) = address {
            self.set_switchboard(&address);
        }
        match result {
            Ok(()) => Ok(complete),
            Err(why) => Err(self.wrong(want, answer, why)),
        }
    }

    /// Asks the gateway for pending commands.
    async fn poll(&mut self, name: &str) {
        let Some(peer) = self.peers.get_mut(name) else {
            return;
        };
        let Some(gateway) = &peer.gateway else {
            return;
        };
        let head = gateway.poll();
        peer.connection.note_sent(head.as_bytes(), b"");
        peer.connection.send(format!("{head}\r\n\r\n").as_bytes()).await;
    }
}

/// Returns the expected head of every answer except the last one. In these answers, the session is
/// still open.
fn without_close(message: &Message) -> Message {
    let without = |text: &[u8]| text.strip_suffix(CLOSE).unwrap_or(text).to_vec();
    let lines = message.lines.iter().map(|line| line.map_literals(without)).collect();
    Message { lines, payload: Vec::new() }
}
