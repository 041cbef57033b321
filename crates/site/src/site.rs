//! All services that an HTTP connection can reach.

use std::net::SocketAddr;
use std::sync::Arc;

use swallowtail_config::MAX_OLD_TLS_TUNNELS;
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

/// All services that an HTTP connection can reach.
#[derive(Debug)]
pub struct Site {
    /// The table of paths.
    pub(crate) routes: Routes,
    /// The chat services, which a tunnel can reach.
    pub(crate) chat: Chat,
    /// The chat sessions over HTTP.
    pub gateway: Arc<Gateway>,
    /// TLS for tunnels to port 443 and for the TLS listeners.
    pub tls: Option<Arc<Tls>>,
    /// The address of the terminator for tunnels from old clients.
    pub(crate) old_tls: Option<SocketAddr>,
    /// The permits for tunnels to the terminator.
    pub(crate) old_tls_places: Semaphore,
    /// The hosts for which the proxy accepts requests.
    pub(crate) hosts: Arc<Hosts>,
}

impl Site {
    /// Creates all services over HTTP. They use the messaging service `service`.
    ///
    /// # Errors
    /// Fails if the keys of the web forms cannot be read from the store.
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
        // The certificate for Windows XP is read at each request. If it cannot be read, the server only logs the error
        // at startup, because nothing else depends on the certificate.
        if let Err(error) = OldTls::read(&config.data) {
            tracing::error!("could not read the certificate for Windows XP; /setup does not offer it: {error:#}");
        }
        let offer = Arc::new(Offer::new(config, certificates.root, None));
        let pages = web::router(web, Setup { offer, data: config.data.clone() });
        Ok(Arc::new(Self {
            routes: Routes::new(config, Arc::new(passport), gateway.clone(), pages, hosts.clone()).await,
            chat,
            gateway,
            tls: certificates.tls,
            old_tls: config.proxy.old_tls,
            old_tls_places: Semaphore::new(MAX_OLD_TLS_TUNNELS),
            hosts,
        }))
    }
}
