//! Splits a directive into words. Spaces separate the words, and double quotes enclose a word that contains spaces.

/// The remaining words of a directive.
pub(crate) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text.trim_start() }
    }

    /// Returns the next word without its quotes, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<&'a str>, String> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (word, after) = match self.rest.strip_prefix('"') {
            Some(inner) => inner.split_once('"').ok_or("a closing double quote is missing")?,
            None => self.rest.split_once(' ').unwrap_or((self.rest, "")),
        };
        self.rest = after.trim_start();
        Ok(Some(word))
    }

    /// Returns the next word. If it is missing, the error calls it `what`.
    pub(crate) fn need(&mut self, what: &str) -> Result<&'a str, String> {
        self.next()?.ok_or_else(|| format!("{what} is missing"))
    }

    /// Returns the next word if it is in quotes.
    pub(crate) fn quoted(&mut self) -> Result<Option<&'a str>, String> {
        if self.rest.starts_with('"') { self.next() } else { Ok(None) }
    }

    /// Returns the remaining text unchanged.
    pub(crate) fn all(self) -> &'a str {
        self.rest
    }

    /// Returns an error if any text remains.
    pub(crate) fn end(self) -> Result<(), String> {
        if self.rest.is_empty() { Ok(()) } else { Err(format!("unexpected `{}`", self.rest)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_commas_in_quotes_are_kept() {
        let mut words = Words::new(r#"alice a@b "s3cr,t &%" "Alice A" PHH=1%20(5)"#);
        let taken: Vec<_> = std::iter::from_fn(|| words.next().unwrap()).collect();
        assert_eq!(taken, ["alice", "a@b", "s3cr,t &%", "Alice A", "PHH=1%20(5)"]);
    }

    #[test]
    fn an_unclosed_quote_is_an_error_and_so_is_a_missing_word() {
        assert!(Words::new("\"x").next().unwrap_err().contains("quote"));
        assert_eq!(Words::new("").need("WHO").unwrap_err(), "WHO is missing");
    }
}
