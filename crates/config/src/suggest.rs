//! Suggests the setting that the operator probably meant by an unknown word.

/// The minimum similarity at which a word is suggested. 1 means equal.
const ALIKE: f64 = 0.86;
/// The minimum similarity at which a word is suggested, if one of the two words begins with the
/// other word. For example, `certificate` begins with `cert`.
const BEGINS_ALIKE: f64 = 0.75;

/// Each row contains words that have the same meaning in a key. The names of settings use the first
/// word of the row.
const SYNONYMS: &[&[&str]] = &[
    &["min", "least", "minimum", "lowest", "first"],
    &["max", "most", "maximum", "highest", "last"],
    &["seconds", "secs", "sec", "timeout"],
    &["certificate", "cert", "certs", "certificates"],
    &["networks", "network", "nets"],
    &["contacts", "friends", "buddies"],
    &["members", "participants"],
];

/// Returns the candidate that is most similar to a word, if one is similar enough.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = normal(word);
    let rated = candidates.into_iter().filter_map(|candidate| Some((rate(&word, &normal(candidate))?, candidate)));
    rated.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, candidate)| candidate)
}

/// Returns the similarity of two words, if it is large enough.
fn rate(word: &str, candidate: &str) -> Option<f64> {
    // `edits` counts two transposed letters as one mistake. `start` favours words that begin with
    // the same letters.
    let edits = strsim::normalized_damerau_levenshtein(word, candidate);
    let start = strsim::jaro_winkler(word, candidate);
    let begins = word.len() >= 3 && (candidate.starts_with(word) || word.starts_with(candidate));
    let limit = if begins { BEGINS_ALIKE } else { ALIKE };
    (start >= limit).then_some(edits + start)
}

/// Returns a key in lower case. Its words are replaced by the synonyms that the settings use.
fn normal(key: &str) -> String {
    let key = key.to_lowercase();
    let words = key.split(['_', '-', '.', ' ']).map(|word| {
        let row = SYNONYMS.iter().find(|row| row.contains(&word));
        row.map_or(word, |row| row[0])
    });
    words.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_key_gets_the_correct_key_as_a_suggestion() {
        let keys = ["major", "minor", "min_build", "max_build", "deny"];
        for (word, key) in [
            ("least_build", "min_build"),
            ("most_build", "max_build"),
            ("maximum-build", "max_build"),
            ("minbuild", "min_build"),
            ("MajoR", "major"),
        ] {
            assert_eq!(nearest(word, keys), Some(key), "{word}");
        }
    }

    #[test]
    fn an_unrelated_word_gets_no_suggestion() {
        for word in ["", "x", "colour", "sqlite"] {
            assert_eq!(nearest(word, ["contacts", "groups", "rings"]), None, "{word}");
        }
    }
}
