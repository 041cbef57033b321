//! `/signup`: somebody makes an account.
//!
//! The way of a form: [`Web::gate`] says whether there is one for this visitor at all, `forms` whether it is ours,
//! `form` reads it, and every fault is said at its field, all at once. Only then is the password hashed, and one
//! transaction makes the account and takes one use of the code.

mod form;

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use msnp::Handle;
use swallowtail_base::utc::Utc;
use swallowtail_config::{Access, contains};
use swallowtail_messenger::net::Caller;
use swallowtail_messenger::rates::{Act, Proximity};
use swallowtail_store::accounts::{AccountError, password};
use swallowtail_store::database::{NewAccount, StoreError};

use super::context::Web;
use super::forms;
use super::page::page;
use crate::http::{answers, body, host_of, names_oddly};
use form::{Errors, Good, Typed};

/// The longest form: every field at its longest, each byte as three.
const MAX_FORM: usize = 8 * 1024;

const EXPIRED: &str =
    "This page was too old, or was opened somewhere else. Please type the passwords again and send it once more.";
const FOREIGN: &str =
    "This form came from another site. Nothing was made. If you want an account, please send it from this page.";
const TOO_MANY_FORMS: &str =
    "Too many forms came from your address. Please wait a quarter of an hour, then send this one again.";
const TOO_MANY_ACCOUNTS: &str =
    "Enough accounts were made from your address for now. Please wait an hour, then send this form again.";
const BUSY: &str = "The server has too much to do at this moment. Nothing was made; please try again in a minute.";
const FAILED: &str =
    "The server could not make the account, through no fault of yours. Nothing was made; please tell its operator.";

#[derive(Template)]
#[template(path = "signup.html")]
struct FormPage<'a> {
    typed: &'a Typed,
    errors: &'a Errors,
    asks_code: bool,
    token: String,
}

#[derive(Template)]
#[template(path = "signup_done.html")]
struct DonePage {
    handle: Handle,
    /// Whether the password has more characters than old sign-in boxes take.
    is_long: bool,
}

#[derive(Template)]
#[template(path = "signup_refused.html")]
struct RefusedPage {
    refusal: Refusal,
    /// Whether the page can be had over TLS.
    has_https: bool,
}

/// How somebody came to the page.
struct Visit {
    is_near: bool,
    /// The host that the page was asked by.
    host: String,
    /// Whether that stands for one that cannot be a host.
    is_odd: bool,
}

impl Visit {
    fn new(caller: &Caller, request: &Request) -> Self {
        let (uri, headers) = (request.uri(), request.headers());
        let is_near = forms::is_near(caller, headers);
        Self { is_near, host: host_of(caller, uri, headers), is_odd: names_oddly(uri, headers) }
    }

    fn is_by_known_name(&self, web: &Web, caller: &Caller) -> bool {
        !self.is_odd && forms::is_trusted_name(&self.host, &web.hosts, caller)
    }
}

/// Who gets a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Gate {
    asks_code: bool,
}

/// Why there is no form for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    /// The operator makes the accounts.
    Closed,
    /// There is a code needed, and no code.
    NoCodes,
    /// The password would cross the internet in clear (security.md section 8).
    Insecure,
    /// The page was asked for by a name that a stranger may own.
    StrangeName(String),
}

/// `GET /signup`.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    match web.gate(&caller, &Visit::new(&caller, &request)).await {
        Ok(Ok(gate)) => web.form(StatusCode::OK, &caller, gate, &Typed::default(), &Errors::default()),
        Ok(Err(refusal)) => web.refused(refusal),
        Err(error) => failed(&error),
    }
}

/// `POST /signup`.
pub(super) async fn take(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let visit = Visit::new(&caller, &request);
    let gate = match web.gate(&caller, &visit).await {
        Ok(Ok(gate)) => gate,
        Ok(Err(refusal)) => return web.refused(refusal),
        Err(error) => return failed(&error),
    };
    let headers = request.headers().clone();
    let typed = match read(request).await {
        Ok(typed) => typed,
        Err(response) => return response,
    };
    let again = |status, errors: &Errors| web.form(status, &caller, gate, &typed, errors);
    let notice = |status, notice| again(status, &Errors::notice(notice));
    let address = caller.peer.ip();
    let proximity = if contains(&web.exempt, address) { Proximity::Near } else { Proximity::Far };
    if !web.rates.admit(address, Act::TrySignUp(proximity)) {
        tracing::info!(peer = %caller.peer, "too many sign-up forms from this address");
        return notice(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_FORMS);
    }
    if forms::is_foreign(&headers, &visit.host, &web.hosts, &caller) {
        tracing::info!(peer = %caller.peer, "a sign-up form came from another site");
        return notice(StatusCode::FORBIDDEN, FOREIGN);
    }
    if !web.forms.is_ours(&typed.token, address, Utc::now()) {
        return notice(StatusCode::FORBIDDEN, EXPIRED);
    }
    let good = match web.check(&typed, gate).await {
        Ok(Ok(good)) => good,
        Ok(Err(errors)) => return again(StatusCode::UNPROCESSABLE_ENTITY, &errors),
        Err(error) => return failed_form(&error, notice),
    };
    if !web.rates.admit(address, Act::SignUp(proximity)) {
        return notice(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_ACCOUNTS);
    }
    match web.make(&good).await {
        Ok(()) => {
            tracing::info!(handle = %good.handle, peer = %caller.peer, "an account was made on the sign-up page");
            let is_long = good.password.chars().count() > password::OLD_BOXES;
            page(StatusCode::OK, &DonePage { handle: good.handle, is_long })
        }
        // Somebody else was faster.
        Err(AccountError::Store(StoreError::Taken(_))) => again(StatusCode::UNPROCESSABLE_ENTITY, &Errors::taken()),
        Err(AccountError::Store(StoreError::BadInvite)) => again(StatusCode::UNPROCESSABLE_ENTITY, &Errors::bad_code()),
        Err(AccountError::Busy) => notice(StatusCode::SERVICE_UNAVAILABLE, BUSY),
        Err(error) => failed_form(&error, notice),
    }
}

/// A form of ours as it was filled in, or what to answer to what is none.
async fn read(request: Request) -> Result<Typed, Response> {
    let (parts, rest) = request.into_parts();
    let head = Request::from_parts(parts.clone(), rest);
    let bytes = body::read_body(head, MAX_FORM).await.map_err(|bad| answers::empty(bad.status()))?;
    // This asks for the right content type too.
    let form = Form::<Typed>::from_request(Request::from_parts(parts, Body::from(bytes)), &()).await;
    form.map(|Form(typed)| typed).map_err(|rejection| answers::empty(rejection.into_response().status()))
}

fn failed(error: &StoreError) -> Response {
    tracing::error!(%error, "the sign-up page could not be shown");
    answers::unavailable()
}

fn failed_form(error: &dyn std::fmt::Display, notice: impl FnOnce(StatusCode, &'static str) -> Response) -> Response {
    tracing::error!(%error, "an account could not be made on the sign-up page");
    notice(StatusCode::INTERNAL_SERVER_ERROR, FAILED)
}

impl Web {
    /// Whether somebody may sign up, and how.
    async fn gate(&self, caller: &Caller, visit: &Visit) -> Result<Result<Gate, Refusal>, StoreError> {
        let access = if visit.is_near { self.sign_up.near } else { self.sign_up.elsewhere };
        let refusal = match access {
            Access::Closed => Refusal::Closed,
            // Before anybody goes and gets a code.
            _ if !caller.may_bring_passwords(self.insecure_http) => Refusal::Insecure,
            Access::Invite if !self.accounts.has_good_invites().await? => Refusal::NoCodes,
            // Who has a code, or could sign up from anywhere, gains nothing by being near.
            Access::Open if self.sign_up.elsewhere != Access::Open && !visit.is_by_known_name(self, caller) => {
                Refusal::StrangeName(visit.host.clone())
            }
            Access::Open | Access::Invite => return Ok(Ok(Gate { asks_code: access == Access::Invite })),
        };
        Ok(Err(refusal))
    }

    fn refused(&self, refusal: Refusal) -> Response {
        page(StatusCode::FORBIDDEN, &RefusedPage { refusal, has_https: self.has_https })
    }

    fn form(&self, status: StatusCode, caller: &Caller, gate: Gate, typed: &Typed, errors: &Errors) -> Response {
        let token = self.forms.token(caller.peer.ip(), Utc::now());
        page(status, &FormPage { typed, errors, asks_code: gate.asks_code, token })
    }

    /// What is right with a form, or all that is wrong with it.
    async fn check(&self, typed: &Typed, gate: Gate) -> Result<Result<Good, Errors>, StoreError> {
        let (good, mut errors) = form::check(typed, gate.asks_code);
        let knows_code = match &good.code {
            Some(code) => self.accounts.is_good_invite(code).await?,
            None => !gate.asks_code,
        };
        if !knows_code && errors.code.is_none() {
            errors.code = Errors::bad_code().code;
        }
        // Who has no code is not told who has an account here (security.md section 3).
        if knows_code
            && let Some(handle) = &good.handle
            && self.accounts.exists(handle).await?
        {
            errors.address = Errors::taken().address;
        }
        Ok(good.finish(errors))
    }

    /// Makes the account, all of it or nothing.
    async fn make(&self, good: &Good) -> Result<(), AccountError> {
        let password_hash = self.accounts.hash(&good.password).await?;
        let account = NewAccount { handle: good.handle.clone(), name: good.name.clone(), password_hash };
        // Others may be taking an older account of this address off their lists: that is done with the turns of both.
        let _turn = self.directory.turn(&good.handle).await;
        Ok(self.accounts.sign_up(&account, good.code.as_ref()).await?)
    }
}
