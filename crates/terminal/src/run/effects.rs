//! Carries out the effects that the app asks for.

use std::path::PathBuf;

use msnp_client::{Client, Receipt, Undelivered};
use tokio::sync::mpsc;

use super::events::Talks;
use super::explain::explain_edit;
use super::files::Files;
use super::pictures;
use crate::app::{AppEvent, Effect, LineId, NotDelivered, TalkEvent};

/// The maximum number of reports that are queued for the app. A task with a further report waits
/// until there is room.
const REPORTS: usize = 64;

/// Carries out the effects of the app.
pub(super) struct Effects {
    pub(super) client: Client,
    pub(super) talks: Talks,
    pub(super) files: Files,
    reports: mpsc::Sender<AppEvent>,
}

/// The effects that the main loop has to carry out itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    Bell,
    Redraw,
    Quit,
}

impl Effects {
    /// Creates an [`Effects`], and the channel for reports about the results of effects.
    pub(super) fn new(client: Client, downloads: PathBuf) -> (Self, mpsc::Receiver<AppEvent>) {
        let (reports, receiver) = mpsc::channel(REPORTS);
        let files = Files::new(downloads, reports.clone());
        (Self { client, talks: Talks::default(), files, reports }, receiver)
    }

    /// Carries out an effect. `tell` passes an event to the app immediately.
    pub(super) fn carry_out(&mut self, effect: Effect, mut tell: impl FnMut(AppEvent)) -> Rest {
        match effect {
            Effect::Open(handle) => {
                let conversation = self.client.conversation(&handle);
                tell(AppEvent::Talk(self.talks.talk(&conversation), TalkEvent::Opened));
            }
            Effect::Send { talk, line, text } => match self.talks.get(talk) {
                Some(conversation) => self.expect(line, conversation.send_text(&text)),
                None => {
                    tell(AppEvent::Delivered(
                        line,
                        Err(NotDelivered::Refused("the conversation no longer exists".to_owned())),
                    ));
                }
            },
            Effect::Nudge { talk, line } => match self.talks.get(talk) {
                Some(conversation) => self.expect(line, conversation.nudge()),
                None => {
                    tell(AppEvent::Delivered(
                        line,
                        Err(NotDelivered::Refused("the conversation no longer exists".to_owned())),
                    ));
                }
            },
            Effect::Typing(talk) => {
                if let Some(conversation) = self.talks.get(talk) {
                    conversation.typing();
                }
            }
            Effect::Invite { talk, handle } => {
                if let Some(conversation) = self.talks.get(talk) {
                    conversation.invite(&handle);
                }
            }
            Effect::Leave(talk) => {
                if let Some(conversation) = self.talks.get(talk) {
                    conversation.close();
                }
            }
            Effect::Edit { edit, about } => {
                let (client, reports) = (self.client.clone(), self.reports.clone());
                tokio::spawn(async move {
                    let result = client.edit(edit).await.map_err(explain_edit);
                    let _ = reports.send(AppEvent::Edited { about, result }).await;
                });
            }
            Effect::SendFile { id, talk, to, path } => {
                if let Some(conversation) = self.talks.get(talk) {
                    self.files.send(id, conversation, to, at_home(path));
                }
            }
            Effect::AcceptFile(id) => self.files.accept(id),
            Effect::DeclineFile(id) => self.files.decline(id),
            Effect::CancelFile(id) => self.files.cancel(id),
            Effect::FetchPicture(handle) => pictures::fetch(&self.client, handle, &self.reports),
            Effect::SetPicture(path) => pictures::set(&self.client, at_home(path), &self.reports),
            Effect::SignInAgain => self.client.sign_in_again(),
            Effect::Bell => return Rest::Bell,
            Effect::Redraw => return Rest::Redraw,
            Effect::Quit => return Rest::Quit,
        }
        Rest::Nothing
    }

    /// Starts a task that waits for the result of a message and reports this result to the app.
    fn expect(&self, line: LineId, receipt: Receipt) {
        let reports = self.reports.clone();
        tokio::spawn(async move {
            let result = receipt.await.map_err(|error| match error {
                Undelivered::Refused(reason) => NotDelivered::Refused(reason.to_string()),
                Undelivered::Unknown => NotDelivered::Unknown,
            });
            let _ = reports.send(AppEvent::Delivered(line, result)).await;
        });
    }
}

/// Returns a path with the user's home directory in the place of `~`, as shells write it.
fn at_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}
