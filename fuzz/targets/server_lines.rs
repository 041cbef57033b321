//! Checks the decoder that client programs use for lines from both services.
//!
//! The target encodes each decoded line again. The encoded line must decode to the same line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::{Dialect, Malformed, notification, switchboard};

/// The longest payload that this reader accepts, in bytes.
const MAX_PAYLOAD: usize = 8192;

/// The service that sent the stream, and the dialect of the reader.
#[derive(Clone, Copy)]
enum Service {
    Notification(Dialect),
    Switchboard,
}

/// Decodes every line and encodes it again.
struct Reader {
    service: Service,
    written: Vec<u8>,
    lines: usize,
}

impl Receiver for Reader {
    type Stop = Malformed;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Malformed> {
        match self.service {
            Service::Notification(_) => notification::server_payload_length(line, MAX_PAYLOAD),
            Service::Switchboard => switchboard::server_payload_length(line),
        }
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Malformed> {
        let before = self.written.len();
        match self.service {
            Service::Notification(dialect) => {
                if let Ok(line) = notification::ServerCommand::decode(dialect, frame) {
                    line.encode(dialect, &mut self.written);
                }
            }
            Service::Switchboard => {
                if let Ok(line) = switchboard::ServerCommand::decode(frame) {
                    line.encode(Dialect::Msnp12, &mut self.written);
                }
            }
        }
        self.lines += usize::from(self.written.len() > before);
        Ok(Flow::Continue)
    }
}

fn read(service: Service, stream: &[u8]) -> (Reader, Result<(), Malformed>) {
    let mut reader = Reader { service, written: Vec::new(), lines: 0 };
    let rules = match service {
        Service::Notification(_) => LineRules { max_line: 16384, ..LineRules::NOTIFICATION },
        Service::Switchboard => LineRules { max_line: 16384, ..LineRules::SWITCHBOARD },
    };
    let end = Decoder::new(rules).feed(stream, &mut reader);
    (reader, end)
}

fuzz_target!(|stream: &[u8]| {
    let dialects = Dialect::ALL.map(Service::Notification);
    for service in dialects.into_iter().chain([Service::Switchboard]) {
        let (first, _) = read(service, stream);
        let (second, end) = read(service, &first.written);
        assert_eq!(end, Ok(()));
        assert_eq!(
            (second.written.escape_ascii().to_string(), second.lines),
            (first.written.escape_ascii().to_string(), first.lines)
        );
    }
});
