//! The HTTP gateway (http.md section 5; docs/protocol/transcripts/README.md section 3, Gateway).
//!
//! The bodies of a session's answers are one stream of commands, which the server may cut wherever it likes: a reply is
//! in the answer to its command or in that to a later poll. So a record takes as many answers as it needs.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::gateway::Gateway;
use super::peer::Peer;
use super::player::{Player, Stop};
use super::want::{Want, wants_noise};
use crate::compare;
use crate::script::{Message, Service};
use crate::template::Template;
use crate::vars::Vars;
use crate::wire::{Event, Unit, show};

/// Between two polls. Official clients wait two seconds; a test has not got them.
const PAUSE: Duration = Duration::from_millis(100);

/// How an answer says that the session is over.
const CLOSE: &[u8] = b"; Session=close";

/// What is still wanted of the body of a record.
struct Body {
    service: Service,
    /// The client has sent OUT: an OUT of the server may be there or not (README section 3, Closing).
    out_is_free: bool,
    commands: VecDeque<Message>,
    /// Challenges and mail notes, which may come at any place.
    notes: VecDeque<Message>,
    /// What has come, with names in place of the server's values.
    masked: Vec<u8>,
    masked_notes: Vec<u8>,
}

impl Body {
    /// Every `<|` record is a command.
    fn of(message: &Message, peer: &Peer) -> Result<Self, String> {
        let mut body = Self {
            service: peer.service(),
            out_is_free: peer.service() == Service::Ns && peer.sent_out,
            commands: VecDeque::new(),
            notes: VecDeque::new(),
            masked: Vec::new(),
            masked_notes: Vec::new(),
        };
        for record in &message.payload {
            let Some((line, payload)) = record.split_line() else {
                return Err("a `<|` record in the body of a gateway must be one whole command".to_owned());
            };
            let payload = if payload == Template::default() { Vec::new() } else { vec![payload] };
            let command = Message { lines: vec![line], payload };
            if body.service == Service::Ns && wants_noise(&command) {
                body.notes.push_back(command);
            } else if !body.is_free(&command.line().masked()) {
                body.commands.push_back(command);
            }
        }
        Ok(body)
    }

    fn is_free(&self, line: &[u8]) -> bool {
        self.out_is_free && line == b"OUT"
    }

    fn is_complete(&self) -> bool {
        self.commands.is_empty() && self.notes.is_empty()
    }

    /// Compares the next command.
    fn meet(&mut self, unit: &Unit, vars: &mut Vars) -> Result<(), String> {
        if self.is_free(unit.line()) {
            return Ok(());
        }
        let Some(wanted) = self.commands.pop_front() else {
            return Err(format!("`{}` is in the body, and nothing more may come here", show(unit.line())));
        };
        let masked = compare::unit(self.service, &wanted, unit, vars)
            .map_err(|why| format!("`{}` in the body: {why}", show(unit.line())))?;
        self.masked.extend(masked);
        Ok(())
    }

    /// Compares the notes that have been set aside.
    fn meet_notes(&mut self, gateway: &mut Gateway, vars: &mut Vars) -> Result<(), String> {
        while let Some(note) = self.notes.front() {
            let Some(unit) = gateway.take_noise(&note.command()) else {
                return Ok(());
            };
            self.masked_notes.extend(compare::unit(gateway.service, note, &unit, vars)?);
            self.notes.pop_front();
        }
        Ok(())
    }

    /// What does not come, for messages.
    fn missing(&self) -> String {
        match self.commands.front().or_else(|| self.notes.front()) {
            Some(next) => format!("`{}` did not come with any poll in its time", show(&next.line().masked())),
            None => {
                "the rest of a command, or the end of the session, did not come with any poll in its time".to_owned()
            }
        }
    }
}

impl Player {
    /// Waits for an answer of the gateway, and polls until all that its record has in the body has come.
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
            let whole = self.read_body(want, &answer, &mut body)?;
            // The last bytes may be taken before the server gets to closing.
            let wants_over = message.lines.iter().any(|line| line.masked().ends_with(CLOSE));
            let is_over = answer.lines.iter().any(|line| line.ends_with(CLOSE));
            if whole && (is_over || !wants_over) {
                let masked = compare::head(message, &answer, &mut self.vars);
                let masked = masked.map_err(|why| self.wrong(want, &answer, why))?;
                if let Some(peer) = self.peers.get_mut(want.name) {
                    peer.masked.extend(masked);
                    peer.masked.extend(body.masked);
                    peer.masked.extend(body.masked_notes);
                }
                return Ok(());
            }
            let checked = compare::head(&open(message), &answer, &mut self.vars.clone());
            checked.map_err(|why| self.wrong(want, &answer, why))?;
            sleep(PAUSE).await;
            if Instant::now() >= deadline {
                return Err(self.wrong(want, &answer, body.missing()));
            }
            self.poll(want.name).await;
        }
    }

    /// Takes in the body of one answer; whether it ends the body of the record.
    fn read_body(&mut self, want: &Want<'_>, answer: &Unit, body: &mut Body) -> Result<bool, Stop> {
        let Some(peer) = self.peers.get_mut(want.name) else {
            return Ok(true);
        };
        let Some(gateway) = &mut peer.gateway else {
            return Ok(true);
        };
        gateway.told(answer);
        let units = gateway.commands(&answer.payload);
        let mut result = Ok(());
        for unit in &units {
            result = result.and_then(|()| body.meet(unit, &mut self.vars));
        }
        let result = result.and_then(|()| body.meet_notes(gateway, &mut self.vars));
        let whole = body.is_complete() && gateway.buffer.is_empty();
        let address = units.iter().filter_map(|unit| peer.receives(unit)).last();
        if let Some(address) = address {
            self.set_switchboard(&address);
        }
        match result {
            Ok(()) => Ok(whole),
            Err(why) => Err(self.wrong(want, answer, why)),
        }
    }

    /// Asks for what waits, as a client does again and again.
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

/// The head that the answers before the last one have: the session goes on.
fn open(message: &Message) -> Message {
    let without = |text: &[u8]| text.strip_suffix(CLOSE).unwrap_or(text).to_vec();
    let lines = message.lines.iter().map(|line| line.map_literals(without)).collect();
    Message { lines, payload: Vec::new() }
}
