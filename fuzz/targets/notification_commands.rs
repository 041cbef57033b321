//! Checks the commands of a client to a notification server, in every stage.
//!
//! If the codec admits and decodes a command, the target encodes the command again. The codec must
//! admit the encoded command, and decode it to the same command.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::notification::{ClientCommand, Stage, verb};
use msnp::{Dialect, Refusal};

/// Returns the dialect of a stage. Before the client has negotiated a dialect, any dialect is
/// valid.
const fn dialect(stage: Stage) -> Dialect {
    match stage {
        Stage::Fresh | Stage::VersionQuery => Dialect::Msnp12,
        Stage::Negotiated(dialect) | Stage::SignedIn(dialect) => dialect,
    }
}

/// A connection that stays in one stage.
struct Connection {
    stage: Stage,
    commands: Vec<ClientCommand>,
}

impl Receiver for Connection {
    type Stop = Refusal;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal> {
        verb::admit(self.stage, line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Refusal> {
        match ClientCommand::decode(dialect(self.stage), frame) {
            Ok(command) => self.commands.push(command),
            Err(Refusal::Answer(..)) => {}
            Err(refusal) => return Err(refusal),
        }
        Ok(Flow::Continue)
    }
}

fn commands(stage: Stage, stream: &[u8]) -> (Vec<ClientCommand>, Result<(), Refusal>) {
    let mut connection = Connection { stage, commands: Vec::new() };
    let end = Decoder::new(LineRules::NOTIFICATION).feed(stream, &mut connection);
    (connection.commands, end)
}

fuzz_target!(|stream: &[u8]| {
    let dialects = Dialect::ALL;
    let stages = [Stage::Fresh, Stage::VersionQuery].into_iter();
    let stages = stages.chain(dialects.map(Stage::Negotiated)).chain(dialects.map(Stage::SignedIn));
    for stage in stages {
        let (sent, _) = commands(stage, stream);
        let mut written = Vec::new();
        sent.iter().for_each(|command| assert_eq!(command.encode(dialect(stage), &mut written), Ok(())));
        assert_eq!(commands(stage, &written), (sent, Ok(())));
    }
});
