//! Sends client records. Fills in the server's values, tickets and challenge answers, and follows the pace.

use msnp::challenge::{Algorithm, answer};

use super::player::{Player, Stop};
use crate::options::Pace;
use crate::script::{Message, Step};
use crate::wire::{Service, show};

impl Player {
    /// Sends a record, or holds it back until the next wait.
    pub(super) async fn send(&mut self, step: &Step, name: &str, message: &Message) -> Result<(), Stop> {
        let failed = |player: &Self, why: String| {
            let expected = format!("{name} > {}", show(&message.line().masked()));
            player.failure(step.line, expected, "the record was not sent".to_owned(), why)
        };
        let payload = message.render_payload(&self.vars).map_err(|why| failed(self, why))?;
        let is_gateway = self.peers.get(name).is_some_and(|peer| peer.gateway.is_some());
        let payload = if is_gateway {
            self.with_tickets(name, payload).await.map_err(|error| failed(self, format!("{error:#}")))?
        } else {
            payload
        };
        let line = message.render_head(&self.vars, payload.len()).map_err(|why| failed(self, why))?;
        let mut line = self.with_tickets(name, line).await.map_err(|error| failed(self, format!("{error:#}")))?;
        let hold = self.one_write || self.options.pace != Pace::Whole;
        let Some(peer) = self.peers.get_mut(name) else {
            return Ok(());
        };
        let payload = challenge_answer(peer.dialect, peer.challenge.as_ref(), message).unwrap_or(payload);
        peer.observe_sent(&line, &payload);
        peer.connection.note_sent(&line, &payload);
        line.extend(b"\r\n");
        if peer.connection.service() == Service::Http {
            line.extend(b"\r\n");
        }
        line.extend(payload);
        if hold {
            peer.pending.extend(line);
        } else {
            peer.connection.send(&line).await;
        }
        Ok(())
    }

    /// Sends the bytes that were held back.
    pub(super) async fn flush(&mut self) {
        self.one_write = false;
        for peer in self.peers.values_mut() {
            let bytes = std::mem::take(&mut peer.pending);
            if self.options.pace == Pace::OneByte {
                for byte in bytes.chunks(1) {
                    peer.connection.send(byte).await;
                    tokio::task::yield_now().await;
                }
            } else if !bytes.is_empty() {
                peer.connection.send(&bytes).await;
            }
        }
    }

    /// Returns the lines, with a real ticket in place of each `t=ticket`.
    async fn with_tickets(&mut self, name: &str, text: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let mut lines = Vec::new();
        for line in text.split(|&byte| byte == b'\n') {
            let (text, end) = line.strip_suffix(b"\r").map_or((line, &b""[..]), |text| (text, b"\r"));
            lines.push(match wants_ticket(text) {
                Some((start, rest)) => [start, self.ticket(name, rest).await?.as_bytes(), end].concat(),
                None => line.to_vec(),
            });
        }
        Ok(lines.join(&b'\n'))
    }

    /// Returns the word with a real ticket. The word consists of `t=`, the ticket, and the `rest`
    /// from the file.
    async fn ticket(&mut self, name: &str, rest: &str) -> anyhow::Result<String> {
        let (handle, policy) = match self.peers.get(name) {
            Some(peer) => (peer.handle.clone(), peer.policy.clone()),
            None => (String::new(), String::new()),
        };
        let ticket = self.accounts.ticket(&handle, &policy, &self.log).await?;
        Ok(match ticket.strip_prefix("t=") {
            Some(value) => format!("t={}{rest}", value.split('&').next().unwrap_or_default()),
            None => ticket,
        })
    }
}

/// The placeholder for a real ticket in a file (README section 2).
const TICKET: &str = "t=ticket";

/// Returns the text of a line before and after `t=ticket`, if the line needs a real ticket.
fn wants_ticket(line: &[u8]) -> Option<(&[u8], &str)> {
    let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    match words.as_slice() {
        [b"USR", _, b"TWN", b"S", word] => {
            let rest = std::str::from_utf8(word.strip_prefix(TICKET.as_bytes())?).ok()?;
            Some((&line[..line.len() - word.len()], rest))
        }
        _ => None,
    }
}

/// Returns the answer to a challenge of the server, if this challenge differs from the challenge in
/// the file (README section 2, QRY).
///
/// An answer of zeros is wrong on purpose, so it is sent unchanged.
fn challenge_answer(dialect: u8, challenge: Option<&(Option<String>, String)>, message: &Message) -> Option<Vec<u8>> {
    let (Some(in_file), chosen) = challenge? else {
        return None;
    };
    let words = message.plain_words();
    let zeros = message.payload_text().as_literal()?.iter().all(|&byte| byte == b'0');
    if words.len() != 4 || words[0] != b"QRY" || zeros || in_file == chosen {
        return None;
    }
    // The dialect selects the algorithm. The product id does not matter (challenge.md).
    let algorithm = if dialect >= 11 { Algorithm::New } else { Algorithm::Old };
    answer(algorithm, chosen, std::str::from_utf8(&words[2]).ok()?).map(String::into_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    fn query(product: &str, payload: &str) -> Message {
        let line = Template::parse(&format!("QRY 7 {product} {{len}}")).unwrap();
        Message { lines: vec![line], payload: vec![Template::parse(payload).unwrap()] }
    }

    fn challenge(in_file: &str, chosen: &str) -> Option<(Option<String>, String)> {
        Some((Some(in_file.to_owned()), chosen.to_owned()))
    }

    #[test]
    fn a_new_challenge_is_answered_with_the_algorithm_of_the_dialect() {
        let asked = challenge("15570131571988941333", "31415926535897932384");
        let new = challenge_answer(12, asked.as_ref(), &query("PROD0090YUAUV{2B", "d8"));
        assert_eq!(new.unwrap(), b"2f5f91179323d5e12e293cea426147c5");
        let old = challenge_answer(10, asked.as_ref(), &query("PROD0038W!61ZTF9", "ca"));
        assert_eq!(old.unwrap(), b"2efdb324e2b8aa69f1a0c4675da1aae7");
    }

    #[test]
    fn the_answer_in_the_file_is_sent_if_the_challenge_is_unchanged_or_if_the_answer_is_all_zeros() {
        let same = challenge("15570131571988941333", "15570131571988941333");
        assert_eq!(challenge_answer(12, same.as_ref(), &query("PROD0090YUAUV{2B", "d8")), None);
        let asked = challenge("1", "2");
        assert_eq!(challenge_answer(12, asked.as_ref(), &query("PROD0090YUAUV{2B", "0000")), None);
        assert_eq!(challenge_answer(12, None, &query("PROD0090YUAUV{2B", "d8")), None);
        let unnamed = Some((None, "2".to_owned()));
        assert_eq!(challenge_answer(12, unnamed.as_ref(), &query("PROD0090YUAUV{2B", "d8")), None);
    }

    #[test]
    fn only_a_record_with_the_ticket_placeholder_gets_a_real_ticket() {
        assert_eq!(wants_ticket(b"USR 4 TWN S t=ticket&p=profile"), Some((&b"USR 4 TWN S "[..], "&p=profile")));
        assert_eq!(wants_ticket(b"USR 3 TWN S t=wrong&p="), None);
        assert_eq!(wants_ticket(b"USR 3 TWN I t=ticket"), None);
    }
}
