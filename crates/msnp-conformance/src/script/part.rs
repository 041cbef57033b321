//! A part, its steps, and its requirements on a server.

use super::directive::Directive;
use super::message::Message;
use crate::target::Needs;
use crate::wire::Service;

/// A section that can be played on its own. It has the directives before the first `!part`, then its own steps.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) title: String,
    pub(crate) steps: Vec<Step>,
}

impl Part {
    /// Returns what the part requires of its server.
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

/// One record, with the number of its first line in the file.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) action: Action,
}

/// The content of a record.
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
