//! A part, its steps, and its requirements on a server.

use super::directive::Directive;
use super::message::Message;
use crate::target::Needs;
use crate::wire::Service;

/// A section of a transcript file that can be played on its own. Its steps are the directives
/// before the first `!part` of the file, and then the steps of the section itself.
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
    /// `NAME @ service`: the client opens a connection.
    Open { name: String, service: Service },
    /// `NAME > text`, with its payload: the client sends a message.
    Send { name: String, message: Message },
    /// `NAME < text`, with its payload: the server must send a message.
    Expect { name: String, message: Message },
    /// `NAME >!`: the client closes the connection.
    Leave { name: String },
    /// `NAME <!`: the server must close the connection.
    ExpectClose { name: String },
    /// `NAME ..`: the server must send nothing.
    ExpectNothing { name: String },
    /// `!word ...`: an instruction to the runner.
    Directive(Directive),
}
