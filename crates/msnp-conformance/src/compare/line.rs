//! Compares a line word by word (docs/protocol/transcripts/README.md section 3, Words and Free values).

use msnp::text::decode_bytes;

use super::mismatch::Mismatch;
use crate::template::matching::{Place, matches};
use crate::template::{Piece, Template};
use crate::vars::Vars;
use crate::wire::show;

/// The number of words that are compared in an answer to CVR or CVQ. These words are the command
/// and the TrID.
///
/// The other five words are not compared, but there must be exactly five.
const CVR_COMPARED: usize = 2;

/// Compares a line. Returns the received line with names in place of the server's values.
pub(super) fn line(expected: &Template, got: &[u8], payload_len: usize, vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    let wanted_words = expected.words();
    let words: Vec<&[u8]> = got.split(|&byte| byte == b' ').collect();
    if wanted_words.len() != words.len() {
        return Err(count_differs(wanted_words.len(), &words));
    }
    let free_from = free_from(&wanted_words);
    let mut masked = Vec::new();
    for (index, (wanted, word)) in wanted_words.iter().zip(&words).enumerate() {
        if index > 0 {
            masked.push(b' ');
        }
        if index >= free_from && !word.is_empty() {
            masked.extend(b"{free}");
            continue;
        }
        if is_challenge(&wanted_words, index) && !word.is_empty() && word.iter().all(u8::is_ascii_digit) {
            masked.extend(b"{challenge}");
            continue;
        }
        match compare_word(wanted, word, payload_len, vars) {
            Some(shown) => masked.extend(shown),
            None => return Err(word_differs(index, wanted, word, payload_len, vars)),
        }
    }
    Ok(masked)
}

/// Returns the index of the first word that is never compared.
fn free_from(wanted: &[Template]) -> usize {
    let is = |index: usize, text: &[u8]| wanted.get(index).and_then(Template::as_literal) == Some(text);
    if is(0, b"CVR") || is(0, b"CVQ") { CVR_COMPARED } else { usize::MAX }
}

/// Returns whether a word is the challenge of a CHL. The server chooses its own challenge, even if the file has one.
fn is_challenge(wanted: &[Template], index: usize) -> bool {
    let is = |index: usize, text: &[u8]| wanted.get(index).and_then(Template::as_literal) == Some(text);
    index == 2 && is(0, b"CHL") && is(1, b"0") && wanted[2].as_literal().is_some()
}

/// Compares one word. If the word is as expected, returns its masked form.
fn compare_word(wanted: &Template, word: &[u8], payload_len: usize, vars: &mut Vars) -> Option<Vec<u8>> {
    let plain = wanted.as_literal().is_some();
    if matches(wanted, word, payload_len, Place::Line, vars) {
        return Some(if plain { word.to_vec() } else { wanted.masked() });
    }
    if is_object(word) || wanted.as_literal().is_some_and(is_object) {
        return None;
    }
    // A word may be percent-encoded in several ways (framing.md section 5), so the decoded words
    // are compared.
    let wanted = wanted.map_literals(decode_bytes);
    let fits = matches(&wanted, &decode_bytes(word), payload_len, Place::Payload, vars);
    fits.then(|| if plain { word.to_vec() } else { wanted.masked() })
}

/// Returns whether a word is an MSNObject, which is compared byte for byte.
fn is_object(word: &[u8]) -> bool {
    word.get(..10).is_some_and(|head| head.eq_ignore_ascii_case(b"%3Cmsnobj%"))
}

fn count_differs(wanted: usize, words: &[&[u8]]) -> Mismatch {
    let space = match words {
        [.., last] if last.is_empty() && words.len() > 1 => "; there is a space at the end",
        _ if words.iter().any(|word| word.is_empty()) => "; there is an extra space",
        _ => "",
    };
    format!("expected {wanted} words but received {}{space}", words.len())
}

fn word_differs(index: usize, wanted: &Template, word: &[u8], payload_len: usize, vars: &Vars) -> Mismatch {
    let known = wanted.pieces().iter().any(|piece| matches!(piece, Piece::Var(name) if vars.get(name).is_some()));
    let value = match wanted.render(vars, payload_len) {
        Ok(value) if known => format!(", which is `{}`,", show(&value)),
        _ => String::new(),
    };
    format!("word {} should be `{}`{value} but is `{}`", index + 1, show(&wanted.masked()), show(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(expected: &str, got: &str) -> Result<String, Mismatch> {
        let expected = Template::parse(expected).unwrap();
        line(&expected, got.as_bytes(), 0, &mut Vars::default()).map(|masked| String::from_utf8(masked).unwrap())
    }

    #[test]
    fn a_line_must_consist_of_exactly_the_expected_words() {
        assert!(compare("GTC A", "GTC A").is_ok());
        assert!(compare("GTC A", "GTC N").unwrap_err().contains("word 2 should be `A` but is `N`"));
        assert!(compare("GTC A", "GTC").unwrap_err().contains("expected 2 words but received 1"));
        assert!(compare("GTC A", "gtc A").is_err());
    }

    #[test]
    fn an_extra_space_is_a_failure_even_at_the_end_of_a_line() {
        assert!(compare("GTC A", "GTC A ").unwrap_err().contains("space at the end"));
        assert!(compare("GTC A", "GTC  A").unwrap_err().contains("extra space"));
        assert!(compare("PRP 1 MFN", "PRP 1 MFN").is_ok());
    }

    #[test]
    fn words_are_compared_after_percent_decoding() {
        for got in ["Élise%20A", "%C3%89lise%20A", "%c3%89lise%20%41"] {
            assert!(compare("NLN Élise%20A", &format!("NLN {got}")).is_ok(), "{got}");
        }
        assert!(compare("NLN Élise%20A", "NLN Elise%20A").is_err());
        assert!(compare("LST F=Bob%20B C={c}", "LST F=%42ob%20B C=1").is_ok());
    }

    #[test]
    fn msn_objects_are_compared_byte_for_byte() {
        let object = "%3Cmsnobj%20Creator%3D%22a%22%2F%3E";
        assert!(compare(object, object).is_ok());
        assert!(compare(object, &object.replace("%3D", "%3d")).is_err());
        assert!(compare(object, "<msnobj%20Creator%3D%22a%22%2F%3E").is_err());
    }

    #[test]
    fn the_runner_counts_but_does_not_compare_the_last_five_words_of_the_answer_to_cvr() {
        assert_eq!(
            compare("CVR 2 7.5 7.5 {m} {d} {i}", "CVR 2 1 2 3 4 5").unwrap(),
            "CVR 2 {free} {free} {free} {free} {free}"
        );
        assert!(compare("CVR 2 7.5 7.5 {m} {d} {i}", "CVR 2 1 2 3 4").is_err());
        assert!(compare("CVR 2 7.5 7.5 {m} {d} {i}", "CVR 3 1 2 3 4 5").is_err());
        assert!(compare("CVQ 2 {r} {r} {m} {d} {i}", "CVQ 2 1 2 3 4 ").is_err());
    }

    #[test]
    fn the_digits_of_a_challenge_may_differ() {
        assert!(compare("CHL 0 15570131571988941333", "CHL 0 12").is_ok());
        assert!(compare("CHL 0 15570131571988941333", "CHL 0 12a").is_err());
        assert!(compare("CHL 0 15570131571988941333", "CHL 1 12").is_err());
    }

    #[test]
    fn the_report_of_a_mismatch_shows_the_remembered_value() {
        let mut vars = Vars::default();
        vars.set("g", b"abc".to_vec());
        let why = line(&Template::parse("RMG {g}").unwrap(), b"RMG abd", 0, &mut vars).unwrap_err();
        assert_eq!(why, "word 2 should be `{g}`, which is `abc`, but is `abd`");
    }
}
