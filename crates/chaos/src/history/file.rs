//! Histories in files: one line of JSON for each event.

use std::io::{self, BufRead, Write};

use super::History;

/// Writes a history.
///
/// # Errors
/// Fails if `to` cannot be written.
pub fn write(history: &History, mut to: impl Write) -> io::Result<()> {
    for event in &history.events {
        serde_json::to_writer(&mut to, event)?;
        to.write_all(b"\n")?;
    }
    to.flush()
}

/// Reads a history that [`write()`] wrote.
///
/// # Errors
/// Fails if `from` cannot be read, or a line is not an event.
pub fn read(from: impl BufRead) -> io::Result<History> {
    let events = from.lines().map(|line| Ok(serde_json::from_str(&line?)?));
    Ok(History { events: events.collect::<io::Result<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::super::{Action, Attribute, Change, Digest, End, Event, Outcome, Shown};
    use super::*;

    #[test]
    fn a_history_written_to_a_file_is_read_back_unchanged() {
        let account = "alice@example.com".to_owned();
        let actions = [
            Action::SignIn { account: account.clone(), dialect: 12 },
            Action::Edit { changes: vec![Change { part: "AL bob".into(), value: None }] },
            Action::Set { attribute: Attribute::Message, value: "Alice \u{202E}\n".into() },
            Action::Saw { contact: account.clone(), shown: Some(Shown::default()) },
            Action::Send { message: Digest::of(b"") },
            Action::Ended(End::Elsewhere),
            Action::Final { account, parts: [("AL bob".to_owned(), String::new())].into() },
        ];
        let event = |(place, action): (u32, Action)| {
            let outcome = if place == 1 { Outcome::Refused(215) } else { Outcome::Unknown };
            Event { connection: 7, began: place, ended: place, start: 0, end: u64::MAX, action, outcome }
        };
        let history = History { events: (0..).zip(actions).map(event).collect() };
        let mut bytes = Vec::new();
        write(&history, &mut bytes).unwrap();
        assert_eq!(read(bytes.as_slice()).unwrap(), history);
        assert!(read(&b"{}\n"[..]).is_err());
    }
}
