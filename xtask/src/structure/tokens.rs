//! Finds paths among the tokens of a macro by their form.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Adds the paths to `found`. A path is several words joined by `::`, or one word that looks like a type, a constant or a
/// function call.
pub(super) fn paths(tokens: TokenStream, found: &mut BTreeSet<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut index = 0;
    while index < tokens.len() {
        let words = words(&tokens[index..]);
        match words.as_slice() {
            [] => {}
            [word] if is_member(&tokens[..index]) || !may_be_item(word, tokens.get(index + 1)) => {}
            _ => {
                found.insert(words.clone());
            }
        }
        if let TokenTree::Group(group) = &tokens[index] {
            paths(group.stream(), found);
        }
        // Each word after the first has two colons before it, so a path of n words consists of 3n-2
        // tokens.
        index += (words.len() * 3).saturating_sub(2).max(1);
    }
}

/// Returns the words of the path that begins with the first token. Returns no words if no path
/// begins there.
fn words(tokens: &[TokenTree]) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = tokens;
    while let [TokenTree::Ident(word), after @ ..] = rest {
        words.push(word.to_string());
        let [first, second, next @ ..] = after else { break };
        if !is_punct(first, ':') || !is_punct(second, ':') {
            break;
        }
        rest = next;
    }
    words
}

/// Returns whether a word after these tokens is a field, a method, or the end of `<T>::a`.
fn is_member(before: &[TokenTree]) -> bool {
    match before {
        [.., last] if is_punct(last, '.') => true,
        [.., colon, last] => is_punct(colon, ':') && is_punct(last, ':'),
        _ => false,
    }
}

fn may_be_item(word: &str, next: Option<&TokenTree>) -> bool {
    let is_called = matches!(next, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    is_called || word.starts_with(char::is_uppercase)
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_distinguished_from_fields_and_variables() {
        let cases = [
            ("\"{} {}\", crate::net::ADDRESS, name", "crate::net::ADDRESS"),
            ("stage, Stage::Fresh | Stage::Joined(_)", "Stage::Fresh Stage::Joined"),
            ("list.iter().map(show), self.board.len()", ""),
            ("count(list), [MAX; 3]", "MAX count"),
            ("$crate::a::b::<T>::c(x)", "T crate::a::b"),
            ("{ a => { b::c(d) } }", "b::c"),
            ("a::b::", "a::b"),
            ("", ""),
        ];
        for (text, expected) in cases {
            let mut found = BTreeSet::new();
            paths(text.parse().unwrap(), &mut found);
            let found: Vec<_> = found.iter().map(|words| words.join("::")).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }
}
