//! The classic emoticons, drawn as emoji.
//!
//! Every emoji in the table is two columns wide in every terminal, because no emoji in it needs a
//! variation selector.

/// The shortcuts, in groups with the same emoji. The first letter of `:D` and the letters in brackets can be in either
/// case.
const TABLE: &[(&[&str], &str)] = &[
    (&[":)", ":-)"], "🙂"),
    (&[":D", ":-D", ":>", ":->"], "😃"),
    (&[";)", ";-)"], "😉"),
    (&[":O", ":-O"], "😮"),
    (&[":P", ":-P"], "😛"),
    (&["(H)"], "😎"),
    (&[":@", ":-@"], "😠"),
    (&[":S", ":-S"], "😕"),
    (&[":$", ":-$"], "😳"),
    (&[":(", ":-(", ":<", ":-<"], "🙁"),
    (&[":'("], "😢"),
    (&[":|", ":-|"], "😐"),
    (&["(6)"], "😈"),
    (&["(A)"], "😇"),
    (&["(L)"], "💗"),
    (&["(U)"], "💔"),
    (&["(M)"], "💬"),
    (&["(@)"], "🐱"),
    (&["(&)"], "🐶"),
    (&["(sn)"], "🐌"),
    (&["(bah)"], "🐑"),
    (&["(tu)"], "🐢"),
    (&["(S)"], "🌙"),
    (&["(*)"], "⭐"),
    (&["(#)"], "🌞"),
    (&["(R)"], "🌈"),
    (&["({)", "(})"], "🤗"),
    (&["(K)"], "💋"),
    (&["(F)"], "🌹"),
    (&["(W)"], "🥀"),
    (&["(O)"], "🕐"),
    (&["(G)"], "🎁"),
    (&["(^)"], "🎂"),
    (&["(P)"], "📷"),
    (&["(I)"], "💡"),
    (&["(C)"], "☕"),
    (&["(T)"], "📞"),
    (&["(B)"], "🍺"),
    (&["(D)"], "🍸"),
    (&["(Z)"], "👦"),
    (&["(X)"], "👧"),
    (&["(Y)"], "👍"),
    (&["(N)"], "👎"),
    (&["(8)"], "🎵"),
    (&["(E)"], "📧"),
    (&["(~)"], "🎬"),
    (&["(co)"], "💻"),
    (&["(mp)"], "📱"),
    (&["(pi)"], "🍕"),
    (&["(||)"], "🍜"),
    (&["(pl)"], "🍴"),
    (&["(au)"], "🚗"),
    (&["(ap)"], "🛫"),
    (&["(ip)"], "🌴"),
    (&["(um)"], "☔"),
    (&["(st)"], "🌀"),
    (&["(li)"], "⚡"),
    (&["(so)"], "⚽"),
    (&["(mo)"], "💰"),
    (&["(ci)"], "🚬"),
    (&["(h5)"], "✋"),
    (&["(yn)"], "🤞"),
    (&["(xx)"], "🎮"),
    (&["8-|"], "🤓"),
    (&["8o|"], "😬"),
    (&["8-)"], "🙄"),
    (&["^o)"], "🤨"),
    (&[":-#"], "🤐"),
    (&[":-*"], "🤫"),
    (&["*-)"], "🤔"),
    (&["|-)"], "😴"),
    (&["+o("], "🤢"),
    (&["<:o)"], "🥳"),
    (&[":^)"], "🤷"),
];

/// Returns a text with emoji in the place of emoticons. Links stay as they are.
pub(crate) fn with_emoji(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive([' ', '\n']) {
        if word.contains("://") {
            out.push_str(word);
        } else {
            replace_in_word(word, &mut out);
        }
    }
    out
}

fn replace_in_word(word: &str, out: &mut String) {
    let mut rest = word;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        if let Some((shortcut, emoji)) = longest(rest).filter(|(shortcut, _)| stands_alone(before, shortcut, rest)) {
            out.push_str(emoji);
            before = shortcut.chars().next_back();
            rest = rest.get(shortcut.len()..).unwrap_or_default();
        } else {
            out.push(first);
            before = Some(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
}

/// Returns the longest shortcut at the start of a text, and its emoji.
fn longest(text: &str) -> Option<(&'static str, &'static str)> {
    let all = TABLE.iter().flat_map(|(shortcuts, emoji)| shortcuts.iter().map(move |shortcut| (*shortcut, *emoji)));
    let here = all
        .filter(|(shortcut, _)| text.get(..shortcut.len()).is_some_and(|start| start.eq_ignore_ascii_case(shortcut)));
    here.max_by_key(|(shortcut, _)| shortcut.len())
}

/// Returns whether a shortcut is an emoticon and not a part of a word. For example, the `:p` of
/// `foo:post` is not an emoticon. A shortcut in brackets always is one.
fn stands_alone(before: Option<char>, shortcut: &str, rest: &str) -> bool {
    if shortcut.starts_with('(') {
        return true;
    }
    let after = rest.get(shortcut.len()..).and_then(|after| after.chars().next());
    let is_joined = |left: Option<char>, right: Option<char>| {
        left.is_some_and(char::is_alphanumeric) && right.is_some_and(char::is_alphanumeric)
    };
    let is_after_word = before.is_some_and(char::is_alphanumeric);
    !is_after_word && !is_joined(shortcut.chars().next_back(), after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    #[test]
    fn emoticons_become_emoji_but_links_and_words_stay_unchanged() {
        for (text, expected) in [
            ("hi :) (L)(l) :-P", "hi 🙂 💗💗 😛"),
            (":'(", "😢"),
            ("<:o) 8o|", "🥳 😬"),
            ("see http://a.b/:P(L) :)", "see http://a.b/:P(L) 🙂"),
            ("foo:post x:D :Dx std::vector", "foo:post x:D :Dx std::vector"),
            (":)\n:(", "🙂\n🙁"),
            ("(", "("),
        ] {
            assert_eq!(with_emoji(text), expected);
        }
    }

    #[test]
    fn every_emoji_is_two_columns_wide_and_every_shortcut_is_unique() {
        let mut seen = std::collections::HashSet::new();
        for (shortcuts, emoji) in TABLE {
            assert_eq!((width(emoji), emoji.chars().count()), (2, 1), "{emoji}");
            for shortcut in *shortcuts {
                assert!(seen.insert(shortcut.to_ascii_lowercase()), "{shortcut}");
            }
        }
    }
}
