//! The login page of Passport 1.4 (docs/protocol/http.md section 1.2).

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderName, WWW_AUTHENTICATE};
use axum::response::Response;
use msnp::passport::parse_authorization;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use swallowtail_messenger::net::Caller;
use swallowtail_store::accounts::AuthError;

use super::{Passport, TicketLife, answers};
use crate::http::answers::unavailable;

const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// Answers `GET /login2.srf` and the other paths of the login page.
pub(super) async fn login(
    State(passport): State<Arc<Passport>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    if let Some(page) = &passport.settings.redirect {
        return answers::redirect_login(AUTHENTICATION_INFO, "Passport1.4 da-status=redir", page);
    }
    let header = request.headers().get(AUTHORIZATION);
    let result = match header.and_then(|value| parse_authorization(value.as_bytes())) {
        Some(found) => {
            let (handle, password) = (&found.handle, &found.password);
            passport.sign_in(&caller, handle, password, TicketLife::Passport14).await
        }
        None => Err(AuthError::Denied),
    };
    match result {
        Ok((_, ticket)) => {
            // from-PP must be the last word, and its closing quote must end the line, because
            // msnp11-sdk uses all of the line after from-PP as the ticket.
            let value = format!("Passport1.4 da-status=success,from-PP='t={}&p='", ticket.secret());
            answers::login(StatusCode::OK, AUTHENTICATION_INFO, &value)
        }
        Err(AuthError::Denied) => denied(&passport),
        Err(AuthError::Busy | AuthError::Store(_)) => unavailable(),
    }
}

/// Returns the same bytes for an unknown account, a wrong password and a missing password (security.md section 3).
fn denied(passport: &Passport) -> Response {
    let page = utf8_percent_encode(&passport.settings.failure_page, ENDS_ITS_PLACE);
    // cbtxt must be the last word, because clients show everything from there to the end of the
    // line.
    let value = format!(
        "Passport1.4 da-status=failed,srealm=Passport.NET,ts=-3,prompt,cburl={page},\
         cbtxt=Wrong%20e-mail%20address%20or%20password"
    );
    answers::login(StatusCode::UNAUTHORIZED, WWW_AUTHENTICATE, &value)
}

/// The characters that would end a URL in the comma-separated list of the header. No other character is encoded, not
/// even `%`, because the operator's URL is already encoded.
const ENDS_ITS_PLACE: &AsciiSet = &CONTROLS.add(b' ').add(b',').add(b'\'').add(b'"');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_a_failure_page_cannot_break_out_of_its_header_field() {
        let encode = |url| utf8_percent_encode(url, ENDS_ITS_PLACE).to_string();
        assert_eq!(encode("https://example.com/a?b=c&d=%20"), "https://example.com/a?b=c&d=%20");
        assert_eq!(encode("http://x/a,b\r\n'é"), "http://x/a%2Cb%0D%0A%27%C3%A9");
    }
}
