//! Pages for people: HTML 4 and plain CSS without JavaScript, so that old browsers show them too.
//!
//! Every page is a template in `templates/` that extends `base.html`. askama escapes values and checks the templates
//! when the crate is built. `home` describes this server, `sign_up` creates accounts, and `setup` has instructions for
//! each client. `forms` distinguishes our own forms from the forms of other sites. `page` adds the headers of every
//! page.

mod context;
mod count;
mod forms;
mod home;
mod page;
mod routes;
mod sent_forms;
mod setup;
mod sign_up;

pub(crate) use context::Web;
pub(crate) use page::not_found;
pub(crate) use routes::router;
pub(crate) use setup::Setup;
