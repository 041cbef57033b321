//! A part, its steps, and what it needs of a server.

use super::directive::Directive;
use super::message::Message;
use crate::target::Needs;

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
