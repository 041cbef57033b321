//! Checks the commands of a client to a switchboard, in both stages.
//!
//! If the codec admits and decodes a command, the target encodes the command again. The codec must
//! admit the encoded command, and decode it to the same command.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::Refusal;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::switchboard::{ClientCommand, Stage, admit};

/// A connection that stays in one stage. It encodes every decoded command again.
struct Connection {
    stage: Stage,
    written: Vec<u8>,
    commands: usize,
}

impl Receiver for Connection {
    type Stop = Refusal;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal> {
        admit(self.stage, line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Refusal> {
        match ClientCommand::decode(frame) {
            Ok(command) => {
                command.encode(&mut self.written);
                self.commands += 1;
            }
            Err(Refusal::Answer(..)) => {}
            Err(refusal) => return Err(refusal),
        }
        Ok(Flow::Continue)
    }
}

fn play(stage: Stage, stream: &[u8]) -> (Connection, Result<(), Refusal>) {
    let mut connection = Connection { stage, written: Vec::new(), commands: 0 };
    let end = Decoder::new(LineRules::SWITCHBOARD).feed(stream, &mut connection);
    (connection, end)
}

fuzz_target!(|stream: &[u8]| {
    for stage in [Stage::Fresh, Stage::Joined] {
        let (first, _) = play(stage, stream);
        let (second, end) = play(stage, &first.written);
        assert_eq!(end, Ok(()));
        assert_eq!((second.written, second.commands), (first.written, first.commands));
    }
});
