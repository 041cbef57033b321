//! A line with its payload, or an HTTP head with its body.

use crate::template::Template;
use crate::vars::Vars;

/// A line with its payload, or an HTTP head with its body. The head does not include its empty last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) lines: Vec<Template>,
    /// One text for each `>|` or `<|` record. In a gateway body, each text is one command (README section 2).
    pub(crate) payload: Vec<Template>,
}

impl Message {
    /// Returns the first line.
    pub(crate) fn line(&self) -> &Template {
        &self.lines[0]
    }

    /// Returns the payload or body as one text.
    pub(crate) fn payload_text(&self) -> Template {
        let mut text = Template::default();
        for record in &self.payload {
            text.append(record.clone());
        }
        text
    }

    /// Returns the bytes of the payload or body, with the values filled in. `{len}` in a record is the number of bytes
    /// after the first line of that record.
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

    /// Returns the line, or the head without its empty last line. `length` is the length of the payload.
    pub(crate) fn render_head(&self, vars: &Vars, length: usize) -> Result<Vec<u8>, String> {
        let lines = self.lines.iter().map(|line| line.render(vars, length));
        Ok(lines.collect::<Result<Vec<_>, _>>()?.join(&b"\r\n"[..]))
    }

    /// Returns the words of the first line. A word that contains a value of the server becomes an
    /// empty word.
    pub(crate) fn plain_words(&self) -> Vec<Vec<u8>> {
        let words = self.lines.first().map(Template::words).unwrap_or_default();
        words.iter().map(|word| word.as_literal().unwrap_or_default().to_vec()).collect()
    }

    /// Returns the command of the first line.
    pub(crate) fn command(&self) -> Vec<u8> {
        self.plain_words().swap_remove(0)
    }
}
