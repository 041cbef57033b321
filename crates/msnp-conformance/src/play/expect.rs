//! Waits for server records (docs/protocol/transcripts/README.md section 3, Order, Noise, Closing, Time).
//!
//! Consecutive server records are one batch. In a batch, the order of the records of each NAME is
//! fixed. Lines to different NAMEs may arrive in any order, so the player checks one NAME after the
//! other.

use tokio::time::Instant;

use super::player::{Player, Stop};
use super::want::{Kind, Want, batch, noise_like, run_length};
use crate::compare;
use crate::script::{Message, Step};
use crate::wire::{Event, Service, Unit, show};

/// The header of answers that carry commands (http.md section 5).
const GATEWAY_TYPE: &[u8] = b"Content-Type: application/x-msn-messenger";

impl Player {
    /// Waits for the batch that starts at `at`. Returns the index of the step after it.
    pub(super) async fn expect(&mut self, steps: &[Step], at: usize) -> Result<usize, Stop> {
        let (wants, end) = batch(steps, at);
        let mut names: Vec<&str> = Vec::new();
        for want in &wants {
            if !names.contains(&want.name) {
                names.push(want.name);
            }
        }
        for name in names {
            let own: Vec<&Want<'_>> = wants.iter().filter(|want| want.name == name).collect();
            self.expect_on(&own).await?;
        }
        Ok(end)
    }

    /// Waits for the records of one NAME, in order.
    async fn expect_on(&mut self, wants: &[&Want<'_>]) -> Result<(), Stop> {
        let mut optional_noise = Vec::new();
        let mut at = 0;
        while let Some(&want) = wants.get(at) {
            let run = run_length(&wants[at..]);
            at += if let Some(message) = self.gateway_answer(want) {
                self.expect_gateway(want, message).await?;
                1
            } else if self.is_noise(want) {
                if want.maybe {
                    optional_noise.push(want);
                } else {
                    self.expect_noise(want).await?;
                }
                1
            } else if run > 0 {
                self.expect_run(&wants[at..at + run]).await?;
                run
            } else if want.maybe {
                self.expect_optional(&wants[at..]).await?
            } else {
                self.expect_one(want).await?;
                1
            };
        }
        // In a file, a required CHL follows each optional note. So if the note has not arrived at
        // this point, it will not arrive.
        for want in optional_noise {
            let wanted = noise_like(want);
            let taken = self.peer(want.name).and_then(|peer| peer.connection.take_noise(wanted));
            if let Some(unit) = taken {
                self.check(want, unit)?;
            }
        }
        Ok(())
    }

    async fn expect_one(&mut self, want: &Want<'_>) -> Result<(), Stop> {
        match want.kind {
            Kind::Nothing => self.expect_nothing(want).await,
            Kind::Close => self.expect_close(want).await,
            Kind::Message(message) => match self.next(want).await {
                Event::Unit(unit) => self.check(want, unit),
                Event::Closed(_) if self.may_close_instead(want, message) => Ok(()),
                event => Err(self.missing(want, &event)),
            },
        }
    }

    /// Waits for noise, which may have arrived already. Queues everything else.
    async fn expect_noise(&mut self, want: &Want<'_>) -> Result<(), Stop> {
        let deadline = self.deadline(want);
        let Some(peer) = self.peers.get_mut(want.name) else {
            return Ok(());
        };
        match peer.connection.next_noise(deadline, noise_like(want)).await {
            Event::Unit(unit) => self.check(want, unit),
            event => Err(self.missing(want, &event)),
        }
    }

    /// Waits for blocks that may arrive in any order. A block is an LSG, LST or ILN line and the
    /// lines that belong to it.
    async fn expect_run(&mut self, wants: &[&Want<'_>]) -> Result<(), Stop> {
        let mut blocks: Vec<Vec<&Want<'_>>> = Vec::new();
        let head = wants[0].command();
        for &want in wants {
            match blocks.last_mut() {
                Some(block) if want.command() != head => block.push(want),
                _ => blocks.push(vec![want]),
            }
        }
        while let Some(first) = blocks.first().map(|block| block[0]) {
            let unit = match self.next(first).await {
                Event::Unit(unit) => unit,
                event => return Err(self.missing(first, &event)),
            };
            let fits = |block: &Vec<&Want<'_>>| match block[0].kind {
                Kind::Message(message) => compare::head_fits(message, &unit, &self.vars),
                _ => false,
            };
            // If no block fits, the comparison with the first block gives the reason for the
            // failure.
            let block = blocks.remove(blocks.iter().position(fits).unwrap_or(0));
            self.check(block[0], unit)?;
            for want in &block[1..] {
                self.expect_one(want).await?;
            }
        }
        Ok(())
    }

    /// Handles the optional records at the start of `wants`. Waits until the server sends one of
    /// them or the record after them. Returns the number of records that the caller must skip.
    async fn expect_optional(&mut self, wants: &[&Want<'_>]) -> Result<usize, Stop> {
        let optional = wants.iter().take_while(|want| want.maybe && !self.is_noise(want)).count();
        let next = wants.get(optional);
        let deadline = match next {
            Some(next) if !matches!(next.kind, Kind::Nothing) => self.deadline(next),
            _ => Instant::now() + wants[0].within.unwrap_or(self.options.quiet),
        };
        let Some(peer) = self.peers.get_mut(wants[0].name) else {
            return Ok(optional);
        };
        let Event::Unit(unit) = peer.connection.next(deadline).await else {
            return Ok(optional);
        };
        let service = peer.connection.service();
        let fits = |want: &&Want<'_>| match want.kind {
            Kind::Message(message) => compare::unit(service, message, &unit, &mut self.vars.clone()).is_ok(),
            _ => false,
        };
        match wants[..optional].iter().position(fits) {
            Some(index) => {
                self.check(wants[index], unit)?;
                Ok(index + 1)
            }
            None => {
                peer.connection.put_back(unit);
                Ok(optional)
            }
        }
    }

    async fn expect_nothing(&mut self, want: &Want<'_>) -> Result<(), Stop> {
        let deadline = Instant::now() + want.within.unwrap_or(self.options.quiet);
        let over = self.peer(want.name).is_none_or(|peer| peer.over);
        match self.next_until(want, deadline).await {
            Event::Nothing(rest) if rest.is_empty() => Ok(()),
            Event::Closed(rest) if rest.is_empty() && over => Ok(()),
            Event::Unit(unit) => Err(self.wrong(want, &unit, "the server must send nothing here".to_owned())),
            event => Err(self.missing(want, &event)),
        }
    }

    async fn expect_close(&mut self, want: &Want<'_>) -> Result<(), Stop> {
        let mut event = self.next(want).await;
        let sent_out =
            self.peer(want.name).is_some_and(|peer| peer.sent_out && peer.connection.service() == Service::Ns);
        if sent_out && matches!(&event, Event::Unit(unit) if unit.line() == b"OUT") {
            event = self.next(want).await;
        }
        match event {
            Event::Closed(rest) if rest.is_empty() => {
                if let Some(peer) = self.peer(want.name) {
                    peer.over = true;
                    peer.masked.extend(b"<!\r\n");
                }
                Ok(())
            }
            Event::Unit(unit) => Err(self.wrong(want, &unit, "the server should close the connection here".to_owned())),
            event => Err(self.missing(want, &event)),
        }
    }

    /// Returns whether a close may replace the record. After the client has sent OUT, the server's
    /// `OUT` before `<!` is optional.
    fn may_close_instead(&mut self, want: &Want<'_>, message: &Message) -> bool {
        message.line().as_literal() == Some(b"OUT")
            && self.peer(want.name).is_some_and(|peer| peer.sent_out && peer.connection.service() == Service::Ns)
    }

    /// Compares a unit with the record, and updates the state from it.
    fn check(&mut self, want: &Want<'_>, unit: Unit) -> Result<(), Stop> {
        let Kind::Message(message) = want.kind else {
            return Ok(());
        };
        let Some(peer) = self.peers.get_mut(want.name) else {
            return Ok(());
        };
        match compare::unit(peer.connection.service(), message, &unit, &mut self.vars) {
            Err(reason) => Err(self.wrong(want, &unit, reason)),
            Ok(masked) => {
                peer.masked.extend(masked);
                if unit.line().starts_with(b"CHL 0 ") {
                    let in_file = message.line().words().get(2).and_then(|word| word.as_literal().map(show));
                    peer.challenge = Some((in_file, unit.word(2)));
                }
                if peer.connection.service() == Service::Ns && unit.word(0) == "USR" && unit.word(2) == "OK" {
                    peer.who = self.accounts.who(&peer.handle);
                }
                if let Some(address) = peer.observe_received(&unit) {
                    self.set_switchboard(&address);
                }
                Ok(())
            }
        }
    }

    /// Returns the message of a record that is an answer in a gateway session.
    fn gateway_answer<'a>(&self, want: &Want<'a>) -> Option<&'a Message> {
        let Kind::Message(message) = want.kind else {
            return None;
        };
        let opened = self.peers.get(want.name).is_some_and(|peer| peer.gateway.is_some());
        let typed = message.lines.iter().any(|line| line.as_literal() == Some(GATEWAY_TYPE));
        (opened && typed).then_some(message)
    }

    fn is_noise(&mut self, want: &Want<'_>) -> bool {
        want.wants_noise() && self.peer(want.name).is_some_and(|peer| peer.connection.service() == Service::Ns)
    }
}
