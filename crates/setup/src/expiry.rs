//! The time when a certificate expires.
//!
//! rustls reads certificates, but has no function that returns their dates. So this module lets
//! rustls check a certificate at a time in the far future. By then every certificate has expired,
//! and the error contains the date.

use std::time::Duration;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

/// Returns the time when a certificate expires, in Unix seconds. Returns `None` if the certificate cannot be read.
#[must_use]
pub fn expires_at(certificate: &CertificateDer<'_>) -> Option<u64> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let far = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(u32::MAX) * 1000));
    let algorithms = ring::default_provider().signature_verification_algorithms.all;
    match verify_server_cert_signed_by_trust_anchor(&parsed, &RootCertStore::empty(), &[], far, algorithms) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => Some(not_after.as_secs()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_date_of_a_certificate_is_read_even_if_it_is_far_in_the_past_or_future() {
        for (year, seconds) in [(2005, 1_133_395_200), (2105, 4_289_068_800)] {
            let mut params = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 12, 1);
            let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
            assert_eq!(expires_at(certificate.der()), Some(seconds));
        }
        assert_eq!(expires_at(&CertificateDer::from(vec![0; 10])), None);
    }
}
