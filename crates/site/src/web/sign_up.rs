//! `/signup`: creates accounts.
//!
//! A form passes these checks in order. [`Web::gate`] decides whether this visitor may sign up at all. `forms` checks
//! that the form came from our page. `form` reads the fields and reports every fault at its field. Only then is the
//! password hashed. One transaction creates the account and takes one use of the invite code. `sent_forms` recognizes a
//! form that the browser sends a second time.

mod form;

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use msnp::Handle;
use swallowtail_base::utc::Utc;
use swallowtail_config::{Access, contains};
use swallowtail_messenger::net::Caller;
use swallowtail_messenger::rates::{Act, Proximity};
use swallowtail_store::accounts::{AccountError, Origin, password};
use swallowtail_store::database::{NewAccount, StoreError};

use super::context::Web;
use super::forms;
use super::page::{self, page};
use super::sent_forms::Digest;
use crate::http::body::{self, BadBody};
use crate::http::{host_of, names_oddly};
use form::{Errors, Good, Rules, Typed};

/// The longest form, in bytes. It has room for the longest value of every field, with each byte
/// encoded as three bytes.
const MAX_FORM: usize = 8 * 1024;

const UNREADABLE: &str =
    "The server couldn't read this form: it is damaged or too long. No account was created. Try again.";
const EXPIRED: &str = "This page was open for too long, or your network address has changed. Enter your password \
                       again and send the form again.";
const FOREIGN: &str =
    "This form came from another site, so no account was created. To sign up, fill in the form on this page.";
const TOO_MANY_FORMS: &str = "Too many sign-up forms came from your network address. Wait 15 minutes, then try again.";
const TOO_MANY_ACCOUNTS: &str =
    "Too many accounts were created from your network address. Wait an hour, then try again.";
const BUSY: &str = "The server is busy. Your account hasn't been created yet. Try again in a minute.";
const FAILED: &str = "Your account couldn't be created because of an error on the server. Please tell its operator.";

#[derive(Template)]
#[template(path = "signup.html")]
struct FormPage<'a> {
    typed: &'a Typed,
    errors: &'a Errors,
    rules: Rules,
    token: String,
    /// The maximum length of a password that every client accepts, in characters.
    old_boxes: usize,
}

#[derive(Template)]
#[template(path = "signup_done.html")]
struct DonePage<'a> {
    handle: &'a Handle,
}

#[derive(Template)]
#[template(path = "signup_refused.html")]
struct RefusedPage {
    refusal: Refusal,
    /// True if visitors can use HTTPS.
    has_https: bool,
}

/// The way in which a visitor reached the page.
struct Visit {
    is_near: bool,
    /// The host in the request.
    host: String,
    /// True if the request named something that cannot be a host. `host` is then a substitute.
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

/// The reason why a visitor gets no form.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    /// Only the operator creates accounts.
    Closed,
    /// An invite code is required, and no valid one exists.
    NoCodes,
    /// The password would cross the internet unencrypted (security.md section 8).
    Insecure,
    /// The page was requested by a name that a stranger may own.
    StrangeName(String),
}

/// Answers `GET /signup`.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    match web.gate(&caller, &Visit::new(&caller, &request)).await {
        Ok(Ok(rules)) => web.form(StatusCode::OK, &caller, rules, &Typed::default(), &Errors::default()),
        Ok(Err(refusal)) => web.refused(refusal),
        Err(error) => failed(&error),
    }
}

/// A form that was sent, and the results of the checks of its origin.
struct Sent {
    typed: Typed,
    /// True if this visitor fetched the form's token within the last hour.
    is_ours: bool,
    /// True if the browser says that another site sent the form.
    is_foreign: bool,
}

/// Answers `POST /signup`.
pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let visit = Visit::new(&caller, &request);
    let gate = match web.gate(&caller, &visit).await {
        Ok(gate) => gate,
        Err(error) => return failed(&error),
    };
    let is_foreign = forms::is_foreign(request.headers(), &visit.host, &web.hosts, &caller);
    let typed = match read(request).await {
        Ok(typed) => typed,
        Err(status) => {
            let errors = Errors::notice(UNREADABLE);
            return match gate {
                Ok(rules) => web.form(status, &caller, rules, &Typed::default(), &errors),
                Err(refusal) => web.refused(refusal),
            };
        }
    };
    let is_ours = web.forms.is_ours(&typed.token, caller.peer.ip(), Utc::now());
    let form = Sent { typed, is_ours, is_foreign };
    let signed_up = match gate {
        Ok(rules) => web.sign_up(&caller, rules, &form).await,
        Err(refusal) => Err(web.refused(refusal)),
    };
    match signed_up {
        Ok(handle) => page(StatusCode::OK, &DonePage { handle: &handle }),
        // If the form was sent twice, the first copy has taken the address, and perhaps the last
        // use of the invite code.
        Err(response) => match web.created_by(&form).await {
            Some(handle) => page(StatusCode::OK, &DonePage { handle: &handle }),
            None => response,
        },
    }
}

/// Reads a form, or returns the status for a request that is not a form of ours.
async fn read(request: Request) -> Result<Typed, StatusCode> {
    let (parts, rest) = request.into_parts();
    let head = Request::from_parts(parts.clone(), rest);
    let bytes = body::read_body(head, MAX_FORM).await.map_err(BadBody::status)?;
    // This also checks the content type.
    let form = Form::<Typed>::from_request(Request::from_parts(parts, Body::from(bytes)), &()).await;
    form.map(|Form(typed)| typed).map_err(|rejection| rejection.status())
}

fn failed(error: &StoreError) -> Response {
    tracing::error!(%error, "could not show the sign-up page");
    page::failed(StatusCode::SERVICE_UNAVAILABLE)
}

fn failed_form(error: &dyn std::fmt::Display, notice: impl FnOnce(StatusCode, &'static str) -> Response) -> Response {
    tracing::error!(%error, "could not create an account from the sign-up page");
    notice(StatusCode::INTERNAL_SERVER_ERROR, FAILED)
}

impl Web {
    /// Decides whether a visitor may sign up. Returns the rules for the form, or the refusal.
    async fn gate(&self, caller: &Caller, visit: &Visit) -> Result<Result<Rules, Refusal>, StoreError> {
        let access = if visit.is_near { self.sign_up.near } else { self.sign_up.elsewhere };
        let refusal = match access {
            Access::Closed => Refusal::Closed,
            // This check comes before the check for codes. Otherwise visitors would ask the
            // operator for a code and then still be refused.
            _ if !caller.may_send_passwords(self.insecure_http) => Refusal::Insecure,
            Access::Invite if !self.accounts.has_valid_invites().await? => Refusal::NoCodes,
            // The name in the request matters only if visitors in private networks have an
            // advantage. They have none if they need a code, or if everyone may sign up.
            Access::Open if self.sign_up.elsewhere != Access::Open && !visit.is_by_known_name(self, caller) => {
                Refusal::StrangeName(visit.host.clone())
            }
            Access::Open | Access::Invite => {
                let asks_code = access == Access::Invite;
                return Ok(Ok(Rules { asks_code, min_password: self.sign_up.min_password }));
            }
        };
        Ok(Err(refusal))
    }

    fn refused(&self, refusal: Refusal) -> Response {
        page(StatusCode::FORBIDDEN, &RefusedPage { refusal, has_https: self.has_https })
    }

    fn form(&self, status: StatusCode, caller: &Caller, rules: Rules, typed: &Typed, errors: &Errors) -> Response {
        let token = self.forms.token(caller.peer.ip(), Utc::now());
        page(status, &FormPage { typed, errors, rules, token, old_boxes: password::OLD_BOXES })
    }

    /// Creates the account that a form asks for. Returns the address of the new account, or the
    /// page that says what is wrong with the form.
    async fn sign_up(&self, caller: &Caller, rules: Rules, form: &Sent) -> Result<Handle, Response> {
        let again = |status, errors: &Errors| self.form(status, caller, rules, &form.typed, errors);
        let wrong = |errors: &Errors| again(StatusCode::UNPROCESSABLE_ENTITY, errors);
        let notice = |status, notice| again(status, &Errors::notice(notice));
        let address = caller.peer.ip();
        let proximity = if contains(&self.exempt, address) { Proximity::Near } else { Proximity::Far };
        if !self.rates.admit(address, Act::TrySignUp(proximity)) {
            tracing::info!(peer = %caller.peer, "too many sign-up forms from this address");
            return Err(notice(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_FORMS));
        }
        if form.is_foreign {
            tracing::info!(peer = %caller.peer, "refused a sign-up form from another site");
            return Err(notice(StatusCode::FORBIDDEN, FOREIGN));
        }
        if !form.is_ours {
            return Err(notice(StatusCode::FORBIDDEN, EXPIRED));
        }
        let checked = self.check(&form.typed, rules).await.map_err(|error| failed_form(&error, notice))?;
        let good = checked.map_err(|errors| wrong(&errors))?;
        if !self.rates.admit(address, Act::SignUp(proximity)) {
            return Err(notice(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_ACCOUNTS));
        }
        match self.create(address, &good, &form.typed).await {
            Ok(()) => {
                tracing::info!(handle = %good.handle, peer = %caller.peer, "created an account from the sign-up page");
                Ok(good.handle)
            }
            // Another form created the account first.
            Err(AccountError::Store(StoreError::Taken(_))) => Err(wrong(&Errors::taken())),
            Err(AccountError::Store(StoreError::InvalidInvite)) => Err(wrong(&Errors::bad_code())),
            Err(AccountError::Busy) => Err(notice(StatusCode::SERVICE_UNAVAILABLE, BUSY)),
            Err(error) => Err(failed_form(&error, notice)),
        }
    }

    /// Returns the account to create, or everything that is wrong with a form.
    async fn check(&self, typed: &Typed, rules: Rules) -> Result<Result<Good, Errors>, StoreError> {
        let (good, mut errors) = form::check(typed, rules);
        let knows_code = match &good.code {
            Some(code) => self.accounts.is_valid_invite(code).await?,
            None => !rules.asks_code,
        };
        if !knows_code && errors.code.is_none() {
            errors.code = Errors::bad_code().code;
        }
        // Without a valid code, visitors must not learn which accounts exist (security.md section 3).
        if knows_code
            && let Some(handle) = &good.handle
            && self.accounts.exists(handle).await?
        {
            errors.address = Errors::taken().address;
        }
        Ok(good.finish(errors))
    }

    /// Creates the account completely or not at all, and remembers the form.
    async fn create(&self, address: IpAddr, good: &Good, typed: &Typed) -> Result<(), AccountError> {
        let origin = Origin::new(address, good.handle.as_str());
        let password_hash = self.accounts.hash(&origin, &good.password).await?;
        let account = NewAccount { handle: good.handle.clone(), name: good.name.clone(), password_hash };
        // An older account with this address may have been removed a moment ago. Other tasks may
        // still be removing it from the lists of other accounts. Each of these tasks holds the lock
        // ("turn") of both accounts, so this waits for them.
        let _turn = self.directory.turn(&good.handle).await;
        self.accounts.sign_up(&account, good.code.as_ref()).await?;
        self.sent_forms.remember(self.digest(&good.handle, typed));
        Ok(())
    }

    /// Returns the account that exactly this form has created, if the form was sent before.
    async fn created_by(&self, form: &Sent) -> Option<Handle> {
        if !form.is_ours || form.is_foreign {
            return None;
        }
        let handle = Handle::parse(form.typed.address.trim()).ok()?;
        // If the server is creating the account for another copy of the form now, this waits until
        // the account is created and the form is remembered.
        let _turn = self.directory.turn(&handle).await;
        let is_remembered = self.sent_forms.has(&self.digest(&handle, &form.typed));
        let is_there = is_remembered && self.accounts.exists(&handle).await.unwrap_or_default();
        is_there.then_some(handle)
    }

    fn digest(&self, handle: &Handle, typed: &Typed) -> Digest {
        self.forms.digest(&[&typed.token, handle.as_str(), &typed.password])
    }
}
