//! The spelling of header names, which clients compare letter by letter (docs/protocol/http.md section 0 item 1).

use swallowtail_config::HeaderCase;

use super::ask::{Answer, Header};
use super::codes;
use super::finding::Finding;
use super::target::Target;

/// Checks the spelling of header names. Reports only the first rewritten name, because all rewritten names have the
/// same cause.
#[derive(Debug)]
pub(super) struct Spelling {
    /// True if our own settings choose title case for the names.
    wants_title: bool,
    /// True if a rewritten name was already reported.
    is_noted: bool,
}

impl Spelling {
    pub(super) fn new(target: &Target) -> Self {
        let wants_title = target.ours.as_ref().is_some_and(|ours| ours.header_case == HeaderCase::Title);
        Self { wants_title, is_noted: false }
    }

    /// Returns the value of a header, if its name is spelled as clients expect or a wrong spelling was already
    /// reported.
    ///
    /// # Errors
    /// Returns a red finding if the header is missing or rewritten.
    pub(super) fn exact<'a>(&mut self, answer: &'a Answer, name: &str) -> Result<&'a str, Finding> {
        match answer.header(name) {
            Header::Exact(value) => Ok(value),
            Header::Otherwise(_, value) if self.is_noted => Ok(value),
            Header::Otherwise(there, value) => {
                self.is_noted = true;
                let is_title = there.chars().any(|char| char.is_ascii_uppercase());
                if is_title && self.wants_title {
                    return Ok(value);
                }
                Err(rewritten(there, name, is_title).shows(codes::NO_SIGN_IN))
            }
            Header::Missing => Err(Finding::red(
                format!("the header {name} is missing; the answer seems to come from {}", answer.who()),
                "check that the port belongs to Swallowtail or forwards to it, and that nothing between the client \
                 and Swallowtail removes headers",
            )
            .shows(codes::NO_SIGN_IN)),
        }
    }
}

fn rewritten(there: &str, name: &str, is_title: bool) -> Finding {
    let cause = format!("the answer has the header {there}, but clients accept only the exact spelling {name}");
    let remedy = if is_title {
        "set http.header_case = \"exact\"; \"title\" is only for patched clients. If it is already \"exact\", \
         a server between the client and Swallowtail rewrites header names"
    } else {
        "a reverse proxy between the client and Swallowtail rewrites header names. Make the proxy pass connections \
         through unchanged (nginx: stream, HAProxy: mode tcp), or let clients reach listen.http and listen.https \
         directly"
    };
    Finding::red(cause, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "PassportURLs";

    fn answer(header: &str) -> Answer {
        Answer::parse(&format!("HTTP/1.1 200 OK\r\n{header}: x\r\n\r\n"))
    }

    #[test]
    fn a_rewritten_header_name_is_reported_once_unless_the_settings_choose_that_spelling() {
        for (header, wants_title, words) in [
            (NAME, false, None),
            ("passporturls", false, Some("reverse proxy")),
            ("passporturls", true, Some("reverse proxy")),
            ("Passporturls", false, Some("http.header_case")),
            ("Passporturls", true, None),
        ] {
            let mut spelling = Spelling { wants_title, is_noted: false };
            let answer = answer(header);
            let first = spelling.exact(&answer, NAME).map_err(|red| red.remedy.unwrap());
            match words {
                Some(words) => assert!(first.unwrap_err().contains(words), "{header}"),
                None => assert_eq!(first.as_deref(), Ok("x"), "{header}"),
            }
            assert_eq!(spelling.exact(&answer, NAME), Ok("x"), "{header} is not reported again");
        }
    }

    #[test]
    fn a_missing_header_is_reported_each_time() {
        let mut spelling = Spelling { wants_title: false, is_noted: true };
        let red = spelling.exact(&answer("Server"), NAME).unwrap_err();
        assert!(
            red.text.contains("the header PassportURLs is missing") && red.text.contains("calls itself \"x\""),
            "{red:?}"
        );
    }
}
