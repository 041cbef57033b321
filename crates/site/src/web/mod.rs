//! Pages for people: tables-era HTML and plain CSS without JavaScript, so that the browsers of the clients' time show
//! them too.
//!
//! Every page is a template in `templates/` that extends `base.html`; askama escapes what it puts in and checks the
//! templates when the crate is built. `home` says what this server is, `sign_up` makes accounts, `forms` tells our own
//! forms from those of others, `page` has the headers of every page.

mod context;
mod count;
mod forms;
mod home;
mod page;
mod routes;
mod setup;
mod sign_up;

pub(crate) use context::Web;
pub(crate) use routes::router;
pub(crate) use setup::Setup;
