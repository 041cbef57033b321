//! Compares the verbs that the crate `msnp` knows with the reference.
//!
//! The comparison tries every word of three capital letters, so it misses no verb. It passes each word as a client
//! command to the functions that admit commands, and as a server line to the decoders.

use msnp::frame::Frame;
use msnp::notification::verb::{self, Verb};
use msnp::notification::{self, Stage};
use msnp::{Dialect, ErrorCode, Malformed, Refusal, switchboard};

use super::key::{Handling, Key, Sender, Service};
use super::reference::{Reference, VERBS};

/// Returns a sentence for each difference between the code and the reference.
pub(super) fn faults(reference: &Reference) -> Vec<String> {
    let mut faults = Vec::new();
    for verb in words() {
        for service in [Service::Notification, Service::Dispatch, Service::Switchboard] {
            let key = |sender| Key { service, sender, verb: verb.clone() };
            for dialect in Dialect::ALL {
                let client = key(Sender::Client);
                let wanted =
                    matches!(reference.handling(&client, dialect), Some(Handling::Done | Handling::Refused(_)));
                faults.extend(fault(&client, dialect, accepts(service, &verb, dialect), wanted));
            }
            let server = key(Sender::Server);
            let readers = Dialect::ALL.map(|dialect| (dialect, reads(service, &verb, dialect)));
            // Clients read the lines of a dispatch server with the decoder for notification servers.
            let may_say = service != Service::Dispatch && readers.iter().any(|(_, reads)| *reads);
            if may_say && !reference.knows(&server) {
                faults.push(format!("{server}: msnp reads it, but {VERBS} does not list it"));
            }
            let is_sent = |dialect| reference.handling(&server, dialect) == Some(Handling::Done);
            let unread = readers.into_iter().filter(|(dialect, reads)| !reads && is_sent(*dialect));
            faults
                .extend(unread.map(|(dialect, _)| {
                    format!("{server}: {VERBS} lists it for {dialect}, but msnp does not read it")
                }));
        }
    }
    faults
}

fn fault(key: &Key, dialect: Dialect, accepted: bool, wanted: bool) -> Option<String> {
    match (accepted, wanted) {
        (true, false) => Some(format!("{key}: msnp accepts it in {dialect}, but {VERBS} does not list it there")),
        (false, true) => {
            Some(format!("{key}: {VERBS} lists it for {dialect}, but the table of verbs has no row for it"))
        }
        _ => None,
    }
}

/// Returns every word of three capital letters.
fn words() -> impl Iterator<Item = String> {
    let letters = || b'A'..=b'Z';
    letters().flat_map(move |first| {
        letters()
            .flat_map(move |second| letters().map(move |third| [first, second, third].map(char::from).iter().collect()))
    })
}

/// Returns whether a client of `dialect` may ever send a verb, with any words.
fn accepts(service: Service, verb: &str, dialect: Dialect) -> bool {
    match service {
        Service::Notification => Verb::from_word(verb.as_bytes()).is_some_and(|verb| verb.row(dialect).is_some()),
        Service::Dispatch => {
            let line = format!("{verb} 1");
            let stages = [Stage::Fresh, Stage::VersionQuery, Stage::Negotiated(dialect)];
            stages.into_iter().any(|stage| is_accepted(verb::admit(stage, line.as_bytes())))
        }
        Service::Switchboard => {
            let stages = [switchboard::Stage::Fresh, switchboard::Stage::Joined];
            stages.into_iter().any(|stage| is_accepted(switchboard::admit(stage, verb.as_bytes())))
        }
    }
}

/// Returns whether a result is a success, or a refusal for a reason other than the verb.
fn is_accepted(admitted: Result<usize, Refusal>) -> bool {
    !matches!(
        admitted,
        Err(Refusal::Close(Malformed::UnknownVerb | Malformed::WrongState)
            | Refusal::Fatal(_, ErrorCode::NotLoggedIn | ErrorCode::NotExpected))
    )
}

/// Returns whether clients of `dialect` read server lines with this verb.
fn reads(service: Service, verb: &str, dialect: Dialect) -> bool {
    let frame = Frame { line: verb.as_bytes(), payload: b"" };
    let unknown = Some(Malformed::UnknownVerb);
    match service {
        Service::Notification | Service::Dispatch => {
            notification::ServerCommand::decode(dialect, frame).err() != unknown
        }
        Service::Switchboard => switchboard::ServerCommand::decode(frame).err() != unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_missing_from_the_reference_is_a_fault() {
        let faults = faults(&Reference::parse("ns > ADC 10-12 done\nns > ADL 8 done\nns < RFS 12 sent\n").unwrap());
        let says = |key: &str, what: &str| faults.iter().any(|fault| fault.starts_with(key) && fault.contains(what));
        assert!(says("ns > CHG", "msnp accepts it in MSNP8"));
        assert!(says("sb > CAL", "msnp accepts it"));
        assert!(says("ds > VER", "msnp accepts it"));
        assert!(says("ns < ILN", "msnp reads it"));
        assert!(says("ns > ADL", "no row"));
        assert!(says("ns < RFS", "msnp does not read it"));
        assert!(!says("ns > ADC", ""));
        assert!(!says("ds > SYN", ""));
    }
}
