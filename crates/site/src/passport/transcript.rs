//! Reads the golden transcripts for tests of single answers. `msnp-conformance` plays whole conversations.

/// The transcript of Passport 1.4.
pub(crate) const PASSPORT14: &str = include_str!("../../../../docs/protocol/transcripts/passport14-http.txt");
/// The transcript of Passport 3.0.
pub(crate) const RST: &str = include_str!("../../../../docs/protocol/transcripts/rst-soap-http.txt");

/// Returns the records that begin with `sign`, such as `rst <| `, joined without separators.
pub(crate) fn body(transcript: &str, sign: &str) -> String {
    transcript.lines().filter_map(|line| line.strip_prefix(sign)).collect()
}

/// Returns the lines that connection `name` sends (`>`) or receives (`<`), each with CR LF, and then the payload.
pub(crate) fn message(transcript: &str, name: &str, direction: char) -> String {
    let mut out = String::new();
    for line in transcript.lines().take_while(|line| !line.starts_with("!part")) {
        let Some(record) = line.strip_prefix(&format!("{name} {direction}")) else {
            continue;
        };
        match record.strip_prefix('|') {
            Some(payload) => out.push_str(payload.strip_prefix(' ').unwrap_or(payload)),
            None if record == "!" => {}
            None => {
                out.push_str(record.strip_prefix(' ').unwrap_or(record));
                out.push_str("\r\n");
            }
        }
    }
    out
}
