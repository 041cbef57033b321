//! Sends every verb with unusual words: too few words, the right number, and too many. The server
//! must not panic or stop.

use msnp::notification::verb::Verb;

use crate::support::TestServer;
use crate::support::people::open_board;
use crate::support::wire::Wire;

/// The maximum number of words in a generated command. It is three more than any verb accepts.
const MOST_WORDS: usize = 7;

/// Returns the words to try in one place of a command.
fn odd_words() -> Vec<Vec<u8>> {
    let long = |byte: u8| vec![byte; 4096];
    let words: [&[u8]; 12] = [
        b"",
        b"1",
        b"0",
        b"-1",
        b"FL",
        b"N=nobody@example.com",
        b"C=00000000-0000-0000-0000-000000000000",
        b"nobody@example.com",
        b"MFN",
        b"%0D%0A",
        b"\xFF\xFE\xFD",
        b"TWN",
    ];
    words.iter().map(|word| word.to_vec()).chain([long(b'A'), long(0xE9), b"%".repeat(300)]).collect()
}

/// Returns lines of a verb, with and without a transaction id. All words after the transaction id
/// of a line are the same unusual word.
fn lines(verb: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![verb.to_vec(), [verb, b" x"].concat()];
    for word in odd_words() {
        for count in 0..=MOST_WORDS {
            let mut line = [verb, b" 9"].concat();
            for _ in 0..count {
                line.push(b' ');
                line.extend(&word);
            }
            lines.push(line);
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

/// Sends a line, bytes for the payload that the line may announce, and OUT. Waits until the
/// connection ends.
async fn throw(mut wire: Wire, line: &[u8]) {
    wire.send([line, b"\r\n\r\n\r\nOUT\r\nOUT\r\n"].concat()).await;
    wire.until_closed().await;
}

#[tokio::test]
async fn the_server_survives_every_verb_with_any_number_of_odd_words() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    server.account("mallory").await;
    for verb in Verb::ALL {
        for line in lines(verb.word().as_bytes()) {
            throw(server.online("mallory").await, &line).await;
        }
        bystanders.are_untouched().await;
    }
}

#[tokio::test]
async fn the_server_survives_every_verb_before_sign_in() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    for verb in Verb::ALL {
        for line in lines(verb.word().as_bytes()) {
            for before in ["", "VER 1 MSNP12 MSNP11\r\n", "VER 1 CVR0\r\n"] {
                let mut wire = Wire::dial(server.notification()).await;
                wire.send(before).await;
                throw(wire, &line).await;
            }
        }
    }
    bystanders.are_untouched().await;
}

#[tokio::test]
async fn the_server_survives_every_switchboard_verb_with_odd_words() {
    let server = TestServer::start().await;
    let mut bystanders = server.bystanders().await;
    let mallory = server.account("mallory").await;
    let mut notification = server.online("mallory").await;
    for verb in ["USR", "ANS", "CAL", "MSG", "OUT", "JOI", "", "\u{e9}"] {
        for line in lines(verb.as_bytes()) {
            throw(Wire::dial(server.switchboard()).await, &line).await;
            throw(open_board(&mallory, &mut notification).await, &line).await;
        }
        bystanders.are_untouched().await;
    }
}
