//! A transcript file as data: parts made of steps (docs/protocol/transcripts/README.md sections 1 and 4).
//!
//! [`Script::read`] and [`Script::parse`] are the ways in; the player walks the steps of one part.

pub(crate) mod directive;
mod parse;
mod words;

use std::path::Path;

use anyhow::Context;

use crate::target::Needs;
use crate::template::Template;
use crate::vars::Vars;
use directive::Directive;

/// A transcript file.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) file: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) unplayable: Option<String>,
}

impl Script {
    /// Reads and parses a file. The error names the file and the line.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Self::parse(&name, &text)
    }

    /// Parses the text of a file; `file` is its name in messages.
    pub fn parse(file: &str, text: &str) -> anyhow::Result<Self> {
        parse::script(file, text)
    }

    /// Its name in messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The titles of its parts in order; the part before the first `!part` has an empty one.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.title.as_str())
    }

    /// Why no part of it can be played, by any runner or by this one.
    #[must_use]
    pub fn unplayable(&self) -> Option<&str> {
        self.unplayable.as_deref()
    }
}

/// What can be played on its own: the directives before the first `!part`, then its own steps.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) title: String,
    pub(crate) steps: Vec<Step>,
}

impl Part {
    /// What the target must be able to do for it.
    pub(crate) fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for step in &self.steps {
            match &step.action {
                Action::Directive(Directive::Setting { key, value }) => {
                    needs.settings.insert(key.clone(), value.clone());
                }
                Action::Directive(Directive::Dispatch { .. }) => needs.dispatch = true,
                Action::Directive(Directive::Stop { .. }) => needs.stop = true,
                _ => {}
            }
        }
        needs
    }
}

/// One record, with the line of the file it starts on.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) action: Action,
}

/// What a record says.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// `NAME @ service`
    Open { name: String, service: Service },
    /// `NAME > text`, with its payload.
    Send { name: String, message: Message },
    /// `NAME < text`, with its payload.
    Expect { name: String, message: Message },
    /// `NAME >!`
    Leave { name: String },
    /// `NAME <!`
    ExpectClose { name: String },
    /// `NAME ..`
    ExpectNothing { name: String },
    /// `!word ...`
    Directive(Directive),
}

/// Who is on the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Notification (or dispatch) server.
    Ns,
    /// Switchboard.
    Sb,
    /// HTTP.
    Http,
}

/// A line with its payload; for HTTP the whole head, without its empty last line, and the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) lines: Vec<Template>,
    /// One text for each `>|` or `<|` record. In the body of the HTTP gateway each is a command (README section 2).
    pub(crate) payload: Vec<Template>,
}

impl Message {
    /// The first line.
    pub(crate) fn line(&self) -> &Template {
        &self.lines[0]
    }

    /// The payload or body as one text.
    pub(crate) fn payload_text(&self) -> Template {
        let mut text = Template::default();
        for record in &self.payload {
            text.append(record.clone());
        }
        text
    }

    /// The bytes of the payload or body, with the values filled in. `{len}` in it counts what its record has after the
    /// first line.
    pub(crate) fn render_payload(&self, vars: &Vars) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for record in &self.payload {
            let length = match record.split_line() {
                Some((_, rest)) => rest.render(vars, 0)?.len(),
                None => 0,
            };
            bytes.extend(record.render(vars, length)?);
        }
        Ok(bytes)
    }

    /// The line, or the head without its empty last line, in front of a payload of so many bytes.
    pub(crate) fn render_head(&self, vars: &Vars, length: usize) -> Result<Vec<u8>, String> {
        let lines = self.lines.iter().map(|line| line.render(vars, length));
        Ok(lines.collect::<Result<Vec<_>, _>>()?.join(&b"\r\n"[..]))
    }

    /// The words of the first line that are no values of the server; others are empty.
    pub(crate) fn plain_words(&self) -> Vec<Vec<u8>> {
        let words = self.lines.first().map(Template::words).unwrap_or_default();
        words.iter().map(|word| word.as_literal().unwrap_or_default().to_vec()).collect()
    }

    /// The command of the first line.
    pub(crate) fn command(&self) -> Vec<u8> {
        self.plain_words().swap_remove(0)
    }
}
