//! Everything that a connection over HTTP may lead to.

use std::net::SocketAddr;
use std::sync::Arc;

use swallowtail_messenger::chat::Chat;
use swallowtail_messenger::service::Service;
use swallowtail_setup::client_setup::{Offer, OldTls};
use swallowtail_store::accounts::Accounts;
use swallowtail_store::database::StoreError;
use tokio::sync::Semaphore;

use crate::gateway::Gateway;
use crate::passport::Passport;
use crate::proxy::Hosts;
use crate::routes::Routes;
use crate::tls::{Certificates, Tls};
use crate::web::{self, Setup, Web};

/// How many tunnels to the terminator there may be. Each costs a file that is counted nowhere else, and mostly lasts a
/// second.
const MAX_OLD_TLS: usize = 64;

/// Everything that a connection over HTTP may lead to.
#[derive(Debug)]
pub struct Site {
    /// What answers which path.
    pub(crate) routes: Routes,
    /// The chat services, which a tunnel may lead to.
    pub(crate) chat: Chat,
    /// The sessions over HTTP.
    pub gateway: Arc<Gateway>,
    /// For tunnels to port 443, and the listeners with TLS.
    pub tls: Option<Arc<Tls>>,
    /// For the same from old clients.
    pub(crate) old_tls: Option<SocketAddr>,
    /// Places for tunnels to it.
    pub(crate) old_tls_places: Semaphore,
    /// The hosts that requests through a proxy may be for.
    pub(crate) hosts: Arc<Hosts>,
}

impl Site {
    /// Opens everything over HTTP in front of a service.
    ///
    /// # Errors
    /// Returns what the store failed with when the keys of the forms were read.
    pub async fn open(
        service: &Service,
        accounts: Accounts,
        chat: Chat,
        certificates: Certificates,
    ) -> Result<Arc<Self>, StoreError> {
        let config = &service.config;
        let passport = Passport::new(config, accounts.clone(), service.tickets.clone());
        let hosts = Arc::new(Hosts::new(config));
        let gateway = Gateway::new(config, chat.clone());
        let web = Web::open(service, accounts, hosts.clone()).await?;
        // The certificate for Windows XP is read at each request. A fault of it should be seen at the start, but stops
        // nothing else.
        if let Err(error) = OldTls::read(&config.data) {
            tracing::error!("clients on Windows XP are offered no certificate: {error:#}");
        }
        let offer = Arc::new(Offer::new(config, certificates.root, None));
        let pages = web::router(web, Setup { offer, data: config.data.clone() });
        Ok(Arc::new(Self {
            routes: Routes::new(config, Arc::new(passport), gateway.clone(), pages, hosts.clone()).await,
            chat,
            gateway,
            tls: certificates.tls,
            old_tls: config.proxy.old_tls,
            old_tls_places: Semaphore::new(MAX_OLD_TLS),
            hosts,
        }))
    }
}
