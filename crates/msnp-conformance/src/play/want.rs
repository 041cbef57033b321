//! The server records that the player expects: single records, batches, and runs. The blocks of a
//! run may arrive in any order (docs/protocol/transcripts/README.md section 3, Order and Noise).

use std::time::Duration;

use crate::script::directive::Directive;
use crate::script::{Action, Message, Step};
use crate::wire::{Unit, is_mail_note, show};

/// An expected server record in a batch.
pub(super) struct Want<'a> {
    pub(super) line: usize,
    pub(super) name: &'a str,
    pub(super) kind: Kind<'a>,
    pub(super) maybe: bool,
    pub(super) within: Option<Duration>,
}

pub(super) enum Kind<'a> {
    Message(&'a Message),
    Close,
    Nothing,
}

impl Want<'_> {
    pub(super) fn command(&self) -> Vec<u8> {
        match self.kind {
            Kind::Message(message) => message.command(),
            _ => Vec::new(),
        }
    }

    /// Returns whether the record expects a CHL or a mail note.
    pub(super) fn wants_noise(&self) -> bool {
        matches!(self.kind, Kind::Message(message) if wants_noise(message))
    }

    pub(super) fn show(&self) -> String {
        let Kind::Message(message) = self.kind else {
            return match self.kind {
                Kind::Close => format!("{} <!", self.name),
                _ => format!("{} ..", self.name),
            };
        };
        let lines: Vec<String> =
            message.lines.iter().map(|line| format!("{} < {}", self.name, show(&line.masked()))).collect();
        let mut shown = lines.join("\n            ");
        for payload in &message.payload {
            shown = format!("{shown}\n            {} <| {}", self.name, show(&payload.masked()));
        }
        shown
    }
}

/// Returns whether a record is a CHL or a mail note.
pub(super) fn wants_noise(message: &Message) -> bool {
    match message.command().as_slice() {
        b"CHL" => message.plain_words().get(1).is_some_and(|word| word == b"0"),
        b"MSG" => is_mail_note(&message.payload_text().masked()),
        _ => false,
    }
}

/// Returns the server records from `at` on, and the index of the step after them.
pub(super) fn batch(steps: &[Step], at: usize) -> (Vec<Want<'_>>, usize) {
    let mut wants = Vec::new();
    let (mut maybe, mut within) = (false, None);
    let mut end = at;
    for step in &steps[at..] {
        let (name, kind) = match &step.action {
            Action::Expect { name, message } => (name, Kind::Message(message)),
            Action::ExpectClose { name } => (name, Kind::Close),
            Action::ExpectNothing { name } => (name, Kind::Nothing),
            Action::Directive(Directive::Maybe) => {
                maybe = true;
                end += 1;
                continue;
            }
            Action::Directive(Directive::Within(time)) => {
                within = Some(*time);
                end += 1;
                continue;
            }
            _ => break,
        };
        wants.push(Want { line: step.line, name, kind, maybe, within: within.take() });
        maybe = false;
        end += 1;
    }
    (wants, end)
}

/// Returns the number of records at the start that form a run, which may arrive in any order.
/// Returns 0 if the order is fixed.
pub(super) fn run_length(wants: &[&Want<'_>]) -> usize {
    let head = wants[0].command();
    let follower: &[u8] = match head.as_slice() {
        // Before MSNP10, group 0 must be first (ns.md section 6).
        b"LSG" if is_group_zero(wants[0]) => return 0,
        b"LSG" => b"",
        b"LST" => b"BPR",
        b"ILN" => b"UBX",
        _ => return 0,
    };
    let belongs = |want: &&&Want<'_>| {
        let command = want.command();
        !want.maybe && !command.is_empty() && (command == head || command == follower)
    };
    let length = wants.iter().take_while(belongs).count();
    let heads = wants[..length].iter().filter(|want| want.command() == head).count();
    if heads > 1 { length } else { 0 }
}

fn is_group_zero(want: &Want<'_>) -> bool {
    matches!(want.kind, Kind::Message(message) if message.plain_words().get(1).is_some_and(|word| word == b"0"))
}

/// Returns a predicate for noise with the same command as the record.
pub(super) fn noise_like(want: &Want<'_>) -> impl Fn(&Unit) -> bool + use<> {
    let command = want.command();
    move |unit: &Unit| unit.words()[0] == command
}
