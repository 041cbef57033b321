//! The table of paths, and the checks and header spelling that apply to all requests.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::post;
use ipnet::IpNet;
use swallowtail_config::Config;
use swallowtail_config::host_port::split;
use swallowtail_messenger::net::Caller;
use swallowtail_setup::hosts::MICROSOFT;
use tower::ServiceExt;

use crate::client_config;
use crate::gateway::{self, Gateway};
use crate::http::{HeaderCase, answers, behind, host_of};
use crate::passport::{self, Passport};
use crate::proxy::{self, Hosts};
use crate::web;

/// A host name of Microsoft that clients use only for links to other sites (http.md section 3).
const LINKS_HOST: &str = "g.msn.com";

/// All paths and their handlers. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    router: Router,
    case: HeaderCase,
    hosts: Arc<Hosts>,
    trusted: Arc<[IpNet]>,
}

impl Routes {
    /// Creates the table of all paths. `pages` are the web pages.
    pub(crate) async fn new(
        config: &Config,
        passport: Arc<Passport>,
        gateway: Arc<Gateway>,
        pages: Router,
        hosts: Arc<Hosts>,
    ) -> Self {
        let mut router = Router::new()
            .route("/", post(port_check))
            .fallback(other)
            .with_state(Arc::<str>::from(config.sign_in.page.as_str()))
            .merge(passport::router(passport))
            .merge(gateway::router(gateway))
            .merge(client_config::router(config))
            .merge(pages);
        if config.proxy.enabled {
            router = router.merge(proxy::router());
        }
        let case = HeaderCase::learn(config.http.header_case).await;
        Self { router, case, hosts, trusted: config.http.trusted_proxies.clone().into() }
    }

    /// Answers one request, with header names spelled as old clients need them (http.md section 0 item 1).
    pub(crate) fn answer(&self, caller: Caller, mut request: Request) -> impl Future<Output = Response> + Send + use<> {
        let caller = behind(caller, &self.trusted, request.headers());
        let refusal = match &caller {
            None => Some(answers::empty(StatusCode::BAD_REQUEST)),
            Some(caller) => {
                let is_other = request.uri().host().is_some_and(|host| !self.hosts.is_known(host, caller));
                is_other.then(|| answers::text(StatusCode::FORBIDDEN, NOT_OURS))
            }
        };
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        let (router, case) = (self.router.clone(), self.case.clone());
        async move {
            let (verb, path) = (request.method().clone(), request.uri().path().to_owned());
            let mut response = match refusal {
                Some(refusal) => refusal,
                None => {
                    let Ok(response) = router.oneshot(request).await;
                    response
                }
            };
            tracing::debug!(%verb, path, status = response.status().as_u16(), "answered");
            case.apply(&mut response);
            response
        }
    }

    /// Spells the header names of an answer that comes from another module. The spelling is the
    /// same as in [`Self::answer`].
    pub(crate) fn spell(&self, response: &mut Response) {
        self.case.apply(response);
    }
}

const NOT_OURS: &str = "This server is not a proxy for other hosts. If this host is a name of the server, the \
                        operator must add that name to the list http.names in the configuration.\n";

/// Answers `POST /`, with which clients test whether the login server is reachable (http.md section 2).
async fn port_check() -> Response {
    answers::empty(StatusCode::OK)
}

/// Answers requests for paths that do not exist. A request for [`LINKS_HOST`] comes from a link in
/// a client, and is redirected to the operator's page. A request for another of Microsoft's hosts,
/// or with a method other than GET, also comes from a client. That client gets an empty answer,
/// because it cannot show a page. All other requests come from browsers, which get an error page.
async fn other(State(page): State<Arc<str>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let host = host_of(&caller, request.uri(), request.headers()).to_ascii_lowercase();
    let name = split(&host).map_or(host.as_str(), |(name, _)| name);
    if host == LINKS_HOST {
        answers::redirect(&page)
    } else if request.method() == Method::GET && !MICROSOFT.contains(&name) {
        web::not_found()
    } else {
        answers::empty(StatusCode::NOT_FOUND)
    }
}
