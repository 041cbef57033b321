//! A line with its payload, or an HTTP head with its body.

use crate::template::Template;
use crate::vars::Vars;

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
