//! [`Web`]: the parts of the service that the pages use.

use std::sync::Arc;

use ipnet::IpNet;
use msnp::Handle;
use swallowtail_config::SignUp;
use swallowtail_messenger::presence::Directory;
use swallowtail_messenger::rates::Rates;
use swallowtail_messenger::service::Service;
use swallowtail_store::accounts::Accounts;
use swallowtail_store::database::StoreError;

use super::count::Count;
use super::forms::Forms;
use super::sent_forms::SentForms;
use crate::proxy::Hosts;

/// The parts of the service that the pages use.
#[derive(Debug)]
pub(crate) struct Web {
    pub(super) accounts: Accounts,
    pub(super) directory: Arc<Directory>,
    pub(super) rates: Arc<Rates>,
    pub(super) hosts: Arc<Hosts>,
    pub(super) forms: Forms,
    pub(super) sent_forms: SentForms,
    pub(super) signed_in: Count,
    /// The address of the helper, a contact that belongs to the service. `None` if there is no
    /// helper.
    pub(super) helper: Option<Handle>,
    pub(super) sign_up: SignUp,
    pub(super) insecure_http: bool,
    /// True if visitors can use HTTPS.
    pub(super) has_https: bool,
    pub(super) exempt: Vec<IpNet>,
}

impl Web {
    /// Reads the key that signs forms. The first call on a store creates the key.
    pub(crate) async fn open(
        service: &Service,
        accounts: Accounts,
        hosts: Arc<Hosts>,
    ) -> Result<Arc<Self>, StoreError> {
        let config = &service.config;
        Ok(Arc::new(Self {
            forms: Forms::open(accounts.store()).await?,
            accounts,
            directory: service.directory.clone(),
            rates: service.rates.clone(),
            hosts,
            sent_forms: SentForms::default(),
            signed_in: Count::default(),
            helper: service.helper.clone(),
            sign_up: config.sign_up.clone(),
            insecure_http: config.sign_in.insecure_http,
            // A TLS terminator in front of the server also offers HTTPS.
            has_https: config.networks().any(|(_, listen, _)| listen.https.is_some())
                || !config.http.trusted_proxies.is_empty(),
            exempt: config.limits.exempt.clone(),
        }))
    }
}
