//! Turns errors into words.

use msnp::ErrorCode;
use msnp_client::machine::EditError;

/// Returns the reason why an edit failed, as a part of a sentence.
#[must_use]
pub fn explain_edit(error: EditError) -> String {
    let EditError::Refused(code) = error else { return error.to_string() };
    let known = match code {
        ErrorCode::InvalidUser | ErrorCode::InvalidUsername => "the account does not exist",
        ErrorCode::AlreadyThere => "the entry already exists",
        ErrorCode::NotOnList => "the entry does not exist",
        ErrorCode::ListFull => "the list is full",
        ErrorCode::InvalidFriendlyName => "the server does not accept this name",
        _ => return error.to_string(),
    };
    known.to_owned()
}
