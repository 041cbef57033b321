//! Bodies of the HTTP gateway (http.md section 5): MSNP lines, with the free values that lines have.

use super::{Mismatch, line};
use crate::template::{Piece, Template};
use crate::vars::Vars;
use crate::wire::show;

/// Compares a body that is whole lines; `None` if the expected one is not.
pub(super) fn lines(expected: &Template, got: &[u8], vars: &mut Vars) -> Option<Result<Vec<u8>, Mismatch>> {
    let wanted = split(expected)?;
    Some(compare(&wanted, got, vars))
}

fn compare(wanted: &[Template], got: &[u8], vars: &mut Vars) -> Result<Vec<u8>, Mismatch> {
    let mut masked = Vec::new();
    let mut rest = got;
    for wanted in wanted {
        let end = rest.windows(2).position(|pair| pair == b"\r\n");
        let end = end.ok_or_else(|| format!("the body ends before `{}`", show(&wanted.masked())))?;
        masked.extend(line::line(wanted, &rest[..end], 0, vars)?);
        masked.extend(b"\r\n");
        rest = &rest[end + 2..];
    }
    if rest.is_empty() { Ok(masked) } else { Err("the body has more lines than expected".to_owned()) }
}

/// The lines of a text that ends in CR LF.
fn split(expected: &Template) -> Option<Vec<Template>> {
    let mut lines = vec![Vec::new()];
    for piece in expected.pieces() {
        let Piece::Literal(bytes) = piece else {
            lines.last_mut()?.push(piece.clone());
            continue;
        };
        let text = String::from_utf8(bytes.clone()).ok()?;
        for (index, part) in text.split("\r\n").enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            if !part.is_empty() {
                lines.last_mut()?.push(Piece::Literal(part.as_bytes().to_vec()));
            }
        }
    }
    lines.pop()?.is_empty().then(|| lines.into_iter().map(Template::from_pieces).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(expected: &str, got: &str) -> Option<Result<Vec<u8>, Mismatch>> {
        lines(&Template::parse(expected).unwrap(), got.as_bytes(), &mut Vars::default())
    }

    #[test]
    fn bodies_are_compared_line_by_line_with_the_free_values_of_lines() {
        let expected = r"CVR 2 7.5 7.5 {m} {d} {i}\r\nUSR 3 TWN S {policy}\r\n";
        assert!(compare(expected, "CVR 2 1 2 3 4 5\r\nUSR 3 TWN S x\r\n").unwrap().is_ok());
        for bad in
            ["CVR 2 1 2 3 4 5\r\n", "CVR 2 1 2 3 4\r\nUSR 3 TWN S x\r\n", "CVR 2 1 2 3 4 5\r\nUSR 3 TWN S x\r\nOUT\r\n"]
        {
            assert!(compare(expected, bad).unwrap().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_body_that_does_not_end_a_line_is_compared_otherwise() {
        assert!(compare("half", "half").is_none());
    }
}
