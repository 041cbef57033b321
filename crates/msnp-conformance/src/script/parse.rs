//! Parses the text of a transcript into parts. Every error contains the file and the line.

use std::collections::HashMap;

use anyhow::{Context, anyhow, bail};

use super::directive::Directive;
use super::message::Message;
use super::part::{Action, Part, Step};
use crate::template::{Piece, Template};
use crate::wire::Service;

/// Parses a whole file. Returns its parts. If no part can be played, also returns the reason.
pub(super) fn parts(file: &str, text: &str) -> anyhow::Result<(Vec<Part>, Option<String>)> {
    let mut parser = Parser::default();
    for (index, line) in text.lines().enumerate() {
        parser.number = index + 1;
        parser.record(line).with_context(|| format!("{file}:{}", index + 1))?;
    }
    parser.end_of_head().with_context(|| format!("{file}, at the end"))?;
    let unplayable = parser.unplayable.take().map(|(line, why)| match line {
        0 => why,
        _ => format!("{file}:{line}: {why}"),
    });
    Ok((parser.finish(), unplayable))
}

/// The state of the parser.
#[derive(Default)]
struct Parser {
    number: usize,
    /// The steps before the first `!part`.
    prelude: Vec<Step>,
    parts: Vec<Part>,
    services: HashMap<String, Service>,
    /// True if the last message is an HTTP head that still lacks its empty last line.
    open_head: bool,
    /// True if a payload record may follow.
    takes_payload: bool,
    unplayable: Option<(usize, String)>,
}

impl Parser {
    fn record(&mut self, line: &str) -> anyhow::Result<()> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(directive) = line.strip_prefix('!') {
            self.end_of_head()?;
            return self.directive(directive);
        }
        let (name, rest) = line.split_once(' ').ok_or_else(|| anyhow!("`{line}` is not a record"))?;
        check_name(name)?;
        let (sign, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let name = name.to_owned();
        match sign {
            ">|" | "<|" => return self.payload(&name, sign == ">|", text),
            ">" | "<" => return self.line(name, sign == ">", text),
            _ => self.end_of_head()?,
        }
        let action = match (sign, text) {
            ("@", service) => self.open(name, service)?,
            (">!", "") => Action::Leave { name: self.known(name)? },
            ("<!", "") => Action::ExpectClose { name: self.known(name)? },
            ("..", "") => Action::ExpectNothing { name: self.known(name)? },
            _ => bail!("`{sign}` is not one of @ > < >| <| >! <! .. (README section 1)"),
        };
        self.push(action);
        Ok(())
    }

    fn directive(&mut self, text: &str) -> anyhow::Result<()> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "part" => {
                self.parts.push(Part { title: rest.trim().to_owned(), steps: Vec::new() });
                self.takes_payload = false;
            }
            "static" => self.unplayable = Some((0, format!("static: {rest}"))),
            _ => match Directive::parse(word, rest).map_err(|why| anyhow!("!{word}: {why}"))? {
                Some(directive) => {
                    self.open_by(&directive);
                    self.push(Action::Directive(directive));
                }
                None if self.unplayable.is_none() => {
                    self.unplayable = Some((self.number, format!("this runner does not know `!{word}`")));
                }
                None => {}
            },
        }
        Ok(())
    }

    /// Remembers the connections that a directive opens.
    fn open_by(&mut self, directive: &Directive) {
        match directive {
            Directive::SignedIn { name, .. } => {
                self.services.insert(name.clone(), Service::Ns);
            }
            Directive::Chat { members, .. } => {
                for member in members {
                    self.services.insert(member.name.clone(), Service::Sb);
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, name: String, service: &str) -> anyhow::Result<Action> {
        let service = match service {
            "ns" => Service::Ns,
            "sb" => Service::Sb,
            "http" => Service::Http,
            other => bail!("`{other}` is not one of ns, sb, http"),
        };
        self.services.insert(name.clone(), service);
        Ok(Action::Open { name, service })
    }

    fn line(&mut self, name: String, sent: bool, text: &str) -> anyhow::Result<()> {
        let name = self.known(name)?;
        let text = Template::parse(text).map_err(|why| anyhow!(why))?;
        let http = self.services.get(&name) == Some(&Service::Http);
        if self.open_head {
            if !self.is_last(&name, sent) {
                return self.end_of_head();
            }
            if text == Template::default() {
                self.open_head = false;
                self.takes_payload = true;
            } else if let Some(message) = self.last_message() {
                message.lines.push(text);
            }
            return Ok(());
        }
        let message = Message { lines: vec![text], payload: Vec::new() };
        self.push(if sent { Action::Send { name, message } } else { Action::Expect { name, message } });
        self.open_head = http;
        self.takes_payload = !http;
        Ok(())
    }

    fn payload(&mut self, name: &str, sent: bool, text: &str) -> anyhow::Result<()> {
        if !self.takes_payload || !self.is_last(name, sent) {
            bail!("a payload must follow a line of `{name}` in the same direction");
        }
        let text = Template::parse(text).map_err(|why| anyhow!(why))?;
        if let Some(message) = self.last_message() {
            message.payload.push(text);
        }
        Ok(())
    }

    fn end_of_head(&mut self) -> anyhow::Result<()> {
        if self.open_head {
            bail!("the HTTP head above does not end with an empty line");
        }
        Ok(())
    }

    fn known(&self, name: String) -> anyhow::Result<String> {
        if self.services.contains_key(&name) {
            return Ok(name);
        }
        bail!("`{name}` is not open; open it above with `{name} @ ns`, !signed-in or !chat")
    }

    fn push(&mut self, action: Action) {
        self.takes_payload = false;
        let step = Step { line: self.number, action };
        self.steps().push(step);
    }

    fn steps(&mut self) -> &mut Vec<Step> {
        match self.parts.last_mut() {
            Some(part) => &mut part.steps,
            None => &mut self.prelude,
        }
    }

    fn is_last(&mut self, wanted: &str, sent: bool) -> bool {
        match self.steps().last().map(|step| &step.action) {
            Some(Action::Send { name, .. }) => sent && name == wanted,
            Some(Action::Expect { name, .. }) => !sent && name == wanted,
            _ => false,
        }
    }

    fn last_message(&mut self) -> Option<&mut Message> {
        match &mut self.steps().last_mut()?.action {
            Action::Send { message, .. } | Action::Expect { message, .. } => Some(message),
            _ => None,
        }
    }

    /// Returns the parts. Each part starts with the directives before the first `!part`.
    fn finish(self) -> Vec<Part> {
        let carried = |step: &&Step| match &step.action {
            Action::Directive(directive) => {
                directive.is_setup() || matches!(directive, Directive::Setting { .. } | Directive::Dispatch { .. })
            }
            _ => false,
        };
        let shared: Vec<Step> = self.prelude.iter().filter(carried).cloned().collect();
        let only_directives = self.prelude.iter().all(|step| matches!(step.action, Action::Directive(_)));
        let mut parts = Vec::new();
        if !only_directives || self.parts.is_empty() {
            parts.push(Part { title: String::new(), steps: self.prelude });
        }
        parts.extend(
            self.parts
                .into_iter()
                .map(|part| Part { title: part.title, steps: shared.iter().cloned().chain(part.steps).collect() }),
        );
        for step in parts.iter_mut().flat_map(|part| &mut part.steps) {
            if let Action::Send { message, .. } | Action::Expect { message, .. } = &mut step.action {
                follow_length(message);
            }
        }
        parts
    }
}

/// If a message contains the length of its payload, replaces this number with [`Piece::Len`]. Then
/// the number stays correct when the payload gets other handles (README section 2).
///
/// A number that is not the length is wrong on purpose, so it stays unchanged.
fn follow_length(message: &mut Message) {
    let length = static_len(&message.payload_text());
    if message.lines.len() > 1 {
        for line in &mut message.lines[1..] {
            if line.as_literal() == Some(format!("Content-Length: {length}").as_bytes()) {
                *line = Template::from_pieces(vec![Piece::Literal(b"Content-Length: ".to_vec()), Piece::Len]);
            }
        }
        for record in &mut message.payload {
            if let Some((mut line, payload)) = record.split_line()
                && payload != Template::default()
            {
                last_word_follows(&mut line, static_len(&payload));
                *record = Template::join_line(line, payload);
            }
        }
    } else if !message.payload.is_empty() {
        last_word_follows(&mut message.lines[0], length);
    }
}

/// If the last word of a line is the number `length`, replaces the word with [`Piece::Len`].
fn last_word_follows(line: &mut Template, length: usize) {
    let mut words = line.words();
    if let Some(last) = words.last_mut()
        && last.as_literal() == Some(length.to_string().as_bytes())
    {
        *last = Template::from_pieces(vec![Piece::Len]);
        *line = Template::from_words(words);
    }
}

/// Returns the length of a payload as written in the file.
fn static_len(payload: &Template) -> usize {
    payload.masked().len()
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(allowed) {
        bail!("`{name}` is not a valid NAME; use only a-z, 0-9 and -");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
