//! Carries out the steps of a part.

use super::peer::Peer;
use super::player::{Player, Stop};
use crate::options::Options;
use crate::rename::Renaming;
use crate::report::{Outcome, PlayReport};
use crate::script::directive::Directive;
use crate::script::{Action, Part, Step};
use crate::target::Server;
use crate::wire::{Connection, Service};

/// Plays a part of `file` against a server that has been opened for it.
pub(crate) async fn part(file: &str, part: &Part, server: Box<dyn Server>, options: &Options) -> PlayReport {
    let renaming = if options.rename { Renaming::random(part) } else { Renaming::default() };
    let steps = renaming.part(part).steps;
    let mut player = Player::new(file, server, options, renaming);
    let outcome = player.play(&steps).await;
    player.finish(&part.title, outcome)
}

impl Player {
    /// Carries out all steps, up to the first failure.
    pub(super) async fn play(&mut self, steps: &[Step]) -> Outcome {
        match self.steps(steps).await {
            Ok(()) => Outcome::Passed,
            Err(Stop::Failed(failure)) => Outcome::Failed(failure),
            Err(Stop::NotPlayed(reason)) => Outcome::NotPlayed(reason),
        }
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<(), Stop> {
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            at = match &step.action {
                Action::Directive(directive) if directive.is_setup() => {
                    self.flush().await;
                    let block = steps[at..].iter().take_while(|step| is_setup(step)).count();
                    self.set_up(&steps[at..at + block]).await?;
                    at + block
                }
                Action::Expect { .. } | Action::ExpectClose { .. } | Action::ExpectNothing { .. } => {
                    self.flush().await;
                    self.expect(steps, at).await?
                }
                Action::Directive(Directive::Maybe | Directive::Within(_)) => {
                    self.flush().await;
                    self.expect(steps, at).await?
                }
                Action::Directive(directive) => {
                    self.flush().await;
                    self.directive(step, directive).await?;
                    at + 1
                }
                Action::Open { name, service } => {
                    self.flush().await;
                    self.open(step, name, *service).await?;
                    at + 1
                }
                Action::Send { name, message } => {
                    self.send(step, name, message).await?;
                    at + 1
                }
                Action::Leave { name } => {
                    self.flush().await;
                    if let Some(peer) = self.peers.get_mut(name) {
                        peer.connection.close();
                        peer.over = true;
                    }
                    at + 1
                }
            };
        }
        self.flush().await;
        Ok(())
    }

    async fn directive(&mut self, step: &Step, directive: &Directive) -> Result<(), Stop> {
        match directive {
            Directive::OneWrite => self.one_write = true,
            Directive::Dispatch { name } => {
                self.dispatch.insert(name.clone());
            }
            Directive::Stop { minutes } => {
                self.log.add(format!("!stop {minutes}"));
                let stopped = self.server.stop(*minutes).await;
                stopped.map_err(|reason| Stop::NotPlayed(format!("{}: !stop: {reason}", self.place(step.line))))?;
            }
            Directive::ByHand { text } => {
                return Err(Stop::NotPlayed(format!("{}: by hand: {text}", self.place(step.line))));
            }
            // The target has already applied the settings. The code for set-up blocks and for
            // batches handles the other directives.
            _ => {}
        }
        Ok(())
    }

    async fn open(&mut self, step: &Step, name: &str, service: Service) -> Result<(), Stop> {
        let endpoints = self.server.endpoints();
        let address = match service {
            Service::Http => endpoints.http.clone(),
            Service::Sb => self.switchboard.clone(),
            Service::Ns if self.dispatch.contains(name) => endpoints.dispatch.clone().unwrap_or_default(),
            Service::Ns => endpoints.notification.clone(),
        };
        let opened = Connection::open(name, service, &address, &self.log).await;
        let connection = opened.map_err(|error| {
            let expected = format!("{name} can connect");
            self.failure(step.line, expected, "no connection".to_owned(), format!("{error:#}"))
        })?;
        self.add_peer(name, Peer::new(connection));
        Ok(())
    }
}

fn is_setup(step: &Step) -> bool {
    matches!(&step.action, Action::Directive(directive) if directive.is_setup())
}
