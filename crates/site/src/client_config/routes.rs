//! The paths of the client configuration, and the choice of the document for each client.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::get;
use msnp::client_config::ConfigRequest;
use swallowtail_config::{ClientConfig, Config, Quirk, QuirkMode};
use swallowtail_messenger::net::Caller;

use super::{document, msnp11_sdk};
use crate::http::answers::{empty, redirect, set};
use crate::http::body::{MAX_BODY, read_body};
use crate::http::host_of;

/// The answers. An answer that is the same for every client is created only once.
struct Answers {
    settings: ClientConfig,
    /// The setting that decides which clients get the document for msnp11-sdk.
    msnp11_sdk: QuirkMode,
    soap: Bytes,
    plain: Bytes,
    tabs: Bytes,
    today: Option<String>,
}

/// Returns the routes of `config.messenger.msn.com` and `svcs.microsoft.com`. Clients spell the
/// path of MsgrConfig in two ways.
pub(crate) fn router(config: &Config) -> Router {
    let settings = &config.client_config;
    let answers = Arc::new(Answers {
        settings: settings.clone(),
        msnp11_sdk: config.quirks.get(&Quirk::Msnp11Sdk).copied().unwrap_or_default(),
        soap: document::soap_answer(settings).into(),
        plain: document::plain_answer(settings).into(),
        tabs: document::tabs_answer(settings).into(),
        today: settings.today.clone(),
    });
    let config = || get(plain).post(soap);
    Router::new()
        .route("/Config/MsgrConfig.asmx", config())
        .route("/config/MsgrConfig.asmx", config())
        .route(msnp11_sdk::PICTURE_PATH, get(tab_picture))
        .route("/svcs/mms/tabs.asp", get(tabs))
        .route("/svcs/mms/portal.asp", get(portal))
        .with_state(answers)
}

/// Answers `POST MsgrConfig.asmx` from clients 6.0 to 7.5. Ignores SOAPAction, because there is
/// only one action.
async fn soap(State(answers): State<Arc<Answers>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let scheme = if caller.secure { "https" } else { "http" };
    let origin = format!("{scheme}://{}", host_of(&caller, request.uri(), request.headers()));
    let body = match read_body(request, MAX_BODY).await {
        Ok(body) => body,
        Err(bad) => return empty(bad.status()),
    };
    match ConfigRequest::from_soap(&body) {
        Ok(request) => {
            tracing::debug!(?request, "client configuration");
            xml(StatusCode::OK, answers.soap_for(&request, &origin))
        }
        Err(error) => {
            tracing::debug!(%error, "could not read a request for the client configuration");
            // SOAP 1.1 section 6.2 requires 500 with a fault. Unlike for RST.srf, no client is known to need 200 here.
            // With 200, a client might keep the fault as its configuration for a day. After an error, the client asks
            // again.
            xml(StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(document::FAULT.as_bytes()))
        }
    }
}

impl Answers {
    /// Returns the answer to a POST from a client that reaches this server at `origin`.
    fn soap_for(&self, request: &ConfigRequest, origin: &str) -> Bytes {
        let is_msnp11_sdk = match self.msnp11_sdk {
            QuirkMode::Auto => msnp11_sdk::sent(request),
            QuirkMode::Always => true,
            QuirkMode::Never => false,
        };
        if is_msnp11_sdk {
            document::soap_answer(&msnp11_sdk::complete(&self.settings, origin)).into()
        } else {
            self.soap.clone()
        }
    }
}

/// Answers with the picture on the tab for msnp11-sdk.
async fn tab_picture() -> Response {
    let mut response = Response::new(Body::from(msnp11_sdk::PICTURE));
    set(&mut response, CONTENT_TYPE, "image/png");
    response
}

/// Answers `GET MsgrConfig.asmx?op=GetClientConfig` from clients 8.x.
async fn plain(State(answers): State<Arc<Answers>>, request: Request) -> Response {
    match request.uri().query().and_then(ConfigRequest::from_query) {
        Some(request) => {
            tracing::debug!(?request, "client configuration");
            xml(StatusCode::OK, answers.plain.clone())
        }
        None => empty(StatusCode::NOT_FOUND),
    }
}

/// Answers `GET /svcs/mms/tabs.asp` from clients 5.x and 6.x.
async fn tabs(State(answers): State<Arc<Answers>>) -> Response {
    xml(StatusCode::OK, answers.tabs.clone())
}

/// Answers `GET /svcs/mms/portal.asp`, the "MSN Today" of clients that do not read its address from MsgrConfig.
async fn portal(State(answers): State<Arc<Answers>>) -> Response {
    match &answers.today {
        Some(today) => redirect(today),
        None => empty(StatusCode::NOT_FOUND),
    }
}

/// Returns an answer with XML. Caches must not store it. Clients themselves keep MsgrConfig, for
/// the number of days in the document.
fn xml(status: StatusCode, document: Bytes) -> Response {
    let mut response = Response::new(Body::from(document));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "text/xml; charset=utf-8");
    set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use http_body_util::BodyExt;
    use hyper::body::Frame;
    use tower::ServiceExt;

    use super::*;

    fn settings() -> ClientConfig {
        ClientConfig { today: Some("http://a.example/today?a=b".to_owned()), ..ClientConfig::default() }
    }

    /// Sends a request to a server with these settings.
    async fn send(client_config: ClientConfig, mut request: Request) -> Response {
        let address = "192.0.2.1:80".parse().unwrap();
        request.extensions_mut().insert(Caller::new(address, address, Arc::default()));
        router(&Config { client_config, ..Config::default() }).oneshot(request).await.unwrap()
    }

    async fn ask(method: &str, target: &str, body: impl Into<Body>) -> Response {
        let request = Request::builder().method(method).uri(target).body(body.into()).unwrap();
        send(settings(), request).await
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    const QUERY: &str = "op=GetClientConfig&Country=US&CLCID=0809&PLCID=0409&GeoID=242&ver=8.5.1302";

    #[tokio::test]
    async fn get_and_post_are_answered_at_both_spellings_of_the_path() {
        for path in [
            "/Config/MsgrConfig.asmx",
            "/config/MsgrConfig.asmx",
            "http://config.messenger.msn.com/Config/MsgrConfig.asmx",
        ] {
            let get = ask("GET", &format!("{path}?{QUERY}"), "").await;
            let post = ask("POST", path, "<a/>").await;
            for (response, expected) in
                [(get, document::plain_answer(&settings())), (post, document::soap_answer(&settings()))]
            {
                assert_eq!(response.status(), StatusCode::OK);
                assert_eq!(header(&response, "content-type"), "text/xml; charset=utf-8");
                assert_eq!(header(&response, "cache-control"), "no-cache");
                // The size is known, so hyper writes Content-Length and no chunks.
                assert_eq!(response.body().size_hint().exact(), Some(expected.len() as u64));
                assert_eq!(text(response).await, expected);
            }
        }
    }

    #[tokio::test]
    async fn msnp11_sdk_always_gets_a_tab_and_an_msn_today_address() {
        let info =
            "<clientinfo><Country>00</Country><CLCID>0809</CLCID><PLCID>0409</PLCID><GeoID>32</GeoID></clientinfo>";
        let request = Request::post("/Config/MsgrConfig.asmx").header("Host", "a.example").body(info.into()).unwrap();
        let document = text(send(ClientConfig::default(), request).await).await;
        assert!(document.contains("<MsnTodayURL>http://a.example/</MsnTodayURL>"), "{document}");
        let picture = document.split_once("<image>").unwrap().1.split_once("</image>").unwrap().0;
        assert!(picture.starts_with("http://a.example/"), "{picture}");
        let response = ask("GET", picture, "").await;
        assert_eq!((response.status(), header(&response, "content-type")), (StatusCode::OK, "image/png"));
    }

    #[tokio::test]
    async fn a_get_request_without_the_operation_getclientconfig_gets_404() {
        for query in ["", "?", "?op=Other", "?Country=US"] {
            let response = ask("GET", &format!("/Config/MsgrConfig.asmx{query}"), "").await;
            assert_eq!((response.status(), text(response).await.as_str()), (StatusCode::NOT_FOUND, ""));
        }
    }

    #[tokio::test]
    async fn the_answer_to_an_unreadable_post_request_is_a_soap_fault() {
        for body in ["a", "<a>", "<!DOCTYPE a []><a/>", &"<a>".repeat(40)] {
            let response = ask("POST", "/Config/MsgrConfig.asmx", body.to_owned()).await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(text(response).await, document::FAULT);
        }
    }

    #[tokio::test]
    async fn a_body_of_more_than_64_kib_is_refused() {
        let path = "/config/MsgrConfig.asmx";
        assert_eq!(ask("POST", path, " ".repeat(MAX_BODY)).await.status(), StatusCode::OK);
        assert_eq!(ask("POST", path, " ".repeat(MAX_BODY + 1)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
        // A body whose Content-Length is more than 64 KiB is refused before the body arrives.
        let request = Request::post(path).header("Content-Length", "65537").body(Body::new(Silent)).unwrap();
        assert_eq!(send(settings(), request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    /// A body that never arrives.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_body_does_not_arrive_gets_408_after_a_timeout() {
        let started = tokio::time::Instant::now();
        let response = ask("POST", "/config/MsgrConfig.asmx", Body::new(Silent)).await;
        assert_eq!((response.status(), started.elapsed().as_secs()), (StatusCode::REQUEST_TIMEOUT, 20));
    }

    #[tokio::test]
    async fn the_tabs_document_is_served_even_if_there_are_no_tabs() {
        let response = ask("GET", "/svcs/mms/tabs.asp", "").await;
        assert_eq!((response.status(), header(&response, "content-type")), (StatusCode::OK, "text/xml; charset=utf-8"));
        assert_eq!(text(response).await, document::tabs_answer(&settings()));
    }

    #[tokio::test]
    async fn a_request_for_msn_today_is_redirected_to_the_address_in_the_settings() {
        let response = ask("GET", "/svcs/mms/portal.asp?lc=1033", "").await;
        assert_eq!(
            (response.status(), header(&response, "location")),
            (StatusCode::FOUND, "http://a.example/today?a=b")
        );
        let request = Request::get("/svcs/mms/portal.asp").body(Body::empty()).unwrap();
        let response = send(ClientConfig::default(), request).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}
