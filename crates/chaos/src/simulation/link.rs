//! One connection of a simulated client. It contains the wire, and records the history of the
//! connection.

use std::collections::BTreeSet;

use msnp_conformance::wire::{Service, Unit, first};

use super::wire::Wire;
use crate::history::{Action, End};
use crate::observer::{Lists, Observer, Watch};

/// One connection of a simulated client.
pub(super) struct Link {
    pub(super) wire: Wire,
    service: Service,
    observer: Observer,
    watch: Watch,
    trid: u32,
    /// The TrIDs of the commands that the server has not answered yet.
    open: BTreeSet<u32>,
    buffer: Vec<u8>,
    has_ended: bool,
}

impl Link {
    pub(super) fn new(wire: Wire, service: Service, watch: &Watch) -> Self {
        let observer = watch.observer(service);
        Self {
            wire,
            service,
            observer,
            watch: watch.clone(),
            trid: 0,
            open: BTreeSet::new(),
            buffer: Vec::new(),
            has_ended: false,
        }
    }

    /// Sends a command that the server must answer. Returns its TrID.
    pub(super) fn ask(&mut self, verb: &str, words: &str) -> u32 {
        let line = self.line(verb, words);
        self.open.insert(self.trid);
        self.send(&line, b"");
        self.trid
    }

    /// Sends a command with a payload. The last word of the command is the length of the payload.
    pub(super) fn ask_with(&mut self, verb: &str, words: &str, payload: &[u8], is_answered: bool) {
        let words = format!("{words} {}", payload.len());
        let line = self.line(verb, words.trim_start());
        if is_answered {
            self.open.insert(self.trid);
        }
        self.send(&line, payload);
    }

    /// Sends a line without TrID, such as OUT.
    pub(super) fn say(&self, line: &str) {
        self.wire.send(format!("{line}\r\n").as_bytes());
    }

    fn line(&mut self, verb: &str, words: &str) -> String {
        self.trid += 1;
        let blank = if words.is_empty() { "" } else { " " };
        format!("{verb} {}{blank}{words}", self.trid)
    }

    fn send(&mut self, line: &str, payload: &[u8]) {
        self.observer.sent(line, payload);
        self.wire.send(&[line.as_bytes(), b"\r\n", payload].concat());
    }

    /// Returns the lines that have arrived.
    pub(super) fn receive(&mut self) -> Vec<Unit> {
        if self.has_ended {
            return Vec::new();
        }
        let is_end = self.wire.receive(&mut self.buffer);
        let mut units = Vec::new();
        let mut read = 0;
        while let Some((unit, size)) = first(self.service, &self.buffer[read..], is_end) {
            read += size;
            self.observer.received(&unit);
            self.note_answer(&unit);
            units.push(unit);
        }
        self.buffer.drain(..read);
        if is_end {
            self.end(End::Closed);
        }
        units
    }

    /// Notes which command a line answers.
    fn note_answer(&mut self, unit: &Unit) {
        let Some(trid) = answered(unit) else { return };
        // A NAK may answer a message that needs no answer.
        if !self.open.remove(&trid) && trid != 0 && unit.word(0) != "NAK" {
            let what = format!("{} answers no command", String::from_utf8_lossy(unit.line()));
            self.watch.note(Action::Surprise { what });
        }
    }

    /// Returns whether every command is answered.
    pub(super) fn is_quiet(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    pub(super) fn lists(&self) -> Option<&Lists> {
        self.observer.lists()
    }

    pub(super) fn remember(&mut self, kept: Lists) {
        self.observer.remember(kept);
    }

    /// Records that the connection has ended, or that the client has left without closing it.
    pub(super) fn end(&mut self, end: End) {
        self.has_ended = true;
        self.observer.ended(end);
    }

    /// Records that the schedule is over while the connection is still open.
    pub(super) fn settle(&mut self) {
        self.observer.forget();
    }
}

/// Returns the TrID of the command that a line answers.
fn answered(unit: &Unit) -> Option<u32> {
    // A session id or a list version may look like a TrID. ILN and IRO have the TrID of a command,
    // but another line answers that command.
    let is_unasked = matches!(
        unit.word(0).as_str(),
        "RNG" | "ILN" | "NLN" | "FLN" | "UBX" | "MSG" | "BYE" | "JOI" | "QNG" | "NOT" | "IRO" | "BPR" | "LST" | "LSG"
    );
    if is_unasked { None } else { unit.word(1).parse().ok() }
}
